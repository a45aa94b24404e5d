"""The buyer's side of a document: confirmed, checked on the day of issue, disputed. Pure.

Rules: sources.md 5.7.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from contracts.coc_documents import (
    ClaimRechecked,
    DocumentChecked,
    DocumentConfirmed,
    DocumentDisputed,
    DocumentIssued,
)
from contracts.custody import Carried, Checked, ClaimPart, Lot, PoolKey
from contracts.envelope import Event
from contracts.values import Activity
from infra.errors import Refused
from infra.policy import Policy
from services.coc_ledger.accounting.accounts import carried_amount
from services.coc_ledger.accounting.bounds import check_room
from services.coc_ledger.accounting.footprint import alike, of_lot
from services.coc_ledger.evidence import activity_of, facility_left, went_over
from services.coc_ledger.refused import before_first_period, day_ahead, stage_not_in_scope

from . import words as documents
from .commands import (
    CheckDocument,
    ConfirmDelivery,
    ConfirmDocument,
    DisputeDelivery,
    DisputeDocument,
)
from .shown import stated
from .state import Document


def confirm(
    command: ConfirmDocument | ConfirmDelivery,
    state: Document,
    document: DocumentIssued,
    policy: Policy,
) -> Sequence[Event]:
    receiver, ends_on = _receiver(command, document)
    named = command.activity if isinstance(command, ConfirmDocument) else None
    if state.confirmed is not None:
        told = (state.confirmed.received_kg, state.confirmed.received_on)
        same = named in (None, state.confirmed.activity)
        same = same and (receiver is None) == (state.confirmed.receiver is None)
        if same and told == (command.received_kg, command.received_on):
            return []
        by_id = receiver is not None and state.confirmed.receiver is None
        nowhere = "; by its registration id, so that it lies in no scope's books" if by_id else ""
        raise Refused(
            "document-confirmed",
            f"{command.number} was confirmed on {state.confirmed.confirmed_on}, with"
            f" {state.confirmed.received_kg} kg of {state.confirmed.received_on}{nowhere}.",
            number=command.number,
        )
    _check_alive(state, command.number)
    if command.received_on > command.on:
        raise day_ahead(command.received_on, command.on)
    _check_day(command, document, policy)
    documents.check_mass(document, command.received_kg, policy)
    if isinstance(command, ConfirmDocument):
        whole = alike(document.carried, document.mass_kg, command.received_kg)
        check_room(command.there, carried_amount(command.received_kg, whole))
    confirmed = DocumentConfirmed(
        number=command.number,
        member_id=document.member_id,
        customer_member_id=document.customer_member_id,
        receiver=receiver,
        receiver_ends_on=ends_on,
        received_kg=command.received_kg,
        received_on=command.received_on,
        confirmed_on=command.on,
        answers=state.awaited,
        activity=_activity(command, document),
    )
    late = command.behind_s > policy.integer("document.evidence_behind_at_most_s")
    if late or command.checked is None:
        return [confirmed]  # pending: nothing is booked before the check
    seen = Seen(command.checked, command.holder_seen)
    return [confirmed, _checked(state, document, confirmed, seen, command.on, policy)]


def _check_day(
    command: ConfirmDocument | ConfirmDelivery, document: DocumentIssued, policy: Policy
) -> None:
    """Refuse metal that came long before its document was issued: it would be booked into days on
    which nobody had it. A correction is issued behind the delivery that it is about."""
    earliest = document.issued_on - timedelta(days=policy.integer("document.received_days_before"))
    if document.replaces is None and command.received_on < earliest:
        raise Refused(
            "received-before-issued",
            f"{command.number} was issued on {document.issued_on}: its metal came on {earliest} at"
            f" the earliest, not on {command.received_on}.",
            day=command.received_on,
            earliest=earliest,
        )


def _receiver(
    command: ConfirmDocument | ConfirmDelivery, document: DocumentIssued
) -> tuple[PoolKey | None, date | None]:
    """The pool that books the delivery; Refused for who is not its customer."""
    if isinstance(command, ConfirmDelivery):
        _check_proof(command.number, command.proof, document)
        return None, None
    scope = command.scope
    mine = command.member_id == document.customer_member_id
    named = document.customer.scope_id
    if scope is None or not mine or named not in (scope.scope_id, scope.instead_of):
        raise _not_customer(command.number)
    if scope.ended(command.received_on):
        raise went_over(scope)
    if document.pool.stage not in scope.stages:
        raise stage_not_in_scope(scope.scope_id, document.pool.stage, scope.stages)
    if document.pool.stage in scope.idle:
        raise facility_left(scope, document.pool.stage, command.received_on)
    if scope.period is None:
        raise before_first_period(scope.scope_id, command.received_on)
    pool = PoolKey(scope_id=scope.scope_id, stage=document.pool.stage, period=scope.period)
    return pool, scope.ends_on


def _check_proof(number: str, proof: str, document: DocumentIssued) -> None:
    """Refuse who does not have the registration id; and who has that of a document which names a
    scope as well: none is issued so any more, and the scope books what came."""
    if document.registration is None or proof != document.registration:
        raise Refused(
            "unknown-document",
            f"There is no document {number} with this registration id.",
            number=number,
        )
    if document.customer.scope_id is not None:
        raise Refused(
            "customer-answers-by-scope",
            f"{number} was issued to scope {document.customer.scope_id}: its member answers,"
            " signed in, and books the metal there.",
            number=number,
            customer_scope_id=document.customer.scope_id,
        )


def _activity(
    command: ConfirmDocument | ConfirmDelivery, document: DocumentIssued
) -> Activity | None:
    """The buyer's supply-chain activity that takes the metal in; Refused for one that it has not
    at the stage."""
    if isinstance(command, ConfirmDelivery) or command.scope is None:
        return None
    return activity_of(command.activity, command.scope, document.pool.stage)


def _not_customer(number: str) -> Refused:
    return Refused("unknown-document", f"No document {number} was issued to you.", number=number)


class Seen(NamedTuple):
    """What a check looks at: certificates of the seller, and of the holder of a share."""

    issuer: Checked
    holder: Checked | None


def _checked(
    state: Document,
    document: DocumentIssued,
    confirmed: DocumentConfirmed,
    looked: Seen,
    on: date,
    policy: Policy,
) -> DocumentChecked:
    """What a check finds; what the lot brings is what was told of it when it was checked before."""
    before = state.checked
    seen = documents.of_facilities(document, looked.issuer)
    passed, reasons = documents.checked(document, seen, looked.holder)
    mass = min(document.mass_kg, confirmed.received_kg)
    told = stated(document)  # the buyer who confirms is answered with this
    return DocumentChecked(
        number=document.number,
        member_id=document.member_id,
        check=before.check + 1 if before else 1,
        pool=document.pool,
        receiver=confirmed.receiver,
        receiver_member_id=confirmed.customer_member_id if confirmed.receiver else None,
        receiver_ends_on=confirmed.receiver_ends_on,
        received_kg=confirmed.received_kg,
        received_on=confirmed.received_on,
        issued_on=document.issued_on,
        claimed_kg=document.mass_kg,
        claimed=told.carried,
        mass_kg=mass,
        lot=document.lot,
        carried=before.carried if before else _brought(document, mass, passed=passed),
        rest=before.rest if before else _rest(document, confirmed.received_kg, passed=passed),
        checked_on=on,
        passed=passed,
        reasons=reasons,
        evidence=seen,
        policy_id=policy.policy_id,
        activity=document.activity,
        receiver_activity=confirmed.activity,
        from_closed=_lies_in_closed(told, before),
        holder_evidence=looked.holder,
        claim_held=state.designated,
    )


def _lies_in_closed(
    document: DocumentIssued, before: DocumentChecked | None
) -> tuple[ClaimPart, ...]:
    """What of the claim lies in pools that are closed. One that failed when all of a claim was
    given back in the document's own pool holds again there."""
    if before is not None and not before.passed:
        return before.from_closed
    return document.from_closed


def _brought(document: DocumentIssued, kg: int, *, passed: bool) -> Carried:
    """What so much of a lot brings to its buyer. Its emissions are those of the metal; but scrap of
    manufacturing is recycled mass by itself, all of it pre-consumer, whatever its metal was made
    of: as where it comes without a document (sources.md 5.5, 6). A document that fails its check is
    not believed to be of scrap."""
    lot = of_lot(document.carried, document.mass_kg, kg)
    return _as_scrap(document, lot, kg, passed=passed)


def _rest(document: DocumentIssued, received_kg: int, *, passed: bool) -> Carried | None:
    """What the rest of the shipment brings: all that leaves a pool has its average, CoC or not
    (sources.md 5.3, 5.7). Of more than the seller says that there is nothing is told."""
    kg = min(received_kg, document.total_mass_kg) - document.mass_kg
    if kg <= 0:
        return None
    rest = alike(document.carried, document.mass_kg, kg)
    return _as_scrap(document, rest, kg, passed=passed)


def _as_scrap(document: DocumentIssued, lot: Carried, kg: int, *, passed: bool) -> Carried:
    if document.lot is not Lot.SCRAP or not passed:
        return lot
    return lot.model_copy(update={"pre_kg": kg, "post_kg": 0})


def recheck(
    command: CheckDocument, state: Document, document: DocumentIssued, policy: Policy
) -> Sequence[Event]:
    """News of certificates, or a check that has waited for them: what comes out otherwise by them.
    Only what has waited waits on while they are not known well enough."""
    if state.ended is not None:
        return []
    if state.confirmed is None:
        return _claim_rechecked(command, state, document, policy)
    before = state.checked
    behind = command.behind_s > policy.integer("document.evidence_behind_at_most_s")
    if before is None and behind:
        return []
    seen = Seen(command.checked, command.holder_seen)
    made = _checked(state, document, state.confirmed, seen, command.on, policy)
    if before is not None and (before.passed, before.reasons) == (made.passed, made.reasons):
        return []
    return [made]


def _claim_rechecked(
    command: CheckDocument, state: Document, document: DocumentIssued, policy: Policy
) -> Sequence[ClaimRechecked]:
    """No claim counts outside the certificate's dates, whoever has not answered it yet, or never
    did: only what is taken back by the seller's side can be sold again."""
    seen = documents.of_facilities(document, command.checked)
    passed, reasons = documents.checked(document, seen, command.holder_seen)
    if passed is state.designated:
        return []
    return [
        ClaimRechecked(
            number=document.number,
            member_id=document.member_id,
            check=state.claim.check + 1 if state.claim else 1,
            pool=document.pool,
            issued_on=document.issued_on,
            mass_kg=document.mass_kg,
            checked_on=command.on,
            passed=passed,
            reasons=reasons,
            evidence=seen,
            policy_id=policy.policy_id,
            holder_evidence=command.holder_seen,
        )
    ]


def dispute(
    command: DisputeDocument | DisputeDelivery, state: Document, document: DocumentIssued
) -> Sequence[Event]:
    """It stays disputed until it is confirmed, withdrawn or replaced: no day ends that (sources.md
    5.7 has none)."""
    if isinstance(command, DisputeDelivery):
        _check_proof(command.number, command.proof, document)
    elif command.member_id != document.customer_member_id:
        raise _not_customer(command.number)
    if state.disputed is not None:
        return []
    _check_alive(state, command.number)
    if state.confirmed is not None:
        raise Refused(
            "document-confirmed",
            f"{command.number} was confirmed on {state.confirmed.confirmed_on}; ask the seller for"
            " a correction.",
            number=command.number,
        )
    return [
        DocumentDisputed(
            number=command.number,
            member_id=document.member_id,
            customer_member_id=document.customer_member_id,
            reason=command.reason,
            disputed_on=command.on,
            answers=state.awaited,
        )
    ]


def _check_alive(state: Document, number: str) -> None:
    if state.ended is not None:
        raise Refused(
            "document-ended",
            f"{number} was {state.ended.because} on {state.ended.ended_on}"
            + (f"; {state.ended.by} stands in its place." if state.ended.by else "."),
            number=number,
            by=state.ended.by,
        )
    if state.lapsed:
        raise Refused(
            "document-lapsed",
            f"{number} was not confirmed in time; let the seller issue another one.",
            number=number,
        )
