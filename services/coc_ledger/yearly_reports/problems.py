"""Slugs of the yearly report, explained: what is wrong, and what would be right. Pure."""

from infra.problems import Problem

REPORT_PROBLEMS: tuple[Problem, ...] = (
    Problem(
        "year-not-over",
        "The calendar year is not over",
        "A year is reported from the first day of the next one on.",
    ),
    Problem(
        "unknown-report",
        "Nothing is known of such a report",
        "A year is listed once it is expected, or once a version was prepared.",
    ),
    Problem(
        "report-not-prepared",
        "That version cannot be submitted",
        "Prepare the report, look at its figures, and submit the version that was made last.",
    ),
    Problem(
        "figures-changed",
        "The books say something else by now",
        "Prepare another version, look at what has changed, and submit that one.",
    ),
    Problem(
        "report-not-submitted",
        "That version does not lie with ASI",
        "Look at the year's versions: the one that was submitted last can be accepted or returned.",
    ),
)
