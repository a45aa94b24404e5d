"""The ledger in one place: its deciders, its commands, who may issue them, its evidence. Pure."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from types import ModuleType

from contracts.custody import STAGE_OF, Material, PoolKey, Stage
from contracts.envelope import Event
from infra.decider import Command
from infra.readmodel import Consumer

from .accounting.stages import NEXT, entry_id
from .auditors import AUDITORS
from .certificate_reactions import CERTIFICATE_REACTIONS
from .documents import document
from .documents.commands import (
    ConfirmDelivery,
    ConfirmDocument,
    DisputeDocument,
    IssueDocument,
    WithdrawDocument,
)
from .documents.state import DocumentDrafted
from .evidence import (
    MovementSeen,
    Onward,
    PoolKnown,
    facility_left,
    onward_of,
    went_over,
)
from .exports.export_rows import EXPORTS
from .facility_reactions import FACILITY_REACTIONS
from .flows import publication
from .flows.publication import FlowPublished
from .knowledge import (
    Knowledge,
    checked,
    checked_holder,
    checked_issuer,
    checked_of,
    diligence_of,
    facilities_found,
    first_day,
    holding,
    open_before,
    results_of,
    scope_on,
    seen,
    stopped,
    unlooked_in,
)
from .known_receipts import knowing
from .period_reactions import PERIOD_REACTIONS
from .pools import pool
from .pools.calendar import CALENDAR_REACTIONS
from .pools.commands import (
    BookLoss,
    BookProcessEmissions,
    ChangeStage,
    ClosePeriod,
    CountStock,
    DeclareOverdraftCase,
    PoolCommand,
    ReceiveMaterial,
    ReverseMovement,
    ShipMaterial,
)
from .pools.deferred import ChangeDeferred
from .pools.following import FOLLOW_REACTIONS
from .pools.late import LATE_REACTIONS
from .pools.owing import PeriodOver
from .pools.step_anew import STEP_REACTIONS
from .reactions import REACTIONS
from .refused import before_first_period, unknown_scope
from .replaced import replaced
from .rooms import held_after, held_by, held_onward
from .rows import PROJECTIONS, EntityRow, MemberRow, MovementRow, PoolRow, movement_key
from .scopes import entity_scopes, scope
from .scopes.commands import (
    AddScopeFacility,
    ApproveScopeTransfer,
    ChangePeriod,
    DelistContractor,
    ListContractor,
    ListJointVenture,
    OpenScope,
    RecordDueDiligence,
)
from .scopes.entity_scopes import ScopeNamed
from .scopes.state import PS_DUE
from .stage_reactions import STAGE_REACTIONS
from .yearly_reports import report
from .yearly_reports.commands import AcceptReport, PrepareReport, ReturnReport, SubmitReport
from .yearly_reports.reactions import REPORT_REACTIONS
from .yearly_reports.report import ReportingNoted
from .yearly_reports.rows import REPORTS

__all__ = [
    "Knowledge",
    "checked",
    "checked_holder",
    "checked_issuer",
    "checked_of",
    "results_of",
    "scope_on",
    "seen",
]

DECIDERS: Mapping[str, ModuleType] = {
    "coc_scope": scope,
    "coc_entity": entity_scopes,
    "pool": pool,
    "coc_document": document,
    "coc_report": report,
    "public_flow": publication,
}
RESTS_ON: Mapping[str, tuple[str, ...]] = {PS_DUE: ("certification",)}
PRIVATE: tuple[type[Event], ...] = (
    ChangeDeferred,
    DocumentDrafted,
    FlowPublished,
    PeriodOver,
    ReportingNoted,
    ScopeNamed,
)

BOOKINGS: tuple[type[PoolCommand], ...] = (
    ReceiveMaterial,
    ShipMaterial,
    BookLoss,
    CountStock,
    BookProcessEmissions,
    ChangeStage,
    ReverseMovement,
    DeclareOverdraftCase,
    ClosePeriod,
)
BY_OPS: tuple[type[Command], ...] = (ApproveScopeTransfer, AcceptReport, ReturnReport)
BY_OPS_AND_MEMBERS: tuple[type[Command], ...] = (
    OpenScope,
    AddScopeFacility,
    ChangePeriod,
    ListContractor,
    DelistContractor,
    ListJointVenture,
    RecordDueDiligence,
    *BOOKINGS,
    IssueDocument,
    ConfirmDocument,
    DisputeDocument,
    WithdrawDocument,
    PrepareReport,
    SubmitReport,
)
"""A member's command names a `member_id`: it must be the caller's own."""

COMMANDS: tuple[type[Command], ...] = (*BY_OPS, *BY_OPS_AND_MEMBERS)
ROLES: Mapping[str, frozenset[str]] = {
    **{command.NAME: frozenset({"ops"}) for command in BY_OPS},
    **{command.NAME: frozenset({"ops", "member"}) for command in BY_OPS_AND_MEMBERS},
}

CONSUMER = "coc"
ALL_REACTIONS = (
    *REACTIONS,
    *CERTIFICATE_REACTIONS,
    *PERIOD_REACTIONS,
    *STAGE_REACTIONS,
    *FACILITY_REACTIONS,
    *CALENDAR_REACTIONS,
    *LATE_REACTIONS,
    *FOLLOW_REACTIONS,
    *STEP_REACTIONS,
    *REPORT_REACTIONS,
)
CONSUMERS: tuple[Consumer, ...] = (
    Consumer(
        CONSUMER,
        ("membership", "certification", "ghg", "coc_ledger"),
        (*PROJECTIONS, REPORTS),
        (),
        tuple(map(knowing, ALL_REACTIONS)),
    ),
    EXPORTS,
    AUDITORS,
)
"""One reader: our own events for queries and both sides of a delivery, the public ones as evidence
of certificates, membership's for who is whose, `ghg`'s for verified results. Pictures and reports
have another one."""


# --- evidence ---


Body = Mapping[str, object]


def fill(command: type[Command], body: Body, known: Knowledge, on: date) -> dict[str, object]:
    """The evidence fields of a command, from its other fields as sent. Raises Refused for a scope
    that is not there, since nothing could be booked in it."""
    if issubclass(command, PoolCommand):
        return _for_pool(command, body, known)
    filler = FILLERS.get(command.NAME)
    return filler(body, known, on) if filler else {}


def proof_of(number: str, registration_id: str) -> str:
    """The digest of a registration id: all that is kept of it."""
    return hashlib.sha256(f"{number}\n{registration_id}".encode()).hexdigest()


def _for_pool(command: type[PoolCommand], body: Body, known: Knowledge) -> dict[str, object]:
    scope_id, day = _text(body, "scope_id"), _day(body, "day")
    found = scope_on(scope_id, day, known)
    if found is None or found.member_id != _text(body, "member_id"):
        raise unknown_scope(_text(body, "member_id"), scope_id)
    if found.period is None:
        raise before_first_period(scope_id, day, first_day(scope_id, known))
    stage = body.get("stage")
    assert isinstance(stage, Stage)  # the form has read it
    at = PoolKey(scope_id=scope_id, stage=stage, period=found.period)
    key = at.key
    fields: dict[str, object] = {"scope": found, "known": pool_known(key, body, known)}
    if command is ChangeStage:
        fields["results"] = results_of(found, day, known)
        fields["behind_s"] = known.behind_s
        fields["there"] = held_onward(at, known)
    if command is ClosePeriod:
        fields["open_before"] = open_before(at, known)
        fields["there"] = held_after(at, found, known)
        fields["unlooked"] = unlooked_in(at, known)
    if command is ReverseMovement:
        fields["onward"] = onward(key, _text(body, "reverses"), known)
        if _text(body, "reason"):
            fields["unlooked"] = unlooked_in(at, known, without=_text(body, "reverses"))
    if command is ReceiveMaterial:
        fields["diligence"] = diligence_of(scope_id, _text(body, "supplier_id"), known)
    if command in (ChangeStage, ReceiveMaterial):
        fields["checked"] = checked_of(found, day, known)
    return fields


def pool_known(key: str, body: Body, known: Knowledge) -> PoolKnown:
    """What rows know of a pool. The pool's own row is read first: what the others know is then at
    least as much."""
    row: PoolRow | None = known.row("pools", key)
    return PoolKnown(
        through=row.version if row else 0,
        movement=_seen(key, _text(body, "movement_id"), known),
        reversed=_seen(key, _text(body, "reverses"), known),
        stopped=stopped(row, known),
    )


def _seen(key: str, movement_id: str, known: Knowledge) -> MovementSeen | None:
    row: MovementRow | None = (
        known.row("movements", movement_key(key, movement_id)) if movement_id else None
    )
    return seen(row) if row else None


def onward(key: str, movement_id: str, known: Knowledge) -> Onward | None:
    """The pool that got the product of a change of stage; None where there is none."""
    scope_id, stage, period = key.split(":")
    if Stage(stage) not in NEXT:
        return None
    there = PoolKey(scope_id=scope_id, stage=NEXT[Stage(stage)], period=date.fromisoformat(period))
    entered = _seen(there.key, entry_id(Stage(stage), movement_id), known)
    state = known.state(there.stream)
    if not isinstance(state, pool.Pool) or state.key is None:
        return None
    return onward_of(there.stream, state, entered)


def _for_opening(body: Body, known: Knowledge, on: date) -> dict[str, object]:
    entity: EntityRow | None = known.row("entities", _text(body, "entity_id"))
    member: MemberRow | None = known.row("members", _text(body, "member_id"))
    return {
        "entity_member_id": entity.member_id if entity else None,
        "joined_on": member.joined_on if member else None,
        "found": facilities_found(set(_names(body, "facilities")), on, known),
        "checked": checked(_text(body, "entity_id"), on, known),
        "behind_s": known.behind_s,
        "rivals": tuple(known.scopes(_text(body, "entity_id"))),
    }


def _for_adding(body: Body, known: Knowledge, on: date) -> dict[str, object]:
    found = scope_on(_text(body, "scope_id"), on, known)
    entity_id = found.entity_id if found else "none"
    member: MemberRow | None = known.row("members", found.member_id) if found else None
    return {
        "joined_on": member.joined_on if member else None,
        "found": facilities_found([_text(body, "facility_id")], on, known),
        "checked": checked(entity_id, on, known),
        "behind_s": known.behind_s,
        "rivals": tuple(known.scopes(entity_id)),
    }


def _for_issuing(body: Body, known: Knowledge, on: date) -> dict[str, object]:
    """All but the claim: that is made on the way (see `api`)."""
    scope_id, day, number = _text(body, "scope_id"), _day(body, "day"), _text(body, "number")
    found = scope_on(scope_id, day, known)
    if found is None or found.member_id != _text(body, "member_id"):
        raise unknown_scope(_text(body, "member_id"), scope_id)
    if found.period is None:
        raise before_first_period(scope_id, day, first_day(scope_id, known))
    if found.ended(day):
        raise went_over(found)  # before its number is bound to a pool that can claim nothing
    material = body["material"]
    assert isinstance(material, Material)  # the form has read it
    key = PoolKey(scope_id=scope_id, stage=STAGE_OF[material], period=found.period)
    customer = getattr(body.get("customer"), "scope_id", None)
    old = replaced(_text(body, "replaces"), customer, day, known)
    if old is not None and old.pool.scope_id == scope_id and old.pool.stage is key.stage:
        key = old.pool if old.open else key
    theirs = scope_on(customer or "", day, known)
    if theirs is not None and theirs.ended(day):
        raise went_over(theirs)
    if theirs is not None and key.stage in theirs.idle:
        raise facility_left(theirs, key.stage, day)
    entity = theirs.entity_id if theirs else getattr(body.get("customer"), "entity_id", None)
    registration = _text(body, "registration_id")
    return {
        "scope": found,
        "pool": key,
        "old": old,
        "customer_member_id": theirs.member_id if theirs else None,
        "registration": proof_of(number, registration) if registration else None,
        "customer_seen": checked(entity, day, known) if entity else None,
    }


def _for_confirming(body: Body, known: Knowledge, on: date) -> dict[str, object]:
    state = known.state(f"coc_document/{_text(body, 'number')}")
    if not isinstance(state, document.Document) or state.issued is None:
        return {"scope": None, "checked": None, "behind_s": known.behind_s}
    issued = state.issued
    theirs, issuer = issued.customer.scope_id, issued.issuer.entity_id or ""
    found = holding(theirs or "", _day(body, "received_on"), known)
    return {
        "scope": found,
        "checked": checked_issuer(issuer, issued.pool.scope_id, issued.issued_on, known),
        "behind_s": known.behind_s,
        "there": held_by(found, issued.pool.stage, known),
        "holder_seen": checked_holder(issued, known),
    }


def _for_delivery(body: Body, known: Knowledge, on: date) -> dict[str, object]:
    fields = _for_confirming(body, known, on)
    return {name: fields.get(name) for name in ("checked", "behind_s", "holder_seen")}


def _for_report(body: Body, known: Knowledge, on: date) -> dict[str, object]:
    """All but the figures: those come from the rows of the exports (see `api`)."""
    year = body["year"]
    assert isinstance(year, int)  # the form has read it
    return {"scope": scope_on(_text(body, "scope_id"), date(year, 12, 31), known)}


FILLERS: Mapping[str, Callable[[Body, Knowledge, date], dict[str, object]]] = {
    OpenScope.NAME: _for_opening,
    AddScopeFacility.NAME: _for_adding,
    IssueDocument.NAME: _for_issuing,
    ConfirmDocument.NAME: _for_confirming,
    ConfirmDelivery.NAME: _for_delivery,
    PrepareReport.NAME: _for_report,
    SubmitReport.NAME: _for_report,
}


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _names(body: Body, name: str) -> tuple[str, ...]:
    value = body.get(name)
    return tuple(str(one) for one in value) if isinstance(value, tuple) else ()


def _day(body: Body, name: str) -> date:
    value = body[name]
    assert isinstance(value, date)  # the form has read it
    return value
