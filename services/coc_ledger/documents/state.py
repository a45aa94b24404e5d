"""What is remembered of a document: its words, both sides, its checks, its end. Pure.

`Document` is the fold of `coc_document/<number>`; `evolve` is total over its events.
"""

from collections.abc import Mapping
from datetime import date
from typing import ClassVar, NamedTuple, assert_never

from contracts.coc_documents import (
    Awaited,
    ClaimRechecked,
    DocumentChecked,
    DocumentConfirmed,
    DocumentDisputed,
    DocumentEnded,
    DocumentIssued,
    DocumentLapsed,
)
from contracts.custody import DocumentNumber, PoolKey
from contracts.envelope import Event
from contracts.values import Id
from infra.errors import Refused
from services.coc_ledger.evidence import ReplacedClaim

from .commands import Draft

LAPSE = "document_lapse"


class DocumentDrafted(Event):
    """Private: the words of a document that is about to be claimed for. The first binds the
    number to its pool; a later one may have other words until the claim is made."""

    TYPE: ClassVar[str] = "coc.document_drafted.v1"
    number: DocumentNumber
    draft_id: Id
    draft: Draft


class Document(NamedTuple):
    """The fold; `drafts` by digest."""

    number: str = ""
    pool: PoolKey | None = None
    drafts: Mapping[str, Draft] = {}
    issued: DocumentIssued | None = None
    confirmed: DocumentConfirmed | None = None
    claim: ClaimRechecked | None = None
    checked: DocumentChecked | None = None
    disputed: DocumentDisputed | None = None
    lapsed: bool = False
    ended: DocumentEnded | None = None

    @property
    def designated(self) -> bool:
        """Whether its claim counts in the seller's pool."""
        last = self.checked or self.claim  # the receiver's check is the later one
        failed = last is not None and not last.passed
        return self.issued is not None and self.ended is None and not failed

    @property
    def awaited(self) -> Awaited | None:
        """The confirmation that is still waited for: nothing has answered it yet."""
        if self.issued is None or self.confirmed or self.disputed or self.lapsed or self.ended:
            return None
        return self.issued.awaited


INITIAL = Document()

DocumentEvent = (
    DocumentDrafted
    | DocumentIssued
    | DocumentConfirmed
    | ClaimRechecked
    | DocumentChecked
    | DocumentDisputed
    | DocumentLapsed
    | DocumentEnded
)


def evolve(state: Document, event: DocumentEvent) -> Document:
    """The document after an event."""
    match event:
        case DocumentDrafted():
            return state._replace(
                number=event.number,
                pool=state.pool or event.draft.pool,
                drafts={**state.drafts, event.draft_id: event.draft},
            )
        case DocumentIssued():
            return state._replace(issued=event, drafts={})
        case DocumentConfirmed():
            return state._replace(confirmed=event, disputed=None)
        case ClaimRechecked():
            return state._replace(claim=event)
        case DocumentChecked():
            return state._replace(checked=event)
        case DocumentDisputed():
            return state._replace(disputed=event)
        case DocumentLapsed():
            # Documents lapsed over a dispute once; a dispute ends in an answer alone.
            return state._replace(lapsed=state.disputed is None)
        case DocumentEnded():
            return state._replace(ended=event)
        case _:
            assert_never(event)


def due(state: Document) -> Mapping[str, date]:
    """When the clock lets it lapse: once the last day to confirm is closed, and nobody has said
    anything of it by then."""
    if state.issued is None or state.lapsed or state.confirmed or state.ended or state.disputed:
        return {}
    return {LAPSE: state.issued.confirm_by}


def claim_of(state: Document) -> ReplacedClaim | None:
    """The claim of an issued document, for one that replaces it."""
    document = state.issued
    if document is None:
        return None
    return ReplacedClaim(
        number=document.number,
        pool=document.pool,
        mass_kg=document.mass_kg,
        lot=document.lot,
        carried=document.carried,
        designated=state.designated,
        ended=state.ended is not None,
        by=state.ended.by if state.ended else None,
        day=document.issued_on,
        activity=document.activity,
        from_closed=document.from_closed,
        customer_scope_id=document.customer.scope_id,
        step=document.supplement.step,
    )


def issued_of(number: str, state: Document) -> DocumentIssued:
    """The document, once it is issued."""
    if state.issued is None:
        raise Refused(
            "unknown-document", f"There is no document {number}: look at the number.", number=number
        )
    return state.issued
