"""A document that its buyer has not confirmed, or never will, and news of its seller's certificate
on the day of issue: no claim counts outside the certificate, whoever has answered it (5.7)."""

from datetime import date

import pytest

from contracts.coc import DesignationReleased
from contracts.coc_documents import ClaimRechecked, DocumentChecked, DocumentLapsed
from contracts.custody import Account
from infra.decider import Tick
from services.coc_ledger.certificate_reactions import outside_certificates
from services.coc_ledger.documents.commands import CheckDocument
from services.coc_ledger.documents.rows import DocumentRow
from services.coc_ledger.documents.state import due
from services.coc_ledger.exports.epcis import epcis_document
from services.coc_ledger.knowledge import checked_issuer
from tests.rules.coc.given import kg
from tests.rules.coc.test_lineage import said, traced
from tests.rules.coc.test_news_in_a_row import DELIVERY, NONE, THEIRS, news, sold
from tests.rules.coc.test_periods_and_orders import KEY, document, send
from tests.rules.coc.world import World

NOT_CERTIFIED = ("issuer-coc-certificate-not-valid",)


def tell(world: World, *, valid: bool) -> None:
    world.tell(news(valid=valid))
    world.settle()


def claimed_kg(world: World) -> int:
    return kg(world.pool(KEY), Account.OUTPUT_COC)


def lapse(world: World) -> None:
    """Its last day is over."""
    [last] = due(world.documents()["D-1"]).values()
    world.today = last
    tick = Tick(on=last, target="coc_document/D-1", rule="document_lapse")
    world.desk.handle(tick, "lapse", "", world.today)
    world.settle()


def dispute(world: World) -> None:
    told = {"number": "D-1", "member_id": "B", "reason": "another-alloy"}
    assert world.attempt("dispute_document", **told) == ""
    world.settle()


def nothing(world: World) -> None:
    """It waits."""


@pytest.mark.parametrize("answer", [nothing, dispute, lapse])
def test_a_claim_outside_the_certificate_is_taken_back_and_given_back_by_a_reinstatement(
    answer: object,
) -> None:
    world = sold(confirmed=False)
    assert callable(answer)
    answer(world)
    state = world.reader.row("documents", "D-1").state
    assert claimed_kg(world) == 100
    tell(world, valid=False)
    assert claimed_kg(world) == 0
    row: DocumentRow = world.reader.row("documents", "D-1")
    assert (row.state, row.claimed) == (state, False)
    assert row.reasons == (("another-alloy",) if answer is dispute else NOT_CERTIFIED)
    tell(world, valid=True)
    assert claimed_kg(world) == 100
    assert world.reader.row("documents", "D-1").claimed
    told = [one.event for one in world.desk.log if isinstance(one.event, ClaimRechecked)]
    assert [(one.check, one.passed, one.reasons) for one in told] == [
        (1, False, NOT_CERTIFIED),
        (2, True, ()),
    ]


def test_one_that_lapses_afterwards_stays_taken_back() -> None:
    world = sold(confirmed=False)
    tell(world, valid=False)
    lapse(world)
    assert [one for one in world.desk.log if isinstance(one.event, DocumentLapsed)]
    assert (claimed_kg(world), world.reader.row("documents", "D-1").claimed) == (0, False)


def test_confirmed_later_it_is_booked_as_non_coc_and_says_why() -> None:
    """And is taken back at the seller once, not once more."""
    world = sold(confirmed=False)
    tell(world, valid=False)
    assert world.attempt("confirm_document", **DELIVERY) == ""
    world.settle()
    theirs, checked = world.pool(THEIRS), world.documents()["D-1"].checked
    assert checked is not None
    assert (checked.passed, checked.reasons) == (False, NOT_CERTIFIED)
    assert (-kg(theirs, Account.NON_COC), kg(theirs, Account.INPUT_COC)) == (100, 0)
    assert claimed_kg(world) == 0
    released = [one for one in world.desk.log if isinstance(one.event, DesignationReleased)]
    assert len(released) == 1
    tell(world, valid=True)
    assert (claimed_kg(world), -kg(theirs := world.pool(THEIRS), Account.INPUT_COC)) == (100, 100)
    assert kg(theirs, Account.NON_COC) == 0


def test_a_confirmation_that_knew_less_than_the_claim_stands_as_the_last_news() -> None:
    """It was filled in before the news, and decided after them: its check passes, and is done again
    with what is known."""
    world = sold(confirmed=False)
    early = world.built("confirm_document", **DELIVERY)
    tell(world, valid=False)
    assert world.carry_out(early) == ""
    world.settle()
    checks = [one.event for one in world.desk.log if isinstance(one.event, DocumentChecked)]
    assert [(one.passed, one.claim_held) for one in checks] == [(True, False), (False, True)]
    assert (claimed_kg(world), kg(world.pool(THEIRS), Account.INPUT_COC)) == (0, 0)


def test_news_between_a_claim_and_the_reading_of_its_document_are_not_lost() -> None:
    """When they were read nobody had told the rows of the document."""
    world = sold(confirmed=False)
    send(world, document("D-2", 50))
    tell(world, valid=False)
    assert claimed_kg(world) == 0


def test_a_check_that_waits_is_not_decided_by_news_and_takes_the_claim_back_in_the_end() -> None:
    """What is known is too old until all news are read: the buyer's check waits for that."""
    world = sold(confirmed=False)
    world.behind_s = 61
    assert world.attempt("confirm_document", **DELIVERY) == ""
    tell(world, valid=False)
    state = world.documents()["D-1"]
    assert (state.checked, state.claim, claimed_kg(world)) == (None, None, 100)
    world.behind_s = 0
    seen = checked_issuer("EA", "A", date(2026, 5, 20), world.known())
    caught_up = CheckDocument(on=world.today, number="D-1", checked=seen)
    assert world.carry_out(caught_up) == ""
    world.settle()
    assert (claimed_kg(world), kg(world.pool(THEIRS), Account.INPUT_COC)) == (0, 0)


def test_withdrawn_afterwards_nothing_is_given_back_twice() -> None:
    world = sold(confirmed=False)
    tell(world, valid=False)
    told = {"number": "D-1", "member_id": "A", "reason": "mistake"}
    assert world.attempt("withdraw_document", **told) == ""
    world.settle()
    assert claimed_kg(world) == 0
    tell(world, valid=True)
    assert claimed_kg(world) == 0


def test_a_trace_has_no_part_for_a_claim_that_does_not_count() -> None:
    world = sold(confirmed=False)
    assert said(traced(world, "down", "D-1")) == [("document", "D-1", None)]
    tell(world, valid=False)
    assert said(traced(world, "down", "D-1")) == [("non_coc", "D-1", None)]
    [before] = traced(world, "down", "D-1", date(2026, 5, 25))
    assert (before.kind, before.told and before.told.became) == ("document", "non_coc")


def test_it_is_told_as_epcis() -> None:
    world = sold(confirmed=False)
    tell(world, valid=False)
    [one] = [one for one in world.desk.log if isinstance(one.event, ClaimRechecked)]
    made = epcis_document([one], "https://x", one.envelope.recorded_at)
    body = made["epcisBody"]
    assert isinstance(body, dict)
    [event] = body["eventList"]
    assert (event["disposition"], event["castmark:reasons"]) == (
        "non_conformant",
        list(NOT_CERTIFIED),
    )


def test_what_earlier_builds_left_alone_is_found_and_done_once() -> None:
    """Their rows knew of the news, and no claim was looked at for it."""
    world = sold(confirmed=False)
    scopes = [world.reader.row("scopes", one) for one in ("A", "B")]
    assert outside_certificates(world.today, scopes, world.reader.row) == []
    world.tell(news(valid=False))
    world.reader.apply(world.public[world.public_read])
    world.public_read += 1
    assert claimed_kg(world) == 100
    [asked] = outside_certificates(world.today, scopes, world.reader.row)
    assert asked.checked.certificates[-1].status is NONE
    assert world.carry_out(asked) == ""
    world.settle()
    assert claimed_kg(world) == 0
    assert outside_certificates(world.today, scopes, world.reader.row) == []


def test_a_correction_of_months_ago_waits_for_its_buyer_as_long_as_any_document() -> None:
    """It is of the day of the error: it would have lapsed as soon as it was stated."""
    world = sold()
    world.today = date(2026, 11, 20)
    send(world, document("D-2", 90, replaces="D-1", correction_reason="weighed-again"))
    world.settle()
    last = date(2027, 1, 19)
    assert due(world.documents()["D-2"]) == {"document_lapse": last}
    world.today = last
    told = {**DELIVERY, "number": "D-2", "received_kg": 90}
    assert world.attempt("confirm_document", **told) == ""
    world.settle()
    assert (claimed_kg(world), -kg(world.pool(THEIRS), Account.INPUT_COC)) == (90, 90)
