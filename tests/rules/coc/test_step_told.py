"""What a balance says of the step's own emissions is true of each way in which they come."""

from decimal import Decimal

from contracts.custody import Stage
from contracts.values import Activity
from services.coc_ledger.accounting.step_told import StepTold, step_told
from services.coc_ledger.evidence import FacilityResult
from tests.rules.coc.given import DAY, POLICY, scope_seen
from tests.rules.coc.test_late_bookings import HERE, book, told_before_emissions
from tests.rules.coc.test_own_emissions import OWN, VERIFIED


def told(
    *results: FacilityResult, stage: Stage = Stage.ALUMINIUM, by_hand: bool = False
) -> StepTold:
    scope = scope_seen(activities=(Activity.SMELTING, Activity.CASTHOUSE))
    return step_told(scope, stage, results, DAY, POLICY, by_hand=by_hand)


def test_a_step_that_is_booked_by_hand_is_in_the_metal() -> None:
    said = told(*VERIFIED, by_hand=True)
    assert (said.how, said.kgco2e_per_kg) == ("booked", {})
    assert said.sentence.startswith("with this step: it is booked by hand")


def test_a_step_of_verified_results_comes_with_the_document() -> None:
    said = told(*VERIFIED)
    assert (said.how, said.period) == ("verified", "2025")
    assert said.kgco2e_per_kg["coc_casthouse_product"] == Decimal(OWN)
    assert said.sentence == "without this step: a document adds it, by the verified results of 2025"


def test_a_step_of_which_nothing_is_known_is_not_said_to_come() -> None:
    said = told()
    assert (said.how, said.reason) == ("unknown", "no-verified-result")
    assert said.sentence.startswith("without this step, and a document adds nothing for it: no")


def test_a_smelter_has_no_step_of_its_own_at_the_stage_of_alumina() -> None:
    assert told(*VERIFIED, stage=Stage.ALUMINA).how == "none"


def test_a_row_knows_what_was_booked_by_hand_without_what_was_taken_back() -> None:
    """So nobody reads the events of a year to say what a balance carries."""
    world = told_before_emissions()
    book(world, "book_process_emissions", "MORE", emission_kgco2e=Decimal("0.5"))
    for left_g, taken_back in ((1_000_000_500, None), (500, "STEP"), (0, "MORE")):
        if taken_back:
            name = f"{taken_back}-BACK"
            book(world, "reverse_movement", name, reverses=taken_back, reason="mistake")
        assert world.reader.row("pools", HERE.key).by_hand_g == left_g
        assert world.pool(HERE).by_hand_g == left_g
