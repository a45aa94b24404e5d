"""What the service remembers in rows of plans, claims and requests for data. Pure.

Certificates as they stand are in `standing`. A plan's row is for lists; the plan itself is the fold
of its stream.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from contracts import ghg_claims as claims
from contracts import ghg_plans as plans
from contracts import membership
from contracts.envelope import Event, Recorded, subject
from contracts.values import plain
from infra.readmodel import Projection
from services.ghg.claims.standing import STANDINGS


class PlanRow(NamedTuple):
    """An entity's plan: which families it has, by when it is reviewed next. `state`: `kept`,
    `overdue`, `ended`."""

    entity_id: str
    member_id: str
    families: tuple[str, ...]
    state: str
    due_on: date | None
    reviewed_on: date | None


class ClaimRow(NamedTuple):
    """A claim as it stands: `requested`, `assessed`, `approved`, `refused`, `withdrawn`,
    `lapsed`. `rules` are those found at the last check."""

    claim_id: str
    member_id: str
    form: str
    language: str
    text: str
    certificate_id: str | None
    state: str
    stands: bool
    rules: tuple[str, ...]
    valid_until: date | None
    requested_on: date
    reasons: tuple[str, ...]


class DatumRequestRow(NamedTuple):
    """A request as it stands: `open`, `answered`, `declined`, `taken`, `withdrawn`."""

    request_id: str
    member_id: str
    facility_id: str
    facility_year: str
    supplier_id: str
    item: str
    unit: str
    state: str
    share_percent: str
    kg: str
    factor: str
    answer: int
    answered: str | None
    answered_kind: str | None
    requested_on: date
    scrap_kind: str | None = None


# --- plans ---

PLAN_EVENTS: frozenset[type[Event]] = frozenset(
    {
        plans.ReductionPlanAdopted,
        plans.PlanReviewExpected,
        plans.PlanReviewed,
        plans.PlanReviewOverdue,
        plans.ReductionPlanEnded,
    }
)


def _plan_keys(recorded: Recorded) -> Sequence[str]:
    return (subject(recorded.envelope.stream),) if type(recorded.event) in PLAN_EVENTS else ()


def _plan(key: str, row: PlanRow | None, recorded: Recorded) -> PlanRow | None:
    event = recorded.event
    if isinstance(event, plans.ReductionPlanAdopted):
        old = row or PlanRow(key, event.member_id, (), "kept", None, None)
        before = () if old.state == "ended" else old.families
        families = tuple(sorted({*before, event.family.value}))
        state = "kept" if old.state == "ended" else old.state
        return old._replace(member_id=event.member_id, families=families, state=state)
    if row is None:
        return None
    match event:
        case plans.PlanReviewExpected():
            return row._replace(due_on=event.due_on, state="kept")
        case plans.PlanReviewed():
            return row._replace(reviewed_on=event.reviewed_on)
        case plans.PlanReviewOverdue():
            return row._replace(state="overdue")
        case plans.ReductionPlanEnded():
            return row._replace(state="ended", due_on=None)
        case _:
            return row


# --- claims ---

CLAIM_EVENTS: frozenset[type[Event]] = frozenset(
    {
        claims.ClaimRequested,
        claims.ClaimChecked,
        claims.ClaimAssessed,
        claims.ClaimApproved,
        claims.ClaimRefused,
        claims.ClaimWithdrawn,
        claims.ClaimLapsed,
        claims.ClaimRestored,
        claims.ClaimExtended,
        claims.MembershipClaimLapsed,
        claims.MembershipClaimRestored,
    }
)


def _claim_keys(recorded: Recorded) -> Sequence[str]:
    return (subject(recorded.envelope.stream),) if type(recorded.event) in CLAIM_EVENTS else ()


def _claim(key: str, row: ClaimRow | None, recorded: Recorded) -> ClaimRow | None:
    event = recorded.event
    if isinstance(event, claims.ClaimRequested):
        return ClaimRow(
            claim_id=key,
            member_id=event.member_id,
            form=event.form,
            language=event.language,
            text=event.text,
            certificate_id=event.certificate_id,
            state="requested",
            stands=False,
            rules=(),
            valid_until=event.valid_until,
            requested_on=event.requested_on,
            reasons=(),
        )
    if row is None:
        return None
    match event:
        case claims.ClaimChecked():
            rules = tuple(dict.fromkeys(one.rule for one in event.findings))
            return row._replace(rules=rules, stands=event.stands)
        case claims.ClaimAssessed():
            return row._replace(state="assessed")
        case claims.ClaimApproved():
            return row._replace(state="approved", valid_until=event.valid_until)
        case claims.ClaimRefused():
            return row._replace(state="refused", reasons=event.reasons)
        case claims.ClaimWithdrawn():
            return row._replace(state="withdrawn", reasons=(event.reason,))
        case claims.ClaimLapsed():
            return row._replace(state="lapsed", reasons=(event.reason,))
        case claims.ClaimRestored():
            return row._replace(state="approved", valid_until=event.valid_until, reasons=())
        case claims.ClaimExtended():
            return row._replace(valid_until=event.valid_until)
        case claims.MembershipClaimLapsed():
            return row._replace(state="lapsed", reasons=("membership_ended",))
        case claims.MembershipClaimRestored():
            return row._replace(state="approved", reasons=())
        case _:
            return row


# --- requests for data ---

REQUEST_EVENTS: frozenset[type[Event]] = frozenset(
    {
        claims.DatumRequested,
        claims.DatumAnswered,
        claims.DatumDeclined,
        claims.DatumTaken,
        claims.DatumRequestWithdrawn,
    }
)


def _request_keys(recorded: Recorded) -> Sequence[str]:
    return (subject(recorded.envelope.stream),) if type(recorded.event) in REQUEST_EVENTS else ()


def _request(key: str, row: DatumRequestRow | None, recorded: Recorded) -> DatumRequestRow | None:
    event = recorded.event
    if isinstance(event, claims.DatumRequested):
        return DatumRequestRow(
            request_id=key,
            member_id=event.member_id,
            facility_id=event.facility_id,
            facility_year=f"{event.facility_id}:{event.year}",
            supplier_id=event.supplier_id,
            item=event.item,
            unit=event.unit,
            state="open",
            share_percent=plain(event.share_percent),
            kg=plain(event.kg),
            factor=plain(event.factor),
            answer=0,
            answered=None,
            answered_kind=None,
            requested_on=event.requested_on,
            scrap_kind=event.scrap_kind,
        )
    if row is None:
        return None
    match event:
        case claims.DatumAnswered():
            return row._replace(
                state="answered",
                answer=event.answer,
                answered=plain(event.factor),
                answered_kind=event.kind.value,
            )
        case claims.DatumDeclined():
            return row._replace(state="declined")
        case claims.DatumTaken():
            return row._replace(state="taken")
        case claims.DatumRequestWithdrawn():
            return row._replace(state="withdrawn")
        case _:
            return row


# --- former members ---


class FormerRow(NamedTuple):
    """A membership that ended; `ended_on` is the first day without it."""

    member_id: str
    ended_on: date


ENDS = (
    membership.MembershipForfeited,
    membership.MemberResigned,
    membership.MembershipTerminated,
)


def _former_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    ended = isinstance(event, (*ENDS, membership.MembershipRestored))
    return (subject(recorded.envelope.stream),) if ended else ()


def _former(key: str, row: FormerRow | None, recorded: Recorded) -> FormerRow | None:
    event = recorded.event
    return FormerRow(key, event.effective_on) if isinstance(event, ENDS) else None


PLAN_PROJECTIONS: tuple[Projection, ...] = (
    STANDINGS,
    Projection(
        "plans",
        1,
        PlanRow,
        _plan_keys,
        _plan,
        (("member_id", "entity_id"), ("state", "due_on")),
        PLAN_EVENTS,
    ),
    Projection(
        "claims",
        1,
        ClaimRow,
        _claim_keys,
        _claim,
        (("member_id", "claim_id"), ("certificate_id",), ("state", "claim_id")),
        CLAIM_EVENTS,
    ),
    Projection(
        "former_members",
        1,
        FormerRow,
        _former_keys,
        _former,
        (),
        frozenset({*ENDS, membership.MembershipRestored}),
    ),
    Projection(
        "datum_requests",
        2,
        DatumRequestRow,
        _request_keys,
        _request,
        (("member_id", "request_id"), ("facility_year", "request_id")),
        REQUEST_EVENTS,
    ),
)
