"""A CoC document: drafted, issued, confirmed, checked, disputed, lapsed, ended. A decider, stream
`coc_document/<number>`.

The number is the natural key. The first draft binds it to a pool for ever: that pool alone claims
for it, once, so that no number covers two claims. What was issued is never edited. A check whose
knowledge is too old waits; a check that comes out otherwise later is said again, and both ledgers
follow. Rules: sources.md 5.7.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import assert_never

from contracts.coc_documents import DocumentEnded, DocumentIssued, DocumentLapsed
from contracts.envelope import Event
from infra.decider import Tick
from infra.errors import Refused
from infra.policy import Policies, Policy
from services.coc_ledger.evidence import ReplacedClaim, check_scope

from . import buyer as document_buyer
from . import words as documents
from .commands import (
    CheckDocument,
    CompleteDocument,
    ConfirmDelivery,
    ConfirmDocument,
    DisputeDelivery,
    DisputeDocument,
    Draft,
    DraftDocument,
    IssueDocument,
    SupersedeDocument,
    WithdrawDocument,
)
from .state import INITIAL, Document, DocumentDrafted, due, evolve, issued_of

__all__ = ["INITIAL", "Document", "decide", "due", "evolve"]

AnyCommand = (
    DraftDocument
    | IssueDocument
    | CompleteDocument
    | ConfirmDocument
    | ConfirmDelivery
    | CheckDocument
    | DisputeDocument
    | DisputeDelivery
    | WithdrawDocument
    | SupersedeDocument
    | Tick
)


def decide(command: AnyCommand, state: Document, policies: Policies) -> Sequence[Event]:
    """Events of a command; raises Refused."""
    policy = policies.on(command.on)
    match command:
        case DraftDocument():
            return _draft(command, state)
        case IssueDocument():
            return _issue(command, state, policy)
        case CompleteDocument():
            draft = state.drafts.get(command.claim.draft)
            if state.issued is not None or draft is None:
                return []
            return [documents.issued(command.number, draft, command.claim, command.on, policy)]
        case Tick():
            return _lapse(command, state)
        case _:
            return _decide_issued(command, state, issued_of(command.number, state), policy)


def _decide_issued(
    command: ConfirmDocument
    | ConfirmDelivery
    | CheckDocument
    | DisputeDocument
    | DisputeDelivery
    | WithdrawDocument
    | SupersedeDocument,
    state: Document,
    document: DocumentIssued,
    policy: Policy,
) -> Sequence[Event]:
    match command:
        case ConfirmDocument() | ConfirmDelivery():
            return document_buyer.confirm(command, state, document, policy)
        case CheckDocument():
            return document_buyer.recheck(command, state, document, policy)
        case DisputeDocument() | DisputeDelivery():
            return document_buyer.dispute(command, state, document)
        case WithdrawDocument():
            return _withdraw(command, state, document)
        case SupersedeDocument():
            if state.ended is not None:
                return []
            return [_end(state, document, "superseded", command.reason, command.on, command.by)]
        case _:
            assert_never(command)


# --- issuing ---


def _draft(command: DraftDocument, state: Document) -> Sequence[DocumentDrafted]:
    digest = documents.digest_of(command.draft)
    if state.issued is not None:
        return []  # issuing compares
    if state.pool is not None and state.pool != command.draft.pool:
        raise _used(command.number)
    if digest in state.drafts:
        return []
    owners = {draft.member_id for draft in state.drafts.values()}
    if owners and command.draft.member_id not in owners:
        raise _used(command.number)
    check_replaced(command.draft, command.old)
    return [DocumentDrafted(number=command.number, draft_id=digest, draft=command.draft)]


def check_replaced(draft: Draft, old: ReplacedClaim | None) -> None:
    """Refuse to replace what is not there, not the seller's, or ended already. Of a scope that went
    over, the one that has its books by then corrects, once the period of the error is closed."""
    if draft.replaces is None:
        return
    own = old is not None and draft.scope_id in (old.pool.scope_id, *old.went_to)
    if old is None or old.number != draft.replaces or not own:
        raise Refused(
            "unknown-document",
            f"Scope {draft.scope_id} has issued no document {draft.replaces} that can be replaced.",
            number=draft.replaces,
        )
    if old.ended:
        raise documents.replaced_before(old.number, old.by)
    if old.open and old.pool.scope_id != draft.scope_id:
        raise Refused(
            "period-of-error-open",
            f"The period from {old.pool.period} on in which {old.number} was issued is open in"
            f" scope {old.pool.scope_id}: close it, or correct the document there on a day before"
            " the transfer.",
            number=old.number,
            scope_id=old.pool.scope_id,
            period=old.pool.period,
        )
    if old.pool.stage is not draft.pool.stage:
        raise Refused(
            "stage-not-in-scope",
            f"{draft.replaces} is of {old.pool.stage.value}: its correction is as well.",
            number=draft.replaces,
        )


def _issue(command: IssueDocument, state: Document, policy: Policy) -> Sequence[Event]:
    scope = check_scope(command.scope, command.scope_id, command.member_id)
    draft = documents.draft_of(command, scope)
    if state.issued is not None:
        named = command.customer.certificate_id
        told = named in (None, state.issued.customer.certificate_id)
        told = told and command.activity in (None, state.issued.activity)
        if told and same_words(state.issued, draft):
            return []
        raise _used(command.number)
    claim = command.claim
    digest = documents.digest_of(draft)
    if claim is None or claim.document != command.number or claim.draft != digest:
        raise _used(command.number)
    return [documents.issued(command.number, draft, claim, command.on, policy)]


def same_words(document: DocumentIssued, draft: Draft) -> bool:
    """Whether an issued document says what a draft says (its pool and status then aside)."""
    told = (
        document.member_id,
        document.issuer.scope_id,
        document.issued_on,
        document.customer.scope_id,
        document.customer.name,
        document.customer.address,
        document.registration,
        document.responsible,
        document.statement,
        document.material,
        document.mass_kg,
        document.total_mass_kg,
        document.replaces,
        document.correction_reason,
        document.supplement.country_of_origin,
        document.carried.boundary,
        document.carried.method,
        document.carried.period,
        document.carried.verifier,
    )
    asked = (
        draft.member_id,
        draft.scope_id,
        draft.issued_on,
        draft.customer.scope_id,
        draft.customer.name,
        draft.customer.address,
        draft.registration,
        draft.responsible,
        draft.statement,
        draft.material,
        draft.mass_kg,
        draft.total_mass_kg,
        draft.replaces,
        draft.correction_reason,
        draft.country_of_origin,
        draft.boundary,
        draft.method,
        draft.footprint_period,
        draft.verifier,
    )
    return told == asked


def _used(number: str) -> Refused:
    return Refused(
        "document-number-used",
        f"The number {number} belongs to another document: take another one.",
        number=number,
    )


# --- its end ---


def _withdraw(
    command: WithdrawDocument, state: Document, document: DocumentIssued
) -> Sequence[Event]:
    if command.member_id != document.member_id:
        raise Refused(
            "unknown-document",
            f"Member {command.member_id} has issued no document {command.number}.",
            number=command.number,
        )
    if state.ended is not None:
        return []
    if state.confirmed is not None:
        raise Refused(
            "document-confirmed",
            f"{command.number} was confirmed on {state.confirmed.confirmed_on}: replace it by a"
            " correction.",
            number=command.number,
        )
    return [_end(state, document, "withdrawn", command.reason, command.on, None)]


def _end(
    state: Document,
    document: DocumentIssued,
    because: documents.Because,
    reason: str,
    on: date,
    by: str | None,
) -> DocumentEnded:
    last = state.checked
    return DocumentEnded(
        number=document.number,
        member_id=document.member_id,
        because=because,
        by=by,
        reason=reason,
        ended_on=on,
        issued_on=document.issued_on,
        pool=document.pool,
        mass_kg=document.mass_kg,
        lot=document.lot,
        carried=document.carried,
        designated=state.designated,
        receiver=last.receiver if last else None,
        receiver_member_id=last.receiver_member_id if last else None,
        receiver_ends_on=last.receiver_ends_on if last else None,
        received_kg=last.received_kg if last else None,
        received_on=last.received_on if last else None,
        counted=last.passed if last else False,
        brought=last.carried if last else None,
        rest=last.rest if last else None,
        answers=state.awaited,
        activity=document.activity,
        receiver_activity=last.receiver_activity if last else None,
        from_closed=document.from_closed,
    )


def _lapse(command: Tick, state: Document) -> Sequence[DocumentLapsed]:
    day = due(state).get(command.rule)
    if day is None or command.on < day or state.issued is None:
        return []
    return [
        DocumentLapsed(
            number=state.number,
            member_id=state.issued.member_id,
            effective_on=day + timedelta(days=1),
            answers=state.awaited,
        )
    ]
