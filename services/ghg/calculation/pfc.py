"""Perfluorocarbons of electrolysis: CF4 and C2F6 by four methods, and what each leaves out. Pure.

Source: sources.md 4.3 (IPCC 2006 volume 3 equations 4.25 to 4.27; Implementing Regulation (EU)
2025/2547 Annex II B.7). The coefficients are data: the sets `ipcc_2006` and `eu_2025_2547` differ
for three technologies, so a result names its set. None of the methods that count anode effects
sees what a cell gives off without one (low-voltage emissions): unless the facility says how these
were addressed, the result says that it is incomplete.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from contracts.values import plain
from infra.errors import Refused
from infra.policy import Policy
from services.ghg.factors.book import FactorSet
from services.ghg.factors.gwp import Co2e, Gas, co2e

from .working import PERCENT, Doubt, Term, Working, from_set, given

FAMILY = "pfc"
SOURCE = "sources.md 4.3"
EXPIRED = "measurement_expired"
OWN = "own_measurement"
"""The name in place of a factor set where nothing but the facility's own measurement was used."""


class Technology(StrEnum):
    """Cells: point-fed prebake (legacy, modern, modern without full-scale anode effects), centre-
    and side-worked prebake, vertical and horizontal stud Soederberg."""

    PFPB_L = "PFPB_L"
    PFPB_M = "PFPB_M"
    PFPB_MW = "PFPB_MW"
    CWPB = "CWPB"
    SWPB = "SWPB"
    VSS = "VSS"
    HSS = "HSS"


class LowVoltage(StrEnum):
    """How emissions without an anode effect were dealt with."""

    NOT_ADDRESSED = "not_addressed"
    MEASURED = "measured"
    IN_DUCT_MEASUREMENT = "in_duct_measurement"


class Pfc(NamedTuple):
    """Both gases with their working, their CO2e, and what is doubtful about them."""

    method: str
    cf4: Working
    c2f6: Working
    co2e: Co2e
    doubts: tuple[Doubt, ...]


class Measurement(NamedTuple):
    """A facility's own coefficients, from a measurement campaign at its cells: a slope or an
    over-voltage coefficient, and the weight of C2F6 per CF4. `fraction_measured_on` is where this
    ratio is of a day of its own; `of_table` is a table's ratio, where that is taken instead."""

    coefficient: Decimal
    fraction: Decimal
    uncertainty_percent: Decimal
    measured_on: date
    source: str
    fraction_measured_on: date | None = None
    of_table: Term | None = None


def tier1(metal_t: Decimal, technology: Technology, factors: FactorSet, gwp: FactorSet) -> Pfc:
    """Equation 4.25: metal times a default per tonne. The last resort: its range is wide."""
    metal = given("MP", metal_t, "t Al")
    per_t = from_set(factors, f"tier1_cf4.{technology}", "EF_CF4", default=True)
    other = from_set(factors, f"tier1_c2f6.{technology}", "EF_C2F6", default=True)
    rule, name = "equation 4.25, tier 1", factors.factor_set
    cf4 = Working(rule, "EF_CF4 * MP", (per_t, metal), per_t.value * metal_t, "kg CF4", name)
    c2f6 = Working(rule, "EF_C2F6 * MP", (other, metal), other.value * metal_t, "kg C2F6", name)
    sentence = "Tier 1 rests on the technology alone: anode-effect data make it a tier 2 result."
    doubts = (Doubt("pfc_tier1", sentence, f"{SOURCE}, R-25"),)
    return _result("tier1", cf4, c2f6, gwp, doubts, LowVoltage.NOT_ADDRESSED)


def anode_effect_minutes(frequency: Decimal, duration_min: Decimal) -> Decimal:
    """Anode-effect minutes per cell-day, from effects per cell-day and their mean duration."""
    given("AEF", frequency, "anode effects/cell-day")
    given("AED", duration_min, "min")
    return frequency * duration_min


def slope(
    metal_t: Decimal,
    minutes: Decimal,
    technology: Technology,
    factors: FactorSet,
    gwp: FactorSet,
    policy: Policy,
    *,
    low_voltage: LowVoltage = LowVoltage.NOT_ADDRESSED,
) -> Pfc:
    """Equation 4.26, tier 2: slope coefficient times anode-effect minutes per cell-day times
    metal. A technology for which a set wants an own measurement takes the coefficients that the
    policy names instead, with a doubt."""
    used, doubts = _slope_of(technology, factors, policy)
    terms = (
        from_set(factors, f"slope.{used}", "S_CF4", default=True),
        given("AEM", minutes, "AE-min/cell-day"),
        given("MP", metal_t, "t Al"),
    )
    fraction = from_set(factors, f"fraction.{used}", "F", default=True)
    name = factors.factor_set
    return _from_slope("slope", terms, fraction, name, gwp, (doubts, low_voltage))


def overvoltage(
    metal_t: Decimal,
    overvoltage_mv: Decimal,
    efficiency_percent: Decimal,
    technology: Technology,
    factors: FactorSet,
    gwp: FactorSet,
    *,
    low_voltage: LowVoltage = LowVoltage.NOT_ADDRESSED,
) -> Pfc:
    """Equation 4.27, tier 2: coefficient times anode-effect over-voltage over current efficiency
    (in per cent, so 95 and not 0.95) times metal."""
    _checked(efficiency_percent)
    terms = (
        from_set(factors, f"overvoltage.{technology}", "OVC", default=True),
        given("AEO", overvoltage_mv, "mV"),
        given("CE", efficiency_percent, "%"),
        given("MP", metal_t, "t Al"),
    )
    fraction = from_set(factors, f"overvoltage_fraction.{technology}", "F", default=True)
    return _from_overvoltage("overvoltage", terms, fraction, factors.factor_set, gwp, low_voltage)


def measured_slope(
    metal_t: Decimal,
    minutes: Decimal,
    measurement: Measurement,
    data_ends_on: date,
    gwp: FactorSet,
    policy: Policy,
    *,
    low_voltage: LowVoltage = LowVoltage.NOT_ADDRESSED,
) -> Pfc:
    """Equation 4.26, tier 3: the facility's own coefficients, refused
    `pfc-measurement-not-valid` when they do not hold for the year of the data."""
    _held(measurement, data_ends_on, policy)
    own = _own("S_CF4", measurement.coefficient, "(kg CF4/t Al)/(AE-min/cell-day)", measurement)
    fraction = _own_ratio(measurement)
    terms = (own, given("AEM", minutes, "AE-min/cell-day"), given("MP", metal_t, "t Al"))
    return _from_slope("measured_slope", terms, fraction, OWN, gwp, ((), low_voltage))


def measured_overvoltage(
    metal_t: Decimal,
    overvoltage_mv: Decimal,
    efficiency_percent: Decimal,
    measurement: Measurement,
    data_ends_on: date,
    gwp: FactorSet,
    policy: Policy,
    *,
    low_voltage: LowVoltage = LowVoltage.NOT_ADDRESSED,
) -> Pfc:
    """Equation 4.27, tier 3: as `measured_slope`, and refused as it and `overvoltage` are."""
    _checked(efficiency_percent)
    _held(measurement, data_ends_on, policy)
    terms = (
        _own("OVC", measurement.coefficient, "(kg CF4/t Al)/mV", measurement),
        given("AEO", overvoltage_mv, "mV"),
        given("CE", efficiency_percent, "%"),
        given("MP", metal_t, "t Al"),
    )
    fraction = _own_ratio(measurement)
    return _from_overvoltage("measured_overvoltage", terms, fraction, OWN, gwp, low_voltage)


def untold_measurement(
    terms: tuple[Term, Term, Term] | tuple[Term, Term, Term, Term],
    fraction: Term,
    factors: FactorSet,
    gwp: FactorSet,
    low_voltage: LowVoltage,
) -> Pfc:
    """Equation 4.26 (coefficient, minutes, metal) or 4.27 (coefficient, over-voltage, efficiency,
    metal) with an own coefficient of whose measurement something is not told: no tier 3."""
    name = factors.factor_set
    if len(terms) == 3:
        return _from_slope("slope", terms, fraction, name, gwp, ((), low_voltage))
    _checked(terms[2].value)
    return _from_overvoltage("overvoltage", terms, fraction, name, gwp, low_voltage)


def measurement_faults(
    measurement: Measurement, data_ends_on: date, policy: Policy
) -> tuple[Doubt, ...]:
    """Why own coefficients do not hold for data that end on a day; none when they do."""
    faults: list[Doubt] = []
    most = policy.decimal("pfc.tier3.uncertainty_percent_max")
    if measurement.uncertainty_percent > most:
        sentence = f"Its uncertainty is {measurement.uncertainty_percent} %, above {most} %."
        faults.append(Doubt("measurement_uncertain", sentence, SOURCE))
    ratio_on = measurement.fraction_measured_on
    for what, day in (("it", measurement.measured_on), ("its ratio of C2F6 to CF4", ratio_on)):
        if day is None:
            continue
        due_on = renewal_due_on(measurement._replace(measured_on=day), policy)
        if data_ends_on > due_on:
            sentence = (
                f"Measured on {day}, {what} had to be renewed by {due_on}; the data end on"
                f" {data_ends_on}."
            )
            faults.append(Doubt(EXPIRED, sentence, SOURCE))
    return tuple(faults)


def with_valid_ratio(
    measurement: Measurement, data_ends_on: date, table: Term, policy: Policy
) -> tuple[Measurement, tuple[Doubt, ...]]:
    """The measurement with a table's ratio in the place of an own one that has expired by itself,
    and what is said of that. A slope that holds stays: it may be far above the table's, and would
    else be got rid of by an old ratio beside it."""
    day = measurement.fraction_measured_on
    if day is None:
        return measurement, ()
    due_on = renewal_due_on(measurement._replace(measured_on=day), policy)
    if data_ends_on <= due_on:
        return measurement, ()
    sentence = (
        f"Measured on {day}, its ratio of C2F6 to CF4 had to be renewed by {due_on}; the data end"
        f" on {data_ends_on}. The own coefficient holds, with {plain(table.value)} of a table for"
        " the ratio."
    )
    taken = measurement._replace(fraction=table.value, fraction_measured_on=None, of_table=table)
    return taken, (Doubt(EXPIRED, sentence, f"{SOURCE}, R-25"),)


def table_ratio(
    technology: Technology,
    factors: FactorSet,
    policy: Policy,
    *,
    of_voltage: bool,
    instead_of: str = "that has expired",
) -> Term:
    """The ratio of C2F6 to CF4 that a table gives for cells; of over-voltage, where it has one."""
    name = f"overvoltage_fraction.{technology}"
    if not of_voltage or not factors.has(name):
        name = f"fraction.{_slope_of(technology, factors, policy)[0]}"
    term = from_set(factors, name, "F", default=True)
    return term._replace(note=f"{name} of {factors.factor_set}, for an own one {instead_of}")


def renewal_due_on(measurement: Measurement, policy: Policy) -> date:
    """The last day on which a measurement holds."""
    return measurement.measured_on + relativedelta(years=policy.integer("pfc.tier3.renew_years"))


def measured_duct(
    masses_kg: Mapping[Gas, Decimal], collection_percent: Decimal, gwp: FactorSet
) -> Pfc:
    """Tier 3 by continuous measurement in the duct: what the hoods collect, divided by the share
    that they collect. It sees low-voltage emissions as well."""
    if not 0 < collection_percent <= PERCENT:
        raise Refused(
            "collection-efficiency-impossible",
            f"hoods that collect {collection_percent} % cannot be: more than 0, at most 100.",
            collection_percent=collection_percent,
        )
    found: list[Working] = []
    share = given("collected", collection_percent, "%")
    for gas in (Gas.CF4, Gas.C2F6):
        if gas not in masses_kg:
            raise Refused(
                "duct-gas-missing", f"no mass of {gas} was measured in the duct.", gas=gas
            )
        duct = given(f"{gas}_duct", masses_kg[gas], f"kg {gas}")
        value = duct.value * PERCENT / collection_percent
        formula = f"{gas}_duct * 100 / collected"
        rule = "tier 3, duct measurement"
        found.append(Working(rule, formula, (duct, share), value, f"kg {gas}", OWN))
    seen = LowVoltage.IN_DUCT_MEASUREMENT
    return _result("measured_duct", found[0], found[1], gwp, (), seen)


def _held(measurement: Measurement, data_ends_on: date, policy: Policy) -> None:
    faults = measurement_faults(measurement, data_ends_on, policy)
    if faults:
        raise Refused(
            "pfc-measurement-not-valid",
            " ".join(fault.sentence for fault in faults),
            measured_on=measurement.measured_on,
            faults=[fault.about for fault in faults],
        )


def _checked(efficiency_percent: Decimal) -> None:
    if not 1 < efficiency_percent <= PERCENT:
        raise Refused(
            "current-efficiency-not-percent",
            f"a current efficiency of {efficiency_percent} % cannot be: give it in per cent, above"
            " 1 and at most 100.",
            efficiency_percent=efficiency_percent,
        )


def _slope_of(
    technology: Technology, factors: FactorSet, policy: Policy
) -> tuple[Technology, tuple[Doubt, ...]]:
    name = f"pfc.slope_of.{technology}"
    if factors.has(f"slope.{technology}") or name not in policy.figures:
        return technology, ()
    instead = Technology(policy.text(name))
    sentence = f"{technology} should be measured at the facility; {instead} was used instead."
    return instead, (Doubt("own_measurement_expected", sentence, SOURCE),)


def _own(symbol: str, value: Decimal, unit: str, measurement: Measurement) -> Term:
    source = f"{measurement.source}, measured on {measurement.measured_on}"
    return given(symbol, value, unit)._replace(source=source)


def _own_ratio(measurement: Measurement) -> Term:
    if measurement.of_table is not None:
        return measurement.of_table
    day = measurement.fraction_measured_on or measurement.measured_on
    of_day = measurement._replace(measured_on=day)
    return _own("F", measurement.fraction, "kg C2F6/kg CF4", of_day)


def _from_slope(
    method: str,
    terms: tuple[Term, Term, Term],
    fraction: Term,
    name: str,
    gwp: FactorSet,
    seen: tuple[tuple[Doubt, ...], LowVoltage],
) -> Pfc:
    coefficient, minutes, metal = terms
    rule = "equation 4.26, tier 3" if name == OWN else "equation 4.26, tier 2"
    value = coefficient.value * minutes.value * metal.value
    cf4 = Working(rule, "S_CF4 * AEM * MP", terms, value, "kg CF4", name)
    return _result(method, cf4, _fraction_of(cf4, fraction, rule, name), gwp, *seen)


def _from_overvoltage(
    method: str,
    terms: tuple[Term, Term, Term, Term],
    fraction: Term,
    name: str,
    gwp: FactorSet,
    low_voltage: LowVoltage,
) -> Pfc:
    coefficient, voltage, efficiency, metal = terms
    rule = "equation 4.27, tier 3" if name == OWN else "equation 4.27, tier 2"
    value = coefficient.value * voltage.value * metal.value / efficiency.value
    cf4 = Working(rule, "OVC * AEO / CE * MP", terms, value, "kg CF4", name)
    return _result(method, cf4, _fraction_of(cf4, fraction, rule, name), gwp, (), low_voltage)


def _fraction_of(cf4: Working, fraction: Term, rule: str, name: str) -> Working:
    mass = Term("CF4", cf4.value, cf4.unit, "derived", cf4.rule)
    value = cf4.value * fraction.value
    return Working(rule, "CF4 * F", (mass, fraction), value, "kg C2F6", name)


def _result(
    method: str,
    cf4: Working,
    c2f6: Working,
    gwp: FactorSet,
    doubts: tuple[Doubt, ...],
    low_voltage: LowVoltage,
) -> Pfc:
    if low_voltage is LowVoltage.NOT_ADDRESSED:
        sentence = (
            "Emissions without an anode effect are not in this figure: they can be most of a"
            " smelter's PFC. Measure them, or say how they were addressed."
        )
        doubts = (*doubts, Doubt("low_voltage_unaddressed", sentence, f"{SOURCE} [B1], R-25"))
    amount = co2e({Gas.CF4: cf4.value, Gas.C2F6: c2f6.value}, gwp)
    return Pfc(method, cf4, c2f6, amount, doubts)
