"""A datum that a facility asks of a supplier. A decider, stream `datum_request/<id>`.

    requested -> answered, and answered again -> taken into the facility's data
              -> declined; or withdrawn

Source: sources.md 8 (R-01), 4.10. Who answers proves nothing but the registration id: its keyed
hash is compared, and a wrong one is refused in the words of a request that is not there. An answer
that a default would have to be believed against is held to the same bounds as any factor.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import ClassVar, NamedTuple, assert_never

from contracts.envelope import Event
from contracts.ghg import DATA_NAMED, Sha256
from contracts.ghg_claims import (
    DatumAnswered,
    DatumDeclined,
    DatumRequested,
    DatumRequestWithdrawn,
    DatumTaken,
)
from contracts.inventory import DataKind
from contracts.values import Id, plain
from infra.decider import Command
from infra.errors import Refused
from infra.policy import Policies, Policy
from services.ghg.activity.plausible import bounds, least_factor
from services.ghg.calculation.scrap import Kind
from services.ghg.evidence import MOMENTS, owned
from services.ghg.factors.gwp import gwp_set_of

from .commands import (
    AnswerDatum,
    DeclineDatum,
    InputShare,
    IssueRegistration,
    RequestDatum,
    TakeDatum,
    WithdrawDatumRequest,
)
from .factor_units import kg_per_unit, understood

SHARE_DIGITS = Decimal("0.0001")


class RegistrationIssued(Event):
    """Private: the keyed hash of the registration id with which the supplier answers."""

    TYPE: ClassVar[str] = "ghg.registration_issued.v1"
    request_id: Id
    token_hash: Sha256
    issued_on: date


class Asked(NamedTuple):
    """A request, its latest answer, and how it ended."""

    requested: DatumRequested | None = None
    token_hash: str = ""
    answered: DatumAnswered | None = None
    declined: DatumDeclined | None = None
    taken: DatumTaken | None = None
    withdrawn: bool = False


INITIAL = Asked()
DatumEvent = (
    DatumRequested
    | RegistrationIssued
    | DatumAnswered
    | DatumDeclined
    | DatumTaken
    | DatumRequestWithdrawn
)


def decide(command: Command, state: Asked, policies: Policies) -> Sequence[DatumEvent]:
    """Events of a command; raises Refused."""
    match command:
        case RequestDatum():
            return _request(command, state)
        case IssueRegistration():
            return _issue(command, state)
        case AnswerDatum():
            return _answer(command, state, policies.on(command.on))
        case DeclineDatum():
            return _decline(command, state)
        case TakeDatum():
            return _take(command, state)
        case WithdrawDatumRequest():
            return _withdraw(command, state)
        case _:
            raise TypeError(f"a request for a datum takes no {command.NAME}")


def evolve(state: Asked, event: DatumEvent) -> Asked:
    """The request after an event."""
    match event:
        case DatumRequested():
            return state._replace(requested=event)
        case RegistrationIssued():
            return state._replace(token_hash=event.token_hash)
        case DatumAnswered():
            return state._replace(answered=event, declined=None)
        case DatumDeclined():
            return state._replace(declined=event)
        case DatumTaken():
            return state._replace(taken=event)
        case DatumRequestWithdrawn():
            return state._replace(withdrawn=True)
        case _:
            assert_never(event)


# --- the facility's side ---


def _request(command: RequestDatum, state: Asked) -> Sequence[DatumRequested]:
    facility = owned(command.facility_id, command.member_id, command.facility)
    before = state.requested
    if before is not None:
        if _same(before, command):
            return []
        raise Refused(
            "request-differs",
            f"request {command.request_id} asks for something else: make another.",
            request_id=command.request_id,
        )
    share = command.share
    if share is None:
        of = f"{command.scrap_kind} " if command.scrap_kind else ""
        raise Refused(
            "input-not-bought",
            f"{command.facility_id} has no {of}{command.item} of {command.supplier_id} in its"
            f" calculated data of {command.year}{MOMENTS}.",
            item=command.item,
            supplier_id=command.supplier_id,
            year=command.year,
        )
    return [
        DatumRequested(
            request_id=command.request_id,
            member_id=facility.member_id,
            facility_id=command.facility_id,
            year=command.year,
            supplier_id=command.supplier_id,
            item=command.item,
            unit=share.unit,
            data=share.data[:DATA_NAMED],
            factor=share.factor,
            factor_kind=share.factor_kind,
            kg=share.kg,
            share_percent=share.percent.quantize(SHARE_DIGITS),
            data_version=share.data_version,
            requested_on=command.on,
            scrap_kind=_scrap_kind(command, share),
        )
    ]


def _same(before: DatumRequested, command: RequestDatum) -> bool:
    wanted = ("member_id", "facility_id", "year", "supplier_id", "item")
    kind = command.scrap_kind in (None, before.scrap_kind)
    return kind and all(getattr(before, name) == getattr(command, name) for name in wanted)


def _scrap_kind(command: RequestDatum, share: InputShare) -> Kind | None:
    """The kind of scrap that is asked about: the only one that the supplier delivers, or the one
    that is said. An answer for one kind is wrong for another by all of a metal's burden."""
    if command.scrap_kind is not None or len(share.scrap_kinds) <= 1:
        return next(iter(share.scrap_kinds), None)
    raise Refused(
        "scrap-kind-not-said",
        f"{command.supplier_id} delivers {' and '.join(share.scrap_kinds)} scrap: say in scrap_kind"
        " which is asked about, in a request for each.",
        supplier_id=command.supplier_id,
        scrap_kinds=share.scrap_kinds,
    )


def _issue(command: IssueRegistration, state: Asked) -> Sequence[RegistrationIssued]:
    _mine(command.request_id, command.member_id, state)
    if state.withdrawn:
        raise _closed(command.request_id)
    return [
        RegistrationIssued(
            request_id=command.request_id, token_hash=command.token_hash, issued_on=command.on
        )
    ]


def _take(command: TakeDatum, state: Asked) -> Sequence[DatumTaken]:
    requested = _mine(command.request_id, command.member_id, state)
    answered = state.answered
    if answered is None or answered.answer != command.answer:
        raise Refused(
            "unknown-answer",
            f"request {command.request_id} has no answer {command.answer} that holds.",
            request_id=command.request_id,
            answer=command.answer,
        )
    if state.taken is not None and state.taken.answer == command.answer:
        return []
    return [
        DatumTaken(
            request_id=command.request_id,
            member_id=requested.member_id,
            facility_id=requested.facility_id,
            year=requested.year,
            answer=command.answer,
            data_version=command.data_version,
            taken_on=command.on,
        )
    ]


def _withdraw(command: WithdrawDatumRequest, state: Asked) -> Sequence[DatumRequestWithdrawn]:
    requested = _mine(command.request_id, command.member_id, state)
    if state.withdrawn:
        return []
    return [
        DatumRequestWithdrawn(
            request_id=command.request_id,
            member_id=requested.member_id,
            facility_id=requested.facility_id,
            year=requested.year,
            withdrawn_on=command.on,
        )
    ]


def _mine(request_id: str, member_id: str, state: Asked) -> DatumRequested:
    requested = state.requested
    if requested is None or requested.member_id != member_id:
        raise Refused(
            "unknown-datum-request",
            f"{member_id} has no request {request_id}.",
            request_id=request_id,
            member_id=member_id,
        )
    return requested


# --- the supplier's side ---


def _answer(command: AnswerDatum, state: Asked, policy: Policy) -> Sequence[DatumAnswered]:
    requested = _registered(command.request_id, command.token_hash, state)
    factor = _factor(command, requested, policy)
    _check_answer(command, policy)
    before = state.answered
    answered = DatumAnswered(
        request_id=command.request_id,
        member_id=requested.member_id,
        facility_id=requested.facility_id,
        year=requested.year,
        supplier_id=requested.supplier_id,
        item=requested.item,
        unit=requested.unit,
        answer=1 if before is None else before.answer + 1,
        factor=factor,
        kind=command.kind,
        boundary=command.boundary,
        data_year=command.data_year,
        source=command.source,
        evidence_ref=command.evidence_ref,
        verifier=command.verifier,
        answered_on=command.on,
        factor_gwp_set=_told_set(command.factor_gwp_set),
        scrap_kind=requested.scrap_kind,
    )
    if before is not None and state.declined is None:
        told = {"answer": before.answer, "answered_on": before.answered_on}
        if answered.model_copy(update=told) == before:
            return []
    return [answered]


def _told_set(text: str | None) -> str | None:
    """The set of warming potentials that the supplier names; None where it names none."""
    if not text:
        return None
    try:
        return gwp_set_of(text)
    except Refused as refused:  # a phrase of rows, where the cell goes before it
        raise Refused(refused.slug, f"{refused.sentence}.", factor_gwp_set=text) from None


def _factor(command: AnswerDatum, requested: DatumRequested, policy: Policy) -> Decimal:
    """The factor in kg CO2e per unit of the item. Refused `unit-differs`, `factor-not-physical`."""
    unit, item = requested.unit, requested.item
    times = kg_per_unit(command.unit, unit)
    if times is None:
        raise Refused(
            "unit-differs",
            f"the factor is asked for in kg CO2e per {unit}: write one of"
            f" {', '.join(understood(unit))}, not {command.unit}.",
            asked=unit,
            given=command.unit,
        )
    factor = command.factor * times
    most = bounds(policy).get(item)
    if most is not None and factor > most:
        raise Refused(
            "factor-not-physical",
            f"{plain(factor)} kg CO2e/{unit} is outside 0 to {most}: look at its unit.",
            factor=factor,
            most=most,
        )
    least = least_factor(item, policy, requested.scrap_kind or "")
    if factor < least:
        raise Refused(
            "factor-not-physical",
            f"{plain(factor)} kg CO2e/{unit} cannot be: what is bought was made, and gave something"
            f" off; {requested.scrap_kind or item} is not below {plain(least)}. Look at its unit.",
            factor=factor,
            least=least,
        )
    return factor


def _check_answer(command: AnswerDatum, policy: Policy) -> None:
    boundaries = policy.words("claims.cradle_to_gate")
    if command.boundary not in boundaries:
        raise Refused(
            "boundary-too-small",
            f"a factor of an input runs from the cradle to the supplier's gate: the boundary is one"
            f" of {', '.join(boundaries)}.",
            boundary=command.boundary,
            known=boundaries,
        )
    if command.data_year > command.on.year:
        raise Refused(
            "year-not-begun",
            f"{command.data_year} has not begun: the factor is of a year that has.",
            year=command.data_year,
            on=command.on,
        )
    proven = command.verifier is not None and command.evidence_ref is not None
    if command.kind is DataKind.SUPPLIER_VERIFIED and not proven:
        raise Refused(
            "verification-missing",
            "a verified factor names its verifier and where the statement is kept; without them it"
            " is supplier_unverified.",
            kind=command.kind,
        )


def _decline(command: DeclineDatum, state: Asked) -> Sequence[DatumDeclined]:
    requested = _registered(command.request_id, command.token_hash, state)
    if state.declined is not None and state.declined.reason == command.reason:
        return []
    return [
        DatumDeclined(
            request_id=command.request_id,
            member_id=requested.member_id,
            facility_id=requested.facility_id,
            year=requested.year,
            supplier_id=requested.supplier_id,
            item=requested.item,
            reason=command.reason,
            declined_on=command.on,
        )
    ]


def _registered(request_id: str, token_hash: str, state: Asked) -> DatumRequested:
    """The request, for whoever has its registration id."""
    if state.requested is None or not state.token_hash or state.token_hash != token_hash:
        raise Refused(
            "unknown-registration",
            "this registration id is not known: it may have been replaced by a newer one. Ask the"
            " facility.",
        )
    if state.withdrawn:
        raise _closed(request_id)
    return state.requested


def _closed(request_id: str) -> Refused:
    return Refused(
        "request-withdrawn",
        f"request {request_id} was withdrawn: nothing is asked any more.",
        request_id=request_id,
    )
