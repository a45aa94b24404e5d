"""Disclosures and PFC measurements stand on the board, open, met, missed or called off."""

from datetime import date, timedelta

import pytest

from contracts import ghg
from contracts.envelope import Event
from services.certification.buckets import Seen, bucket_of
from services.certification.deadline_parts import DeadlineRow
from services.certification.explain import explain

from .given import POLICY, Folded, Happened, after

DUE = date(2026, 6, 30)
FROM = date(2026, 1, 1)
KEY = "disclosure_due:F1~2025"
ONE_DAY = timedelta(days=1)
YEAR = {"facility_id": "F1", "member_id": "M1", "year": 2025, "due_on": DUE}


def told(event: Event, on: date = FROM) -> Happened:
    return Happened("reporting/F1", event, on)


EXPECTED = told(
    ghg.DisclosureExpected(
        facility_id="F1",
        member_id="M1",
        certificate_id="C1",
        year=2025,
        due_on=DUE,
        expected_on=FROM,
        policy_id="ghg-1",
    )
)
OVERDUE = told(ghg.DisclosureOverdue.model_validate({**YEAR, "overdue_on": DUE + ONE_DAY}))
EXCUSED = told(ghg.DisclosureExcused.model_validate({**YEAR, "excused_on": DUE - ONE_DAY}))


def received(on: date) -> Happened:
    return told(ghg.DisclosureReceived.model_validate({**YEAR, "published_on": on}))


def measured(on: date, renew_by: date) -> Happened:
    return told(
        ghg.PfcMeasurementNoted(
            facility_id="F1",
            member_id="M1",
            measured_on=on,
            renew_by=renew_by,
            noted_on=on,
            policy_id="ghg-1",
        )
    )


def row(world: Folded, key: str = KEY) -> DeadlineRow:
    found: DeadlineRow = world.deadlines[key]
    return found


def test_a_year_to_disclose_is_open_until_its_last_day() -> None:
    found = row(after(EXPECTED))
    assert (found.state, found.opened_on, found.due_on) == ("open", FROM, DUE)
    assert (found.member_id, found.subject, found.policy_id) == ("M1", "facility/F1", "ghg-1")


@pytest.mark.parametrize(
    ("history", "state", "closed_on"),
    [
        ((received(DUE),), "met", DUE),
        ((received(DUE + ONE_DAY),), "missed", DUE + ONE_DAY),
        ((OVERDUE,), "missed", None),
        ((OVERDUE, received(DUE + ONE_DAY)), "missed", DUE + ONE_DAY),
        ((OVERDUE, received(DUE)), "met", DUE),
        ((EXCUSED,), "cancelled", DUE - ONE_DAY),
    ],
)
def test_it_ends_as_its_facility_tells(
    history: tuple[Happened, ...], state: str, closed_on: date | None
) -> None:
    found = row(after(EXPECTED, *history))
    assert (found.state, found.closed_on) == (state, closed_on)


def test_a_disclosure_that_nobody_expected_opens_nothing() -> None:
    assert after(received(DUE)).deadlines.get(KEY) is None


def test_each_year_of_a_facility_is_a_deadline_of_its_own() -> None:
    next_year = ghg.DisclosureExpected(
        facility_id="F1",
        member_id="M1",
        certificate_id="C1",
        year=2026,
        due_on=date(2027, 6, 30),
        expected_on=date(2027, 1, 1),
        policy_id="ghg-1",
    )
    world = after(EXPECTED, told(next_year), received(DUE))
    assert row(world).state == "met"
    assert row(world, "disclosure_due:F1~2026").state == "open"


def test_it_is_past_due_only_once_its_service_has_closed_the_day() -> None:
    found = row(after(EXPECTED))
    for closed, name in ((DUE - ONE_DAY, "undetermined"), (DUE, "past_due")):
        bucket = bucket_of(found, DUE + ONE_DAY, Seen({"ghg": closed}), POLICY)
        assert bucket is not None
        assert bucket.name == name


def test_it_says_that_its_date_is_not_published() -> None:
    found = explain(row(after(EXPECTED)))
    assert (found.evidence, found.policy_of) == ("unverified", "ghg")


def test_a_measurement_done_again_moves_its_last_day() -> None:
    key = "pfc_renewal_due:F1"
    first, second = date(2023, 5, 1), date(2026, 4, 1)
    world = after(
        measured(first, date(2026, 5, 1)),
        measured(second, date(2029, 4, 1)),
    )
    found = row(world, key)
    assert (found.state, found.opened_on, found.due_on) == ("open", second, date(2029, 4, 1))
    assert [did for did, *_ in found.events] == ["opened", "moved"]


def test_a_measurement_that_is_not_done_again_in_time_is_missed_until_it_is() -> None:
    key, renew_by = "pfc_renewal_due:F1", date(2026, 5, 1)
    first = measured(date(2023, 5, 1), renew_by)
    overdue = told(
        ghg.PfcRenewalOverdue(
            facility_id="F1", member_id="M1", renew_by=renew_by, overdue_on=renew_by + ONE_DAY
        )
    )
    assert row(after(first, overdue), key).state == "missed"
    assert row(after(first, overdue), key).due_on == renew_by
    late = measured(date(2026, 9, 1), date(2029, 9, 1))
    assert row(after(first, overdue, late), key).state == "open"
    ended = ghg.PfcRenewalEnded(
        facility_id="F1", member_id="M1", renew_by=renew_by, ended_on=date(2026, 6, 1)
    )
    assert row(after(first, overdue, told(ended)), key).state == "cancelled"


def test_a_technology_that_stands_apart_has_a_deadline_of_its_own() -> None:
    first, second = date(2023, 5, 1), date(2024, 4, 1)
    of_all = measured(first, date(2026, 5, 1))  # as older events told it
    beside = ghg.PfcMeasurementNoted(
        facility_id="F1",
        member_id="M1",
        measured_on=second,
        renew_by=date(2027, 4, 1),
        noted_on=second,
        policy_id="ghg-1",
        technology="SWPB",
        apart=True,
    )
    world = after(of_all, told(beside))
    key = "pfc_renewal_due:F1~SWPB"
    assert row(world, "pfc_renewal_due:F1").due_on == date(2026, 5, 1)
    assert (row(world, key).due_on, row(world, key).subject) == (date(2027, 4, 1), "facility/F1")
    ended = ghg.PfcRenewalEnded(
        facility_id="F1",
        member_id="M1",
        renew_by=date(2027, 4, 1),
        ended_on=date(2025, 9, 1),
        technology="SWPB",
        apart=True,
    )
    world = after(of_all, told(beside), told(ended))
    assert row(world, key).state == "cancelled"
    assert row(world, "pfc_renewal_due:F1").state == "open"


def test_a_measurement_of_a_closed_facility_is_called_off() -> None:
    renew_by, gone = date(2026, 5, 1), date(2025, 9, 1)
    ended = ghg.PfcRenewalEnded(facility_id="F1", member_id="M1", renew_by=renew_by, ended_on=gone)
    found = row(after(measured(date(2023, 5, 1), renew_by), told(ended)), "pfc_renewal_due:F1")
    assert (found.state, found.closed_on) == ("cancelled", gone)
