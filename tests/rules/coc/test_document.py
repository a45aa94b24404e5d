"""A document by its commands: stated, confirmed, checked on the day of issue, corrected."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from contracts.coc import OutputDesignated
from contracts.coc_documents import (
    DocumentChecked,
    DocumentConfirmed,
    DocumentDisputed,
    DocumentEnded,
    DocumentIssued,
    DocumentLapsed,
)
from contracts.custody import Carried, Checked, Conformance, Lot, Material
from contracts.values import Standard
from infra.decider import Tick
from infra.errors import Refused
from services.coc_ledger.documents import issuing
from services.coc_ledger.documents.commands import (
    CheckDocument,
    CompleteDocument,
    ConfirmDelivery,
    ConfirmDocument,
    DisputeDocument,
    IssueDocument,
    NamedCustomer,
    SupersedeDocument,
    WithdrawDocument,
)
from services.coc_ledger.documents.document import INITIAL, decide, due
from services.coc_ledger.documents.state import claim_of
from services.coc_ledger.documents.words import digest_of
from services.coc_ledger.evidence import activity_of, check_scope
from tests.rules.coc.given import (
    DAY,
    KEY,
    NOTHING_SEEN,
    POLICIES,
    TODAY,
    documents,
    scope_seen,
    seen,
)
from tests.rules.spec import Answered

BUYER = scope_seen(scope_id="S-2", member_id="M-2", entity_id="E-2")
PROOF = "0" * 64


def mill(certificate_id: str | None = None) -> NamedCustomer:
    return NamedCustomer(
        name="Mill", address="2 Main Street", scope_id="S-2", certificate_id=certificate_id
    )


def issue(**changed: Any) -> IssueDocument:
    fields = {
        "on": TODAY,
        "number": "D-1",
        "member_id": "M-1",
        "scope_id": "S-1",
        "day": DAY,
        "customer": mill(),
        "responsible": "person-1",
        "statement": Conformance.MASS_BALANCE,
        "material": Material.SEMI,
        "mass_kg": 1000,
        "total_mass_kg": 1000,
        "scope": scope_seen(),
        "pool": KEY,
        "customer_member_id": "M-2",
        **changed,
    }
    return IssueDocument.model_validate(fields)


def claimed(command: IssueDocument) -> OutputDesignated:
    """The ledger's claim for it."""
    _, step = issuing.drafting(command)
    scope = check_scope(command.scope, command.scope_id, command.member_id)
    return OutputDesignated(
        pool=command.pool,
        member_id="M-1",
        document=command.number,
        draft=digest_of(step.draft),
        day=DAY,
        mass_kg=command.mass_kg,
        lot=Lot.PRODUCT,
        entries=(),
        carried=Carried(known_kg=1000, emission_kgco2e=Decimal(4200), post_kg=250),
        covered_kg=5000,
        overdraft_kg=0,
        replaces=None,
        holder_scope_id=None,
        evidence=seen(),
        policy_id="coc-2023-04",
        activity=activity_of(step.draft.activity, scope, KEY.stage),
    )


def issued(**changed: Any) -> Answered:
    command = issue(**changed)
    _, step = issuing.drafting(command)
    covered = command.model_copy(update={"claim": claimed(command)})
    return documents.when(step, covered)


def confirm(**changed: Any) -> ConfirmDocument:
    fields = {
        "on": TODAY,
        "number": "D-1",
        "member_id": "M-2",
        "received_kg": 1000,
        "received_on": DAY,
        "scope": BUYER,
        "checked": seen(),
        **changed,
    }
    return ConfirmDocument.model_validate(fields)


def test_a_document_says_what_the_ledger_found() -> None:
    [event] = issued().events
    assert isinstance(event, DocumentIssued)
    told = event.supplement
    assert (str(told.intensity_kgco2e_per_kg), str(told.post_consumer_percent)) == (
        "4.200000",
        "25.000000",
    )
    assert (event.certificate_id, event.confirm_by) == ("C-CoC", TODAY + timedelta(days=60))


def test_both_sides_certificates_stand_on_the_document() -> None:
    """The customer's is looked up on the day of issue where the customer is known, and kept with
    what was seen; a number that is not the customer's is refused (5.7: it may be left out)."""
    theirs = seen(Standard.CHAIN_OF_CUSTODY, entity="E-2")
    [event] = issued(customer_seen=theirs).events
    assert isinstance(event, DocumentIssued)
    assert (event.issuer.certificate_id, event.customer.certificate_id) == ("C-CoC", "C-CoC")
    assert event.customer_evidence == theirs
    none = seen(Standard.PERFORMANCE, entity="E-2")
    for known, number in ((none, None), (None, None), (None, "C-7")):
        [event] = issued(customer=mill(number), customer_seen=known).events
        assert isinstance(event, DocumentIssued)
        assert event.customer.certificate_id == number
    for known in (theirs, none):
        with pytest.raises(Refused, match="C-7 is no Chain of Custody certificate of E-2"):
            issued(customer=mill("C-7"), customer_seen=known)


def test_a_document_sent_again_is_the_same_whatever_became_of_the_customers_certificate() -> None:
    theirs = seen(Standard.CHAIN_OF_CUSTODY, entity="E-2")
    first = issued(customer_seen=theirs)
    again = issue(customer_seen=seen(Standard.PERFORMANCE, entity="E-2"))
    first.and_when(again).nothing()
    named = issue(customer=mill("C-7"))
    first.and_when(named).refused("document-number-used")
    assert claimed(again).draft == claimed(issue(customer_seen=theirs)).draft


def test_too_little_known_is_no_intensity() -> None:
    command = issue()
    _, step = issuing.drafting(command)
    thin = claimed(command).model_copy(update={"carried": Carried(known_kg=949)})
    [event] = documents.when(step, CompleteDocument(on=TODAY, number="D-1", claim=thin)).events
    assert isinstance(event, DocumentIssued)
    assert event.supplement.intensity_kgco2e_per_kg is None


@pytest.mark.parametrize(
    ("changed", "slug"),
    [
        ({"customer": NamedCustomer(name="X", address="Y", scope_id="S-1")}, "document-to-itself"),
        ({"customer_member_id": None}, "unknown-customer"),
        ({"customer": NamedCustomer(name="X", address="Y")}, "customer-cannot-confirm"),
        ({"total_mass_kg": 999}, "part-above-whole"),
        ({"replaces": "D-1", "correction_reason": "x"}, "document-replaces-itself"),
        ({"replaces": "D-0"}, "correction-reason-missing"),
        ({"replaces": "D-0", "correction_reason": "x"}, "unknown-document"),
        ({"material": Material.ALUMINA}, "stage-not-in-scope"),
    ],
)
def test_words_that_make_no_sense_are_refused(changed: dict[str, Any], slug: str) -> None:
    with pytest.raises(Refused) as refused:
        decide(issuing.drafting(issue(**changed))[1], INITIAL, POLICIES)
    assert refused.value.slug == slug


def test_a_number_is_bound_to_its_first_pool_and_covers_one_claim() -> None:
    command = issue()
    _, step = issuing.drafting(command)
    other = issue(pool=KEY.model_copy(update={"period": date(2025, 1, 1)}))
    documents.when(step, issuing.drafting(other)[1]).refused("document-number-used")
    done = issued()
    done.and_when(command.model_copy(update={"claim": None})).nothing()
    done.and_when(CompleteDocument(on=TODAY, number="D-1", claim=claimed(command))).nothing()
    done.and_when(issue(mass_kg=999)).refused("document-number-used")
    documents.when(step, command).refused("document-number-used")


@pytest.mark.parametrize(
    "changed",
    [
        {"country_of_origin": "IS"},
        {"boundary": "cradle-to-gate"},
        {"method": "iai"},
        {"footprint_period": "2024"},
        {"verifier": "verifier-1"},
    ],
)
def test_a_number_sent_again_with_any_other_word_is_refused(changed: dict[str, Any]) -> None:
    issued(**changed).and_when(issue(**changed)).nothing()
    issued().and_when(issue(**changed)).refused("document-number-used")


def test_metal_may_come_before_its_paper_but_not_long_before() -> None:
    early = confirm(received_on=DAY - timedelta(days=31))
    assert isinstance(issued().and_when(early).events[0], DocumentConfirmed)
    issued().and_when(confirm(received_on=DAY - timedelta(days=32))).refused(
        "received-before-issued"
    )


def test_the_buyer_confirms_and_the_check_is_kept_with_its_evidence() -> None:
    confirmed, checked = issued().and_when(confirm()).events
    assert isinstance(confirmed, DocumentConfirmed)
    assert isinstance(checked, DocumentChecked)
    assert (checked.passed, checked.evidence.known_through_position) == (True, 7)
    assert checked.receiver is not None
    assert checked.receiver.scope_id == "S-2"


@pytest.mark.parametrize(
    ("found", "reasons"),
    [
        (
            NOTHING_SEEN,
            (
                "issuer-coc-certificate-not-valid",
                "issuer-ps-certificate-not-valid",
                "certificate-named-is-unknown",
            ),
        ),
        (seen(Standard.CHAIN_OF_CUSTODY), ("issuer-ps-certificate-not-valid",)),
    ],
)
def test_what_fails_counts_as_non_coc_and_says_why(
    found: Checked, reasons: tuple[str, ...]
) -> None:
    checked = issued().and_when(confirm(checked=found)).events[1]
    assert isinstance(checked, DocumentChecked)
    assert (checked.passed, checked.reasons) == (False, reasons)


def test_old_knowledge_decides_nothing_and_the_check_waits() -> None:
    pending = issued().and_when(confirm(behind_s=61))
    assert [type(event) for event in pending.events] == [DocumentConfirmed]
    late = CheckDocument(on=TODAY, number="D-1", checked=seen(), behind_s=61)
    pending.and_when(late).nothing()
    now = pending.and_when(late.model_copy(update={"behind_s": 0}))
    assert [type(event) for event in now.events] == [DocumentChecked]


def test_a_status_that_changes_later_is_checked_again_and_only_then() -> None:
    done = issued().and_when(confirm())
    same = CheckDocument(on=TODAY, number="D-1", checked=seen())
    done.and_when(same).nothing()
    failed = done.and_when(same.model_copy(update={"checked": NOTHING_SEEN}))
    [event] = failed.events
    assert isinstance(event, DocumentChecked)
    assert (event.passed, event.check) == (False, 2)
    assert not failed.state.designated
    again = failed.and_when(same)
    [event] = again.events
    assert isinstance(event, DocumentChecked)
    assert (event.passed, event.check) == (True, 3)


@pytest.mark.parametrize(
    ("changed", "slug"),
    [
        ({"member_id": "M-3"}, "unknown-document"),
        ({"scope": scope_seen()}, "unknown-document"),
        ({"received_kg": 994}, "mass-differs"),
        ({"received_on": date(2026, 6, 2)}, "day-ahead"),
        ({"number": "D-9"}, "unknown-document"),
    ],
)
def test_who_may_not_confirm_is_told_why(changed: dict[str, Any], slug: str) -> None:
    start = documents.when if "number" in changed else issued().and_when
    start(confirm(**changed)).refused(slug)


def test_two_scales_may_differ_a_little() -> None:
    done = issued().and_when(confirm(received_kg=996))
    checked = done.events[1]
    assert isinstance(checked, DocumentChecked)
    assert (checked.mass_kg, checked.carried.post_kg) == (996, 249)
    done.and_when(confirm(received_kg=996)).nothing()
    done.and_when(confirm(received_kg=1000)).refused("document-confirmed")


def test_nobody_confirms_and_it_lapses() -> None:
    done = issued()
    last = TODAY + timedelta(days=60)
    assert due(done.state) == {"document_lapse": last}
    tick = Tick(on=last, target="coc_document/D-1", rule="document_lapse")
    lapsed = done.and_when(tick)
    [event] = lapsed.events
    assert isinstance(event, DocumentLapsed)
    assert event.effective_on == last + timedelta(days=1)
    lapsed.and_when(confirm()).refused("document-lapsed")
    assert due(done.and_when(confirm()).state) == {}


def test_a_buyer_without_a_scope_proves_itself_by_a_digest() -> None:
    customer = NamedCustomer(name="Can maker", address="3 Main Street")
    start = issued(customer=customer, registration=PROOF, customer_member_id=None)
    given: dict[str, Any] = {"on": TODAY, "number": "D-1", "received_kg": 1000, "received_on": DAY}
    good = ConfirmDelivery(**given, proof=PROOF, checked=seen())
    confirmed, checked = start.and_when(good).events
    assert isinstance(confirmed, DocumentConfirmed)
    assert confirmed.receiver is None
    assert isinstance(checked, DocumentChecked)
    assert checked.passed
    start.and_when(good.model_copy(update={"proof": "1" * 64})).refused("unknown-document")
    issued().and_when(good).refused("unknown-document")


def test_a_dispute_ends_in_a_confirmation_or_in_a_correction() -> None:
    dispute = DisputeDocument(on=TODAY, number="D-1", member_id="M-2", reason="short")
    disputed = issued().and_when(dispute)
    assert isinstance(disputed.events[0], DocumentDisputed)
    disputed.and_when(dispute).nothing()
    assert disputed.and_when(confirm()).state.disputed is None
    issued().and_when(confirm(), dispute).refused("document-confirmed")
    stranger = dispute.model_copy(update={"member_id": "M-3"})
    issued().and_when(stranger).refused("unknown-document")


def test_a_document_is_withdrawn_before_it_is_confirmed_and_replaced_afterwards() -> None:
    take = WithdrawDocument(on=TODAY, number="D-1", member_id="M-1", reason="mistake")
    gone = issued().and_when(take)
    [event] = gone.events
    assert isinstance(event, DocumentEnded)
    assert (event.designated, event.receiver) == (True, None)
    gone.and_when(take).nothing()
    gone.and_when(confirm()).refused("document-ended")
    issued().and_when(confirm(), take).refused("document-confirmed")
    replaced = issued().and_when(
        confirm(), SupersedeDocument(on=TODAY, number="D-1", by="D-2", reason="weighed")
    )
    [event] = replaced.events
    assert isinstance(event, DocumentEnded)
    assert (event.by, event.counted) == ("D-2", True)
    claim = claim_of(replaced.state)
    assert claim is not None
    assert not claim.designated


def test_the_first_answer_says_what_it_answers_and_a_later_one_nothing() -> None:
    start = issued()
    assert start.state.issued is not None
    awaited = start.state.issued.awaited
    assert (awaited.scope_id, awaited.member_id) == ("S-2", "M-2")
    assert awaited.confirm_by == TODAY + timedelta(days=60)
    dispute = DisputeDocument(on=TODAY, number="D-1", member_id="M-2", reason="short")
    withdraw = WithdrawDocument(on=TODAY, number="D-1", member_id="M-1", reason="typing")
    supersede = SupersedeDocument(on=TODAY, number="D-1", by="D-2", reason="weighed-again")
    lapse = Tick(on=awaited.confirm_by, target="coc_document/D-1", rule="document_lapse")
    for answer in (dispute, confirm(), withdraw, supersede, lapse):
        first = start.and_when(answer)
        assert getattr(first.events[0], "answers", None) == awaited
        for later in (confirm(), supersede, lapse):
            second = first.and_when(later).events
            assert not any(getattr(event, "answers", None) for event in second)


def test_for_a_buyer_without_a_scope_the_seller_waits() -> None:
    customer = NamedCustomer(name="Can maker", address="3 Main Street")
    state = issued(customer=customer, registration=PROOF, customer_member_id=None).state
    assert state.issued is not None
    assert (state.issued.awaited.scope_id, state.issued.awaited.member_id) == ("S-1", "M-1")
