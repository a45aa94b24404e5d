"""What an auditor should look at before an audit, the gravest first. Pure.

An auditor comes with the findings of the audit before. For emissions there is, besides, what ghg
tells of the last years of each facility: what stops a disclosure, what is overdue, what a verifier
gave back, what rules find (sources.md 8), what nobody told. Points say where to look, not what will
be found: a decision is a person's.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from contracts.inventory import Severity
from infra.policy import Policy

from .emission_rows import UNTOLD, EmissionRow
from .rows import AuditRow

WEIGHTS = (
    "critical_breach_before",
    "blocking_finding",
    "disclosure_overdue",
    "major_before",
    "returned_by_verifier",
    "changed_since_disclosed",
    "major_finding",
    "not_verified",
    "not_told",
    "minor_before",
    "minor_findings",
)
"""What a point is about, the gravest first."""
PLACE = {about: place for place, about in enumerate(WEIGHTS)}
CONCLUDED = "concluded"
RULE_5_1 = "sources.md 3.3, criterion 5.1"
FINDINGS = "sources.md 8"
NONCONFORMANCE = "sources.md 2.2"


class Point(NamedTuple):
    """Something to look at: at which facility and of which year (none: of the whole scope), what it
    is about, the rule that found it, a sentence, and the source of the rule."""

    about: str
    facility_id: str | None
    year: int | None
    rule: str | None
    sentence: str
    source: str


def years_of(audit: AuditRow, policy: Policy) -> range:
    """The calendar years that an audit looks back on: those that ended before it starts."""
    last = audit.starts_on.year - 1
    return range(last - policy.integer("preparation.years") + 1, last + 1)


def points_of(
    audit: AuditRow,
    emissions: Mapping[tuple[str, int], EmissionRow],
    earlier: Iterable[AuditRow],
    on: date,
    policy: Policy,
) -> tuple[Point, ...]:
    """The points of an audit, ranked. `emissions` are rows by facility and year, `earlier` the
    member's audits; `on` is the day on which it is asked."""
    found = list(_before(audit, earlier))
    years = years_of(audit, policy)
    for facility_id in audit.facilities:
        told = [year for year in years if (facility_id, year) in emissions]
        for year in told:
            found += _of_year(emissions[facility_id, year], on)
        if years[-1] not in told:
            sentence = f"{facility_id} has told no activity data of {years[-1]}."
            found.append(Point("not_told", facility_id, years[-1], None, sentence, RULE_5_1))
    return tuple(sorted(found, key=_rank))


def _rank(point: Point) -> tuple[int, int, str, str]:
    return PLACE[point.about], -(point.year or 0), point.facility_id or "", point.rule or ""


def _before(audit: AuditRow, earlier: Iterable[AuditRow]) -> Sequence[Point]:
    """The last concluded audit of the same entity and standard, as far as it found anything."""
    same = [
        one
        for one in earlier
        if one.state == CONCLUDED
        and one.audit_id != audit.audit_id
        and (one.entity_id, one.standard) == (audit.entity_id, audit.standard)
        and one.ends_on < audit.starts_on
    ]
    if not same:
        return ()
    last = max(same, key=lambda one: (one.ends_on, one.audit_id))
    counts = (
        ("critical_breach_before", last.critical_breaches, "critical breaches"),
        ("major_before", last.major_findings, "major non-conformances"),
        ("minor_before", last.minor_findings, "minor non-conformances"),
    )
    return [
        Point(
            about,
            None,
            None,
            None,
            f"Audit {last.audit_id} of {last.ends_on} ended with {count} {words}: look whether"
            " they were mended.",
            NONCONFORMANCE,
        )
        for about, count, words in counts
        if count
    ]


def _of_year(row: EmissionRow, on: date) -> Iterable[Point]:
    def point(about: str, sentence: str, source: str = RULE_5_1, rule: str | None = None) -> Point:
        return Point(about, row.facility_id, row.year, rule, sentence, source)

    for rule, severity, sentence, source in row.heavy:
        about = "blocking_finding" if severity == Severity.BLOCK else "major_finding"
        yield point(about, sentence, source, rule)
    if row.overdue or (row.due_on is not None and row.due_on < on):
        yield point(
            "disclosure_overdue", f"Emissions of {row.year} were to be disclosed by {row.due_on}."
        )
    if row.state == "returned":
        yield point("returned_by_verifier", f"The verifier gave result {row.result} back.")
    elif row.state == UNTOLD:
        yield point("not_told", f"{row.facility_id} has told no activity data of {row.year}.")
    elif row.disclosed is not None and max(row.result, row.since) != row.disclosed:
        since = max(row.result, row.since)
        yield point(
            "changed_since_disclosed",
            f"Result {row.disclosed} is public; result {since} was calculated since.",
        )
    elif row.verified is None:
        yield point("not_verified", f"No result of {row.year} has been verified yet.")
    if row.light:
        yield point(
            "minor_findings", f"{row.light} lighter findings in the latest result.", FINDINGS
        )
