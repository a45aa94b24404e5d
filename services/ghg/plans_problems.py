"""Slugs of reduction plans, explained: what is wrong, and what would be right. Pure."""

from infra.problems import Problem

PLAN_PROBLEMS: tuple[Problem, ...] = (
    Problem(
        "unknown-entity",
        "The member has no such entity",
        "An entity is known here from its first facility on. If that was registered moments ago,"
        " ask again.",
    ),
    Problem(
        "unknown-plan",
        "There is no such reduction plan",
        "Adopt a plan for `facts.family` first: it chooses the base year.",
    ),
    Problem(
        "no-sector-curve",
        "No curve of the sector is known for this",
        "Read the slope of `facts.family` from ASI's tool and give it in `given`; the pathway then"
        " says that it is yours.",
    ),
    Problem(
        "parts-unclear",
        "Variant and curves do not fit",
        "`indexed` and `sda` take one curve for the `whole`; `split` takes one for `power`, one for"
        " the `rest`, and `parts` says how both are followed.",
    ),
    Problem(
        "curve-malformed",
        "What was given is no curve",
        "Years in order, each once, and values above zero: nothing can be divided by zero.",
    ),
    Problem(
        "reviewed-today",
        "The plan was adopted or reviewed today",
        "One review a day. The next one is due by `facts.due_on`.",
    ),
    Problem(
        "power-above-emission",
        "Bought power would give off more than everything",
        "Each change tells its emission and in `power_t` the part that bought power gives off.",
    ),
)
