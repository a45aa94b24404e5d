"""Units: there and back, exact where they are defined exactly, and refused with what is right."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.errors import Refused
from services.ghg.activity.items import ITEMS, Family
from services.ghg.activity.units import FAMILY, RIGHT, Units
from services.ghg.factors.factorfiles import read_factors
from services.ghg.factors.pinned import OTHER_FUELS

CALORIFIC = read_factors().named("calorific_ipcc_2006", FAMILY)
UNITS = Units(CALORIFIC, read_factors().named("other_fuels_2006", OTHER_FUELS))
ENERGY = ("MJ", "GJ", "TJ", "kWh", "MWh", "GWh", "MMBtu", "therm", "toe", "tce", "Gcal")
MASS = ("t", "kg", "g", "kt", "Mt", "lb", "short_ton", "long_ton", "万吨", "10^3 t")
SENT = {
    "output.liquid_metal": MASS,
    "fuel.gas": (*ENERGY, *MASS, "Nm3", "1000 Nm3", "m3", "scf", "MWh HHV"),
    "fuel.diesel": (*ENERGY, *MASS, "l", "kl", "US_gallon", "bbl"),
    "power.grid": ("kWh", "MWh", "GWh", "万kWh", "GJ"),
    "anode_effect.duration": ("min", "s", "h"),
    "anode_effect.minutes": ("min/cell-day", "s/cell-day", "h/cell-day", "AE-min/pot-day"),
    "anode_effect.overvoltage": ("mV", "V"),
    "anode_effect.current_efficiency": ("%", "fraction", "ppm"),
    "parameter.S_a": ("fraction", "%", "kg/t", "g/kg"),
    "transport.sea": ("t*km", "kt*km", "short_ton*mile", "t*nmi", "10^6 tkm"),
}
EXACT = [
    ("kWh", "fuel.gas", "3.6"),
    ("MWh", "fuel.gas", "3600"),
    ("toe", "fuel.gas", "41868"),
    ("tce", "fuel.coal_hard", "29307.6"),
    ("lb", "output.alumina", "0.00045359237"),
    ("short_ton", "output.alumina", "0.90718474"),
    ("long_ton", "output.alumina", "1.0160469088"),
    ("万吨", "output.alumina", "10000"),
    ("kt/yr", "output.alumina", "1000"),
    ("t Al", "output.liquid_metal", "1"),
    ("ktpa", "output.liquid_metal", "1000"),
    ("万千瓦时", "power.grid", "10000"),
    ("AE/pot-day", "anode_effect.frequency", "1"),
    ("h/cell-day", "anode_effect.minutes", "60"),
    ("%", "parameter.S_a", "0.01"),
    ("kg/t/(min/cell-day)", "parameter.S_CF4", "1"),
    ("kg/t", "parameter.CSM", "1"),
    ("g/t", "parameter.CSM", "0.001"),
    ("%", "parameter.CD", "0.01"),
    ("kg/t/mV", "parameter.OVC", "1"),
    ("g/t/mV", "parameter.OVC", "0.001"),
    ("kg/t/V", "parameter.OVC", "0.001"),
    ("kg CO2e/t Al", "parameter.exit_rate", "0.001"),
    ("t CO2 per tonne", "parameter.exit_rate", "1"),
    ("t*nmi", "transport.sea", "1.852"),
    ("short_ton*mile", "transport.sea", "1.45997231821056"),
    ("scf", "fuel.gas", "0.9656044687872"),
    ("thousand scf", "fuel.gas", "965.6044687872"),
    ("Mt*km", "transport.sea", "1000000"),
    ("kt*nautical_mile", "transport.sea", "1852"),
    ("Mt*nmi", "transport.sea", "1852000"),
    ("Mtkm", "transport.sea", "1000000"),
    ("metric ton*km", "transport.sea", "1"),
    ("short ton*mile", "transport.sea", "1.45997231821056"),
]


@pytest.mark.parametrize(("text", "slug", "factor"), EXACT)
def test_a_unit_that_is_defined_exactly_converts_exactly(text: str, slug: str, factor: str) -> None:
    assert UNITS.of(text, ITEMS[slug]).factor == Decimal(factor)


@settings(max_examples=60)
@given(
    slug=st.sampled_from(sorted(SENT)),
    data=st.data(),
    quantity=st.decimals("0.001", "1000000000", places=3),
)
def test_any_unit_to_the_item_and_on_to_another_and_back_is_the_same_quantity(
    slug: str, data: st.DataObject, quantity: Decimal
) -> None:
    item = ITEMS[slug]
    first, second = (UNITS.of(data.draw(st.sampled_from(SENT[slug])), item) for _ in range(2))
    stored = quantity * first.factor
    sent_otherwise = stored / second.factor
    back = sent_otherwise * second.factor / first.factor
    assert abs(back - quantity) <= quantity * Decimal("1e-24")


@pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS.keys())
def test_every_item_takes_its_own_unit_as_it_is(item: object) -> None:
    one = next(known for known in ITEMS.values() if known is item)
    assert UNITS.of(one.unit, one) == (Decimal(1), "")


def test_what_a_refusal_says_is_right_is_taken() -> None:
    for item in ITEMS.values():
        assert item.unit in RIGHT or item.slug == "parameter.S_CF4"
    for slug, texts in SENT.items():
        for text in texts:
            assert UNITS.of(text, ITEMS[slug]).factor > 0


@pytest.mark.parametrize(
    ("text", "value", "name"),
    [
        ("t", "48000", "gas.mass"),
        ("Nm3", "36", "gas.normal_volume"),
        ("m³", "34.1", "gas.volume"),
        ("MWh HHV", "3240", "gas.net_of_gross"),
    ],
)
def test_fuel_that_is_no_net_energy_takes_a_default_and_says_so(
    text: str, value: str, name: str
) -> None:
    found = UNITS.of(text, ITEMS["fuel.gas"])
    assert found.factor == Decimal(value)
    assert str(CALORIFIC.factor(name).value) in found.note
    assert CALORIFIC.factor_set in found.note


def test_every_fuel_has_its_calorific_values() -> None:
    fuels = [item for item in ITEMS.values() if item.family is Family.FUEL]
    for item in fuels:
        assert UNITS.of("t", item).note
        assert UNITS.of("GJ gross", item).factor < 1000


def test_gas_at_0_and_at_15_degrees_is_not_the_same_gas() -> None:
    normal, plain = (UNITS.of(text, ITEMS["fuel.gas"]).factor for text in ("Nm3", "m3"))
    kelvin = Decimal("273.15") / Decimal("288.15")
    assert abs(plain / normal - kelvin) < Decimal("0.001")


@pytest.mark.parametrize(
    ("text", "slug", "refused", "right"),
    [
        ("", "output.alumina", "unit-missing", "t, kg"),
        ("ton", "output.alumina", "unit-unknown", "short_ton"),
        ("mt", "output.alumina", "unit-unknown", "Mt"),
        ("mJ", "fuel.gas", "unit-unknown", "MJ"),
        ("gal", "fuel.diesel", "unit-unknown", "imperial_gallon"),
        ("t*nm", "transport.sea", "unit-unknown", "nautical_mile"),
        ("t NM", "transport.sea", "unit-unknown", "nautical_mile"),
        ("mt km", "transport.sea", "unit-unknown", "Mt"),
        ("MT-km", "transport.sea", "unit-unknown", "Mt"),
        ("mtkm", "transport.sea", "unit-unknown", "Mt*km"),
        ("ton*km", "transport.sea", "unit-unknown", "short_ton"),
        ("ton-km", "transport.sea", "unit-unknown", "short_ton"),
        ("Mscf", "fuel.gas", "unit-unknown", "thousand scf"),
        ("mscf", "fuel.gas", "unit-unknown", "million scf"),
        ("Mbbl", "fuel.diesel", "unit-unknown", "thousand bbl"),
        ("Mlb", "output.alumina", "unit-unknown", "million lb"),
        ("MBTU", "fuel.gas", "unit-unknown", "MMBtu"),
        ("firkins of ale", "fuel.diesel", "unit-unknown", "MJ"),
        ("m**99999999", "fuel.gas", "unit-unknown", "MJ"),
        ("__import__('os')", "fuel.gas", "unit-unknown", "MJ"),
        ("m**", "fuel.gas", "unit-unknown", "MJ"),
        ("9**9**9**9", "fuel.gas", "unit-unknown", "MJ"),
        ("t" * 500, "fuel.gas", "unit-unknown", "MJ"),
        ("kg CO2e", "output.alumina", "unit-unknown", "t, kg"),
        ("kWh", "output.alumina", "unit-of-other-kind", "a mass"),
        ("Nm3", "fuel.diesel", "unit-of-other-kind", "energy"),
        ("t gross", "fuel.coal_hard", "unit-of-other-kind", "energy"),
        ("min", "anode_effect.frequency", "unit-of-other-kind", "1/cell-day"),
        ("m", "transport.sea", "unit-of-other-kind", "mass times way"),
    ],
)
def test_a_unit_that_cannot_be_is_refused_with_what_is_right(
    text: str, slug: str, refused: str, right: str
) -> None:
    for _ in range(2):  # the second time it is remembered
        with pytest.raises(Refused) as caught:
            UNITS.of(text, ITEMS[slug])
        assert caught.value.slug == refused
        assert right in caught.value.sentence
        assert len(caught.value.sentence) < 300


@pytest.mark.parametrize(
    ("text", "slug", "factor"),
    [
        ("kg CO2e/kWh", "power.grid", "1"),
        ("t CO2e/MWh", "power.grid", "1"),
        ("gCO2/kWh", "power.grid", "0.001"),
        ("tCO2eq/GWh", "power.grid", "0.001"),
        ("t CO2e/t Al", "bought.primary_metal", "1000"),
        ("kg CO2-eq per kg", "bought.alumina", "1000"),
        ("kg CO2e/GJ", "fuel.gas", "0.001"),
    ],
)
def test_the_unit_of_an_emission_factor_is_read_too(text: str, slug: str, factor: str) -> None:
    assert UNITS.of_factor(text, ITEMS[slug]).factor == Decimal(factor)


@pytest.mark.parametrize(
    ("text", "refused"),
    [("", "unit-missing"), ("g/kWh", "unit-unknown"), ("kg CO2e/t", "unit-of-other-kind"),
     ("m CO2e/kWh", "unit-of-other-kind")],
)  # fmt: skip
def test_a_factor_in_another_unit_is_refused(text: str, refused: str) -> None:
    with pytest.raises(Refused) as caught:
        UNITS.of_factor(text, ITEMS["power.grid"])
    assert caught.value.slug == refused
