"""From activity data to lines: worked examples of sources.md 9 end to end, and what must hold of
every inventory."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.inventory import DataKind, Scope, Step
from infra.errors import Refused
from services.ghg.activity.inventory import Datum, Site
from services.ghg.activity.items import ITEMS, Family
from services.ghg.calculation.lines import Line
from services.ghg.calculation.totals import Side, totals
from services.ghg.factors import secondary
from services.ghg.factors.gwp import Gas
from services.ghg.factors.tables import tables

from .given import BOOK, d, rounded
from .made import NOWHERE, XINJIANG, datum, inventory, kg, pinned, result, smelter

CELLS, CAST, REFINERY, ANODES = (
    Step.ELECTROLYSIS,
    Step.CASTING,
    Step.ALUMINA_REFINING,
    Step.ANODE_PRODUCTION,
)
METAL = datum("metal", CELLS, "output.liquid_metal", "1")
CLAIMED = (
    datum("ppa", CELLS, "power.ppa_contract", "800", factor="0", factor_source="plant",
          proofs=("contract", "certificate_cancellation"), certificates=(("C1", d("0.5")),)),
    datum("line", CELLS, "power.direct_line", "100", factor="0.02", factor_source="plant",
          proofs=("dedicated_line", "meter")),
    datum("grid", CELLS, "power.grid", "300"),
)  # fmt: skip


def about(lines: Sequence[Line]) -> set[str]:
    return {doubt.about for line in lines for doubt in line.doubts}


def only(lines: Sequence[Line]) -> Line:
    (line,) = lines
    return line


def test_w1_a_tonne_of_the_worlds_metal_from_what_a_facility_tells() -> None:
    world = BOOK.named("world_lci_2015", secondary.FAMILY)
    fuels = BOOK.named("fuels_world_2015", secondary.FUELS_FAMILY)
    alumina = secondary.energy(secondary.Process.ALUMINA, world, fuels, d("0.45")).value
    bauxite = secondary.energy(secondary.Process.BAUXITE, world, fuels, d("0.45")).value
    anode = secondary.energy(secondary.Process.ANODE, world, fuels, d("0.45")).value
    per_t = alumina + d("2.847") * bauxite
    said: dict[str, object] = {"factor_source": "W1"}
    lines = result(
        METAL,
        datum("alumina", CELLS, "bought.alumina", "1.928", factor=per_t, **said),
        datum("anode", CELLS, "bought.anode", "0.463", factor=anode, **said),
        datum("net", CELLS, "input.net_anode", "0.463"),
        datum("ash", CELLS, "parameter.Ash_a", "0"),
        datum("sulphur", CELLS, "parameter.S_a", "0.169"),  # the rest is the carbon of W1
        datum("power", CELLS, "power.grid", "14210", factor="0.45", **said),
        datum("cf4", CELLS, "duct.cf4", "0.0741"),
        datum("c2f6", CELLS, "duct.c2f6", "0.00425"),
        datum("all", CELLS, "duct.collected", "100"),
        datum("oil", CAST, "fuel.oil_heavy", "51", factor="0.0851", **said),
        datum("diesel", CAST, "fuel.diesel", "21", factor="0.0826", **said),
        datum("gas", CAST, "fuel.gas", "832", factor="0.0632", **said),
        datum("cast", CAST, "power.grid", "53", factor="0.45", **said),
    ).lines

    def told(*scopes: Scope, of: str) -> Decimal:
        named = of.split()
        return kg((one for one in lines if set(one.data) & set(named)), *scopes) / 1000

    direct, bought, power = Scope.DIRECT, Scope.PURCHASED, Scope.POWER_MARKET
    assert rounded(told(bought, of="alumina"), "0.000001") == d("2.357862")
    assert rounded(told(bought, direct, of="anode net"), "0.000001") == d("1.511857")
    assert told(power, of="power") == d("6.3945")
    assert rounded(told(direct, of="cf4"), "0.000001") == d("0.538458")
    assert rounded(told(direct, power, of="oil diesel gas cast"), "0.0000001") == d("0.0825071")
    counted = kg(lines, direct, bought, power) / 1000
    assert rounded(counted, "0.000001") == d("10.885184")


def test_w3_baked_anodes_burn() -> None:
    line = result(METAL, datum("net", CELLS, "input.net_anode", "0.463")).lines[0]
    assert (line.scope, line.unit, line.data) == (Scope.DIRECT, "t CO2", ("net", "metal"))
    assert rounded(line.kg / 1000, "0.000001") == d("1.656923")
    assert line.working[0].formula == "NAC * MP * (1 - S_a - Ash_a) * 44/12"


@pytest.mark.parametrize("metal", ["1000", "0", None])
def test_anodes_burn_whether_or_not_the_metal_is_told(metal: str | None) -> None:
    """Equation 4.21 is per tonne of metal and times metal: without it the carbon is the same."""
    tapped = () if metal is None else (METAL._replace(quantity=d(metal)),)
    site = NOWHERE._replace(technology=None) if metal is None else NOWHERE
    effects = (datum("m", CELLS, "anode_effect.minutes", "0"),) if metal == "0" else ()
    anodes = datum("net", CELLS, "input.net_anode", "463")
    found = [one for one in result(*tapped, anodes, *effects, site=site).lines
             if one.item == "input.net_anode"]  # fmt: skip
    assert rounded(only(found).kg / 1000, "0.001") == d("1656.923")


def test_without_any_consumption_tier_1_stands_in_and_is_doubted() -> None:
    line = result(METAL._replace(quantity=d("1000"))).lines[0]
    assert line.kg == d("1600000")
    assert "anode_tier1" in about((line,))
    assert line.uncertainty_percent == d("10")
    site = NOWHERE._replace(technology="VSS")
    assert result(METAL._replace(quantity=d("1000")), site=site).lines[0].kg == d("1700000")


def test_paste_burns_by_the_kind_of_cell() -> None:
    paste = datum("paste", CELLS, "input.paste", "500")
    metal = METAL._replace(quantity=d("1000"))
    site = NOWHERE._replace(technology="HSS", paste="wet")
    told = result(metal, paste, site=site).lines[0]
    guessed = result(metal, paste, site=site._replace(paste="")).lines[0]
    assert told.rule == "equation 4.24, Soederberg paste"
    assert "paste_unknown" in about((guessed,))
    assert "paste_unknown" not in about((told,))


def test_baking_anodes_burns_pitch_and_packing_coke() -> None:
    lines = result(
        datum("baked", ANODES, "output.anode", "1000"),
        datum("green", ANODES, "input.green_anode", "1050"),
        datum("pack", ANODES, "input.packing_coke", "20"),
        site=NOWHERE._replace(technology=None, furnace="other"),
    ).lines
    pitch, packing = lines
    assert pitch.activity == (d("1050") * d("0.995") - 1000) * 44 / 12
    assert packing.activity == d("20") * d("0.955") * 44 / 12
    assert pitch.item == "input.green_anode"
    assert packing.item == "input.packing_coke"


@given(st.sampled_from(sorted(slug for slug in ITEMS if slug.startswith("fuel."))))
@settings(max_examples=12)
def test_a_fuel_is_burnt_and_was_delivered(slug: str) -> None:
    burnt, delivered = result(datum("f", Step.SITE, slug, "1000")).lines
    fuel = tables(pinned()).fuels[slug]
    assert burnt.kg == 1000 * fuel.applied.value
    assert delivered.scope is Scope.FUEL_AND_POWER
    parts = {term.symbol: term.value for term in burnt.working[0].terms}
    by_hand = sum(parts[f"EF_{gas}"] * parts[f"GWP_{gas}"] for gas in (Gas.CO2, Gas.CH4, Gas.N2O))
    assert fuel.applied.value == by_hand
    assert fuel.carbon_dioxide.value < fuel.applied.value


def test_power_is_told_both_ways_and_never_added_to_itself() -> None:
    found = result(*CLAIMED, site=XINJIANG)
    sums = totals(found)
    by_place = d("0.6021") * 1100 + d("0.02") * 100
    as_bought = d("0.02") * 100 + d("0.6096") * (300 + 300)
    assert sums.of(Scope.POWER_LOCATION) == by_place
    assert sums.of(Scope.POWER_MARKET) == as_bought
    rest = sums.of(Scope.FUEL_AND_POWER)
    assert sums.side(Side.LOCATION) == by_place + rest
    assert sums.side(Side.MARKET) == as_bought + rest
    assert "certificates_short" in about(tuple(found.lines))


def test_every_kilowatt_hour_is_once_on_each_side() -> None:
    lines = result(*CLAIMED, site=XINJIANG).lines
    for scope in (Scope.POWER_LOCATION, Scope.POWER_MARKET):
        assert sum(one.activity for one in lines if one.scope is scope) == 1200


def test_a_direct_line_loses_nothing_on_a_grid_it_does_not_pass() -> None:
    lines = result(*CLAIMED, site=XINJIANG).lines
    lost = {one.data[0] for one in lines if one.rule.startswith("power: losses")}
    assert lost == {"ppa", "grid"}


def test_a_line_that_is_not_proven_is_the_grid() -> None:
    line = datum("line", CELLS, "power.direct_line", "100", factor="0", factor_source="plant")
    lines = result(line, site=XINJIANG).lines
    assert kg(lines, Scope.POWER_LOCATION) == d("60.21")
    assert any(one.rule.startswith("power: losses") for one in lines)
    assert "green_power_unproven" in about(lines)


def test_power_of_an_own_plant_is_its_fuels() -> None:
    own = datum("own", CELLS, "power.own_generation", "1000")
    assert result(own).lines == ()
    told = only(result(own._replace(factor=d("0.9"))).lines)
    assert told.kg == 0
    assert about((told,)) == {"captive_with_factor"}


def test_a_grid_nobody_announced_is_the_facilitys_or_doubted() -> None:
    grid = datum("grid", CELLS, "power.grid", "1000")
    guessed = result(grid).lines[0]
    assert about((guessed,)) == {"grid_factor_unannounced"}
    assert guessed.factor.evidence == "unverified"
    told = result(grid._replace(factor=d("0.1"), factor_source="the operator")).lines[0]
    assert (told.kg, about((told,))) == (d("100"), set())
    norway = result(grid, site=Site("F", "NO")).lines[0]
    quebec = result(grid, site=Site("F", "CA", "CA-QC")).lines[0]
    canada = result(grid, site=Site("F", "CA", "CA-AB")).lines[0]
    assert quebec.kg < norway.kg < canada.kg < guessed.kg


def test_an_announced_factor_is_not_replaced_by_the_facilitys_word() -> None:
    grid = datum("grid", CELLS, "power.grid", "1000", factor="0.1")
    line = result(grid, site=XINJIANG).lines[0]
    assert line.kg == d("602.1")
    assert about((line,)) == {"own_grid_factor_not_used"}


def test_two_meters_may_hang_on_two_grids() -> None:
    north = datum("n", CELLS, "power.grid", "1000", factor="0.1", factor_source="north")
    south = datum("s", CELLS, "power.grid", "1000", factor="0.4", factor_source="south")
    assert totals(result(north, south)).of(Scope.POWER_LOCATION) == d("500")


def test_a_suppliers_factor_counts_and_a_default_is_said_to_be_one() -> None:
    alumina = datum("a", CELLS, "bought.alumina", "2", kind=DataKind.SUPPLIER_VERIFIED)
    default = only(result(alumina).lines)
    assert (default.kind, default.primary) == (DataKind.DEFAULT, False)
    told = only(result(alumina._replace(factor=d("900"), factor_source="EPD")).lines)
    assert (told.kg, told.primary, told.factor.evidence) == (d("1800"), True, "given")


def test_what_lies_in_stock_was_not_used() -> None:
    bought = (
        datum("one", CELLS, "bought.alumina", "100", factor="900", factor_source="x"),
        datum("two", CELLS, "bought.alumina", "300", factor="1300", factor_source="y"),
    )
    stocks = (
        datum("jan", CELLS, "stock.opening", "50", of="bought.alumina"),
        datum("dec", CELLS, "stock.closing", "90", of="bought.alumina"),
    )
    assert kg(result(*bought, *stocks).lines) == d("480000") * 360 / 400
    half = result(*bought, stocks[0])
    assert kg(half.lines) == d("480000")
    assert [doubt.about for doubt in half.doubts] == ["stock_incomplete"]
    own = datum("metal", CAST, "stock.opening", "50", of="output.cast_metal")
    assert result(own).lines == ()


@pytest.mark.parametrize("item", ["liquid_metal", "primary_metal", "cast_metal"])
def test_metal_of_a_silent_maker_is_the_worlds_average(item: str) -> None:
    step = Step.SEMI_FABRICATION
    assert only(result(datum("m", step, f"bought.{item}", "1")).lines).kg == d("15100")


def test_every_purchase_and_leg_has_a_default() -> None:
    table = tables(pinned())
    named = {**table.bought, **table.transport, **table.upstream}
    families = (Family.BOUGHT, Family.TRANSPORT, Family.FUEL)
    assert set(named) == {slug for slug, item in ITEMS.items() if item.family in families}
    assert all(one.value > 0 and one.source for one in named.values())


def test_defaults_of_bauxite_and_alumina_follow_from_the_world_averages() -> None:
    """With caustic and lime at the set's own factors, per tonne of alumina."""
    world = BOOK.named("world_lci_2015", secondary.FAMILY)
    fuels = BOOK.named("fuels_world_2015", secondary.FUELS_FAMILY)
    bought = {slug.partition(".")[2]: one.value for slug, one in tables(pinned()).bought.items()}

    def energy(process: secondary.Process) -> Decimal:
        return secondary.energy(process, world, fuels, d("0.45")).value

    def of(name: str) -> Decimal:
        return world.factor(name).value

    assert bought["bauxite"] == energy(secondary.Process.BAUXITE)
    alumina = energy(secondary.Process.ALUMINA) + of("alumina.input_bauxite") * bought["bauxite"]
    alumina += of("alumina.input_caustic") * bought["caustic"]
    assert bought["alumina"] == alumina + of("alumina.input_lime") * bought["lime"]
    anode = energy(secondary.Process.ANODE) + of("anode.input_coke") * bought["coke"]
    assert bought["anode"] == anode + of("anode.input_pitch") * bought["pitch"]


def test_minerals_lose_their_carbon_on_site() -> None:
    lime = only(result(datum("l", REFINERY, "input.limestone", "1")).lines)
    assert (lime.scope, rounded(lime.kg, "1")) == (Scope.DIRECT, d("440"))


def test_scrap_of_no_kind_bears_most_and_is_doubted() -> None:
    scrap = datum("s", Step.REMELTING, "scrap.in", "1", factor="500")
    unknown = only(result(scrap._replace(factor=None)).lines)
    assert unknown.kg == d("15100")
    assert about((unknown,)) == {"scrap_kind_missing", "pre_consumer_source_unknown"}
    post = only(result(scrap._replace(scrap_kind="post_consumer")).lines)
    own = only(result(scrap._replace(scrap_kind="internal", factor=None)).lines)
    assert (post.kg, own.kg) == (d("500"), d("0"))


def test_every_line_is_its_activity_times_its_factor() -> None:
    for sets in (pinned(), pinned("AR6", "eu_2025_2547")):
        for line in result(*smelter(), *CLAIMED, site=XINJIANG, sets=sets).lines:
            assert line.kg == line.activity * line.factor.value, line


def test_other_potentials_touch_nothing_but_gases_other_than_co2() -> None:
    before, after = result(*smelter()).lines, result(*smelter(), sets=pinned("AR6")).lines
    changed = {one.item for one, other in zip(before, after, strict=True) if one.kg != other.kg}
    assert changed == {"pfc.cf4", "pfc.c2f6", "fuel.gas", "fuel.diesel"}
    fuels = tables(pinned()).fuels, tables(pinned("AR6")).fuels
    assert fuels[0]["fuel.gas"].carbon_dioxide == fuels[1]["fuel.gas"].carbon_dioxide


MASSES = [
    one
    for one in smelter()
    if ITEMS[one.item].family not in (Family.ANODE_EFFECT, Family.PARAMETER)
]


def total(data: list[Datum]) -> Decimal:
    return totals(result(*data)).side(Side.MARKET)


def near(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= abs(one) * Decimal("1e-20")


@given(st.decimals("0.001", "1000", places=3))
@settings(max_examples=25)
def test_twice_as_much_of_everything_emits_twice_as_much(by: Decimal) -> None:
    minutes = [one for one in smelter() if one not in MASSES]
    scaled = [one._replace(quantity=one.quantity * by) for one in MASSES]
    assert near(total([*scaled, *minutes]), total([*MASSES, *minutes]) * by)


@given(st.sampled_from(MASSES), st.integers(1, 99))
@settings(max_examples=40)
def test_a_datum_told_in_two_parts_emits_as_much(one: Datum, percent: int) -> None:
    part = one.quantity * percent / 100
    halves = [
        one._replace(datum_id="first", quantity=part),
        one._replace(datum_id="second", quantity=one.quantity - part),
    ]
    rest = [other for other in smelter() if other != one]
    assert near(total([*rest, *halves]), total(list(smelter())))


@given(st.lists(st.booleans(), min_size=20, max_size=20))
@settings(max_examples=25)
def test_lines_add_up_over_any_partition(left: list[bool]) -> None:
    lines = result(*smelter()).lines
    sides = {True: d("0"), False: d("0")}
    for line, at in zip(lines, left, strict=True):
        sides[at] += line.kg
    assert sides[True] + sides[False] == kg(lines)


def test_the_same_data_give_the_same_working_and_other_data_another() -> None:
    one, again = result(*smelter()), result(*smelter())
    assert one.working_hash() == again.working_hash()
    changed = [*smelter()[:-1], smelter()[-1]._replace(quantity=d("150000001"))]
    assert result(*changed).working_hash() != one.working_hash()
    assert result(*smelter(), sets=pinned("AR6")).working_hash() != one.working_hash()


@pytest.mark.parametrize(
    ("slug", "data"),
    [
        ("unknown-item", [datum("x", CELLS, "fuel.peat", "1")]),
        ("item-at-wrong-step", [datum("x", CAST, "bought.alumina", "1")]),
        ("quantity-negative", [datum("x", CELLS, "bought.alumina", "-1")]),
        ("quantity-negative", [datum("x", CELLS, "bought.alumina", "1", factor="-1")]),
        ("datum-twice", [METAL, METAL]),
    ],
)
def test_what_cannot_be_is_refused(slug: str, data: list[Datum]) -> None:
    with pytest.raises(Refused) as refusal:
        result(*data)
    assert refusal.value.slug == slug


def test_an_inventory_of_nothing_has_no_lines() -> None:
    assert result().lines == ()
    assert inventory().data == ()
