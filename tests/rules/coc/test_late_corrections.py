"""A document of a closed period that is corrected late: what it no longer claims is free where it
was claimed, serves in the period after that and no longer. Never is it cover of the present."""

from typing import Any

import pytest

from contracts.certification import CertificateReinstated, CertificateSuspended
from contracts.coc import DesignationReleased
from contracts.custody import Account
from contracts.values import CertificationStatus
from infra.errors import Refused
from tests.rules.coc.given import kg
from tests.rules.coc.monthly import Monthly
from tests.rules.coc.world import YEAR


def sold(mass: int = 1000) -> Monthly:
    """Of 1,000 kg of January so much is claimed by D-1, which is confirmed; in each of the next
    four months 1,000 kg of metal without CoC come in and leave."""
    monthly = Monthly()
    monthly.receive(1, 1000)
    monthly.ship(1, 1000)
    assert monthly.claim("D-1", 1, mass) == ""
    assert monthly.confirm("D-1", 1, mass) == ""
    for month in (2, 3, 4, 5):
        monthly.receive(month, 1000, coc=False)
        monthly.ship(month, 1000)
    return monthly


def closed(monthly: Monthly, *months: int) -> Monthly:
    assert [monthly.close(month) for month in months] == [""] * len(months)
    return monthly


def test_what_a_late_correction_frees_is_not_banked() -> None:
    monthly = closed(sold(), 1, 2, 3)
    assert monthly.correct("D-1", "D-2", 4, 100) == ""
    assert kg(monthly.pool(1), Account.OUTPUT_COC) == 100
    assert [kg(monthly.pool(month), Account.OUTPUT_COC) for month in (2, 3, 4)] == [0, 0, 0]
    assert [monthly.pool(month).carried_kg for month in (2, 3, 4)] == [900, 0, 0]
    assert monthly.claim("D-3", 4, 1) == "claim-not-covered"


def test_it_serves_in_the_period_after_the_one_of_the_error() -> None:
    monthly = closed(sold(), 1)
    assert monthly.correct("D-1", "D-2", 2, 100) == ""
    assert monthly.claim("D-3", 2, 901) == "claim-not-covered"
    assert monthly.claim("D-3", 2, 900) == ""


@pytest.mark.parametrize("last", [1, 2, 3])
def test_corrected_is_as_if_never_wrong(last: int) -> None:
    months = tuple(range(1, last + 1))
    wrong, right = closed(sold(), *months), closed(sold(100), *months)
    assert wrong.correct("D-1", "D-2", 4, 100) == ""
    for month in (1, 2, 3, 4):
        mine, theirs = wrong.pool(month), right.pool(month)
        assert (mine.kgs, mine.terms, mine.blocked) == (theirs.kgs, theirs.terms, theirs.blocked)


def test_a_correction_that_is_withdrawn_or_corrected_frees_its_parts_where_they_lie() -> None:
    """Else a claim of a closed period, moved into the present one by a correction of a kilogram,
    could be given back there."""
    for end in ("withdraw", "correct"):
        monthly = closed(sold(), 1, 2, 3)
        monthly.receive(4, 500)
        monthly.ship(4, 500)
        assert monthly.correct("D-1", "D-2", 4, 1100) == ""
        assert kg(monthly.pool(4), Account.OUTPUT_COC) == 100
        slug = (
            monthly.withdraw("D-2") if end == "withdraw" else monthly.correct("D-2", "D-3", 4, 40)
        )
        assert slug == ""
        left = 0 if end == "withdraw" else 40
        found = [kg(monthly.pool(month), Account.OUTPUT_COC) for month in (1, 2, 3, 4)]
        assert found == [left, 0, 0, 0]
        assert monthly.pool(4).carried_kg == 0


def test_a_correction_that_fails_its_check_and_passes_counts_in_each_of_its_periods() -> None:
    monthly = closed(sold(), 1, 2)
    monthly.receive(3, 500)
    monthly.ship(3, 500)
    assert monthly.correct("D-1", "D-2", 3, 1100) == ""
    assert monthly.confirm("D-2", 3, 1100) == ""
    before = [monthly.pool(month).books for month in (1, 3)]
    told: dict[str, Any] = {
        "certificate_id": "CA-F-M-CoC",
        "member_id": "A",
        "effective_on": YEAR,
    }
    states = CertificationStatus.SUSPENDED, CertificationStatus.CERTIFIED_FULL
    for event, status, first, third in (
        (CertificateSuspended, states[0], 0, 0),
        (CertificateReinstated, states[1], 1000, 100),
    ):
        monthly.world.tell(event(**told, status=status))
        monthly.world.settle()
        assert kg(monthly.pool(1), Account.OUTPUT_COC) == first
        assert kg(monthly.pool(3), Account.OUTPUT_COC) == third
    assert [monthly.pool(month).books for month in (1, 3)] == before


def test_what_was_given_back_in_a_closed_period_is_claimed_on_what_leaves_now_alone() -> None:
    """Upwards again after the close: the refusal says what stays, what left, and what to do; and
    each of the two things that it says to do is taken."""
    monthly = Monthly()
    monthly.receive(1, 1000)
    monthly.ship(1, 1000)
    assert monthly.claim("D-1", 1, 1000) == ""
    monthly.receive(2, 1000, coc=False)
    closed(monthly, 1)
    assert monthly.correct("D-1", "D-2", 2, 600) == ""
    upwards = {"replaces": "D-2", "correction_reason": "weighed"}
    with pytest.raises(Refused) as refused:
        monthly.world.send("issue_document", **monthly.words("D-3", 2, 900, **upwards))
    told = refused.value
    assert (told.slug, told.facts["kept_kg"], told.facts["shipped_kg"]) == (
        "lot-not-shipped",
        600,
        0,
    )
    assert "600 kg stay claimed in closed periods. Of the other 300 kg 0 kg have left" in str(told)
    assert "Correct to 600 kg at most, or first book what leaves now" in str(told)
    assert monthly.correct("D-2", "D-3", 2, 600) == ""
    monthly.ship(2, 300)
    assert monthly.correct("D-3", "D-4", 2, 900) == ""
    assert [kg(monthly.pool(month), Account.OUTPUT_COC) for month in (1, 2)] == [600, 300]


def test_two_corrections_of_one_document_free_its_claim_once() -> None:
    monthly = closed(sold(), 1, 2)
    assert monthly.correct("D-1", "D-2", 4, 100) == ""
    before = monthly.pool(1)
    again = [
        one.event
        for one in monthly.world.desk.log
        if isinstance(one.event, DesignationReleased) and one.event.document == "D-1"
    ]
    assert [one.mass_kg for one in again] == [900]
    assert monthly.correct("D-1", "D-3", 5, 50) == "document-ended"
    assert monthly.pool(1) == before
