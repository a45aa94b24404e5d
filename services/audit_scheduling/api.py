"""The HTTP side of audit_scheduling: its commands, its audits and certificates."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

from fastapi import Path, Query
from starlette.responses import Response

from contracts.values import ID_PATTERN
from infra.auth import Principal, RoleKind
from infra.decider import Command, own_id
from infra.errors import Refused
from infra.execute import request_of
from infra.operations import add_operations, readiness_of
from infra.people import add_people
from infra.persons import Persons
from infra.reading import Reader
from infra.service import Running
from infra.web import Api, Json, Paged, Readiness, Shared, SignedIn, build_api, listed
from infra.webcommands import command_routes

from .commands import DecideCertificate, ScheduleAudit
from .domain import COMMANDS, ROLES, fill, reservation
from .outlook import Outlook, named_in, outlook_of
from .preparation import points_of, years_of
from .problems import PROBLEMS
from .rows import AuditRow, CertificateRow

CONSUMER = "audits"
AUDITS_MAX = 1_000
CURSOR = r"^\d{4}-\d{2}-\d{2}~[A-Za-z0-9._:-]{1,128}$"
Key = Annotated[str, Path(pattern=ID_PATTERN)]


def api(running: Running, shared: Shared) -> Api:
    """All routes under `/audits`."""
    reader = Reader(running)
    persons = Persons(running.engine)

    async def ready() -> Readiness:
        return readiness_of(running)

    async def filled(
        command: type[Command], principal: Principal, sent: Mapping[str, object]
    ) -> Mapping[str, object]:
        found: Mapping[str, object] = await asyncio.to_thread(known, command, sent)
        if command is ScheduleAudit:
            return {**found, "booked_by": "operations" if principal.is_ops else "firm"}
        if command is not DecideCertificate:
            return found
        reserved = await asyncio.to_thread(
            reservation, sent, found, reader.state, running.definition.policies
        )
        if reserved is None:
            return found
        command_id = own_id("reserve", reserved.model_dump_json())
        actor = await persons.actor(principal)
        await running.writer.execute(request_of(command_id, reserved, actor))
        return await asyncio.to_thread(known, command, sent)

    def known(command: type[Command], sent: Mapping[str, object]) -> dict[str, object]:
        evidence = fill(command.NAME, sent, reader.lookup(CONSUMER), reader.state)
        return {"on": running.times.today(), **evidence}

    made = build_api(running.name, "/audits", "Audits and certificates", shared, ready, PROBLEMS)
    command_routes(made, COMMANDS, ROLES, running.writer, filled, persons.actor)
    add_operations(made, running)
    add_people(made, persons)
    _reads(made, running, reader)
    _of_firms(made, running, reader)
    _preparation(made, running, reader)
    return made


def _reads(made: Api, running: Running, reader: Reader) -> None:
    @made.get("/audits/audits/{audit_id}", tags=["audits"])
    async def audit(principal: SignedIn, audit_id: Key) -> Response:
        """An audit as it stands, with its certificates and the day by which it is needed."""
        row: AuditRow | None = await asyncio.to_thread(reader.row, CONSUMER, "audits", audit_id)
        _allow(
            principal,
            row.member_id if row else None,
            row.auditor_firm if row else None,
            audit_id,
        )
        if row is None:
            raise Refused("unknown-audit", f"there is no audit {audit_id}", audit_id=audit_id)
        [found] = await asyncio.to_thread(_outlooks, reader, [row])
        return Json({**found.shown(), "today": running.times.today()})

    @made.get("/audits/members/{member_id}/audits", tags=["audits"])
    async def audits(principal: SignedIn, member_id: Key, wanted: Paged) -> Response:
        """A member's audits, by id."""
        principal.require_member(member_id)
        rows = await asyncio.to_thread(
            reader.page, CONSUMER, "audits", wanted.after, wanted.limit, {"member_id": member_id}
        )
        answer = listed(rows, wanted, lambda row: str(row.audit_id))
        return Json({**answer, "items": [row._asdict() for row in rows[: wanted.limit]]})

    @made.get("/audits/certificates/{certificate_id}", tags=["audits"])
    async def certificate(principal: SignedIn, certificate_id: Key) -> Response:
        """A certificate and the decision behind it."""
        row: CertificateRow | None = await asyncio.to_thread(
            reader.row, CONSUMER, "certificates", certificate_id
        )
        _allow(principal, row.member_id if row else None, None, certificate_id)
        if row is None:
            raise Refused("unknown-certificate", f"there is no certificate {certificate_id}")
        return Json(row._asdict())


def _of_firms(made: Api, running: Running, reader: Reader) -> None:
    @made.get("/audits/firms/{firm}/audits", tags=["audits"])
    async def of_firm(
        principal: SignedIn,
        firm: Key,
        state: Literal["scheduled", "concluded", "cancelled"] = "scheduled",
        after: Annotated[str | None, Query(pattern=CURSOR)] = None,
        limit: Annotated[int, Query(ge=1, le=AUDITS_MAX)] = 100,
    ) -> Response:
        """The audits of a firm by their first day, those that are booked from the earliest, others
        from the latest; each with its certificates and the day by which it is needed."""
        principal.require_auditor(firm)

        def found() -> dict[str, object]:
            rows: list[AuditRow] = reader.ordered(
                CONSUMER,
                "audits",
                ("starts_on", "audit_id"),
                after.split("~", 1) if after else None,
                limit,
                {"auditor_firm": firm, "state": state},
                descending=state != "scheduled",
            )
            items = [one.shown() for one in _outlooks(reader, rows[:limit])]
            last = rows[limit - 1] if len(rows) > limit else None
            following = f"{last.starts_on}~{last.audit_id}" if last else None
            return {"items": items, "next": following, "today": running.times.today()}

        return Json(await asyncio.to_thread(found))


def _outlooks(reader: Reader, rows: Sequence[AuditRow]) -> list[Outlook]:
    """What audits lead to."""
    certificates = reader.rows(CONSUMER, "certificates", named_in(rows))
    members = sorted({row.member_id for row in rows})
    where = {"member_id": members, "kind": "surveillance", "state": "concluded"}
    concluded = reader.page(CONSUMER, "audits", None, AUDITS_MAX * 10, where) if members else []
    return [outlook_of(row, certificates, concluded) for row in rows]


def _preparation(made: Api, running: Running, reader: Reader) -> None:
    def found(row: AuditRow, on: date) -> dict[str, object]:
        policy = running.definition.policies.on(on)
        years = years_of(row, policy)
        keys = [f"{facility}:{year}" for facility in row.facilities for year in years]
        emissions = reader.rows(CONSUMER, "emissions", keys)
        where = {"member_id": row.member_id, "state": "concluded"}
        earlier = reader.page(CONSUMER, "audits", None, AUDITS_MAX, where)
        told = {(one.facility_id, one.year): one for one in emissions.values()}
        points = points_of(row, told, earlier, on, policy)
        return {
            "audit_id": row.audit_id,
            "on": on,
            "years": list(years),
            "points": [one._asdict() for one in points],
            "facility_years": [told[key]._asdict() for key in sorted(told)],
        }

    @made.get("/audits/audits/{audit_id}/preparation", tags=["audits"])
    async def preparation(principal: SignedIn, audit_id: Key) -> Response:
        """What the auditor of an audit should look at, the gravest first: the audit before, and for
        each facility and year what stops a disclosure, what is overdue or was given back, what was
        found in the latest result, what nobody told. `facility_years` are what that follows from.
        For operations, the firm that was booked, and the member, who may look first."""
        row: AuditRow | None = await asyncio.to_thread(reader.row, CONSUMER, "audits", audit_id)
        firm = row.auditor_firm if row else None
        _allow(principal, row.member_id if row else None, firm, audit_id)
        if row is None:
            raise Refused("unknown-audit", f"there is no audit {audit_id}", audit_id=audit_id)
        return Json(await asyncio.to_thread(found, row, running.times.today()))


def _allow(principal: Principal, member_id: str | None, firm: str | None, what: str) -> None:
    """Operations see all; a firm its own audits; a member its own."""
    if firm not in principal.ids(RoleKind.AUDITOR):
        principal.require_owner(member_id, what)
