"""Perfluorocarbons as lines of Scope 1: CF4 and C2F6 by the best method that the data allow. Pure.

Source: sources.md 4.3; the methods are in `pfc`. From the best: duct measurement, the facility's
own slope, its own over-voltage coefficient, over-voltage and slope of a factor set, tier 1, which
is taken only where nothing about anode effects was recorded. A better method whose data are not
complete is passed over, with a doubt that says what is missing; an own coefficient that gives more
than the table in its place is not (`own_pfc`). Whose cells the data are of is in
`pfc_cells`.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import Scope, Step
from services.ghg.activity.inventory import Inventory
from services.ghg.factors.book import FactorSet
from services.ghg.factors.gwp import Gas
from services.ghg.factors.pinned import BEFORE_FIFTH, BEFORE_FOURTH
from services.ghg.factors.tables import Tables

from .anode_lines import worst
from .lines import Line
from .own_pfc import (
    FRACTION,
    OVERVOLTAGE,
    OVERVOLTAGE_INCOMPLETE,
    SLOPE,
    SLOPE_INCOMPLETE,
    measured,
    ratio_measured,
    unusual,
)
from .pfc import FAMILY as PFC
from .pfc import (
    SOURCE,
    Measurement,
    Pfc,
    Technology,
    measured_duct,
    measured_overvoltage,
    measured_slope,
    measurement_faults,
    overvoltage,
    slope,
    table_ratio,
    tier1,
    untold_measurement,
    with_valid_ratio,
)
from .pfc_cells import LONG, MINUTES, OFTEN, ByFamily, Cells, cells_of
from .uncertainty import of_product
from .working import Doubt, Term, given

ZERO = Decimal(0)
ONE = Decimal(1)


class _Found(NamedTuple):
    pfc: Pfc
    items: tuple[str, ...]
    doubts: tuple[Doubt, ...] = ()


def pfc_lines(
    data: ByFamily, inventory: Inventory, table: Tables, doubts: list[Doubt]
) -> list[Line]:
    """Two lines for each technology, or each potline; `doubts` takes what belongs to no line.
    Refused: `cell-technology-missing`, and whatever the method refuses."""
    lines: list[Line] = []
    for cells in cells_of(data, inventory, table.pinned, doubts):
        lines += _lines(cells, _best(cells, table), table)
    return lines


def _best(cells: Cells, table: Tables) -> _Found:
    """The first method, from the best, whose data are complete; why better ones were not taken."""
    passed: list[Doubt] = []
    for method in (_duct, _own_slope, _own_overvoltage, _overvoltage, _slope):
        found = method(cells, table, passed)
        if found is not None:
            found = _higher(found, cells, table, passed)
            asked = [doubt for item, doubt in cells.asked.items() if item in found.items]
            pfc = _weighed(found.pfc, cells)
            return found._replace(pfc=pfc, doubts=(*found.doubts, *passed, *asked))
    recorded = [name for name in cells.told if name.startswith("anode_effect.")]
    if recorded:
        sentence = f"Of anode effects only {', '.join(recorded)} is told: tier 1 was used."
        passed.append(Doubt("anode_effects_incomplete", sentence, f"{SOURCE}, R-25"))
    factors, technology, doubts = _set_for("tier1_cf4", cells.technology, table)
    pfc = tier1(cells.metal_t, technology, factors, table.pinned.gwp)
    return _Found(pfc, (), (*doubts, *passed))


def _higher(found: _Found, cells: Cells, table: Tables, passed: list[Doubt]) -> _Found:
    """What was found by a table, or by an own coefficient that was passed over because something of
    its measurement is not told, where that gives more; `passed` then says so."""
    if cells.engine in BEFORE_FIFTH or found.pfc.method not in _BY_TABLE:
        return found
    for item, about in ((SLOPE, SLOPE_INCOMPLETE), (OVERVOLTAGE, OVERVOLTAGE_INCOMPLETE)):
        said = next((one for one in passed if one.about == about), None)
        own = None if said is None else _untold(item, cells, table)
        if said is None or own is None or own.pfc.co2e.kg <= found.pfc.co2e.kg:
            continue
        sentence = (
            f"{said.sentence.replace('was not used', 'is not told whole')} What a table gives in"
            " its place is less, so it was kept: leaving something out lowers nothing."
        )
        passed[passed.index(said)] = said._replace(sentence=sentence)
        found = own
    return found


def _untold(item: str, cells: Cells, table: Tables) -> _Found | None:
    """By an own coefficient with what is told of its measurement, a table's ratio for one that is
    not; None where the anode effects themselves are not told."""
    metal = given("MP", cells.metal_t, "t Al")
    own = cells.told[item][-1]
    fraction = cells.value(FRACTION)
    minutes = cells.minutes()
    voltage, efficiency = (cells.value(one) for one in _VOLTAGE)
    terms: tuple[Term, Term, Term] | tuple[Term, Term, Term, Term]
    if item == SLOPE and minutes is not None:
        slope_term = given("S_CF4", own.quantity, "(kg CF4/t Al)/(AE-min/cell-day)")
        terms = (slope_term, given("AEM", minutes, "AE-min/cell-day"), metal)
    elif item == OVERVOLTAGE and voltage is not None and efficiency is not None:
        coefficient = given("OVC", own.quantity, "(kg CF4/t Al)/mV")
        terms = (coefficient, given("AEO", voltage, "mV"), given("CE", efficiency, "%"), metal)
    else:
        return None
    factors, technology, doubts = _set_for("slope", cells.technology, table)
    policy, of_voltage = table.pinned.policy, item == OVERVOLTAGE
    items: tuple[str, ...] = (*(_VOLTAGE if of_voltage else _MINUTES), item)
    if fraction is None:
        untold = "that is not told"
        ratio = table_ratio(technology, factors, policy, of_voltage=of_voltage, instead_of=untold)
    else:
        ratio, items = given("F", fraction, "kg C2F6/kg CF4"), (*items, FRACTION)
    pfc = untold_measurement(terms, ratio, factors, table.pinned.gwp, cells.low_voltage)
    return _Found(pfc, items, (*doubts, *unusual([own], cells.technology, table.pinned)))


def _weighed(pfc: Pfc, cells: Cells) -> Pfc:
    """With a word, at each term that is a mean, by what its values were weighed."""
    if cells.engine in BEFORE_FOURTH:
        return pfc
    minutes = MINUTES if MINUTES in cells.told else OFTEN
    items = {"AEM": minutes, **dict(zip(("AEO", "CE"), _VOLTAGE, strict=True))}
    terms = tuple(
        one._replace(note=cells.weights(items[one.symbol]).told) if one.symbol in items else one
        for one in pfc.cf4.terms
    )
    return pfc._replace(cf4=pfc.cf4._replace(terms=terms))


def _duct(cells: Cells, table: Tables, passed: list[Doubt]) -> _Found | None:
    items = ("duct.cf4", "duct.c2f6", "duct.collected")
    told = [item for item in items if item in cells.told]
    if not told:
        return None
    if len(told) < len(items):
        missing = ", ".join(item for item in items if item not in told)
        sentence = f"Duct measurement without {missing} was not used."
        passed.append(Doubt("duct_incomplete", sentence, SOURCE))
        return None
    masses = {
        Gas.CF4: cells.total("duct.cf4") or ZERO,
        Gas.C2F6: cells.total("duct.c2f6") or ZERO,
    }
    collected = cells.value("duct.collected") or ZERO
    return _Found(measured_duct(masses, collected, table.pinned.gwp), items)


def _own_slope(cells: Cells, table: Tables, passed: list[Doubt]) -> _Found | None:
    if SLOPE not in cells.told:
        return None
    minutes = cells.minutes()
    measurement, lacking = _measurement(cells, SLOPE, passed)
    if minutes is None:
        lacking.insert(0, "anode-effect minutes")
    if minutes is None or measurement is None or lacking:
        sentence = f"The own slope was not used: {', '.join(lacking)} missing."
        passed.append(Doubt(SLOPE_INCOMPLETE, sentence, SOURCE))
        return None
    pinned, ends_on = table.pinned, date(cells.year, 12, 31)
    measurement = _holding(measurement, SLOPE, cells, table, passed)
    if measurement is None:
        return None
    pfc = measured_slope(
        cells.metal_t,
        minutes,
        measurement,
        ends_on,
        pinned.gwp,
        pinned.policy,
        low_voltage=cells.low_voltage,
    )
    return _Found(pfc, (*_MINUTES, SLOPE, *_ratio(measurement)))


def _own_overvoltage(cells: Cells, table: Tables, passed: list[Doubt]) -> _Found | None:
    if OVERVOLTAGE not in cells.told:
        return None
    told = [cells.value(item) for item in _VOLTAGE]
    voltage, efficiency = told
    measurement, lacking = _measurement(cells, OVERVOLTAGE, passed)
    lacking = [name for name, one in zip(_VOLTAGE, told, strict=True) if one is None] + lacking
    if voltage is None or efficiency is None or measurement is None or lacking:
        sentence = f"The own over-voltage coefficient was not used: {', '.join(lacking)} missing."
        passed.append(Doubt(OVERVOLTAGE_INCOMPLETE, sentence, SOURCE))
        return None
    pinned, ends_on = table.pinned, date(cells.year, 12, 31)
    measurement = _holding(measurement, OVERVOLTAGE, cells, table, passed)
    if measurement is None:
        return None
    pfc = measured_overvoltage(
        cells.metal_t,
        voltage,
        efficiency,
        measurement,
        ends_on,
        pinned.gwp,
        pinned.policy,
        low_voltage=cells.low_voltage,
    )
    return _Found(pfc, (*_VOLTAGE, OVERVOLTAGE, *_ratio(measurement)))


def _measurement(
    cells: Cells, item: str, passed: list[Doubt]
) -> tuple[Measurement | None, list[str]]:
    """The measurement behind an own coefficient, or what is missing of it; `passed` takes what is
    doubtful about which of several it is."""
    ties = (cells.ties[one] for one in (item, FRACTION) if one in cells.ties)
    passed.extend(tie for tie in ties if tie not in passed)
    datum, fraction = cells.told[item][-1], cells.value(FRACTION)
    measured_on, percent = measured(datum), datum.uncertainty_percent
    parts = (
        (FRACTION, fraction),
        ("its uncertainty", percent),
        ("the day of its measurement", measured_on),
    )
    lacking = [name for name, value in parts if value is None]
    if fraction is None or measured_on is None or percent is None:
        return None, lacking
    source = datum.source or datum.datum_id
    ratio_on = ratio_measured(cells.told[FRACTION][-1], cells.engine)
    return Measurement(datum.quantity, fraction, percent, measured_on, source, ratio_on), lacking


def _holding(
    measurement: Measurement, item: str, cells: Cells, table: Tables, passed: list[Doubt]
) -> Measurement | None:
    """The measurement as it holds at the end of the year, a table's ratio in the place of one that
    has expired; None where the coefficient itself does not hold. `passed` takes why, and what is
    unusual about it."""
    policy, ends_on = table.pinned.policy, date(cells.year, 12, 31)
    alone = measurement._replace(fraction_measured_on=None)
    if measurement_faults(alone, ends_on, policy):
        passed.extend(measurement_faults(measurement, ends_on, policy))
        return None
    if measurement_faults(measurement, ends_on, policy):
        factors, technology, doubts = _set_for("slope", cells.technology, table)
        of_voltage = item == OVERVOLTAGE
        ratio = table_ratio(technology, factors, policy, of_voltage=of_voltage)
        measurement, expired = with_valid_ratio(measurement, ends_on, ratio, policy)
        passed.extend((*expired, *doubts))
    own = [cells.told[one][-1] for one in (item, *_ratio(measurement))]
    passed.extend(unusual(own, cells.technology, table.pinned))
    return measurement


def _ratio(measurement: Measurement) -> tuple[str, ...]:
    return (FRACTION,) if measurement.of_table is None else ()


def _overvoltage(cells: Cells, table: Tables, passed: list[Doubt]) -> _Found | None:
    voltage, efficiency = (cells.value(item) for item in _VOLTAGE)
    if voltage is None:
        return None
    factors, technology, doubts = _set_for("overvoltage", cells.technology, table)
    if efficiency is None or not factors.has(f"overvoltage.{technology}"):
        sentence = f"Over-voltage of {cells.technology} was not used: its current efficiency or a"
        sentence += f" coefficient of {factors.factor_set} is missing."
        passed.append(Doubt("overvoltage_incomplete", sentence, SOURCE))
        return None
    pfc = overvoltage(
        cells.metal_t,
        voltage,
        efficiency,
        technology,
        factors,
        table.pinned.gwp,
        low_voltage=cells.low_voltage,
    )
    return _Found(pfc, _VOLTAGE, doubts)


def _slope(cells: Cells, table: Tables, _: list[Doubt]) -> _Found | None:
    minutes = cells.minutes()
    if minutes is None:
        return None
    factors, technology, doubts = _set_for("slope", cells.technology, table)
    pfc = slope(
        cells.metal_t,
        minutes,
        technology,
        factors,
        table.pinned.gwp,
        table.pinned.policy,
        low_voltage=cells.low_voltage,
    )
    return _Found(pfc, _MINUTES, doubts)


_BY_TABLE = frozenset({"slope", "overvoltage"})
_VOLTAGE = ("anode_effect.overvoltage", "anode_effect.current_efficiency")
_MINUTES = (MINUTES, OFTEN, LONG)


def _set_for(
    kind: str, technology: Technology, table: Tables
) -> tuple[FactorSet, Technology, tuple[Doubt, ...]]:
    """The pinned set, and the technology under which it speaks of these cells. A set that says
    nothing of the kind at all (the European one has no tier 1) is followed by another of the
    family; point-fed cells take the coefficients that the policy names where they have none."""
    pinned = table.pinned
    public = [one for one in pinned.book.family(PFC) if one.valid_from <= pinned.as_of]
    others = [one for one in public if any(name.startswith(f"{kind}.") for name in one.factors)]
    factors = pinned.pfc
    doubts: tuple[Doubt, ...] = ()
    if factors not in others and others:
        factors = others[0]
        sentence = f"{pinned.pfc.factor_set} has no {kind}: {factors.factor_set} was used."
        doubts = (Doubt("pfc_set_stands_in", sentence, SOURCE),)
    figure = f"pfc.stands_for.{technology}"
    named_elsewhere = kind == "slope" and f"pfc.slope_of.{technology}" in pinned.policy.figures
    if factors.has(f"{kind}.{technology}") or named_elsewhere:
        return factors, technology, doubts
    if figure not in pinned.policy.figures:
        return factors, technology, doubts
    instead = Technology(pinned.policy.text(figure))
    sentence = f"{factors.factor_set} does not know {technology}: {instead} was used."
    return factors, instead, (*doubts, Doubt("technology_stands_in", sentence, SOURCE))


def _lines(cells: Cells, found: _Found, table: Tables) -> list[Line]:
    """CF4 and C2F6, each its mass times its potential."""
    pfc = found.pfc
    used = [one for item in found.items for one in cells.told.get(item, ())]
    rests_on = [*used, *(() if pfc.method == "measured_duct" else cells.metal)]
    told = [one.uncertainty_percent for one in rests_on]
    lines: list[Line] = []
    before: list[Term] = []
    for gas, working in ((Gas.CF4, pfc.cf4), (Gas.C2F6, pfc.c2f6)):
        factor = table.gases[gas]
        before += working.terms
        terms = {term.symbol: term.uncertainty_percent for term in before}
        known = [one for one in (*told, *terms.values()) if one is not None]
        first = gas is Gas.CF4
        lines.append(
            Line(
                data=tuple(datum.datum_id for datum in rests_on),
                step=Step.ELECTROLYSIS,
                scope=Scope.DIRECT,
                item=f"pfc.{gas.lower()}",
                activity=working.value,
                unit=f"kg {gas}",
                factor=factor,
                rule=f"{working.rule}, {pfc.method}",
                kg=working.value * factor.value,
                kind=worst(rests_on),
                working=(working,),
                doubts=(*pfc.doubts, *found.doubts) if first else (),
                uncertainty_percent=of_product(known) if known else None,
            )
        )
    return lines
