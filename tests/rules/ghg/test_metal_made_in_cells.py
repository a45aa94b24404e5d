"""Equations of cells speak of the metal that cells made: scrap that they melted is no metal
production (sources.md 4.2, 4.3)."""

from decimal import Decimal

import pytest

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.totals import mine_to_metal
from services.ghg.factors.pinned import FIFTH_ENGINE
from services.ghg.findings import Context, findings

from .given import POLICY, TODAY, d
from .made import datum, inventory, kg, pinned, result

CELLS, CAST = Step.ELECTROLYSIS, Step.CASTING
TAPPED = "output.liquid_metal"
REST = (
    datum("power", CELLS, "power.grid", "2800000000"),
    datum("aem", CELLS, "anode_effect.minutes", "0.2"),
)
ANODES = datum("anodes", CELLS, "input.net_anode", "84000")


def metal(tapped: str, cast: str) -> tuple[Datum, Datum]:
    return (
        datum("tapped", CELLS, "output.liquid_metal", tapped),
        datum("cast", CAST, "output.cast_metal", cast),
    )


ALONE = metal("200000", "199200")
SCRAP = (
    *metal("219600", "218800"),
    datum("old", CELLS, "scrap.in", "20000", scrap_kind="post_consumer", factor="0", of=TAPPED),
    datum("gone", CELLS, "loss.metal", "400", scrap_kind="post_consumer"),
)


def pfc(*data: Datum, engine: str | None = None) -> Decimal:
    made = result(*data, sets=pinned(engine=engine) if engine else pinned())
    return kg(one for one in made.lines if one.item.startswith("pfc."))


def test_scrap_that_cells_melted_brings_no_perfluorocarbons() -> None:
    assert pfc(*ALONE, *REST, ANODES) == pfc(*SCRAP, *REST, ANODES) > 0


def test_old_scrap_in_cells_whose_loss_is_told_does_not_raise_mine_to_metal() -> None:
    before, after = (mine_to_metal(result(*of, *REST, ANODES)) for of in (ALONE, SCRAP))
    assert after.cast_t >= before.cast_t
    assert after.market <= before.market


def test_scrap_that_cells_melted_took_no_anodes_by_the_default_either() -> None:
    """Tier 1: tonnes of metal times a default."""
    alone, scrap = (
        kg(one for one in result(*of, *REST).lines if one.item == "input.net_anode")
        for of in (ALONE, SCRAP)
    )
    assert alone == scrap == d("200000") * d("1.6") * 1000


def test_the_metal_production_of_lines_of_cells_bears_scrap_by_what_each_tapped() -> None:
    lines = (
        datum("a", CELLS, "output.liquid_metal", "109800", potline="1"),
        datum("b", CELLS, "output.liquid_metal", "109800", potline="2"),
        datum("aem-a", CELLS, "anode_effect.minutes", "0.2", potline="1"),
        datum("aem-b", CELLS, "anode_effect.minutes", "0.4", potline="2"),
    )
    made = result(*lines, *SCRAP[1:], REST[0], ANODES).lines
    terms = [term for one in made for work in one.working for term in work.terms]
    assert [one.value for one in terms if one.symbol == "MP" and one.value != 200000] == (
        [d("100000")] * 2
    )


def test_scrap_beside_what_cells_tapped_takes_nothing_off_their_metal() -> None:
    """200,000 tapped, 219,000 cast: the scrap went beside, and it is told."""
    lot = SCRAP[2]._replace(of="output.cast_metal")
    beside = (*metal("200000", "219000"), lot, SCRAP[3])
    assert pfc(*beside, *REST, ANODES) == pfc(*ALONE, *REST, ANODES)


@pytest.mark.parametrize("data", [ALONE, SCRAP])
def test_the_fifth_engine_took_all_that_was_tapped_for_made(data: tuple[Datum, ...]) -> None:
    tapped_t = inventory(*data).data[0].quantity
    per_t = pfc(*data, *REST, ANODES, engine=FIFTH_ENGINE) / tapped_t
    assert per_t == pfc(*ALONE, *REST, ANODES) / 200000


MADE_190 = (
    datum("power", CELLS, "power.grid", "2584000000"),
    datum("anodes", CELLS, "input.net_anode", "79800"),
    datum("aem", CELLS, "anode_effect.minutes", "0.2"),
)
"""For 190,000 t made of alumina: 13,600 kWh/t and 0.42 t of anode per t."""
OF_SCRAP = (
    *metal("250000", "250000"),
    datum("pre", CELLS, "scrap.in", "60000", scrap_kind="pre_consumer", factor="5000", of=TAPPED),
)
BESIDE_BOUGHT = (
    datum("cast", CAST, "output.cast_metal", "250000"),
    datum("bought", CAST, "bought.liquid_metal", "60000", factor="5000"),
)


def short_of(*data: Datum) -> list[str]:
    """What R-08 says of power, and R-34 of anodes."""
    made = inventory(*data)
    every = findings(Context(made, calculate(made, pinned()), POLICY, TODAY))
    said = (one.sentence for one in every if one.rule in ("R-08", "R-34"))
    return [one for one in said if "kWh" in one or "net anode" in one]


@pytest.mark.parametrize("of", [OF_SCRAP, BESIDE_BOUGHT], ids=["scrap in cells", "bought liquid"])
def test_power_and_anodes_are_held_against_what_cells_made(of: tuple[Datum, ...]) -> None:
    """Against all that was tapped or cast they were 10,336 kWh and 0.3192 t."""
    assert short_of(*of, *MADE_190) == []


@pytest.mark.parametrize("of", [OF_SCRAP, BESIDE_BOUGHT], ids=["scrap in cells", "bought liquid"])
def test_too_little_power_and_carbon_for_what_cells_made_is_still_found(
    of: tuple[Datum, ...],
) -> None:
    few = (datum("power", CELLS, "power.grid", "1900000000"), *MADE_190[1:])
    anodes = few[1]._replace(quantity=d("57000"))
    power, carbon = short_of(*of, few[0], anodes, few[2])
    assert "Cells made 190000 t of metal, and only 10000 kWh per t" in power
    assert "0.3 t of net anode per t of liquid metal" in carbon
