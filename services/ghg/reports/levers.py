"""What if: which lever brings a smelter below the limits of criterion 5.2, and by how much. Pure.

Source: sources.md 3.3, 4.1. A lever puts a named better value in the place of what a result has,
line by line, and the intensity is formed again from the lines: power of a clean source, few anode
effects, low net consumption of anodes, alumina of a good refinery. The better values are policy,
with their evidence, and a reader may give others. A lever never makes anything worse: a facility
that is better already keeps its own value.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import Scope, Step
from infra.errors import Refused
from infra.policy import Evidence, Policy
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.cell_carbon import burnt
from services.ghg.calculation.cells import made
from services.ghg.calculation.flows import Flows, flows_of
from services.ghg.calculation.lines import Applied, Line, Result
from services.ghg.calculation.totals import Side, mine_to_metal, on_side
from services.ghg.calculation.working import PERCENT

from .threshold import Check, Comparator, check

ZERO = Decimal(0)
ONE = Decimal(1)
SOURCE = "sources.md 3.3, criterion 5.2"
POWER_SIDES = frozenset({Scope.POWER_LOCATION, Scope.POWER_MARKET})
OWN_PLANT, UPSTREAM = "power.own_generation", "power.upstream"
REFINED = frozenset({Step.BAUXITE_MINING, Step.ALUMINA_REFINING})
ANODE_INPUTS = frozenset({"input.net_anode", "bought.anode"})


class Lever(NamedTuple):
    """A better value: per what (`unit`), and on what evidence."""

    slug: str
    title: str
    better: Decimal
    unit: str
    evidence: Evidence | str
    source: str


class Effect(NamedTuple):
    """What levers do: the intensity with them, what they save, and every limit against it.
    `of_gaps` is the share of each limit's gap that they close, in the order of `checks`; None
    where there was no gap."""

    levers: tuple[str, ...]
    intensity: Decimal
    saved: Decimal
    checks: tuple[Check, ...]
    of_gaps: tuple[Decimal | None, ...]


class WhatIf(NamedTuple):
    """The intensity (t CO2e/t Al) and its checks, each lever alone with the greatest saving first,
    and all of them together in that order: the first of `steps` that holds is the shortest way."""

    side: Side
    intensity: Decimal
    checks: tuple[Check, ...]
    alone: tuple[Effect, ...]
    steps: tuple[Effect, ...]
    levers: Mapping[str, Lever]


class _Case(NamedTuple):
    result: Result
    flows: Flows
    side: Side
    fuelless: frozenset[str]


Pull = Callable[[Sequence[Line], Decimal, _Case], Sequence[Line]]


def levers(policy: Policy, better: Mapping[str, Decimal] | None = None) -> Mapping[str, Lever]:
    """The levers with the policy's values, or a reader's own by slug. Refused `unknown-lever`,
    `quantity-negative`."""
    own = better or {}
    unknown = sorted(set(own) - set(_PULLS))
    if unknown:
        raise Refused(
            "unknown-lever",
            f"no lever is called {', '.join(unknown)}; there are {', '.join(_PULLS)}.",
            unknown=unknown,
            known=list(_PULLS),
        )
    found: dict[str, Lever] = {}
    for slug, (title, name, unit, _) in _PULLS.items():
        figure = policy.figure(name)
        lever = Lever(slug, title, policy.decimal(name), unit, figure.evidence, figure.source)
        if slug in own:
            if own[slug] < 0:
                raise Refused(
                    "quantity-negative",
                    f"{slug} is {own[slug]} {unit}: a quantity is zero or more.",
                    quantity=slug,
                    value=own[slug],
                )
            lever = lever._replace(better=own[slug], evidence="given", source="the reader's own")
        found[slug] = lever
    return found


def what_if(
    result: Result,
    policy: Policy,
    side: Side = Side.MARKET,
    better: Mapping[str, Decimal] | None = None,
) -> WhatIf:
    """Every lever alone, and together. Refused: `start-year-missing` for a facility that does not
    say when its production began, `output-missing` without primary metal cast, and as
    `mine_to_metal` is where it is not known how much of it."""
    known = levers(policy, better)
    fuelless = frozenset(policy.words("finding.plants_without_fuel"))
    flows = flows_of(result.inventory, result.engine, result.melt_loss)
    case = _Case(result, flows, side, fuelless)
    before = _intensity(result.lines, case)
    limits = _limits(before, result, policy)
    alone = [_effect((slug,), known, before, case, policy) for slug in known]
    alone.sort(key=lambda one: -one.saved)
    order = [one.levers[0] for one in alone if one.saved > 0]
    steps = [
        _effect(tuple(order[: number + 1]), known, before, case, policy)
        for number in range(len(order))
    ]
    return WhatIf(side, before, limits, tuple(alone), tuple(steps), known)


def _effect(
    slugs: tuple[str, ...],
    known: Mapping[str, Lever],
    before: Decimal,
    case: _Case,
    policy: Policy,
) -> Effect:
    lines: Sequence[Line] = case.result.lines
    for slug in slugs:
        lines = _PULLS[slug][3](lines, known[slug].better, case)
    after = _intensity(lines, case)
    first = _limits(before, case.result, policy)
    checks = _limits(after, case.result, policy)
    gaps = [one.gap for one in first]
    shares = tuple((before - after) * PERCENT / gap if gap and gap > 0 else None for gap in gaps)
    return Effect(slugs, after, before - after, checks, shares)


def _limits(intensity: Decimal, result: Result, policy: Policy) -> tuple[Check, ...]:
    """The limits that a smelter of this start year ever has to reach, the nearest first."""
    started, year = result.inventory.site.started, result.inventory.year
    if started is None:
        raise Refused(
            "start-year-missing",
            "criterion 5.2 depends on the year in which production began: give it with the site.",
            facility_id=result.inventory.site.facility_id,
        )
    if started > policy.integer("5.2.new_after"):
        comparator = Comparator(policy.text("5.2.new.comparator"))
        return (check("intensity", year, intensity, comparator, policy.decimal("5.2.new.limit")),)
    comparator = Comparator(policy.text("5.2.existing.comparator"))
    return tuple(
        check(
            f"limit {name}",
            policy.integer(f"5.2.existing.{name}.year"),
            intensity,
            comparator,
            policy.decimal(f"5.2.existing.{name}.limit"),
        )
        for name in ("interim", "final")
    )


def _intensity(lines: Sequence[Line], case: _Case) -> Decimal:
    return mine_to_metal(case.result._replace(lines=lines), case.flows).on(case.side)


def _scaled(line: Line, ratio: Decimal, why: str) -> Line:
    """A line of a part of its activity."""
    return line._replace(activity=line.activity * ratio, kg=line.kg * ratio, rule=why)


# --- the levers ---


def _cleaner_power(lines: Sequence[Line], better: Decimal, case: _Case) -> Sequence[Line]:
    """All power at the better factor, on both sides of Scope 2. That has all in it which lies
    upstream of the plant, so nothing is added for it; what the grid loses follows the location
    side, as it does in a calculation. Bought power replaces an own plant's, and the fuels that it
    burns."""
    why = "what if: cleaner power"
    located = {
        one.data: one.factor.value
        for one in lines
        if one.scope is Scope.POWER_LOCATION and one.factor.value > better
    }
    found: list[Line] = []
    for line in lines:
        if line.scope in POWER_SIDES and line.factor.value > better:
            factor = line.factor._replace(value=better, name="lever.power", source=why)
            found.append(line._replace(factor=factor, kg=line.activity * better, rule=why))
        elif line.scope is Scope.FUEL_AND_POWER and line.data in located:
            left = ZERO if line.factor.name == UPSTREAM else better / located[line.data]
            found.append(_scaled(line, left, why))
        else:
            found.append(line)
    plants, fuels = _own_plants(case)
    replaced = [line for line in found if line.data[0] in fuels]
    if not replaced or not plants:
        return found
    factor = Applied(better, "kg CO2e/kWh", "lever.power", "what-if", "given", why)
    kept = [line for line in found if line.data[0] not in fuels]
    for plant in plants:
        bought = replaced[0]._replace(
            data=(plant.datum_id,),
            step=plant.step,
            item=OWN_PLANT,
            activity=plant.quantity,
            unit="kWh",
            factor=factor,
            rule=why,
            kg=plant.quantity * better,
        )
        kept += (bought._replace(scope=scope) for scope in sorted(POWER_SIDES))
    return kept if _intensity(kept, case) < _intensity(found, case) else found


def _own_plants(case: _Case) -> tuple[Sequence[Datum], frozenset[str]]:
    """The own plants that burn something, and the ids of their fuels: those that are said to be
    theirs (`of`), wherever they are told, as R-14 takes them. Where none is, those that cells are
    charged with where a plant stands, since cells burn none."""
    data = case.result.inventory.data
    burning = [
        one
        for one in data
        if one.item == OWN_PLANT
        and one.quantity > 0
        and one.technology.strip().casefold() not in case.fuelless
    ]
    fuels = [one for one in data if one.item.startswith("fuel.")]
    theirs = frozenset(one.datum_id for one in fuels if one.of == OWN_PLANT)
    if theirs:
        return burning, theirs
    burning = [one for one in burning if one.step is Step.ELECTROLYSIS]
    return burning, frozenset(one.datum_id for one in fuels if one.step is Step.ELECTROLYSIS)


def _liquid(case: _Case) -> Sequence[Datum]:
    """The metal that cells made, as the equations of the result have it: told as tapped, or as cast
    alone."""
    told = case.result.inventory
    return made(told.data, told, case.result.engine, [])


def _fewer_effects(lines: Sequence[Line], better: Decimal, case: _Case) -> Sequence[Line]:
    """PFC at so many kg CO2e per tonne of the liquid metal that cells made."""
    metal_t = sum((one.quantity for one in _liquid(case)), ZERO)
    now = sum((one.kg for one in lines if one.item.startswith("pfc.")), ZERO)
    ratio = better * metal_t / now if now > 0 else ONE
    if ratio >= ONE or metal_t == 0:
        return lines
    return [
        _scaled(one, ratio, "what if: fewer anode effects") if one.item.startswith("pfc.") else one
        for one in lines
    ]


def _longer_anodes(lines: Sequence[Line], better: Decimal, case: _Case) -> Sequence[Line]:
    """Less net anode per tonne of the liquid metal of prebake cells: less to burn, to buy and to
    make."""
    told = case.result.inventory
    prebake = (one for one in burnt(told.data, _liquid(case), told.site) if one.stud is None)
    cells = next(prebake, None)
    if cells is None or not cells.carbon_t or not cells.metal_t:
        return lines
    ratio = better * cells.metal_t / cells.carbon_t
    if ratio >= ONE:
        return lines
    why = "what if: lower net consumption of anodes"
    return [
        _scaled(one, ratio, why)
        if one.item in ANODE_INPUTS or one.step is Step.ANODE_PRODUCTION
        else one
        for one in lines
    ]


def _better_alumina(lines: Sequence[Line], better: Decimal, case: _Case) -> Sequence[Line]:
    """Bought alumina at the better factor, and an own refinery with its mine brought down to it."""
    why = "what if: alumina of a better refinery"
    made_t = case.flows.made.get(Step.ALUMINA_REFINING, ZERO)
    own = [one for one in on_side(lines, case.side) if one.step in REFINED]
    now = sum((one.kg for one in own), ZERO)
    ratio = better * made_t / now if now > 0 and made_t > 0 else ONE
    found: list[Line] = []
    for line in lines:
        if line.item == "bought.alumina" and line.factor.value > better:
            factor = line.factor._replace(value=better, name="lever.alumina", source=why)
            found.append(line._replace(factor=factor, kg=line.activity * better, rule=why))
        elif line.step in REFINED and ratio < ONE:
            found.append(_scaled(line, ratio, why))
        else:
            found.append(line)
    return found


_PULLS: Mapping[str, tuple[str, str, str, Pull]] = {
    "power": ("power source", "lever.power.kg_per_kwh", "kg CO2e/kWh", _cleaner_power),
    "pfc": ("anode effects", "lever.pfc.kg_per_t", "kg CO2e/t Al", _fewer_effects),
    "anode": ("net anode consumption", "lever.anode.t_per_t", "t/t Al", _longer_anodes),
    "alumina": ("alumina", "lever.alumina.kg_per_t", "kg CO2e/t", _better_alumina),
}
