"""One year, four regimes: what each counts, what it leaves out and why, and what makes the
difference (sources.md 4.1, 4.4, 4.7, 4.8)."""

from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from contracts.inventory import DataKind, Regime, Scope, Step
from infra.errors import Refused
from services.ghg.activity.installation import Installation, Route
from services.ghg.activity.inventory import Datum, Site
from services.ghg.activity.items import ITEMS
from services.ghg.calculation.scrap import Method
from services.ghg.calculation.totals import mine_to_metal
from services.ghg.reports.regimes import rules_of
from services.ghg.reports.report import Report, report

from .given import POLICY, d
from .made import NOWHERE, XINJIANG, datum, inventory, pinned, result, smelter

CAST, CELLS, MELT = Step.CASTING, Step.ELECTROLYSIS, Step.REMELTING
ASI, GBT, IAI, CBAM = (
    Regime.ASI_MINE_TO_METAL,
    Regime.GBT_44905_2024,
    Regime.IAI,
    Regime.CBAM,
)
PRE = datum("pre", CAST, "scrap.in", "20000", scrap_kind="pre_consumer", factor="9000")
POST = datum("post", CAST, "scrap.in", "5000", scrap_kind="post_consumer", factor="80")
ALLOY = datum("alloy", CAST, "bought.alloying", "2000")
CASTHOUSE = (*smelter(), PRE, POST, ALLOY)


def made(regime: Regime, *data: Datum, site: Site = XINJIANG, **more: Any) -> Report:
    return report(inventory(*data, site=site), pinned(), regime, **more)


def counted(one: Report, item: str) -> Decimal:
    return sum((line.kg for line in one.lines if line.line.item == item), Decimal(0))


def abouts(one: Report) -> set[str]:
    return {doubt.about for doubt in one.doubts}


@pytest.mark.parametrize("regime", list(Regime))
def test_every_line_is_counted_or_left_out_with_a_reason(regime: Regime) -> None:
    found = made(regime, *CASTHOUSE)
    assert len(found.lines) == len(result(*CASTHOUSE, site=XINJIANG).lines)
    assert all(one.reason for one in found.lines)
    assert found.total_kg == sum(one.kg for one in found.lines)
    assert found.intensity == found.total_kg / found.tonnes / 1000
    sides = {one.line.scope for one in found.lines if one.share}
    assert not {Scope.POWER_LOCATION, Scope.POWER_MARKET} <= sides


def test_asi_counts_primary_metal_alone() -> None:
    found = made(ASI, *CASTHOUSE)
    whole = mine_to_metal(result(*CASTHOUSE, site=XINJIANG))
    assert found.intensity is not None
    assert found.other_side is not None
    assert abs(found.intensity - whole.market) < d("0.000000001")
    assert abs(found.other_side - whole.location) < d("0.000000001")
    left = {one.line.item: one.reason for one in found.left_out}
    for item in ("scrap.in", "bought.alloying"):
        assert left[item] == "not primary metal from tapping"


def test_a_product_footprint_counts_all_that_was_melted() -> None:
    for regime in (GBT, IAI):
        found = made(regime, *CASTHOUSE)
        assert found.product is CAST
        assert counted(found, "scrap.in") == d("180400000")
        assert counted(found, "bought.alloying") == d("16000000")


def test_the_border_mechanism_counts_direct_emissions_and_scrap_at_nothing() -> None:
    found = made(CBAM, *CASTHOUSE)
    assert {one.line.scope for one in found.lines if one.share} == {Scope.DIRECT}
    assert counted(found, "scrap.in") == 0
    assert (found.gwp_set, found.pfc_set, found.scrap_method) == ("AR5", "eu_2025_2547", "cut_off")
    gas = next(one for one in found.lines if one.line.item == "fuel.gas" and one.share)
    assert gas.kg == d("300000000") * d("0.0561"), "CO2 without methane"


def test_the_fields_of_the_border_mechanism() -> None:
    found = made(CBAM, *CASTHOUSE, datum("cold", CAST, "bought.primary_metal", "100"))
    fields = found.cbam
    assert fields is not None
    assert fields.route is Route.MIXED
    assert fields.direct_specific == found.intensity
    assert fields.co2_t + fields.pfc_t == found.total_kg / 1000
    assert fields.anodes_t_per_t == d("0.42")
    assert fields.scrap_t_per_t == d("25000") / d("247500")
    assert fields.pre_consumer_share == d("0.8")
    assert fields.anode_effects == (("minutes", "min/cell-day", d("0.2")),)
    assert [one.datum_id for one in fields.precursors] == ["cold"]
    assert sum(one.tonnes for one in fields.streams) == fields.co2_t + fields.pfc_t
    assert fields.indirect_specific == d("3415000000") * d("0.6021") / 1000 / d("247500")


PLANT = datum("plant", CELLS, "power.own_generation", "900000000")
COAL = datum("coal", CELLS, "fuel.coal_hard", "9000000000")
OF_THE_PLANT = COAL._replace(of="power.own_generation")


def test_the_border_mechanism_takes_fuels_of_the_own_power_plant_as_power() -> None:
    without, apart = made(CBAM, *CASTHOUSE), made(CBAM, *CASTHOUSE, PLANT, OF_THE_PLANT)
    assert apart.total_kg == without.total_kg
    (line,) = [one for one in apart.lines if one.line.data == ("coal",) and one.line.scope == "1"]
    assert line.share == 0
    assert line.reason == "fuel of the own power plant: told as power, for information"
    ours, before = apart.cbam, without.cbam
    assert ours is not None
    assert before is not None
    assert ours.indirect_t - before.indirect_t == line.line.kg / 1000
    assert ours.power_kwh - before.power_kwh == 900_000_000
    assert sum(one.tonnes for one in ours.streams) == ours.co2_t + ours.pfc_t
    assert "own_power_not_apart" not in abouts(apart)


def test_other_regimes_count_the_own_power_plant_as_scope_1() -> None:
    for regime in (ASI, GBT, IAI):
        told, untold = (made(regime, *CASTHOUSE, PLANT, coal) for coal in (OF_THE_PLANT, COAL))
        assert told.total_kg == untold.total_kg


def test_fuels_that_nobody_tells_apart_are_asked_about() -> None:
    found = made(CBAM, *CASTHOUSE, PLANT, COAL)
    assert "own_power_not_apart" in abouts(found)
    hydro = made(CBAM, *CASTHOUSE, PLANT._replace(technology="hydro"))
    assert "own_power_not_apart" not in abouts(hydro)


def test_what_precursors_embed_is_added_where_all_their_makers_say_it() -> None:
    silent = datum("cold", CAST, "bought.primary_metal", "1000")
    fields = made(CBAM, *CASTHOUSE, silent).cbam
    assert fields is not None
    assert fields.embedded_specific is None
    said = made(CBAM, *CASTHOUSE, silent._replace(embedded=d("2000"), embedded_boundary="direct"))
    fields = said.cbam
    assert fields is not None
    assert fields.precursors_t == 2_000
    assert fields.embedded_specific == (said.total_kg / 1000 + 2_000) / said.tonnes
    assert (fields.installation, fields.country, fields.goods) == ("FAC-2", "CN", ("7601",))
    assert not {one for one in abouts(said) if one.startswith("precursor")}


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({"factor": d("8000")}, "precursor_not_given"),
        ({"embedded": d("2000")}, "precursor_boundary_not_given"),
        (
            {"embedded": d("8000"), "embedded_boundary": "direct_and_indirect"},
            "precursor_of_other_boundary",
        ),
        (
            {"embedded": d("8000"), "embedded_boundary": "cradle_to_gate"},
            "precursor_of_other_boundary",
        ),
        (
            {"embedded": d("8100"), "embedded_boundary": "direct", "factor": d("8000")},
            "precursor_above_footprint",
        ),
    ],
)
def test_a_precursors_figure_of_another_boundary_is_found(
    changes: dict[str, Any], about: str
) -> None:
    cold = datum("cold", CAST, "bought.primary_metal", "1000")._replace(**changes)
    found = made(CBAM, *CASTHOUSE, cold)
    (doubt,) = [one for one in found.doubts if one.about.startswith("precursor")]
    assert doubt.about == about
    assert "cold" in doubt.sentence
    fields = found.cbam
    assert fields is not None
    taken = about == "precursor_above_footprint"
    assert (fields.embedded_specific is not None) is taken, "of another boundary it is not added"
    others = made(ASI, *CASTHOUSE, cold)
    assert not {one for one in abouts(others) if one.startswith("precursor")}


def test_what_metal_embeds_for_the_border_changes_no_other_report() -> None:
    cold = datum("cold", CAST, "bought.primary_metal", "1000", factor="9000")
    told = cold._replace(embedded=d("2000"), embedded_boundary="direct")
    for regime in (ASI, GBT, IAI):
        assert made(regime, *CASTHOUSE, told).total_kg == made(regime, *CASTHOUSE, cold).total_kg


def test_goods_and_route_are_held_against_the_data() -> None:
    coded = [
        one._replace(cn_code="760120") if one.item == "output.cast_metal" else one
        for one in CASTHOUSE
    ]
    found = made(CBAM, *coded)
    assert not abouts(found) & {"goods_not_covered", "goods_of_other_step"}
    assert found.cbam is not None
    assert [one.cn_code for one in found.cbam.products] == ["760120"]
    for code, about in (("7602", "goods_not_covered"), ("7606", "goods_of_other_step")):
        wrong = [one._replace(cn_code=code) if one.cn_code else one for one in coded]
        assert about in abouts(made(CBAM, *wrong))
    for route, contradicts in (("mixed", False), ("primary", True), ("", False)):
        site = XINJIANG._replace(installation=Installation(production_route=route))
        told = abouts(made(CBAM, *CASTHOUSE, site=site))
        assert ("route_contradicts_data" in told) is contradicts


def test_actual_and_default_are_told_apart() -> None:
    gas = datum("guessed", CAST, "fuel.gas", "300000000", kind=DataKind.DEFAULT)
    found = made(CBAM, *CASTHOUSE, gas)
    assert found.cbam is not None
    (line,) = [one for one in found.lines if one.line.data == ("guessed",) and one.share]
    assert found.cbam.actual_share is not None
    assert found.cbam.actual_share <= 1 - line.kg / found.total_kg


def test_the_chinese_standard_asks_for_primary_data_of_the_site() -> None:
    gas = datum("guessed", CAST, "fuel.gas", "300000000", kind=DataKind.DEFAULT)
    (doubt,) = [
        one for one in made(GBT, *CASTHOUSE, gas).doubts if one.about == "site_data_secondary"
    ]
    assert "guessed" in doubt.sentence
    assert "site_data_secondary" not in abouts(made(GBT, *CASTHOUSE))
    assert "site_data_secondary" not in abouts(made(IAI, *CASTHOUSE, gas))


def test_only_the_border_mechanism_has_its_fields() -> None:
    assert all(made(regime, *CASTHOUSE).cbam is None for regime in (ASI, GBT, IAI))


@pytest.mark.parametrize(("regime", "gwp"), [(ASI, "AR5"), (IAI, "AR5"), (GBT, "AR6")])
def test_potentials_are_the_facilitys_unless_the_regime_lays_them_down(
    regime: Regime, gwp: str
) -> None:
    assert made(regime, *smelter()).gwp_set == gwp


def test_cut_offs_of_the_chinese_standard_are_little_each_and_little_together() -> None:
    wish = {"fluoride", "alumina-rail", "alumina", "cast-gas"}
    found = made(GBT, *smelter(), cut=wish)
    asked = {one.data[0]: one.allowed for one in found.cut_offs}
    assert asked == {"fluoride": True, "alumina-rail": True, "alumina": False, "cast-gas": True}
    whole = made(GBT, *smelter())
    fluoride = counted(whole, "bought.alf3")
    rail = counted(whole, "transport.rail")
    gas = counted(whole, "fuel.gas")
    assert found.total_kg == whole.total_kg - fluoride - rail - gas
    places = product(("fuel.diesel", "fuel.lpg"), (CELLS, CAST, Step.ANODE_PRODUCTION, Step.SITE))
    many = [datum(f"d{at}", step, item, "350000000") for at, (item, step) in enumerate(places)]
    sums = made(GBT, *smelter(), *many, cut={one.datum_id for one in many})
    allowed = [one.percent for one in sums.cut_offs if one.allowed]
    assert 0 < len(allowed) < len(many)
    refused = [one.percent for one in sums.cut_offs if not one.allowed]
    assert sum(allowed) <= 5 < sum(allowed) + min(refused)


def test_a_year_in_twelve_rows_is_left_out_no_sooner_than_in_one() -> None:
    year = [datum("gas", CELLS, "fuel.diesel", "1200000000")]
    months = [datum(f"gas-{at}", CELLS, "fuel.diesel", "100000000") for at in range(12)]
    for rows in (year, months):
        found = made(GBT, *smelter(), *rows, cut={one.datum_id for one in rows})
        assert {one.allowed for one in found.cut_offs} == {False}
        assert all("each is below 1 %" in one.reason for one in found.cut_offs)


def test_cut_offs_of_the_institute_are_measured_by_process() -> None:
    power = made(IAI, *smelter(), cut={"cast-power"}).cut_offs[0]
    gas = made(IAI, *smelter(), cut={"fluoride"}).cut_offs[0]
    assert (power.allowed, gas.allowed) == (False, True)
    assert power.percent > 10, "little of the whole, much of casting"


def test_a_regime_without_cut_offs_leaves_nothing_out() -> None:
    found = made(ASI, *smelter(), cut={"fluoride"})
    assert found.total_kg == made(ASI, *smelter()).total_kg
    assert [one.allowed for one in found.cut_offs] == [False]


def test_scrap_by_the_method_of_the_regime() -> None:
    by = {method: made(IAI, *CASTHOUSE, scrap_method=method).total_kg for method in Method}
    assert by[Method.CUT_OFF] < by[Method.CO_PRODUCT] < by[Method.SUBSTITUTION]
    with pytest.raises(Refused) as refusal:
        made(ASI, *CASTHOUSE, scrap_method=Method.CUT_OFF)
    assert refusal.value.slug == "scrap-method-not-allowed"


def test_substitution_credits_scrap_that_leaves_what_scrap_that_enters_bears() -> None:
    even = (
        datum("in", MELT, "scrap.in", "10", scrap_kind="post_consumer"),
        datum("out", MELT, "output.scrap", "10"),
        datum("billet", MELT, "output.cast_metal", "10"),
    )
    site = NOWHERE._replace(technology=None)
    assert made(IAI, *even, site=site, scrap_method=Method.SUBSTITUTION).total_kg == 0


def test_a_remelter_has_its_product_told_where_no_primary_metal_is_cast() -> None:
    data = (
        datum("post", MELT, "scrap.in", "100", scrap_kind="post_consumer", factor="100"),
        datum("gas", MELT, "fuel.gas", "300000"),
        datum("billet", MELT, "output.cast_metal", "98"),
    )
    site = NOWHERE._replace(technology=None)
    found = made(ASI, *data, site=site)
    assert found.product is MELT
    assert abouts(found) == {"no_primary_metal"}
    assert found.declared_unit == "1 t of metal cast, not primary"
    assert found.intensity == (d("300000") * d("0.0671565") + 10000) / 98 / 1000
    chinese = made(GBT, *data, site=site)
    assert chinese.intensity is None
    assert abouts(chinese) == {"no_declared_product"}


def test_a_unit_names_the_scrap_that_leaves_with_the_product() -> None:
    data = (
        datum("pre", MELT, "scrap.in", "100", scrap_kind="pre_consumer", factor="8000"),
        datum("billet", MELT, "output.cast_metal", "70"),
        datum("out", MELT, "output.scrap", "28"),
    )
    site = NOWHERE._replace(technology=None)
    found = made(ASI, *data, site=site)
    assert found.tonnes == d("98")
    scrap = ", or of scrap that leaves (28 t of it)"
    assert found.declared_unit == f"1 t of metal cast, not primary{scrap}"
    assert made(IAI, *data, site=site).declared_unit == f"1 t of aluminium ingot{scrap}"
    assert made(ASI, *smelter()).declared_unit == "1 t of primary aluminium at the casthouse"


@pytest.mark.parametrize("regime", [ASI, GBT, IAI])
def test_a_refinery_and_a_mine_are_told_per_tonne_of_what_they_make(regime: Regime) -> None:
    site = NOWHERE._replace(technology=None)
    for step, item in (
        (Step.ALUMINA_REFINING, "output.alumina"),
        (Step.BAUXITE_MINING, "output.bauxite"),
    ):
        data = (datum("gas", step, "fuel.gas", "300000"), datum("made", step, item, "98"))
        assert made(regime, *data, site=site).declared_unit == f"1 t of {ITEMS[item].title}"


def test_the_chinese_standard_takes_prebake_cells_alone() -> None:
    site = XINJIANG._replace(technology="VSS")
    assert "regime_not_for_technology" in abouts(made(GBT, *smelter(), site=site))
    assert "regime_not_for_technology" not in abouts(made(GBT, *smelter()))


@pytest.mark.parametrize("regime", list(Regime))
def test_a_regime_says_which_of_its_rules_nobody_verified(regime: Regime) -> None:
    rules = rules_of(regime, POLICY)
    assert rules.declared_unit
    assert all(POLICY.figure(name).evidence == "unverified" for name in rules.unverified)


def test_a_standard_that_was_not_in_force_yet_is_doubted() -> None:
    early = report(inventory(*smelter(), site=XINJIANG), pinned(as_of=date(2025, 4, 30)), GBT)
    assert "regime_not_in_force" in abouts(early)
    assert "regime_not_in_force" not in abouts(made(GBT, *smelter()))


def test_the_year_is_the_calendar_year() -> None:
    late = datum("late", CELLS, "fuel.gas", "1", from_on=date(2024, 12, 1), to_on=date(2025, 1, 9))
    assert "outside_calendar_year" in abouts(made(GBT, *smelter(), late))
    assert "outside_calendar_year" not in abouts(made(GBT, *smelter()))
