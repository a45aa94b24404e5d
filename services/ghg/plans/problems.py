"""Slugs of plans, claims, asked-for data and sets, explained: what would be right. Pure."""

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
        "For casthouses and semi-fabrication, and for power or the rest alone by `sda`, no curve is"
        " published. Read the slope of `facts.family` from ASI's tool and send it with"
        ' `set_pathway` as `given`: [{"part": "whole", "unit": "t CO2/t", "source": "...", "nodes":'
        ' [{"year": 2020, "value": "..."}, ...]}]; the pathway then says that it is yours.',
    ),
    Problem(
        "base-before-curve",
        "The sector's curve begins after the base year",
        "It tells nothing of `facts.base_year`, and `facts.first` is its first year. `indexed` is"
        " possible from 2018 on, along the sector's absolute budget; or send a curve of yours that"
        " tells of that year as `given`; or have a year from `facts.first` on verified, and adopt"
        " the plan again: the latest such year is its base then.",
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
        "pathway-missing",
        "The plan has no pathway",
        "Criterion 5.3 asks for one, and effective is what keeps to it. Set it for each of"
        " `facts.families` (`set_pathway`), then evaluate; or say that the plan is not effective.",
    ),
    Problem(
        "planned-below-zero",
        "A planned intensity is below zero",
        "What is given off per tonne of metal is zero or more; what is taken out of the air"
        " elsewhere is no part of it. Look at `facts.year`.",
    ),
    Problem(
        "change-below-zero",
        "What came or went is below zero",
        "An `acquisition` adds what it tells to the base, a `divestment` takes it away: tell"
        " `facts.field` without a sign. Only what a new `method` changes may be less than zero.",
    ),
    Problem(
        "change-year-outside",
        "The year of a change lies outside the plan",
        "`from_year` is the first year of which the entity's figures have the change: the base year"
        " at the earliest (where those of all years were made anew), the next year at the latest.",
    ),
    Problem(
        "power-above-emission",
        "Power would give off more than everything",
        "Each change tells its emission and in `power_t` the part that power gives off, bought or"
        " of an own plant: no more than `emission_t` of what was bought or sold, and of the base"
        " with all changes.",
    ),
)
CLAIM_PROBLEMS: tuple[Problem, ...] = (
    Problem(
        "unknown-claim",
        "There is no such claim",
        "Look at its id, and at whose claim it is.",
    ),
    Problem(
        "unknown-certificate",
        "The member has no such certificate",
        "A claim rests on a certificate of one's own. If that was granted moments ago, ask again.",
    ),
    Problem(
        "claim-differs",
        "The claim was requested in other words",
        "A claim is never edited: request another, under another id.",
    ),
    Problem(
        "claim-not-assessed",
        "Nobody has assessed the claim",
        "Somebody looks at the claim and its evidence, and advises, before it is approved.",
    ),
    Problem(
        "claim-has-faults",
        "The claim breaks rules",
        "`facts.rules` say which. Refuse it; its member may request another in better words.",
    ),
    Problem(
        "claim-decided",
        "The claim was decided",
        "It is `facts.state`. What comes next is another claim.",
    ),
)
SUPPLIER_PROBLEMS: tuple[Problem, ...] = (
    Problem(
        "input-not-bought",
        "The input is not bought of that supplier",
        "Ask about an item that stands in the facility's calculated data with this supplier.",
    ),
    Problem(
        "scrap-kind-not-said",
        "Which kind of scrap is asked about?",
        "The supplier delivers `facts.scrap_kinds`: each bears another burden, so that one answer"
        " is not for all. Ask for each kind in a request of its own, `scrap_kind` says which.",
    ),
    Problem(
        "request-differs",
        "The request asks for something else",
        "A request is about one item of one supplier and year: make another for another.",
    ),
    Problem(
        "unknown-datum-request",
        "The member has no such request",
        "Look at its id.",
    ),
    Problem(
        "unknown-registration",
        "The registration id is not known",
        "It is written as it was given, and only the newest one counts. Ask the facility for"
        " another.",
    ),
    Problem(
        "request-withdrawn",
        "The request was withdrawn",
        "Nothing is asked any more.",
    ),
    Problem(
        "unknown-answer",
        "There is no such answer",
        "Look at the number of the latest answer: only that one can be taken.",
    ),
    Problem(
        "unit-differs",
        "The factor is per another unit",
        "It is asked for in kg CO2e per `facts.asked`. For tonnes, `t`, `kg CO2e/t` and `t CO2e/t`"
        " are understood.",
    ),
    Problem(
        "boundary-too-small",
        "The boundary of the factor is too small",
        "A factor of an input runs from the cradle to the supplier's gate.",
    ),
    Problem(
        "verification-missing",
        "Nothing proves the verification",
        "Name the verifier and where the statement is kept, or send the factor as"
        " `supplier_unverified`.",
    ),
)
PORTFOLIO_PROBLEMS: tuple[Problem, ...] = (
    Problem(
        "unknown-portfolio",
        "There is no such set",
        "Define it first: `define_portfolio`. One that was removed is shown again when the same"
        " facilities are defined under its id.",
    ),
    Problem(
        "invalid-dimension",
        "Nothing is told by that",
        "`facts.known` are the names that can follow `by`.",
    ),
    Problem(
        "portfolio-differs",
        "The set is another one",
        "A set of facilities is never changed: define another, under another id.",
    ),
    Problem(
        "portfolio-too-small",
        "The set is of too few entities",
        "A set is of facilities of at least `facts.least` entities, so that none can be read off.",
    ),
    Problem(
        "too-many-portfolios",
        "Too many sets were defined",
        "From many sets single facilities could be solved for. Use one that you have defined, or"
        " remove one that you need no more; removed ones count as well, up to a higher limit.",
    ),
    Problem(
        "editions-complete",
        "The year had all its editions",
        "Aggregates of `facts.year` had `facts.most` editions: the last one stands.",
    ),
)
PLANS_PROBLEMS = (*PLAN_PROBLEMS, *CLAIM_PROBLEMS, *SUPPLIER_PROBLEMS, *PORTFOLIO_PROBLEMS)
