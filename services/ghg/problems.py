"""Slugs of the greenhouse-gas service, explained: what is wrong, and what would be right. Pure."""

from infra.problems import Problem

PROBLEMS: tuple[Problem, ...] = (
    Problem(
        "unknown-factor",
        "The factor set does not know this",
        "`facts.factor_set` has no `facts.factor`. Choose another set, or give your own value.",
    ),
    Problem(
        "unknown-factor-set",
        "There is no such factor set",
        "Choose one of `facts.known`.",
    ),
    Problem(
        "no-factor-set-yet",
        "Nothing was published by then",
        "No set of `facts.family` was public on `facts.as_of`: a later one cannot have been used.",
    ),
    Problem(
        "quantity-negative",
        "A quantity is below zero",
        "Masses, energies, distances and durations are zero or more. Returns and credits have lines"
        " of their own.",
    ),
    Problem(
        "mixed-gwp-sets",
        "Two sets of warming potentials in one result",
        "Amounts under `facts.sets` cannot be added. Recalculate all of them under one set.",
    ),
    Problem(
        "gwp-set-missing",
        "The set of warming potentials is missing",
        "Name one of `facts.known`; it is disclosed with the result.",
    ),
)
