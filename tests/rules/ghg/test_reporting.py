"""What a certified facility has to disclose: expected yearly, overdue a day late, excused without a
certificate."""

from datetime import date, timedelta

from contracts.ghg import (
    DisclosureExcused,
    DisclosureExpected,
    DisclosureOverdue,
    DisclosureReceived,
)
from infra.decider import Tick
from services.ghg import app
from services.ghg.results import reporting
from services.ghg.results.reporting import (
    ClosureNoted,
    CoverNoted,
    NoteClosure,
    NoteCover,
    NoteDisclosure,
)
from tests.rules.spec import Spec

POLICIES = app.policies()
ON = date(2025, 5, 1)
FIRST = POLICIES.on(ON).integer("disclosure.first_year")
FROM, TO = date(2025, 5, 1), date(2028, 4, 30)
DUE = date(2026, 6, 30)
ONE_DAY = timedelta(days=1)
facility = Spec(reporting, POLICIES)


def cover(
    first: date | None = FROM, last: date | None = TO, certificate_id: str = "C1", on: date = ON
) -> NoteCover:
    return NoteCover(
        on=on,
        facility_id="F1",
        member_id="M1",
        certificate_id=certificate_id,
        first=first,
        last=last,
    )


def noted(asked: NoteCover) -> CoverNoted:
    return CoverNoted(
        facility_id="F1",
        member_id="M1",
        certificate_id=asked.certificate_id,
        first=asked.first,
        last=asked.last,
        first_year=FIRST,
        noted_on=asked.on,
    )


def expected(year: int = 2025, due_on: date = DUE) -> DisclosureExpected:
    return DisclosureExpected(
        facility_id="F1",
        member_id="M1",
        certificate_id="C1",
        year=year,
        due_on=due_on,
        expected_on=date(year + 1, 1, 1),
        policy_id=POLICIES.on(ON).policy_id,
    )


def tick(rule: str, on: date) -> Tick:
    return Tick(on=on, target="reporting/F1", rule=rule)


COVERED = facility.given(noted(cover()))
EXPECTED = COVERED.given(expected())
OVERDUE = DisclosureOverdue(
    facility_id="F1", member_id="M1", year=2025, due_on=DUE, overdue_on=DUE + ONE_DAY
)


def test_a_certificate_starts_the_reporting_and_said_twice_changes_nothing() -> None:
    facility.when(cover()).then(noted(cover()))
    COVERED.when(cover()).nothing()


def test_a_year_is_expected_from_the_day_after_its_end() -> None:
    assert reporting.due(COVERED.state) == {"expect:2025": date(2025, 12, 31)}
    COVERED.when(tick("expect:2025", date(2025, 12, 31))).then(expected())
    assert reporting.due(EXPECTED.state) == {
        "expect:2026": date(2026, 12, 31),
        "overdue:2025": DUE + ONE_DAY,
    }


def test_years_before_the_first_one_and_after_the_certificate_are_not_expected() -> None:
    old = cover(date(FIRST - 3, 1, 1), date(FIRST, 3, 1))
    state = facility.given(noted(old)).state
    assert reporting.due(state) == {f"expect:{FIRST}": date(FIRST, 12, 31)}
    gone = cover(date(FIRST - 3, 1, 1), date(FIRST - 1, 12, 31))
    assert reporting.due(facility.given(noted(gone)).state) == {}


def test_a_year_is_overdue_one_day_after_its_last_and_once() -> None:
    EXPECTED.when(tick("overdue:2025", DUE + ONE_DAY)).then(OVERDUE)
    EXPECTED.given(OVERDUE).when(tick("overdue:2025", DUE + ONE_DAY)).nothing()


def test_a_disclosure_meets_what_is_expected_also_before_it_is() -> None:
    early = NoteDisclosure(on=DUE, facility_id="F1", member_id="M1", year=2025, published_on=DUE)
    received = DisclosureReceived(
        facility_id="F1", member_id="M1", year=2025, due_on=DUE, published_on=DUE
    )
    EXPECTED.when(early).then(received)
    EXPECTED.given(received).when(early).nothing()
    EXPECTED.given(received).when(tick("overdue:2025", DUE + ONE_DAY)).nothing()
    unasked = COVERED.when(early).then(received.model_copy(update={"due_on": None}))
    unasked.and_when(tick("expect:2025", date(2025, 12, 31))).nothing()


def test_without_a_certificate_nothing_is_expected_any_more() -> None:
    gone = cover(None, None, on=date(2026, 3, 1))
    excused = DisclosureExcused(
        facility_id="F1", member_id="M1", year=2025, due_on=DUE, excused_on=date(2026, 3, 1)
    )
    after = EXPECTED.when(gone).then(noted(gone), excused)
    assert reporting.due(after.state) == {}


def test_another_certificate_keeps_what_is_expected() -> None:
    other = cover(date(2025, 8, 1), date(2029, 1, 1), "C2")
    both = EXPECTED.given(noted(other))
    gone = cover(None, None, on=date(2026, 3, 1))
    both.when(gone).then(noted(gone))


# --- closed facilities ---


def closure(closed_on: date) -> NoteClosure:
    return NoteClosure(on=date(2026, 3, 1), facility_id="F1", member_id="M1", closed_on=closed_on)


def closed(closed_on: date) -> ClosureNoted:
    return ClosureNoted(facility_id="F1", member_id="M1", closed_on=closed_on)


def test_a_closed_facility_discloses_the_year_in_which_it_was_and_no_later_one() -> None:
    during = date(2025, 8, 1)
    after = COVERED.when(closure(during)).then(closed(during))
    after.and_when(closure(during)).nothing()
    assert reporting.due(after.state) == {"expect:2025": date(2025, 12, 31)}
    last = after.and_when(tick("expect:2025", date(2025, 12, 31))).then(expected())
    assert reporting.due(last.state) == {"overdue:2025": DUE + ONE_DAY}


def test_what_was_expected_of_a_year_behind_the_closure_is_excused() -> None:
    before = date(2024, 11, 30)
    excused = DisclosureExcused(
        facility_id="F1", member_id="M1", year=2025, due_on=DUE, excused_on=date(2026, 3, 1)
    )
    after = EXPECTED.when(closure(before)).then(closed(before), excused)
    assert reporting.due(after.state) == {}
    other = cover(date(2025, 8, 1), date(2029, 1, 1), "C2")
    assert reporting.due(after.and_when(other).state) == {}
