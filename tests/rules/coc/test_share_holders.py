"""Who takes metal by its share of a joint venture is certified to the Performance Standard itself,
on the day of the document: also by what is heard of that day later.
"""

from datetime import date

import pytest

from contracts import certification
from contracts.coc_documents import DocumentChecked
from contracts.custody import Account
from contracts.values import CertificationStatus
from services.coc_ledger.documents.paper import Became
from services.coc_ledger.documents.verdict import standing
from services.coc_ledger.knowledge import checked_holder, checked_issuer
from tests.rules.coc.given import kg
from tests.rules.coc.test_covered_facilities import checked, issued
from tests.rules.coc.test_news_in_a_row import THEIRS
from tests.rules.coc.test_partners import share
from tests.rules.coc.test_periods_and_orders import KEY, stocked
from tests.rules.coc.test_shares_by_period import corrected, issue
from tests.rules.coc.world import World

LISTED, HEARD = date(2026, 6, 1), date(2026, 6, 20)
DELIVERY = {"number": "D-1", "member_id": "B", "received_kg": 90, "received_on": LISTED}
WHY = ("holder-ps-certificate-not-valid",)
S = CertificationStatus


def sold(percent: str = "10") -> World:
    """90 kg from A to B, by B's share of A's output (none of it where that is 0)."""
    world = stocked()
    assert share(world, percent, LISTED) == ""
    assert issue(world, "D-1", 90, day=LISTED) == ""
    world.settle()
    world.today = HEARD
    return world


def told(world: World, status: CertificationStatus, member: str = "B", on: date = LISTED) -> None:
    """The status of a member's certificate to the Performance Standard from a day on."""
    world.tell(
        certification.CertificateStatusCorrected(
            certificate_id=f"C{member}-PS", member_id=member, effective_on=on, status=status
        )
    )
    world.settle()


def confirmed(world: World) -> DocumentChecked:
    assert world.attempt("confirm_document", **DELIVERY) == ""
    world.settle()
    return checked(world)


def test_what_is_heard_of_the_holder_later_has_its_document_checked_again() -> None:
    world = sold()
    assert issued(world).holder_entity_id == "EB"
    assert confirmed(world).passed
    told(world, S.SUSPENDED)
    found = checked(world)
    assert (found.passed, found.reasons) == (False, WHY)
    assert found.holder_evidence is not None
    assert found.holder_evidence.entity_id == "EB"
    assert coc_kg(world) == (0, 0)
    told(world, S.CERTIFIED_FULL)
    assert (checked(world).passed, checked(world).check) == (True, 3)
    assert coc_kg(world) == (90, 90)


def coc_kg(world: World) -> tuple[int, int]:
    """What the seller claims, and what the holder has as CoC."""
    claimed = kg(world.pool(KEY), Account.OUTPUT_COC)
    return claimed, -kg(world.pool(THEIRS), Account.INPUT_COC)


def test_a_correction_leaves_a_holder_what_it_took_though_its_certificate_has_ended() -> None:
    world = sold()
    told(world, S.SUSPENDED, on=date(2026, 6, 10))
    assert corrected(world, "D-2", "D-1", 60, day=HEARD) == ""
    assert issued(world, "D-2").holder_entity_id is None
    got = {**DELIVERY, "number": "D-2", "received_kg": 60}
    assert world.attempt("confirm_document", **got) == ""
    world.settle()
    assert checked(world, "D-2").passed


def test_what_is_heard_before_the_holder_confirms_is_seen_when_it_does() -> None:
    world = sold()
    told(world, S.WITHDRAWN)
    assert confirmed(world).reasons == WHY


def test_a_certificate_that_ends_after_the_day_of_the_document_changes_nothing() -> None:
    world = sold()
    assert confirmed(world).passed
    told(world, S.SUSPENDED, on=date(2026, 6, 2))
    assert (checked(world).passed, checked(world).check) == (True, 1)


def test_a_customer_without_a_share_needs_no_certificate_of_its_own() -> None:
    world = sold("0")
    assert issued(world).holder_entity_id is None
    assert confirmed(world).passed
    told(world, S.SUSPENDED)
    assert (checked(world).passed, checked(world).check) == (True, 1)


@pytest.mark.parametrize(
    ("member", "whose", "reason"),
    [("B", "customer", "The customer, whose share"), ("A", "issuer", "The issuer held no valid")],
)
def test_who_looks_at_the_document_is_told_whose_certificate_it_is(
    member: str, whose: str, reason: str
) -> None:
    """Before anybody has checked it, too."""
    world = sold()
    told(world, S.SUSPENDED, member)
    document, known = issued(world), world.known()
    seen = checked_issuer("EA", "A", LISTED, known)
    found = standing(document, Became("issued"), seen, checked_holder(document, known))
    assert found.sentence == f"Its {whose} was not certified on the day of issue."
    assert found.reasons[0].startswith(reason)
