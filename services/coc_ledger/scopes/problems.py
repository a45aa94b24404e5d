"""Slugs of what a scope is asked about periods, partners, who reads its books, explained. Pure."""

from infra.problems import Problem

SCOPE_PROBLEMS: tuple[Problem, ...] = (
    Problem(
        "period-change-too-far",
        "The change of periods lies too far ahead",
        "Take a day within the longest period from today.",
    ),
    Problem(
        "first-period-too-far",
        "The first period lies too far ahead",
        "Take a first day through `facts.latest`: where accounts begin is never changed.",
    ),
    Problem(
        "not-your-audit",
        "No open audit of yours concerns this",
        "An audit firm reads the books of an entity that it audits against the Chain of Custody"
        " Standard: from the booking by operations on, until the audit is called off or its"
        " certificate decided.",
        403,
    ),
    Problem(
        "unknown-holder",
        "The joint venture's holder has no scope here",
        "Name the scope of the holder; a share of 0 takes back one that was listed.",
    ),
)
