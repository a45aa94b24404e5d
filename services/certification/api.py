"""The HTTP side of certification: status on two axes, registry, deadlines, risk."""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import Path, Query
from starlette.responses import Response

from contracts.values import ID_PATTERN, Instant, instant, moment
from infra.auth import Principal, RoleKind
from infra.decider import Command
from infra.errors import Refused
from infra.news import News
from infra.operations import add_operations, readiness_of
from infra.people import add_people
from infra.persons import Persons
from infra.service import Running
from infra.web import Api, Day, Json, Paged, Readiness, Shared, SignedIn, build_api
from infra.webcommands import command_routes

from .deadlines import KINDS
from .domain import COMMANDS, ROLES, fill, told_of
from .explain import explain
from .problems import PROBLEMS
from .queries import CONSUMER, Queries, Wanted, shown
from .status import gather, status
from .subjects import SubjectRow, attributes

Key = Annotated[str, Path(pattern=ID_PATTERN)]
Effective = Annotated[Day | None, Query(description="status on this day; today when left out")]
KnownAt = Annotated[str | None, Query(max_length=40, description="as known at this instant")]
DEADLINE = r"^[a-z_]+:[A-Za-z0-9._:~-]{1,250}$"
CURSOR = r"^\d{4}-\d{2}-\d{2}~[a-z_]+:[A-Za-z0-9._:~-]{1,250}$"
KINDS_OF_SUBJECTS = (("member", "members"), ("entity", "entities"), ("facility", "facilities"))
PROFILE = frozenset({"member", "entity", "covers"})
"""What a certificate tells of its member."""
SLUG_OF_KIND = {
    "certificate": "unknown-certificate",
    "member": "unknown-member",
    "entity": "unknown-entity",
    "facility": "unknown-facility",
}


def api(running: Running, shared: Shared) -> Api:
    """All routes under `/certification`."""
    queries = Queries(running)
    persons = Persons(running.engine)

    async def ready() -> Readiness:
        return readiness_of(running)

    async def filled(
        command: type[Command], principal: Principal, sent: Mapping[str, object]
    ) -> Mapping[str, object]:
        today = running.times.today()
        told = await asyncio.to_thread(told_of, command.NAME, sent, queries.reader.state)  # first
        evidence = await asyncio.to_thread(fill, command.NAME, sent, today, queries.current)
        return {"on": today, **told, **evidence}

    made = build_api(running.name, "/certification", "Certification", shared, ready, PROBLEMS)
    command_routes(made, COMMANDS, ROLES, running.writer, filled, persons.actor)
    add_operations(made, running)
    add_people(made, persons)
    _status(made, queries)
    _deadlines(made, queries, running)
    _explanations(made, queries)
    _risk(made, queries)
    _news(made, queries, running)
    return made


def _known_at(text: str | None) -> Instant | None:
    if text is None:
        return None
    try:
        return instant(moment(text.replace(" ", "+")))
    except ValueError as error:
        raise Refused(
            "invalid-instant",
            "known_at is an instant with its zone, 2025-08-01T12:00:00Z",
            given=text,
        ) from error


def _answer(
    queries: Queries,
    subject: str,
    on: date | None,
    known: Instant | None,
    principal: Principal | None,
) -> dict[str, object]:
    """What somebody may see of a subject; raises Refused where that is nothing."""
    owner = queries.owner(subject)
    public = not _is_own(principal, owner)
    unlisted = public and owner in queries.hidden([owner])
    kind = subject.partition("/")[0]
    hidden = unlisted and kind != "certificate"
    if hidden or not queries.facts([subject], public=public)[subject]:
        raise Refused(SLUG_OF_KIND[kind], f"nothing is known of {subject}", subject=subject)
    day = on or queries.today()
    found = queries.status(subject, day, known, public=public)
    held = queries.held(subject, day, known, public=public)
    return {
        "subject": subject,
        "status": found.certification,
        **{k: v for k, v in found._asdict().items() if k != "certification"},
        "effective_at": day,
        "known_at": known,
        "listed": not unlisted,
        "facts": [fact for fact in held if not (unlisted and fact["attribute"] in PROFILE)],
        "through": queries.reader.through("certification"),
    }


def _status(made: Api, queries: Queries) -> None:
    def add(kind: str, plural: str) -> None:
        @made.get(f"/certification/{plural}/{{key}}", tags=["status"], name=f"{kind}_status")
        async def subject(
            principal: SignedIn, key: Key, effective_at: Effective = None, known_at: KnownAt = None
        ) -> Response:
            """Its certification status on a day, as known at an instant, with the facts. Audits,
            duties and standing are shown to operations and the member itself."""
            known = _known_at(known_at)
            return Json(
                await asyncio.to_thread(
                    _answer, queries, f"{kind}/{key}", effective_at, known, principal
                )
            )

    for kind, plural in KINDS_OF_SUBJECTS:
        add(kind, plural)

    @made.get("/certification/certificates/{key}", tags=["status"])
    async def certificate(
        key: Key, effective_at: Effective = None, known_at: KnownAt = None
    ) -> Response:
        """Public: a certificate's status on a day, as known at an instant. Needs no token. While
        its member is suspended, and after its end, the certificate is not `listed`: whose it is and
        what it covers is not told; the certificate's own status is."""
        known = _known_at(known_at)
        return Json(
            await asyncio.to_thread(
                _answer, queries, f"certificate/{key}", effective_at, known, None
            )
        )

    @made.get("/certification/registry", tags=["status"])
    async def registry(wanted: Paged) -> Response:
        """Public: the certificates of members in good standing by id, with their status today.
        Needs no token. A page may be short, or empty, and still have a `next`."""
        rows = await asyncio.to_thread(queries.certificates, wanted.after, wanted.limit)
        page, today = rows[: wanted.limit], queries.today()
        hidden = await asyncio.to_thread(queries.hidden, [row.member_id for row in page])
        items = [_registered(row, today) for row in page if row.member_id not in hidden]
        more = len(rows) > wanted.limit
        following = page[-1].subject.partition("/")[2] if more else None
        return Json({"items": items, "next": following})


def _is_own(principal: Principal | None, member_id: str | None) -> bool:
    """Whether somebody may see all of a subject: operations, and the member whose it is."""
    if principal is None:
        return False
    return principal.is_ops or member_id in principal.ids(RoleKind.MEMBER)


def _registered(row: SubjectRow, today: date) -> dict[str, object]:
    """A certificate as the registry lists it."""
    held = attributes(row)
    found = status(gather(row.subject, lambda _: {row.subject: held}), today)
    latest = {name: facts[-1].value for name, facts in held.items() if facts}
    return {
        "certificate_id": row.subject.partition("/")[2],
        "member_id": row.member_id,
        "status": found.certification,
        **{key: latest.get(key) for key in ("standard", "type", "valid_from", "valid_to")},
    }


def _scope(principal: Principal, member: str | None) -> str | None:
    """Whose deadlines may be seen: operations all, a group its own."""
    if principal.is_ops:
        return member
    own = sorted(principal.ids(RoleKind.MEMBER))
    if member is not None:
        principal.require_member(member)
        return member
    principal.require(RoleKind.OPS, RoleKind.MEMBER)
    if len(own) > 1:
        raise Refused("invalid-member", f"say which of your members: {', '.join(own)}", yours=own)
    return own[0]


def _deadlines(made: Api, queries: Queries, running: Running) -> None:
    @made.get("/certification/deadlines", tags=["deadlines"])
    async def deadlines(
        principal: SignedIn,
        bucket: Annotated[str | None, Query(pattern=r"^[a-z_0-9]{1,30}$")] = None,
        kind: Annotated[str | None, Query(pattern=r"^[a-z_]{1,60}$")] = None,
        member: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
        within: Annotated[int | None, Query(ge=0, le=36_500)] = None,
        after: Annotated[str | None, Query(pattern=CURSOR)] = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> Response:
        """What is due, the nearest first, with counts by bucket."""
        due_on, _, key = (after or "").partition("~")
        wanted = Wanted(
            bucket, kind, _scope(principal, member), within, (due_on, key) if after else None, limit
        )
        page = await asyncio.to_thread(queries.deadlines, wanted)
        members = {item.row.member_id for item in page.items}
        names = await asyncio.to_thread(queries.names, members)
        return Json(
            {
                "items": [
                    {
                        **shown(item.row, item.bucket),
                        "owner": KINDS[item.row.kind].owner,
                        "member_name": names.get(item.row.member_id),
                    }
                    for item in page.items
                ],
                "next": "~".join(page.next) if page.next else None,
                "buckets": page.counts,
                "kinds": sorted(KINDS),
                "today": queries.today(),
                "simulated": running.times.simulated,
                "closed": page.seen.closed,
                "through": page.through,
                "mark": _mark(queries.today(), page.steps),
            }
        )


def _explanations(made: Api, queries: Queries) -> None:
    @made.get("/certification/deadlines/{deadline_id}", tags=["deadlines"])
    async def deadline(
        principal: SignedIn, deadline_id: Annotated[str, Path(pattern=DEADLINE)]
    ) -> Response:
        """Why this date: rule, policy, events, reminders."""
        found = await asyncio.to_thread(queries.deadline, deadline_id)
        principal.require_owner(found[0].member_id if found else None, deadline_id)
        if found is None:
            raise Refused("unknown-deadline", "there is no such deadline", deadline_id=deadline_id)
        row, bucket = found
        told = explain(row)
        reminders = await asyncio.to_thread(queries.reminders, deadline_id)
        return Json(
            {
                "deadline": {**shown(row, bucket), "owner": told.owner},
                "explanation": {k: v for k, v in told._asdict().items() if k != "events"},
                "events": [
                    dict(zip(("did", "type", "event_id", "source", "position"), one, strict=True))
                    for one in told.events
                ],
                "reminders": [reminder._asdict() for reminder in reminders],
            }
        )


def _risk(made: Api, queries: Queries) -> None:
    @made.get("/certification/risk", tags=["deadlines"])
    async def risk(
        principal: SignedIn,
        within: Annotated[int, Query(ge=0, le=36_500)] = 180,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> Response:
        """Who may miss a deadline within some days, the riskiest first, with the score's parts.
        The weights are unverified: they rank, they do not predict."""
        principal.require("ops")
        found = await asyncio.to_thread(queries.at_risk, within, limit)
        items = [
            {
                **{k: v for k, v in shown(row, None).items() if k not in ("bucket", "reason")},
                "days_left": risk.days_left,
                "score": risk.score,
                "parts": [part._asdict() for part in risk.parts],
            }
            for row, risk in found
        ]
        return Json({"items": items, "evidence": "unverified"})


def _mark(today: date, steps: int) -> str:
    """Another one says that answers may be others."""
    return f"{today}/{steps}"


def _news(made: Api, queries: Queries, running: Running) -> None:
    news = News(running.writer)

    def state() -> dict[str, object]:
        taken, today = queries.reader.steps(CONSUMER), queries.today()
        reached = queries.reader.through(CONSUMER)
        return {"through": reached, "today": today, "mark": _mark(today, taken)}

    @made.get("/certification/through", tags=["status"])
    async def through(
        principal: SignedIn,
        changed_from: Annotated[str | None, Query(max_length=60)] = None,
        wait: Annotated[float, Query(ge=0, le=60)] = 0,
    ) -> Response:
        """How far each source was read; with `wait`, answers when the `mark` is another."""
        until = asyncio.get_running_loop().time() + wait
        while True:
            told = news.next()
            found = await asyncio.to_thread(state)
            left = until - asyncio.get_running_loop().time()
            if found["mark"] != changed_from or left <= 0:
                return Json(found)
            await news.wait(told, min(left, 1.0))
