"""Slugs of the portal, explained. Pure."""

from infra.problems import Problem

PROBLEMS: tuple[Problem, ...] = (
    Problem(
        "unknown-page",
        "There is no such file",
        "The pages load what they need themselves. Begin at the first page.",
    ),
)
