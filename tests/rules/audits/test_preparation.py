"""What an auditor should look at: ghg's events as rows, and points by their weight."""

from collections.abc import Sequence
from datetime import date
from itertools import permutations

import pytest

from contracts import ghg
from contracts.envelope import Envelope, Event, Recorded
from contracts.ghg import Finding
from contracts.inventory import Severity
from contracts.values import Instant
from services.audit_scheduling.app import definition
from services.audit_scheduling.emission_rows import EMISSIONS, EmissionRow
from services.audit_scheduling.preparation import WEIGHTS, Point, points_of, years_of
from services.audit_scheduling.rows import AuditRow
from tests.rules.ghg import life

TODAY = date(2026, 11, 22)
POLICY = definition().policies.on(TODAY)
EXPECTED = {"facility_id": "F1", "member_id": "M1", "year": 2025, "due_on": date(2026, 6, 30)}


def audit(audit_id: str = "A2", **changes: object) -> AuditRow:
    """An audit of F1, booked for January 2027."""
    made = AuditRow(
        audit_id=audit_id,
        member_id="M1",
        entity_id="E1",
        standard="PS",
        kind="surveillance",
        state="scheduled",
        auditor_firm="FIRM-1",
        starts_on=date(2026, 12, 7),
        ends_on=date(2026, 12, 9),
        facilities=("F1",),
        certificate_id=None,
        minor_findings=0,
        major_findings=0,
        critical_breaches=0,
        overall_maturity=None,
        decided_by=None,
    )
    return made._replace(**changes)  # type: ignore[arg-type]  # fields of the row, by name


def row(*events: Event) -> EmissionRow:
    """The row of F1 and 2025 after these events."""
    found: EmissionRow | None = None
    for number, event in enumerate(events):
        place = Envelope("e", "ghg", "s", 1, number, Instant(""), "c", "c", "c", "a")
        recorded = Recorded(place, event)
        (key,) = EMISSIONS.keys(recorded)
        found = EMISSIONS.evolve(key, found, recorded)
    assert isinstance(found, EmissionRow)
    return found


def found(rule: str, severity: Severity) -> Finding:
    """A finding of a rule."""
    return Finding(
        rule=rule, severity=severity, data=(), data_count=0, sentence="Look.", source="sources.md 8"
    )


def result(*findings: Finding, number: int = 1) -> ghg.ResultCalculated:
    """A result with these findings."""
    return life.result(number, findings=findings, findings_count=len(findings))


def expected() -> ghg.DisclosureExpected:
    """The year is to be disclosed."""
    more = {"certificate_id": "C1", "expected_on": date(2026, 1, 1), "policy_id": "p"}
    return ghg.DisclosureExpected.model_validate({**EXPECTED, **more})


def overdue() -> ghg.DisclosureOverdue:
    """It was not."""
    return ghg.DisclosureOverdue.model_validate({**EXPECTED, "overdue_on": date(2026, 7, 1)})


def points(*events: Event, earlier: Sequence[AuditRow] = ()) -> list[str]:
    """What the points of the audit are about, those of a year that was told alone."""
    told = row(*events)
    years = {("F1", 2025): told}
    return [one.about for one in points_of(audit(), years, earlier, TODAY, POLICY)]


BOTH = (life.sealed(), result(found("R-12", Severity.BLOCK)), expected(), overdue())


@pytest.mark.parametrize(
    "order",
    [
        one
        for one in permutations(range(4))
        if one.index(0) < one.index(1) and one.index(2) < one.index(3)
    ],
)
def test_two_streams_make_the_same_row_in_any_order(order: tuple[int, ...]) -> None:
    assert row(*(BOTH[at] for at in order)) == row(*BOTH)


def test_a_row_follows_a_year_from_its_data_to_its_disclosure() -> None:
    steps = (life.sealed(), result(), life.submitted(), life.verified(), life.disclosed())
    states = [row(*steps[: count + 1]).state for count in range(len(steps))]
    assert states == ["data", "calculated", "with_verifier", "verified", "disclosed"]
    assert row(*steps, result(number=2)).state == "disclosed"
    assert row(*steps, life.sealed(2)).state == "data"


def test_a_disclosure_meets_what_was_expected() -> None:
    received = ghg.DisclosureReceived.model_validate({**EXPECTED, "published_on": TODAY})
    assert row(expected(), overdue()).overdue
    assert row(expected(), overdue(), received)[-2:] == (None, False)


def test_what_blocks_comes_before_what_is_overdue_and_that_before_what_is_major() -> None:
    grave = result(
        found("R-03", Severity.MAJOR), found("R-12", Severity.BLOCK), found("R-02", Severity.MINOR)
    )
    assert points(life.sealed(), grave, expected(), overdue()) == [
        "blocking_finding", "disclosure_overdue", "major_finding", "not_verified", "minor_findings",
    ]  # fmt: skip


def test_a_year_that_is_verified_and_clean_needs_no_look() -> None:
    assert points(life.sealed(), result(), life.submitted(), life.verified()) == []


def test_what_a_verifier_gave_back_and_what_changed_behind_a_disclosure_are_looked_at() -> None:
    back = ghg.ResultReturned(
        facility_id="F1",
        member_id="M1",
        year=2025,
        result=1,
        verifier_id="V1",
        points=(ghg.Point(point="unclear"),),
        returned_on=TODAY,
    )
    assert points(life.sealed(), result(), life.submitted(), back) == ["returned_by_verifier"]
    public = (life.sealed(), result(), life.verified(), life.disclosed())
    assert points(*public) == []
    assert points(*public, result(number=2)) == ["changed_since_disclosed"]


def test_what_a_member_took_back_from_its_verifier_is_not_verified() -> None:
    taken_back = (life.sealed(), result(), life.submitted(), life.withdrawn())
    assert points(*taken_back) == points(life.sealed(), result()) == ["not_verified"]


def test_a_facility_that_told_nothing_of_the_last_year_is_named() -> None:
    (point,) = points_of(audit(), {}, (), TODAY, POLICY)
    assert (point.about, point.facility_id, point.year) == ("not_told", "F1", 2025)
    assert list(years_of(audit(), POLICY)) == [2023, 2024, 2025]


def test_the_audit_before_tells_what_was_to_be_mended() -> None:
    told = {("F1", 2025): row(life.sealed(), result(), life.submitted(), life.verified())}

    def asked(*earlier: AuditRow) -> list[Point]:
        return list(points_of(audit(), told, earlier, TODAY, POLICY))

    day = date(2025, 6, 1)
    before = audit("A1", state="concluded", starts_on=day, ends_on=day, major_findings=2)
    older = before._replace(audit_id="A0", ends_on=date(2022, 6, 1), critical_breaches=1)
    (point,) = asked(older, before)
    assert (point.about, point.facility_id) == ("major_before", None)
    assert "A1" in point.sentence
    assert asked(before._replace(entity_id="E2")) == []
    assert asked(before._replace(standard="CoC")) == []
    assert asked(before._replace(state="cancelled")) == []


def test_every_point_has_a_weight_and_a_source() -> None:
    grave = result(found("R-12", Severity.BLOCK))
    made = points_of(audit(), {("F1", 2025): row(life.sealed(), grave)}, (), TODAY, POLICY)
    assert all(one.about in WEIGHTS and one.source.startswith("sources.md") for one in made)
