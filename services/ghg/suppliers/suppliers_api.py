"""The HTTP side of data asked of suppliers: what to ask, requests by share, answers, their effect.

Suppliers answer without a token: the registration id in the body is all they have. It stands in no
path, so that it reaches no log of addresses.
"""

import asyncio
import secrets
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from contracts.ghg import ActivitySealed
from contracts.ghg_claims import DatumAnswered, DatumRequested
from contracts.inventory import DataKind
from contracts.values import ID_PATTERN, Id, PlainDecimal
from infra.commandforms import Form
from infra.decider import Command, own_id
from infra.errors import Refused
from infra.persons import Persons
from infra.service import Running
from infra.taking import command_id_of
from infra.transaction import Request
from infra.web import Api, Json, SignedIn, correlation_id
from services.ghg.evidence import owned
from services.ghg.plans.filling import PlansFilling
from services.ghg.queries import Queries
from services.ghg.results.commands import StoreActivity
from services.ghg.results.reckoning import packed_of
from services.ghg.results.state import FacilityYear
from services.ghg.rows import YearRow, facility_evidence

from .commands import AnswerDatum, DeclineDatum, GwpSetText, IssueRegistration, TakeDatum
from .effect import Difference, difference, proposal, ranked, shares, states
from .factor_units import understood
from .registrations import hashed, issue, request_of
from .supplier import Asked
from .work import TOLD, Proposed, recalculated

Key = Annotated[str, Path(pattern=ID_PATTERN)]
Year = Annotated[int, Path(ge=1990, le=2199)]
ACTOR = "castmark:supplier"
SECRET_BYTES = 24
REQUESTS = "/ghg/datum-requests/{request_id}"


class Presented(BaseModel):
    """A registration id as it was given."""

    model_config = ConfigDict(extra="forbid")
    registration_id: Annotated[str, Field(min_length=1, max_length=300)]


class Answer(Presented):
    """A supplier's answer. `unit` is the item's own (`t`: the factor is in kg CO2e per tonne), or
    the factor's as it is written, `kg CO2e/t` or `t CO2e/t`. `factor_gwp_set`: under which warming
    potentials it was made (SAR, AR4, AR5, AR6), where that is known."""

    factor: PlainDecimal
    unit: Annotated[str, Field(min_length=1, max_length=40)]
    kind: Literal["supplier_verified", "supplier_unverified"]
    boundary: Id
    data_year: Annotated[int, Field(ge=1990, le=2199)]
    source: Id
    evidence_ref: Id | None = None
    verifier: Id | None = None
    factor_gwp_set: GwpSetText | None = None


class Declined(Presented):
    """Why nothing is told."""

    reason: Id


class Sender:
    """Gives commands of ours to the writer, for somebody."""

    def __init__(self, running: Running) -> None:
        self._running = running

    @property
    def today(self) -> date:
        """The service's day."""
        return self._running.times.today()

    def hash_of(self, registration_id: str) -> str:
        """The keyed hash under which a registration id is known."""
        return hashed(registration_id, self._running.writer.request_key)

    def issue(self, request_id: str) -> tuple[str, str]:
        """A new registration id, and its hash."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        return issue(request_id, secret, self._running.writer.request_key)

    async def send(
        self, http: HttpRequest, command: Command, actor: str, command_id: str
    ) -> tuple[bool, int]:
        """Decide and store: whether it was done before, and the stream's version."""
        writer = self._running.writer
        kept = await writer.kept_as(command_id)
        cause = await writer.kept_as(command_id_of(http.headers))
        outcome = await writer.execute(Request(kept, command, actor, correlation_id(http), cause))
        return outcome.repeated, outcome.version


def add_suppliers(
    made: Api, running: Running, queries: Queries, filling: PlansFilling, persons: Persons
) -> None:
    """Add the routes of the facility's side and of the supplier's."""
    sender = Sender(running)
    _asking(made, queries, filling)
    _taking(made, queries, persons, sender)
    _answering(made, queries, sender)


# --- the facility's side ---


def _asking(made: Api, queries: Queries, filling: PlansFilling) -> None:
    @made.get("/ghg/facilities/{facility_id}/years/{year}/inputs", tags=["suppliers"])
    async def inputs(principal: SignedIn, facility_id: Key, year: Year) -> Response:
        """All that a facility bought in a year, by item, supplier and kind of scrap, the largest
        share of the footprint first: whom to ask. `asked` says how the latest request stands."""
        row = await asyncio.to_thread(queries.year, facility_id, year)
        principal.require_owner(row.member_id if row else None, f"{facility_id}:{year}")
        if row is None or not row.results:
            raise Refused("unknown-result", f"nothing is calculated of {facility_id} for {year}")
        return Json({"items": await asyncio.to_thread(_inputs, queries, filling, row)})

    @made.get("/ghg/members/{member_id}/datum-requests", tags=["suppliers"])
    async def open_ones(principal: SignedIn, member_id: Key) -> Response:
        """The open requests of a member, the largest share of a footprint first."""
        principal.require_member(member_id)
        where = {"member_id": member_id, "state": ["open", "declined"]}
        rows = await asyncio.to_thread(filling.every, "datum_requests", where)
        return Json({"items": [row._asdict() for row in ranked(rows)]})

    @made.get(REQUESTS, tags=["suppliers"])
    async def one(principal: SignedIn, request_id: Key) -> Response:
        """A request with its latest answer."""
        state = await asyncio.to_thread(_state, queries, request_id)
        requested = _requested(state, request_id, principal)
        return Json(
            {
                "requested": requested,
                "answered": state.answered,
                "declined": state.declined,
                "taken": state.taken,
                "withdrawn": state.withdrawn,
                "registered": bool(state.token_hash),
            }
        )

    @made.get(f"{REQUESTS}/proposal", tags=["suppliers"])
    async def proposed(principal: SignedIn, request_id: Key) -> Response:
        """What the answer would change: old and new factor and emission of each datum, and what
        that makes of the footprint."""
        state = await asyncio.to_thread(_state, queries, request_id)
        requested = _requested(state, request_id, principal)
        answered = _answered(state, request_id)
        found = await asyncio.to_thread(_proposed, queries, requested, answered)
        return Json(
            {
                "answer": answered.answer,
                "of_result": found.result.result,
                "data_version": found.result.data_version,
                "difference": _shown(found.difference),
                "data": [
                    datum._asdict()
                    for datum in found.inventory.data
                    if datum.datum_id in {one.datum_id for one in found.difference.data}
                ],
            }
        )


def _taking(made: Api, queries: Queries, persons: Persons, sender: Sender) -> None:
    @made.post(f"{REQUESTS}/registration", tags=["suppliers"], status_code=201)
    async def registration(http: HttpRequest, principal: SignedIn, request_id: Key) -> Response:
        """A registration id for the supplier. It is told this once; issuing another makes it void.
        A repeat of the same command id tells none: issue another."""
        state = await asyncio.to_thread(_state, queries, request_id)
        requested = _requested(state, request_id, principal)
        await asyncio.to_thread(_still_owned, queries, requested)
        registration_id, token_hash = sender.issue(request_id)
        command = IssueRegistration(
            on=sender.today,
            request_id=request_id,
            member_id=requested.member_id,
            token_hash=token_hash,
        )
        actor = await persons.actor(principal)
        repeated, _ = await sender.send(http, command, actor, command_id_of(http.headers))
        told = None if repeated else registration_id
        return Json({"request_id": request_id, "registration_id": told, "repeated": repeated}, 201)

    @made.post(f"{REQUESTS}/take", tags=["suppliers"])
    async def take(http: HttpRequest, principal: SignedIn, request_id: Key) -> Response:
        """Put the latest answer into the facility's data, as a new version of them. What was
        calculated before stays; the new version is calculated next."""
        command_id, on = command_id_of(http.headers), sender.today
        actor = await persons.actor(principal)
        state = await asyncio.to_thread(_state, queries, request_id)
        requested = _requested(state, request_id, principal)
        answered = _answered(state, request_id)
        facility_id, year = requested.facility_id, requested.year
        found = await asyncio.to_thread(_proposed, queries, requested, answered)
        lookup = queries.reader.lookup("ghg")
        store = StoreActivity(
            on=on,
            facility_id=facility_id,
            year=year,
            member_id=requested.member_id,
            facility=await asyncio.to_thread(facility_evidence, facility_id, lookup),
            prepared_by=found.prepared_by,
            replaces=found.result.data_version,
            packed=packed_of(found.inventory),
        )
        await sender.send(http, store, actor, own_id(command_id, "store"))
        stored = await asyncio.to_thread(_sealed, queries, facility_id, year)
        taken = TakeDatum(
            on=on,
            request_id=request_id,
            member_id=requested.member_id,
            answer=answered.answer,
            data_version=stored.data_version,
        )
        await sender.send(http, taken, actor, own_id(command_id, "take"))
        return Json({"request_id": request_id, "data_version": stored.data_version})


def _inputs(queries: Queries, filling: PlansFilling, row: YearRow) -> list[dict[str, object]]:
    result = queries.result(row.facility_id, row.year, row.stands)
    where = {"facility_year": row.facility_year}
    asked = states(filling.every("datum_requests", where))
    return [
        {
            "item": one.item,
            "supplier_id": one.supplier_id or None,
            "scrap_kind": one.scrap_kind or None,
            "primary": one.primary,
            "kg": one.share.kg,
            "share_percent": one.share.percent,
            "factor": one.share.factor,
            "factor_kind": one.share.factor_kind,
            "unit": one.share.unit,
            "asked": asked.get((one.item, one.supplier_id, one.scrap_kind)),
        }
        for one in shares(queries.working(result), result.data_version)
    ]


def _proposed(queries: Queries, requested: DatumRequested, answered: DatumAnswered) -> Proposed:
    """The latest data with the answer in them, and what that changes in their latest result: for
    who has the facility now. Who had it when it asked keeps request and answer; the data in which
    it would stand are another's (`seeing`)."""
    _still_owned(queries, requested)
    row = queries.year(requested.facility_id, requested.year)
    if row is None or not row.results:
        raise Refused(
            "unknown-result",
            f"nothing is calculated of {requested.facility_id} for {requested.year} yet",
        )
    result = queries.result(row.facility_id, row.year, row.stands)
    before = queries.working(result)
    inventory = proposal(before.inventory, answered)
    if result.data_version != row.data_version:
        raise Refused(
            "stale-input",
            f"version {row.data_version} of the data is not calculated yet: ask again.",
            calculated=result.data_version,
            present=row.data_version,
        )
    after = recalculated(result, inventory)
    sealed = _sealed(queries, row.facility_id, row.year)
    return Proposed(inventory, result, difference(before, after), sealed.prepared_by)


def _still_owned(queries: Queries, requested: DatumRequested) -> None:
    """Refuse `unknown-facility` where the facility went to another member after the request."""
    facility = queries.facilities([requested.facility_id]).get(requested.facility_id)
    owned(requested.facility_id, requested.member_id, facility)


def _sealed(queries: Queries, facility_id: str, year: int) -> ActivitySealed:
    """The seal over the latest data."""
    state = queries.reader.state(f"facility_year/{facility_id}:{year}")
    if not isinstance(state, FacilityYear) or state.sealed is None:
        raise TypeError("a result of data that were never sealed")
    return state.sealed


def _shown(found: Difference) -> dict[str, object]:
    return {
        **found._asdict(),
        "change_kg": found.change_kg,
        "change_percent": found.change_percent,
        "data": [one._asdict() for one in found.data],
    }


# --- the supplier's side ---


def _answering(made: Api, queries: Queries, sender: Sender) -> None:
    @made.post("/ghg/answers/asked", tags=["suppliers"])
    async def asked(presented: Presented) -> Response:
        """Public, for whoever has a registration id: what is asked, and what was answered. Needs no
        token. Of scrap, an answer is of the kind `scrap_kind` alone. `gwp_set` are the warming
        potentials of the facility's latest result: a factor made under the same can be counted with
        it (R-18). `factor_units` are those that an answer's `unit` may name."""
        request_id = request_of(presented.registration_id)
        state = await asyncio.to_thread(_state, queries, request_id)
        requested = state.requested
        if requested is None or state.token_hash != sender.hash_of(presented.registration_id):
            raise Refused("unknown-registration", "this registration id is not known")
        row = await asyncio.to_thread(queries.year, requested.facility_id, requested.year)
        return Json(
            {
                **requested.model_dump(mode="json", include=TOLD),
                "factor_units": understood(requested.unit),
                "gwp_set": row.latest.get("gwp_set") if row else None,
                "withdrawn": state.withdrawn,
                "answered": state.answered,
                "declined": state.declined,
            }
        )

    @made.post("/ghg/answers", tags=["suppliers"])
    async def answer(http: HttpRequest, answer: Answer) -> Response:
        """Public, for whoever has a registration id: the supplier's factor. A later answer takes
        the place of an earlier one. Needs no token, but a command id."""
        fields = answer.model_dump(exclude={"registration_id", "kind"})
        request_id = request_of(answer.registration_id)
        told = {
            **fields,
            "kind": DataKind(answer.kind),
            "on": sender.today,
            "request_id": request_id,
            "token_hash": sender.hash_of(answer.registration_id),
        }
        command_id = command_id_of(http.headers, f"{request_id}:")
        await sender.send(http, _built(AnswerDatum, told), ACTOR, command_id)
        return Json({"received": True})

    @made.post("/ghg/answers/decline", tags=["suppliers"])
    async def decline(http: HttpRequest, declined: Declined) -> Response:
        """Public, for whoever has a registration id: nothing will be told. Needs no token, but a
        command id."""
        request_id = request_of(declined.registration_id)
        told = {
            "reason": declined.reason,
            "on": sender.today,
            "request_id": request_id,
            "token_hash": sender.hash_of(declined.registration_id),
        }
        command_id = command_id_of(http.headers, f"{request_id}:")
        await sender.send(http, _built(DeclineDatum, told), ACTOR, command_id)
        return Json({"received": True})


def _built(kind: type[Command], fields: Mapping[str, object]) -> Command:
    """The command; a faulty field is the sender's."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise Form(kind).invalid(error.errors(include_url=False)) from error


# --- what both share ---


def _state(queries: Queries, request_id: str) -> Asked:
    state = queries.reader.state(f"datum_request/{request_id}")
    assert isinstance(state, Asked)  # the stream's own kind
    return state


def _requested(state: Asked, request_id: str, principal: SignedIn) -> DatumRequested:
    """The request, for its member and operations."""
    requested = state.requested
    principal.require_owner(requested.member_id if requested else None, f"request {request_id}")
    if requested is None:
        raise Refused("unknown-datum-request", f"there is no request {request_id}")
    return requested


def _answered(state: Asked, request_id: str) -> DatumAnswered:
    if state.answered is None:
        raise Refused("unknown-answer", f"request {request_id} is not answered yet")
    return state.answered
