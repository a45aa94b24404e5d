"""The HTTP side of the ledger: its commands; scopes, balances, documents, traces."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from contracts.coc import OutputDesignated
from contracts.custody import Mass, Stage
from contracts.values import ID_PATTERN, Activity
from infra.auth import Principal
from infra.commandforms import JSON_TYPE
from infra.decider import Command, own_id
from infra.errors import Refused
from infra.execute import Rehearsed, request_of
from infra.importing.problems import PROBLEMS as IMPORT_PROBLEMS
from infra.operations import add_operations, readiness_of
from infra.people import add_people
from infra.persons import Persons
from infra.service import Running
from infra.taking import answer, command_id_of, named
from infra.web import Api, Day, Json, Paged, Readiness, Shared, SignedIn, build_api, listed
from infra.webcommands import command_routes

from . import domain
from .allowed_api import Allowed
from .documents import issuing
from .documents.commands import (
    ConfirmDelivery,
    DisputeDelivery,
    IssueDocument,
)
from .documents.problems import CUSTOMER_PROBLEMS
from .documents.rows import replaced_on, state_on
from .documents.shown import once, to_customer
from .documents.state import Document
from .domain import COMMANDS, CONSUMER, ROLES
from .evidence import activities_at
from .exports.exports_api import add_exports
from .jobs import Watch
from .movements.imports import LIMITS, add_imports
from .movements.problems import ROW_PROBLEMS
from .pools.commands import PoolCommand
from .problems import PROBLEMS
from .queries import Queries
from .rows import MovementRow, movement_of
from .scopes.commands import OpenScope
from .scopes.entity_scopes import naming
from .scopes.partners import contractors_told
from .scopes.problems import SCOPE_PROBLEMS
from .sent_ids import Reason, Registration
from .traces import trace
from .yearly_reports.problems import REPORT_PROBLEMS
from .yearly_reports.reports_api import Reports, add_reports

Key = Annotated[str, Path(pattern=ID_PATTERN)]
Depth = Annotated[int, Query(ge=1, le=16)]


EXPLAINED = (
    *PROBLEMS,
    *CUSTOMER_PROBLEMS,
    *SCOPE_PROBLEMS,
    *ROW_PROBLEMS,
    *REPORT_PROBLEMS,
    *IMPORT_PROBLEMS,
)
"""All slugs of this service with what to do about them."""
BY_REGISTRATION = "castmark:registered-customer"


class Delivery(BaseModel):
    """What a customer without a scope says of a delivery."""

    model_config = ConfigDict(extra="forbid")
    registration_id: Registration
    received_kg: Mass
    received_on: Day


class Dispute(BaseModel):
    """What a customer without a scope says of a delivery that was another one."""

    model_config = ConfigDict(extra="forbid")
    registration_id: Registration
    reason: Reason


def api(running: Running, shared: Shared) -> Api:
    """All routes under `/coc`."""
    watch = Watch(running, CONSUMER)
    queries = Queries(running, watch)
    persons, allowed = Persons(running.engine), Allowed(running, queries)
    reports = Reports(running)
    watch.waiting, watch.undone = queries.unchecked, queries.undone
    running.spawn("checks", watch.run)

    async def ready() -> Readiness:
        return readiness_of(running)

    async def filled(
        command: type[Command], principal: Principal, sent: Mapping[str, object]
    ) -> Mapping[str, object]:
        on = running.times.today()
        fields = await asyncio.to_thread(fill, command, sent, on)
        for name in ("approver", "submitted_by"):
            if name in command.FILLED:
                fields[name] = await persons.actor(principal)
        if "figures" in command.FILLED:
            taken = (str(sent["scope_id"]), int(str(sent["year"])))
            fields["figures"] = await asyncio.to_thread(reports.figures, *taken)
        if command is IssueDocument:
            actor = await persons.actor(principal)
            fields["claim"] = await _claimed(running, queries, allowed, {**sent, **fields}, actor)
        if command is OpenScope:
            await _name(running, {**sent, **fields}, await persons.actor(principal))
        return fields

    def fill(command: type[Command], sent: Mapping[str, object], on: date) -> dict[str, object]:
        return {"on": on, **domain.fill(command, sent, queries.knowledge(), on)}

    async def explained(command: Command, refused: Refused) -> Refused:
        if not isinstance(command, PoolCommand):
            return refused
        told = queries.told_of_waiting
        return await asyncio.to_thread(told, refused, command.pool, command.day)

    made = build_api(running.name, "/coc", "Chain of custody", shared, ready, EXPLAINED, LIMITS)
    command_routes(made, COMMANDS, ROLES, running.writer, filled, persons.actor, explained)
    add_operations(made, running)
    add_people(made, persons)
    _deliveries(made, queries, running)
    _scopes(made, queries, allowed, running)
    _pools(made, queries, allowed)
    _documents(made, queries, allowed)
    add_exports(made, running, watch.behind_s, queries.knowledge)
    add_reports(made, reports)
    add_imports(made, running, queries, persons)
    return made


async def _name(running: Running, fields: Mapping[str, object], actor: str) -> None:
    """Name a scope that is about to be opened, so that whoever opens another one of the entity's
    at the same moment finds it; not one that would be refused: the writer says why."""
    opening = OpenScope.model_validate(fields)
    name_id, named = naming(opening)
    trial = request_of(own_id("rehearsed", opening.stream), opening, actor)
    (would,) = await asyncio.to_thread(running.writer.rehearse, [trial], Rehearsed())
    if not isinstance(would, Exception):
        await running.writer.execute(request_of(name_id, named, actor))


async def _claimed(
    running: Running, queries: Queries, allowed: Allowed, sent: Mapping[str, object], actor: str
) -> OutputDesignated | None:
    """The claim for a document that is about to be issued: made now, or when this was sent
    before. Raises Refused where the ledger does not cover it: then nothing is issued."""
    command = IssueDocument.model_validate({**sent, "claim": None})
    command_id, drafting = issuing.drafting(command)
    state = await asyncio.to_thread(queries.reader.state, command.stream)
    if not isinstance(state, Document) or state.issued is not None:
        return None
    await allowed.caught_up_with(command.pool)  # what a close has left may be claimed at once
    known = await asyncio.to_thread(queries.knowledge)
    scope = command.scope
    assert scope is not None  # drafting has looked at it
    seen = await asyncio.to_thread(domain.checked_of, scope, command.day, known)
    rows = await asyncio.to_thread(domain.pool_known, command.pool.key, sent, known)
    results = await asyncio.to_thread(domain.results_of, scope, command.day, known)
    cover_id, covering = issuing.covering(drafting, command, seen, known.behind_s, rows, results)
    steps = [request_of(command_id, drafting, actor), request_of(cover_id, covering, actor)]
    try:
        # what the ledger would not cover binds no number
        for would in await asyncio.to_thread(running.writer.rehearse, steps, Rehearsed()):
            if isinstance(would, Exception):
                raise would
        await running.writer.execute(steps[0])
        outcome = await running.writer.execute(steps[1])
    except Refused as no:
        told = await asyncio.to_thread(queries.told_of_waiting, no, command.pool, command.day)
        if told is no:
            raise
        raise told from no
    claims = [one.event for one in outcome.recorded if isinstance(one.event, OutputDesignated)]
    return claims[0] if claims else None


def _scopes(made: Api, queries: Queries, allowed: Allowed, running: Running) -> None:
    @made.get("/coc/scopes/{scope_id}", tags=["scopes"])
    async def scope(principal: SignedIn, scope_id: Key) -> Response:
        """A scope as it stands. `sharing` names, by stage, the supply-chain activities that share
        its pool: where there is more than one, a movement or a document names its own. Of its
        facilities those `to_come` are `successor_of`'s until that goes over; `also_in` names the
        scopes of earlier builds that have one of them for the same activity. `read_by` are the
        audit firms that read its books, as long as their Chain of Custody audit is open.
        `contractors` and `joint_ventures` are listed `since` a day and `through` another (`null`:
        still), of the scope `from_scope_id` where that went over into this one; the first share of
        a holder counts for the days before as well, and a holder that goes over is followed, from
        that day on, by the scope of its member that stands in its place."""
        row = await allowed.scope(principal, scope_id)
        state, shared = await asyncio.to_thread(queries.sharing, scope_id, running.times.today())
        ventures = await asyncio.to_thread(queries.ventures, state)
        does = tuple(map(Activity, row.activities))
        told = {
            "sharing": {at.value: activities_at(does, at) for at in Stage},
            "successor_of": state.successor_of,
            "to_come": state.awaited,
            "also_in": shared,
            "contractors": [one._asdict() for one in contractors_told(state.hired)],
            "joint_ventures": [one._asdict() for one in ventures],
            "read_by": await asyncio.to_thread(allowed.readers, row.entity_id),
        }
        return Json({**row._asdict(), **told})

    @made.get("/coc/members/{member_id}/scopes", tags=["scopes"])
    async def scopes(principal: SignedIn, member_id: Key, wanted: Paged) -> Response:
        """A member's scopes, by id."""
        principal.require_member(member_id)
        rows = await asyncio.to_thread(queries.scopes, member_id, wanted.after, wanted.limit)
        return Json(listed([row._asdict() for row in rows], wanted, lambda row: row["scope_id"]))

    @made.get("/coc/scopes/{scope_id}/balance", tags=["scopes"])
    async def balance(
        principal: SignedIn, scope_id: Key, stage: Stage, on: Day | None = None
    ) -> Response:
        """How much may still be sold as CoC by a document of a day (today), until when, what bars
        it, and whether it would wait for what is not known yet (`answer`); with its working.
        `blocked`: nothing is claimed until what an earlier period left is made good, `made_good`:
        it was since, and nothing is ahead of input in this one; `blocked_because` says why.
        `owed_covered`: the books cover all of `owed_kg`, which was to be made good by `owed_by`;
        until then that is the first day of what they do not cover, `owed_open_kg`."""
        row = await allowed.scope(principal, scope_id)
        day = on or running.times.today()
        await allowed.caught_up_with(queries.pool_of(row, stage, day))
        return Json(await asyncio.to_thread(queries.balance, row, stage, day))

    @made.get("/coc/scopes/{scope_id}/pools", tags=["scopes"])
    async def pools(principal: SignedIn, scope_id: Key, wanted: Paged) -> Response:
        """A scope's pools: one per stage and period."""
        await allowed.scope(principal, scope_id)
        rows = await asyncio.to_thread(queries.pools, scope_id, wanted.after, wanted.limit)
        return Json(listed([row._asdict() for row in rows], wanted, lambda row: row["pool"]))


def _pools(made: Api, queries: Queries, allowed: Allowed) -> None:
    @made.get("/coc/pools/{pool}", tags=["pools"])
    async def one(principal: SignedIn, pool: Key) -> Response:
        """A pool as it stands."""
        return Json((await allowed.pool(principal, pool))._asdict())

    @made.get("/coc/pools/{pool}/movements", tags=["pools"])
    async def movements(principal: SignedIn, pool: Key, wanted: Paged) -> Response:
        """A pool's movements, by id."""
        await allowed.pool(principal, pool)
        rows = await asyncio.to_thread(queries.movements, pool, wanted.after, wanted.limit)
        return Json(listed([_shown(row) for row in rows], wanted, lambda row: row["key"]))

    @made.get("/coc/pools/{pool}/reconciliation", tags=["pools"])
    async def reconciliation(principal: SignedIn, pool: Key) -> Response:
        """A pool month by month, with what cannot be explained."""
        row = await allowed.pool(principal, pool)
        return Json(await asyncio.to_thread(queries.reconciliation, row))


def _shown(row: MovementRow) -> dict[str, Any]:
    """A movement, however it came."""
    shown = {**row._asdict(), "movement": movement_of(row)}
    del shown["packed"]
    return shown


def _documents(made: Api, queries: Queries, allowed: Allowed) -> None:
    @made.get("/coc/documents/{number}", tags=["documents"])
    async def document(principal: SignedIn, number: Key) -> Response:
        """A document as it stands, for both its sides, and for who holds their scopes by now; its
        issuer sees all, the others what was stated to its customer, an auditor what the side sees
        that they audit. A correction is read by who issued what it replaces, too."""
        row, whole = await allowed.reading(principal, number)
        return Json(once(row if whole else to_customer(row))._asdict())

    @made.get("/coc/members/{member_id}/documents", tags=["documents"])
    async def documents(
        principal: SignedIn,
        member_id: Key,
        wanted: Paged,
        side: Literal["issued", "received"] = "issued",
        state: Annotated[str | None, Query(pattern=r"^[a-z_]{1,40}$")] = None,
    ) -> Response:
        """A member's documents on one side, by number."""
        principal.require_member(member_id)
        column = "member_id" if side == "issued" else "customer_member_id"
        where = {column: member_id, "state": state}
        rows = await asyncio.to_thread(queries.documents, where, wanted.after, wanted.limit)
        if side == "received":
            rows = [row if row.member_id == member_id else to_customer(row) for row in rows]
        return Json(
            listed([once(row)._asdict() for row in rows], wanted, lambda row: row["number"])
        )

    @made.get("/coc/documents/{number}/trace", tags=["documents"])
    async def traced(
        principal: SignedIn,
        number: Key,
        direction: Literal["upstream", "downstream"] = "upstream",
        depth: Depth = 8,
        on: Day | None = None,
    ) -> Response:
        """Where the metal of a document comes from, or went, in parts of `whole`; what the viewer
        may not see is masked, and its parts still count. With `on`, what was so on that day: each
        node says in `told` when the ledger was told of it, and what it became since; `state` is
        the document's own on the day. `changed_on`, of a node and of all: when movements of that
        day or before it were told last, if that was afterwards, so that the trace changed.
        `replaced_by` is the document that stands in its place by now, from the day `replaced_on`
        on: before it, this one stood. `totals` are all ends by what they are and, as far as the
        viewer may see, by scope, stage and member: their `parts` are the whole, their shares 1. A
        trace follows CoC material; the document's footprint and recycled shares are of all metal
        that came into its pool, which `mix` tells upstream, by kind (`opening_stock` lay there
        before, whatever it was); to others than the seller without what it carried."""
        row = await allowed.document(principal, number)
        walk = queries.upstream if direction == "upstream" else queries.downstream
        nodes = await asyncio.to_thread(walk, row, depth, on)
        own = None if principal.is_ops else await allowed.members(principal, row)
        head = {"number": number, "on": on, "state": state_on(row, on), "whole": trace.WHOLE}
        instead = {"replaced_by": row.replaced_by, "replaced_on": replaced_on(row)}
        kinds = await asyncio.to_thread(queries.mix, row, on) if direction == "upstream" else []
        open_to = own is None or row.member_id in own
        mix = [one._replace(carries=one.carries if open_to else None)._asdict() for one in kinds]
        return Json({**head, **instead, "mix": mix, **_seen(nodes, own)})


def _seen(nodes: Sequence[trace.Node], own: frozenset[str] | None) -> dict[str, object]:
    """A trace as those see it in whose place somebody looks; None for who sees all."""

    def may_see(node: trace.Node) -> bool:
        return own is None or not own.isdisjoint(node.seen_by)

    def may_place(node: trace.Node) -> bool:
        return own is None or not own.isdisjoint(node.seen_by[:1])

    shown = trace.masked(nodes, may_see)
    return {
        "changed_on": max((node.changed_on for node in nodes if node.changed_on), default=None),
        "totals": [one._asdict() for one in trace.totals(shown, may_place)],
        "nodes": [_without_sides(node) for node in shown],
    }


def _without_sides(node: trace.Node) -> dict[str, object]:
    """A node as it is told: not who may see it."""
    told = node._asdict()
    told["seen_by"] = None
    del told["at"]
    return told


def _deliveries(made: Api, queries: Queries, running: Running) -> None:
    @made.post("/coc/documents/{number}/delivery", tags=["documents"])
    async def delivery(request: HttpRequest, number: Key, told: Delivery) -> Response:
        """Confirm a delivery without a token: the registration id that the seller gave proves who
        asks. The header Idempotency-Key makes a retry recognisable."""
        command_id = command_id_of(request.headers)
        proof = domain.proof_of(number, told.registration_id)
        sent = {
            "number": number,
            "received_kg": told.received_kg,
            "received_on": told.received_on,
        }
        on = running.times.today()

        def built() -> ConfirmDelivery:
            fields = domain.fill(ConfirmDelivery, sent, queries.knowledge(), on)
            return ConfirmDelivery.model_validate({**sent, **fields, "on": on, "proof": proof})

        command = await asyncio.to_thread(built)
        made_of = own_id("delivery", number, proof, command_id)
        outcome = await running.writer.execute(request_of(made_of, command, BY_REGISTRATION))
        return Response(answer(named(outcome, command_id)), media_type=JSON_TYPE)

    @made.post("/coc/documents/{number}/dispute", tags=["documents"])
    async def dispute(request: HttpRequest, number: Key, told: Dispute) -> Response:
        """Dispute a delivery without a token, as it is confirmed: it stays disputed until its
        seller corrects or withdraws it, or it is confirmed after all."""
        command_id = command_id_of(request.headers)
        proof = domain.proof_of(number, told.registration_id)
        on = running.times.today()
        command = DisputeDelivery(on=on, number=number, proof=proof, reason=told.reason)
        made_of = own_id("dispute", number, proof, command_id)
        outcome = await running.writer.execute(request_of(made_of, command, BY_REGISTRATION))
        return Response(answer(named(outcome, command_id)), media_type=JSON_TYPE)
