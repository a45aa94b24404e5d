"""Own PFC coefficients are renewed by the newest measurement that stands in the data (sources.md
4.3): corrected data move the day, earlier or later, and data without one end it."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from contracts.envelope import Envelope, Recorded
from contracts.ghg import (
    ActivitySealed,
    PfcMeasured,
    PfcMeasurementNoted,
    PfcRenewalEnded,
    PfcRenewalOverdue,
)
from contracts.values import Instant, Location
from infra.decider import Tick
from services.ghg import app
from services.ghg.reactions import note_measurements
from services.ghg.results import reporting
from services.ghg.results.measurements import MEASUREMENTS, MeasurementRow
from services.ghg.results.renewals import NotePfcMeasurements, Standing
from services.ghg.results.reporting import ClosureNoted, NoteClosure
from tests.rules.spec import Spec

POLICIES = app.policies()
ON = date(2025, 5, 1)
EARLY, LATE, LATEST = date(2022, 3, 1), date(2024, 3, 1), date(2025, 3, 1)
facility = Spec(reporting, POLICIES)


def measured(
    technology: str | None, day: date, *, apart: bool = False, told: bool = True
) -> PfcMeasurementNoted:
    """What is noted of a measurement; without `told` as events did that told no technology."""
    years = POLICIES.on(ON).integer("pfc.tier3.renew_years")
    return PfcMeasurementNoted(
        facility_id="F1",
        member_id="M1",
        measured_on=day,
        renew_by=day.replace(year=day.year + years),
        noted_on=ON,
        policy_id=POLICIES.on(ON).policy_id,
        technology=technology if told else None,
        apart=apart,
    )


def ended(of: PfcMeasurementNoted, on: date = ON) -> PfcRenewalEnded:
    """Nobody asks for it any more."""
    return PfcRenewalEnded(
        facility_id="F1",
        member_id="M1",
        renew_by=of.renew_by,
        ended_on=on,
        technology=of.technology,
        apart=of.apart,
    )


def stand(*standing: tuple[str | None, date]) -> NotePfcMeasurements:
    """These measurements stand, and no others."""
    told = tuple(Standing(technology=name, measured_on=day) for name, day in standing)
    return NotePfcMeasurements(on=ON, facility_id="F1", member_id="M1", standing=told)


CELLS = measured("CWPB", LATE)
SIDE = measured("SWPB", EARLY, apart=True)


def test_a_coefficient_is_renewed_after_the_years_of_the_policy() -> None:
    leap = date(2024, 2, 29)
    years = POLICIES.on(ON).integer("pfc.tier3.renew_years")
    noted = CELLS.model_copy(
        update={"measured_on": leap, "renew_by": date(leap.year + years, 2, 28)}
    )
    facility.when(stand(("CWPB", leap))).then(noted).and_when(stand(("CWPB", leap))).nothing()


def test_each_technology_of_cells_renews_its_own_coefficients() -> None:
    both = facility.when(stand(("CWPB", LATE), ("SWPB", EARLY))).then(CELLS, SIDE)
    both.and_when(stand(("SWPB", EARLY), ("CWPB", LATE))).nothing()
    newer = measured("SWPB", LATEST, apart=True)
    after = both.and_when(stand(("CWPB", LATE), ("SWPB", LATEST))).then(newer)
    after.and_when(stand(("CWPB", LATEST), ("SWPB", LATEST))).then(measured("CWPB", LATEST))


def test_a_measurement_that_is_corrected_to_an_earlier_day_is_due_earlier() -> None:
    both = facility.given(CELLS, SIDE)
    earlier = both.when(stand(("CWPB", EARLY), ("SWPB", EARLY))).then(measured("CWPB", EARLY))
    first = date(2021, 1, 1)
    last = earlier.and_when(stand(("CWPB", EARLY), ("SWPB", first)))
    last.then(measured("SWPB", first, apart=True))


def test_a_coefficient_that_no_data_tell_any_more_is_not_to_be_renewed() -> None:
    both = facility.given(CELLS, SIDE)
    without_side = both.when(stand(("CWPB", LATE))).then(ended(SIDE))
    without_side.and_when(stand(("CWPB", LATE))).nothing()
    without_any = without_side.and_when(stand()).then(ended(CELLS))
    without_any.and_when(stand()).nothing()
    both.when(stand(("SWPB", EARLY))).then(ended(CELLS))


def test_a_coefficient_that_comes_back_has_its_deadline_again() -> None:
    gone = facility.given(CELLS, SIDE, ended(SIDE), ended(CELLS))
    gone.when(stand(("CWPB", LATE), ("SWPB", EARLY))).then(CELLS, SIDE)


def test_a_deadline_of_all_cells_together_becomes_that_of_the_technology_that_made_it() -> None:
    together = facility.given(measured("CWPB", LATE, told=False))
    together.when(stand((None, LATE))).nothing()
    together.when(stand((None, LATE), ("SWPB", EARLY))).nothing()
    known = together.when(stand((None, LATE), ("CWPB", LATE))).then(CELLS)
    known.and_when(stand((None, LATE), ("CWPB", LATE), ("SWPB", EARLY))).then(SIDE)
    together.when(stand(("CWPB", LATEST))).then(measured("CWPB", LATEST))
    together.when(stand(("CWPB", EARLY))).then(measured("CWPB", EARLY))
    together.when(stand()).then(ended(measured("CWPB", LATE, told=False)))


def test_data_that_tell_no_technology_renew_what_is_known_as_the_first() -> None:
    known = facility.given(CELLS, SIDE)
    told = stand((None, LATEST), ("CWPB", LATE), ("SWPB", EARLY))
    known.when(told).then(measured("CWPB", LATEST))


def test_a_closed_facility_renews_nothing_of_any_technology() -> None:
    on = date(2026, 3, 1)
    closure = NoteClosure(on=on, facility_id="F1", member_id="M1", closed_on=on)
    closed = ClosureNoted(facility_id="F1", member_id="M1", closed_on=on)
    after = (
        facility.given(CELLS, SIDE).when(closure).then(closed, ended(CELLS, on), ended(SIDE, on))
    )
    after.and_when(stand(("SWPB", LATEST))).nothing()
    after.and_when(stand()).nothing()


# --- its last day ---


def overdue(of: PfcMeasurementNoted) -> PfcRenewalOverdue:
    """It was not measured again."""
    return PfcRenewalOverdue(
        facility_id="F1",
        member_id="M1",
        renew_by=of.renew_by,
        overdue_on=of.renew_by + timedelta(days=1),
        technology=of.technology,
        apart=of.apart,
    )


def tick(rule: str) -> Tick:
    """The clock asks; the day is in what is asked about."""
    return Tick(on=date(2028, 1, 1), target="reporting/F1", rule=rule)


def test_a_renewal_is_overdue_one_day_after_its_last_and_once() -> None:
    both = facility.given(CELLS, SIDE)
    assert reporting.due(both.state) == {
        "renewal:": CELLS.renew_by + timedelta(days=1),
        "renewal:SWPB": SIDE.renew_by + timedelta(days=1),
    }
    missed = both.when(tick("renewal:SWPB")).then(overdue(SIDE))
    missed.and_when(tick("renewal:SWPB")).nothing()
    missed.and_when(tick("renewal:")).then(overdue(CELLS))


def test_what_was_missed_and_is_measured_again_is_due_again() -> None:
    late = facility.given(CELLS, overdue(CELLS))
    late.when(stand(("CWPB", LATE))).nothing()
    anew = late.when(stand(("CWPB", LATEST))).then(measured("CWPB", LATEST))
    assert list(reporting.due(anew.state)) == ["renewal:"]


def test_what_was_called_off_is_never_missed() -> None:
    gone = facility.given(CELLS, ended(CELLS))
    assert reporting.due(gone.state) == {}
    gone.when(tick("renewal:")).nothing()
    late = facility.given(CELLS, overdue(CELLS))
    late.when(stand()).then(ended(CELLS))


# --- what stands, by the data of all years ---


def sealed(year: int, *told: tuple[str, date], together: date | None = None) -> Recorded:
    """Data of a year, with the measurements that they tell of."""
    event = ActivitySealed(
        facility_id="F1",
        member_id="M1",
        entity_id="E1",
        location=Location(country="NO"),
        year=year,
        data_version=1,
        data_hash="0" * 64,
        chunks=1,
        lines=1,
        submitted_on=ON,
        pfc_measured_on=together or max((day for _, day in told), default=None),
        pfc_measurements=tuple(PfcMeasured(technology=one, measured_on=day) for one, day in told),
    )
    at = Instant("2025-05-01T08:00:00.000000Z")
    stream = f"facility_year/F1:{year}"
    return Recorded(Envelope("e1", "s", stream, 1, 1, at, "c", "c", "k", "a"), event)


def heard(*events: Recorded) -> list[NotePfcMeasurements]:
    """What the last of some events makes the service do."""
    row: MeasurementRow | None = None
    for recorded in events:
        row = MEASUREMENTS.evolve("F1", row, recorded)

    def rows(projection: str, key: str | Mapping[str, str]) -> Any:
        return row if (projection, key) == ("measurements", "F1") else None

    found = note_measurements(events[-1], rows)
    return [one for one in found if isinstance(one, NotePfcMeasurements)]


def test_data_that_never_told_of_a_measurement_ask_for_nothing() -> None:
    assert heard(sealed(2023), sealed(2024)) == []


def test_the_newest_measurement_of_all_years_stands() -> None:
    older = sealed(2023, ("CWPB", EARLY), ("SWPB", EARLY))
    newer = sealed(2024, ("CWPB", LATE))
    for events in ((older, newer), (newer, older)):
        assert heard(*events) == [stand(("CWPB", LATE), ("SWPB", EARLY))]


def test_data_sent_anew_take_back_what_those_before_them_said() -> None:
    older, newer = sealed(2023, ("CWPB", EARLY)), sealed(2024, ("CWPB", LATE))
    assert heard(older, newer, sealed(2024)) == [stand(("CWPB", EARLY))]
    corrected = sealed(2024, ("CWPB", date(2023, 6, 1)))
    assert heard(older, newer, corrected) == [stand(("CWPB", date(2023, 6, 1)))]
    assert heard(older, sealed(2023)) == [stand()]
    assert heard(older, sealed(2023), sealed(2024)) == [stand()]


def test_data_of_before_that_tell_all_cells_together_stand_as_such() -> None:
    assert heard(sealed(2023, together=EARLY)) == [stand((None, EARLY))]
    both = heard(sealed(2023, together=EARLY), sealed(2024, ("CWPB", LATE)))
    assert both == [stand((None, EARLY), ("CWPB", LATE))]
