"""Activity data come whole, results stand beside each other, and nothing stale is recorded."""

from datetime import date

from contracts.ghg import ResultReturned
from services.ghg import app
from services.ghg.results import facility_year
from tests.rules.ghg.life import (
    FACILITY,
    FIRST,
    YEAR,
    again,
    disclosed,
    give,
    give_back,
    publish,
    reckoned,
    record,
    recorded,
    result,
    sealed,
    store,
    submitted,
    verified,
    verify,
)
from tests.rules.spec import Spec

year = Spec(facility_year, app.policies())
HAS_DATA = year.given(*recorded(), sealed())
HAS_RESULT = HAS_DATA.given(result())
WITH_VERIFIER = HAS_RESULT.given(submitted())
VERIFIED = WITH_VERIFIER.given(verified())


# --- data ---


def test_data_are_kept_as_chunks_under_a_seal() -> None:
    year.when(store()).then(*recorded(), sealed())


def test_equal_data_change_nothing() -> None:
    HAS_DATA.when(store(on=date(2026, 4, 1))).nothing()


def test_equal_data_sent_again_after_the_years_end_are_a_new_version() -> None:
    running, last = date(YEAR, 11, 23), date(YEAR, 12, 31)
    interim = year.given(*recorded(), sealed(submitted_on=running))
    interim.when(store(on=last)).nothing()
    interim.when(store()).then(*recorded(2), sealed(2))


def test_other_data_are_a_new_version_and_the_first_one_stays() -> None:
    HAS_DATA.when(store("42000")).then(*recorded(2, "42000"), sealed(2, "42000"))


def test_who_prepared_the_data_is_told_with_them() -> None:
    HAS_DATA.when(store(prepared_by="CONSULT")).then(*recorded(2), sealed(2, prepared_by="CONSULT"))


def test_data_made_from_an_older_version_do_not_overwrite_a_newer_one() -> None:
    HAS_DATA.when(store("42000", replaces=1)).then(*recorded(2, "42000"), sealed(2, "42000"))
    twice = HAS_DATA.given(*recorded(2, "42000"), sealed(2, "42000"))
    twice.when(store("43000", replaces=1)).refused("stale-input")
    year.when(store("43000", replaces=1)).refused("stale-input")


def test_data_of_somebody_elses_facility_are_refused() -> None:
    year.when(store(facility=None)).refused("unknown-facility")
    other = FACILITY.model_copy(update={"member_id": "M2"})
    year.when(store(facility=other)).refused("unknown-facility")


def test_data_of_a_year_that_has_not_begun_are_refused() -> None:
    year.when(store(on=date(2024, 12, 31))).refused("year-not-begun")


def test_data_of_a_facility_that_was_closed_before_are_refused() -> None:
    for closed_on, fine in ((date(YEAR - 1, 12, 31), False), (date(YEAR, 1, 1), True)):
        gone = FACILITY.model_copy(update={"closed_on": closed_on})
        asked = year.when(store(facility=gone))
        asked.then(*recorded(), sealed()) if fine else asked.refused("facility-closed")


# --- results ---


def test_a_calculation_becomes_a_result() -> None:
    HAS_DATA.when(record()).then(result())


def test_the_same_calculation_twice_is_one_result() -> None:
    HAS_RESULT.when(record()).nothing()


def test_a_calculation_of_data_that_moved_on_is_stale() -> None:
    moved = HAS_DATA.given(*recorded(2, "42000"), sealed(2, "42000"))
    moved.when(record()).refused("stale-input", calculated=1, present=2)
    year.when(record()).refused("stale-input", present=0)


def test_a_calculation_of_other_data_under_the_right_number_is_stale() -> None:
    HAS_DATA.when(record(reckoned(1, "42000"))).refused("stale-input")


def test_another_set_of_warming_potentials_makes_a_result_beside_the_first() -> None:
    other = reckoned(gwp_set="AR5")
    HAS_RESULT.when(again(other)).then(result(2, other, because="request"))


def test_recalculating_without_data_is_refused() -> None:
    year.when(again(None)).refused("unknown-activity")


# --- the whole life ---


def test_from_data_to_a_correction() -> None:
    """Nothing published is edited: the second disclosure names the first."""
    second = reckoned(2, "42000")
    corrected = result(2, second)
    year.when(store(), record(), give(), verify(), publish(), store("42000"), record(second)).then(
        corrected
    ).and_when(give(2), verify(2), publish(corrected)).then(
        disclosed(
            2,
            2,
            totals=second.totals,
            primary_share=second.primary_share,
            uncertainty_percent=second.uncertainty_percent,
            energy=second.energy,
            outputs=second.outputs,
            intensities=second.intensities,
            working_hash=second.working_hash,
            corrects=1,
        )
    )


def test_a_result_that_came_back_may_be_submitted_again() -> None:
    returned = ResultReturned(
        facility_id="F1",
        member_id="M1",
        year=YEAR,
        result=1,
        verifier_id="V1",
        points=give_back().points,
        returned_on=give_back().on,
    )
    WITH_VERIFIER.when(give_back()).then(returned)
    WITH_VERIFIER.given(returned).when(give()).then(submitted())
    WITH_VERIFIER.given(returned).when(verify()).refused("not-with-verifier")


def test_what_the_stream_remembers_does_not_grow_with_the_data() -> None:
    folded = VERIFIED.given(disclosed()).state
    assert folded.results[0].working_hash == FIRST.working_hash
    assert not any(hasattr(kept, "findings") for kept in folded.results)
