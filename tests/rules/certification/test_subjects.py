"""The current row of a subject: small, and in one order."""

from datetime import date, timedelta

from contracts import facilities as sites
from contracts.values import Control, Location
from services.certification.subjects import SubjectRow

from .given import JOINED_ON, Happened, after, facility, joined, transferred
from .given_audits import certificate_reinstated, certificate_suspended, granted

FROM, TO = date(2025, 5, 1), date(2028, 4, 30)
DAY = timedelta(days=1)


def row(key: str, *history: Happened) -> SubjectRow:
    found: SubjectRow = after(*history).subjects[key]
    return found


def renamed(name: str, on: date) -> Happened:
    event = sites.FacilityChanged(
        facility_id="F1",
        member_id="M1",
        entity_id="E1",
        name=name,
        activities=(),
        location=Location(country="NO"),
        control=Control(),
        operating=True,
        effective_on=on,
    )
    return Happened("facility/F1", event, on)


def test_a_timeline_alternates_days_and_values() -> None:
    found = row("certificate/C1", granted(FROM, TO), certificate_suspended(FROM + DAY))
    assert found.facts["valid_to"] == ("2025-05-01", "2028-04-30")
    assert found.facts["suspended"] == ("2025-05-02", True)


def test_the_same_day_said_again_replaces_what_was_said() -> None:
    one, two = FROM + DAY, FROM + 9 * DAY
    history = [
        granted(FROM, TO),
        certificate_suspended(one),
        certificate_reinstated(two),
        certificate_reinstated(one, recorded_on=two),
    ]
    assert row("certificate/C1", *history).facts["suspended"] == (
        one.isoformat(),
        False,
        two.isoformat(),
        False,
    )
    again = [*history[:2], certificate_reinstated(one, recorded_on=two)]
    assert row("certificate/C1", *again).facts["suspended"] == (one.isoformat(), False)


def test_a_facility_changed_a_thousand_times_is_one_small_row() -> None:
    changes = [renamed(f"Mill {number}", JOINED_ON + number * DAY) for number in range(1, 1001)]
    found = row("facility/F1", facility(), *changes)
    assert found.facts["site"][1] == {"name": "Mill 1000", "country": "NO"}
    assert sum(len(timeline) for timeline in found.facts.values()) == 6


def test_a_change_recorded_late_does_not_take_the_last_ones_place() -> None:
    later = renamed("New", JOINED_ON + 9 * DAY)
    found = row("facility/F1", facility(), later, renamed("Old", JOINED_ON + DAY))
    assert found.facts["site"][1] == {"name": "New", "country": "NO"}


def test_a_row_knows_whose_it_is() -> None:
    assert row("facility/F1", facility()).member_id == "M1"
    assert row("facility/F1", facility(), transferred(FROM)).member_id == "M2"
    assert row("certificate/C1", granted(FROM, TO)).member_id == "M1"
    assert row("member/M1", joined()).member_id == "M1"
    assert row("member/M1", granted(FROM, TO)).member_id == "M1"
    assert row("entity/E1", granted(FROM, TO)).member_id is None


def test_attributes_stand_in_order_of_their_names() -> None:
    found = row("facility/F1", granted(FROM, TO), facility())
    assert list(found.facts) == ["covered_by:C1", "entity", "member", "site"]
