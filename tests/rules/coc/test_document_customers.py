"""Customers with and without a scope: who confirms a document, who disputes it, and until when."""

from datetime import date, timedelta
from typing import Any

import pytest

from contracts.coc_documents import DocumentConfirmed, DocumentDisputed, DocumentIssued
from infra.decider import Tick
from infra.errors import Refused
from services.coc_ledger.documents import issuing
from services.coc_ledger.documents.commands import (
    CompleteDocument,
    ConfirmDelivery,
    DisputeDelivery,
    DisputeDocument,
    NamedCustomer,
)
from services.coc_ledger.documents.document import due
from services.coc_ledger.documents.rows import DOCUMENTS
from tests.rules.coc.given import DAY, TODAY, documents, seen
from tests.rules.coc.test_document import PROOF, claimed, confirm, issue, issued
from tests.rules.coc.told import recorded


def test_a_document_names_a_scope_or_a_registration_id_never_both() -> None:
    with pytest.raises(Refused, match="customer-named-twice"):
        issued(registration=PROOF)


def with_both() -> DocumentIssued:
    """As it was once issued."""
    [event] = issued().events
    assert isinstance(event, DocumentIssued)
    return event.model_copy(update={"registration": PROOF})


def test_of_a_stored_document_with_both_the_scope_is_the_one_that_confirms() -> None:
    stored = documents.given(with_both())
    given: dict[str, Any] = {"on": TODAY, "number": "D-1", "received_kg": 1000, "received_on": DAY}
    by_id = ConfirmDelivery(**given, proof=PROOF, checked=seen())
    stored.when(by_id).refused("customer-answers-by-scope", customer_scope_id="S-2")
    stored.when(by_id.model_copy(update={"proof": "1" * 64})).refused("unknown-document")
    confirmed = stored.when(confirm()).events[0]
    assert isinstance(confirmed, DocumentConfirmed)
    assert confirmed.receiver is not None


def test_what_was_confirmed_by_the_id_is_not_told_as_booked_in_the_scope() -> None:
    done = issued().and_when(confirm()).events[0]
    nowhere = done.model_copy(update={"receiver": None, "receiver_ends_on": None})
    refused = documents.given(with_both(), nowhere).when(confirm()).refused("document-confirmed")
    assert "lies in no scope's books" in str(refused.refusal)


def test_what_is_disputed_does_not_lapse_and_can_be_settled_late() -> None:
    disputed = issued().and_when(
        DisputeDocument(on=TODAY, number="D-1", member_id="M-2", reason="short")
    )
    assert due(disputed.state) == {}
    last = TODAY + timedelta(days=60)
    lapse = Tick(on=last, target="coc_document/D-1", rule="document_lapse")
    disputed.and_when(lapse).nothing()
    [event] = issued().and_when(lapse).events
    as_it_was = disputed.and_given(event)
    shown = None
    for told in recorded(*issued().events, *disputed.events, event):
        shown = DOCUMENTS.evolve("D-1", shown, told)
    assert shown is not None
    assert shown.state == "disputed"
    late = {"on": last + timedelta(days=30), "received_on": DAY}
    assert as_it_was.when(confirm(**late)).state.confirmed is not None


def test_a_buyer_without_a_scope_disputes_by_the_same_digest() -> None:
    customer = NamedCustomer(name="Can maker", address="3 Main Street")
    start = issued(customer=customer, registration=PROOF, customer_member_id=None)
    dispute = DisputeDelivery(on=TODAY, number="D-1", proof=PROOF, reason="wrong-mass")
    disputed = start.and_when(dispute)
    [event] = disputed.events
    assert isinstance(event, DocumentDisputed)
    assert (event.customer_member_id, event.answers) == (None, start.state.issued.awaited)
    disputed.and_when(dispute).nothing()
    start.and_when(dispute.model_copy(update={"proof": "1" * 64})).refused("unknown-document")
    documents.given(with_both()).when(dispute).refused("customer-answers-by-scope")


@pytest.mark.parametrize("on", [DAY, DAY + timedelta(days=59), TODAY])
def test_the_buyers_time_counts_from_the_day_on_which_a_document_was_stated(on: date) -> None:
    """One of a day before is no shorter time for its buyer, whether its seller or the ledger itself
    completes it; what was stored with an earlier last day keeps that."""
    command = issue(on=on)
    _, step = issuing.drafting(command)
    complete = CompleteDocument(on=on, number="D-1", claim=claimed(command))
    covered = command.model_copy(update={"claim": claimed(command)})
    last = on + timedelta(days=60)
    for made in (documents.when(step, covered), documents.when(step, complete)):
        assert due(made.state) == {"document_lapse": last}
        early = Tick(on=last - timedelta(days=1), target="coc_document/D-1", rule="document_lapse")
        made.and_when(early).nothing()
        stored = made.state.issued
        assert stored is not None
        assert (stored.issued_on, stored.awaited.confirm_by) == (DAY, last)
        older = stored.model_copy(update={"confirm_by": DAY + timedelta(days=60)})
        assert due(made.state._replace(issued=older)) == {"document_lapse": older.confirm_by}
