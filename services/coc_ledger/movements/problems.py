"""Slugs of files of movements, explained: what can be wrong with a row, and what is right. Pure."""

from infra.problems import Problem

ROW_PROBLEMS: tuple[Problem, ...] = (
    Problem(
        "value-missing",
        "A cell that the movement needs is empty",
        "Fill the cell, or give all rows a value (`set=field:value`).",
    ),
    Problem(
        "not-of-movement",
        "The movement has no use for the cell",
        "Leave the cell empty, or look whether the row is of another kind of movement.",
    ),
    Problem(
        "invalid-id",
        "The id cannot be used",
        "An id has letters, digits and . _ - and begins with a letter or a digit.",
    ),
    Problem("invalid-number", "This is no number", "Write digits, with a decimal point."),
    Problem("invalid-day", "This is no day", "Write days as 2024-12-31."),
    Problem(
        "invalid-value",
        "The value cannot be taken",
        "Compare the cell with the field's description in the import's documentation.",
    ),
    Problem(
        "number-out-of-range",
        "The number is out of range",
        "The sentence says between which bounds it lies.",
    ),
    Problem(
        "recycled-shares-above-whole",
        "More is recycled than there is",
        "Metal is pre-consumer scrap or post-consumer scrap, never both: the two shares are 100 per"
        " cent together at most. A supplier that tells them of different amounts is asked again.",
    ),
    Problem(
        "mass-not-whole",
        "The mass is no whole number of kilograms",
        "Accounts are kept in whole kilograms: tonnes have three decimals at most.",
    ),
    Problem(
        "units-mixed",
        "A mass has two units",
        "The column's name says one unit, `mass_unit` another. Leave one of them out.",
    ),
    Problem(
        "unknown-movement-kind",
        "The kind of movement is not known",
        "The sentence lists those there are.",
    ),
    Problem(
        "claim-needs-document",
        "A claim is no movement",
        "Book what left as a shipment. What of it is sold as CoC is claimed by a CoC document.",
    ),
    Problem("unknown-stage", "The stage is not known", "The sentence lists the stages."),
    Problem("unknown-origin", "The origin is not known", "The sentence lists the origins."),
    Problem(
        "unknown-activity",
        "The supply-chain activity is not known",
        "Write one of the activities as the scope names them: smelting, casthouse, ...",
    ),
    Problem("unknown-lot", "The lot is not known", "Write product or scrap."),
)
