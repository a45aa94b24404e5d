"""What waits for its calculation is done once, and tried again each day where it cannot be done."""

from datetime import date, timedelta

from contracts.envelope import Envelope, Recorded
from contracts.values import Instant
from services.ghg.results.tried import Tried
from services.ghg.rows import PROJECTIONS, YearRow

from . import life

TODAY = date(2026, 11, 22)


def waiting(facility_id: str, data_version: int = 1) -> YearRow:
    """A facility-year whose data have no result yet."""
    years = next(one for one in PROJECTIONS if one.name == "years")
    key = f"{facility_id}:2025"
    place = Envelope(
        "e", "ghg", f"facility_year/{key}", 2, 2, Instant(""), "c", "c", f"c-{facility_id}", "a"
    )
    event = life.sealed().model_copy(
        update={"facility_id": facility_id, "data_version": data_version}
    )
    row = years.evolve(key, None, Recorded(place, event))
    assert isinstance(row, YearRow)
    return row


ONE, OTHER = waiting("F1"), waiting("F2")


def test_what_was_recorded_is_not_done_again_while_rows_lag() -> None:
    tried = Tried()
    assert tried.fresh([ONE, OTHER], TODAY) == [ONE, OTHER]
    tried.recorded([ONE])
    assert tried.fresh([ONE, OTHER], TODAY) == [OTHER]


def test_what_cannot_be_calculated_is_tried_again_the_next_day() -> None:
    tried = Tried()
    tried.refused(ONE, TODAY)
    assert tried.fresh([ONE, OTHER], TODAY) == [OTHER]
    assert tried.fresh([ONE, OTHER], TODAY + timedelta(days=1)) == [ONE, OTHER]


def test_newer_data_are_calculated_whatever_became_of_the_older() -> None:
    tried = Tried()
    tried.refused(ONE, TODAY)
    assert tried.fresh([waiting("F1", 2)], TODAY) == [waiting("F1", 2)]


def test_what_no_longer_waits_is_forgotten() -> None:
    tried = Tried()
    tried.recorded([ONE])
    tried.refused(OTHER, TODAY)
    assert len(tried) == 2
    tried.fresh([], TODAY)
    assert len(tried) == 0
