"""What a calculation gives: lines of activity times factor, each with its scope and its rule. Pure.

A result is its lines; totals, reports and intensities are sums over some of them and hold nothing
of their own. A line whose emission follows from more than a product carries the `Working` of its
equation; what would be wrong with a line for an auditor is in its doubts.
"""

import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import DataKind, Scope, Step
from contracts.values import all_plain, plain
from infra.policy import Evidence
from services.ghg.activity.inventory import PRIMARY, Datum, Inventory
from services.ghg.factors.pinned import FIRST_ENGINE

from .working import Doubt, Working

TIER_1 = frozenset({"tier 1", "equation 4.25, tier 1, tier1"})
"""Rules of lines that are an output times the average of an industry."""


class PrimaryRule(NamedTuple):
    """Which lines of primary activity data are primary data although their factor is a table's:
    those of the scopes `by_activity`, but for those made by a rule of `stand_ins`."""

    by_activity: frozenset[Scope]
    stand_ins: frozenset[str]


OWN_SITE = frozenset({Scope.DIRECT, Scope.POWER_LOCATION, Scope.POWER_MARKET})
PRIMARY_RULE = PrimaryRule(OWN_SITE, TIER_1)
"""What the newest engine counts.

The share of primary data is that of the emissions that rest on them (sources.md 4.10, formula [G];
the sources say no more, so this is our reading of it). Scope 3 tells of what others did: a line of
it (3.1, 3.3, 3.4) is primary where activity and factor both are the facility's or a supplier's own;
a metered sea leg or fuel times a world average is not. On the site itself, Scope 1 and 2, what is
metered decides: what a fuel or an anode gives off follows from its carbon, by the same chemistry
everywhere, and the factor of a grid is announced for who takes power from it. Tier 1 is neither:
nobody measured what was used up, and an industry's average per tonne of metal stands in.
"""
_RULES = {FIRST_ENGINE: PrimaryRule(frozenset(Scope) - {Scope.PURCHASED}, frozenset())}


def primary_rule(engine: str) -> PrimaryRule:
    """The rule by which an engine counts; the first looked at the factor of purchases alone."""
    return _RULES.get(engine, PRIMARY_RULE)


class Applied(NamedTuple):
    """The factor of a line: kg CO2e per unit of its activity, by which name of which set, on what
    evidence. `primary` says that it is the facility's or a supplier's own, not a table's."""

    value: Decimal
    unit: str
    name: str
    factor_set: str
    evidence: Evidence | str
    source: str
    primary: bool = False
    uncertainty_percent: Decimal | None = None


class Line(NamedTuple):
    """One emission: `kg` of CO2e under the result's warming potentials. `data` are the datum ids
    that it rests on; `rule` says which equation or choice made it."""

    data: tuple[str, ...]
    step: Step
    scope: Scope
    item: str
    activity: Decimal
    unit: str
    factor: Applied
    rule: str
    kg: Decimal
    kind: DataKind
    working: tuple[Working, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    uncertainty_percent: Decimal | None = None

    @property
    def primary(self) -> bool:
        """Whether it is primary data as the newest engine counts."""
        return self.primary_by(PRIMARY_RULE)

    def primary_by(self, rule: PrimaryRule) -> bool:
        """Whether it is primary data by the rule of an engine."""
        return self.kind in PRIMARY and (
            self.factor.primary
            or (self.scope in rule.by_activity and self.rule not in rule.stand_ins)
        )


_made = tuple.__new__  # a NamedTuple without its constructor: there are millions


def product(
    datum: Datum,
    scope: Scope,
    unit: str,
    factor: Applied,
    rule: str,
    kind: DataKind | None = None,
    working: tuple[Working, ...] = (),
    doubts: tuple[Doubt, ...] = (),
) -> Line:
    """The line of one datum times a factor; of the datum's own kind unless another is given."""
    quantity = datum.quantity
    kg = quantity * factor.value
    return line_of(datum, scope, unit, quantity, factor, rule, kg, kind, working, doubts)


def line_of(
    datum: Datum,
    scope: Scope,
    unit: str,
    activity: Decimal,
    factor: Applied,
    rule: str,
    kg: Decimal,
    kind: DataKind | None = None,
    working: tuple[Working, ...] = (),
    doubts: tuple[Doubt, ...] = (),
) -> Line:
    """A line that rests on one datum, of its own kind unless another is given."""
    return _made(
        Line,
        (
            (datum.datum_id,),
            datum.step,
            scope,
            datum.item,
            activity,
            unit,
            factor,
            rule,
            kg,
            datum.kind if kind is None else kind,
            working,
            doubts,
            datum.uncertainty_percent,
        ),
    )


class Result(NamedTuple):
    """The lines of one facility and year, and under what they were calculated. `scrap_method` is
    disclosed with them. `doubts` are those of no single line. `melt_loss` is the part of
    post-consumer scrap that a melt usually takes, of the pinned set of materials (`flows`)."""

    inventory: Inventory
    lines: Sequence[Line]
    gwp_set: str
    factor_sets: tuple[str, ...]
    policy_id: str
    engine: str
    doubts: tuple[Doubt, ...] = ()
    scrap_method: str = ""
    melt_loss: Decimal = Decimal(0)

    def working_hash(self) -> str:
        """SHA-256 over all lines in order: what was multiplied by what and what came out."""
        digest = hashlib.sha256()
        head = (
            self.inventory.site.facility_id,
            str(self.inventory.year),
            self.gwp_set,
            self.scrap_method,
            *self.factor_sets,
            self.policy_id,
            self.engine,
        )
        digest.update("|".join(head).encode())
        if self.lines:
            digest.update(_spelled(self.lines).encode())
        return digest.hexdigest()


def _spelled(lines: Sequence[Line]) -> str:
    """All lines as one text. They are gone through column by column, and a factor, which many
    lines share, is spelled once: a hash is made of every result."""
    data, steps, scopes, items, activities, units, factors, rules, kgs, *_ = zip(
        *lines, strict=True
    )
    spelled: dict[int, str] = {}
    for factor in factors:
        if id(factor) not in spelled:
            cells = (plain(factor.value), factor.name, factor.factor_set)
            spelled[id(factor)] = "|".join(cells)
    columns = (
        map(" ".join, data),
        steps,
        scopes,
        items,
        all_plain(activities),
        units,
        [spelled[id(factor)] for factor in factors],
        rules,
        all_plain(kgs),
    )
    return "\n" + "\n".join(map("|".join, zip(*columns, strict=True)))


def total_kg(lines: Iterable[Line]) -> Decimal:
    """The sum of some lines, in kg CO2e. Give one side of Scope 2 only."""
    return sum((line.kg for line in lines), Decimal(0))
