"""What the share of primary data counts, and why, as it is told beside the share. Pure.

Section 4.10 of the sources gives the formula and names kinds of data; it is silent on measured
quantities times a table's factor. What is told here is read off the rule of the engine that made
the result (`lines.primary_rule`), so that it is true of older results as well.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import PrimaryShareRule, Scope
from services.ghg.activity.inventory import PRIMARY
from services.ghg.calculation.lines import Result, primary_rule
from services.ghg.calculation.totals import Side, on_side

SOURCE = "rule 4.10: its formula is general knowledge; on these the sources are silent"
SITE = "what is metered is the site's own"
OTHERS = "it tells of what others did, as the world's average does it"
FIRST = "the engine of this result looked at the factor of purchases alone"


class Reading(NamedTuple):
    """A kind of lines whose factor is a table's though their quantity is measured or verified:
    whether they are counted as primary data, and why."""

    what: str
    scopes: tuple[Scope, ...]
    counted_as: str
    because: str


class _Kind(NamedTuple):
    what: str
    scope: Scope
    scopes: tuple[Scope, ...]
    primary: str
    secondary: str


GRID = "power from a grid, at its announced or average factor"
_KINDS = (
    _Kind(
        "fuels, anodes and cells, at a factor of chemistry",
        Scope.DIRECT,
        (Scope.DIRECT,),
        f"{SITE}, and what its carbon gives off is the same everywhere",
        OTHERS,
    ),
    _Kind(
        GRID,
        Scope.POWER_MARKET,
        (Scope.POWER_LOCATION, Scope.POWER_MARKET),
        f"{SITE}, and the factor of a grid is the same for all who take power from it: nobody has"
        " one of its own",
        OTHERS,
    ),
    _Kind("purchases, at an average factor", Scope.PURCHASED, (Scope.PURCHASED,), FIRST, OTHERS),
    _Kind(
        "what fuels and power need before they arrive, and transport, at an average factor",
        Scope.TRANSPORT,
        (Scope.FUEL_AND_POWER, Scope.TRANSPORT),
        FIRST,
        OTHERS,
    ),
)


def share_rule(engine: str) -> Mapping[str, object]:
    """By which rule the share of primary data of an engine's results is counted: the `engine`,
    the `kinds` of data that are primary, and of what was open the `readings` (`Reading`), with
    their `evidence` and `source`."""
    rule = primary_rule(engine)
    told = [
        Reading(
            one.what,
            one.scopes,
            *(
                ("primary", one.primary)
                if one.scope in rule.by_activity
                else ("secondary", one.secondary)
            ),
        )
        for one in _KINDS
    ]
    tier1 = (
        ("secondary", "nobody measured what was used up: an industry's average stands in")
        if rule.stand_ins
        else ("primary", FIRST)
    )
    told.append(Reading("emissions of cells by tier 1, per tonne tapped", (Scope.DIRECT,), *tier1))
    return {
        "engine": engine,
        "kinds": sorted(PRIMARY),
        "evidence": "design",
        "source": SOURCE,
        "readings": [one._asdict() for one in told],
    }


def disclosed_rule(engine: str) -> PrimaryShareRule:
    """The same as a public disclosure keeps it beside its share."""
    return PrimaryShareRule.model_validate(share_rule(engine))


def from_grid(result: Result) -> Decimal | None:
    """The part of all emissions, power as it was bought, that is counted as primary although it is
    power at a table's factor; None where nothing is given off. It is in the share of primary data,
    which is as much lower for whoever does not count it."""
    rule, every, grid = primary_rule(result.engine), Decimal(0), Decimal(0)
    for line in on_side(result.lines, Side.MARKET):
        kg = abs(line.kg)
        every += kg
        power = line.scope is Scope.POWER_MARKET and not line.factor.primary
        if power and line.primary_by(rule):
            grid += kg
    return grid / every if every else None
