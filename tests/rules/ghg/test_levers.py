"""What if: which lever closes the gap of criterion 5.2, and by how much."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.inventory import Step
from infra.errors import Refused
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.lines import Result
from services.ghg.calculation.totals import Side, mine_to_metal
from services.ghg.reports.levers import WhatIf, levers, what_if

from .given import POLICY, d, decimals, rounded
from .made import NOWHERE, XINJIANG, datum, kg, result, smelter

COAL = result(*smelter(), site=XINJIANG)
CELLS = Step.ELECTROLYSIS


def asked(of: Result = COAL, **better: str) -> WhatIf:
    return what_if(of, POLICY, better={slug: d(value) for slug, value in better.items()})


def saved(found: WhatIf, slug: str) -> Decimal:
    (effect,) = (one for one in found.alone if one.levers == (slug,))
    return effect.saved


def test_what_stands_now_is_mine_to_metal() -> None:
    assert asked().intensity == mine_to_metal(COAL).market


def test_power_saves_by_hand() -> None:
    """13,660 kWh/t at 0.6021 down to 0.024, per tonne cast; what the grid loses on top of both,
    and what lies upstream on top of the first alone: the second has it in it."""
    now = d("0.6021")
    direct = 13660 * (now - d("0.024")) / 1000 / d("0.99")
    beside = [one for one in COAL.lines if one.item == "power.grid" and one.scope == "3.3"]
    lost = kg(one for one in beside if one.factor.name == "power.grid_loss")
    upstream = kg(one for one in beside if one.factor.name == "power.upstream")
    assert lost > 0 < upstream
    lost = lost * (1 - d("0.024") / now) + upstream
    assert rounded(saved(asked(), "power"), "0.000001") == rounded(
        direct + lost / 1000 / 247500, "0.000001"
    )


def test_anodes_save_by_hand() -> None:
    """0.42 t/t down to 0.40: 2/42 of what anodes burn and of what making them gave off."""
    carried = kg(one for one in COAL.lines if one.item in ("input.net_anode", "bought.anode"))
    assert rounded(saved(asked(), "anode"), "0.000001") == rounded(
        carried * 2 / 42 / 1000 / 247500, "0.000001"
    )


def test_anodes_are_held_to_the_metal_of_prebake_cells_alone() -> None:
    studs = datum("studs", CELLS, "output.liquid_metal", "250000", technology="VSS")
    mixed = result(*smelter(), studs, site=XINJIANG)
    cast_t = 247500
    carried = kg(one for one in mixed.lines if one.item in ("input.net_anode", "bought.anode"))
    primary = saved(asked(mixed), "anode") * 1000 * cast_t
    assert rounded(primary, "1") == rounded(carried * 2 / 42, "1")


def test_pfc_and_alumina_come_down_to_the_named_value() -> None:
    pfc = kg(one for one in COAL.lines if one.item.startswith("pfc."))
    assert rounded(saved(asked(pfc="50"), "pfc"), "0.000001") == rounded(
        (pfc - 50 * 250000) / 1000 / 247500, "0.000001"
    )
    assert saved(asked(alumina="0"), "alumina") > saved(asked(alumina="600"), "alumina") > 0


def test_the_greatest_saving_comes_first_and_all_together_are_the_steps() -> None:
    found = asked()
    savings = [one.saved for one in found.alone]
    assert savings == sorted(savings, reverse=True)
    assert found.alone[0].levers == ("power",)
    assert [len(one.levers) for one in found.steps] == list(range(1, len(found.steps) + 1))
    together = [one.intensity for one in found.steps]
    assert together == sorted(together, reverse=True)


def test_a_gap_is_closed_in_per_cent_of_each_limit() -> None:
    found = asked()
    assert [(one.what, one.limit, one.holds) for one in found.checks] == [
        ("limit interim", d("13"), False),
        ("limit final", d("11"), False),
    ]
    effect = found.alone[0]
    for check, share in zip(found.checks, effect.of_gaps, strict=True):
        assert check.gap is not None
        assert share == effect.saved * 100 / check.gap
    assert all(one.holds for one in effect.checks)


def test_a_new_smelter_has_one_limit() -> None:
    new = result(*smelter(), site=XINJIANG._replace(started=2021))
    assert [one.limit for one in asked(new).checks] == [d("11")]


def test_a_better_value_than_one_has_changes_nothing() -> None:
    worse = asked(power="5", pfc="9999", anode="9", alumina="9999")
    assert [one.saved for one in worse.alone] == [0, 0, 0, 0]
    assert worse.steps == ()


@settings(max_examples=25)
@given(
    st.sampled_from(["power", "pfc", "anode", "alumina"]),
    decimals("0", "2"),
    st.sampled_from(list(Side)),
)
def test_no_lever_ever_makes_it_worse(slug: str, better: Decimal, side: Side) -> None:
    found = what_if(COAL, POLICY, side, {slug: better})
    assert all(one.saved >= 0 for one in found.alone)


def test_an_own_coal_plant_gives_way_to_clean_power() -> None:
    data = [
        datum("plant", CELLS, "power.own_generation", "3400000000")
        if one.datum_id == "cells-power"
        else one
        for one in smelter()
    ]
    coal = datum("coal", CELLS, "fuel.coal_hard", "32000000000")
    found = asked(result(*data, coal, site=NOWHERE))
    burnt = kg(result(coal, smelter()[7], site=NOWHERE).lines)  # with the cells' diesel
    clean = 3400000000 * d("0.024")
    own = (burnt - clean) / 1000 / 247500
    assert saved(found, "power") > own  # and the casthouse's grid power besides
    assert saved(found, "power") - own < d("0.05")


PLANT = datum("plant", CELLS, "power.own_generation", "3400000000")
OF_PLANT = datum("coal", CELLS, "fuel.coal_hard", "32000000000", of="power.own_generation")


def captive(*data: Datum) -> Result:
    """A smelter without bought power for its cells."""
    others = (one for one in smelter() if one.datum_id != "cells-power")
    return result(*others, *data, site=NOWHERE)


@pytest.mark.parametrize("step", [CELLS, Step.CASTING, Step.SITE])
def test_fuel_of_the_own_plant_gives_way_wherever_it_is_told(step: Step) -> None:
    found = asked(captive(PLANT, OF_PLANT._replace(step=step)))
    at_cells = asked(captive(PLANT, OF_PLANT))
    burnt = kg(result(OF_PLANT, site=NOWHERE).lines)
    assert saved(found, "power") > d("0.9") * (burnt / 1000 / 247500)
    assert rounded(next(one.intensity for one in found.alone), "0.01") == rounded(
        next(one.intensity for one in at_cells.alone), "0.01"
    )


def test_fuel_that_is_not_of_the_plant_stays_where_some_is_said_to_be() -> None:
    """The cells' diesel is not the plant's: it goes on burning."""
    diesel = datum("more", CELLS, "fuel.diesel", "360000000")
    with_it, without = asked(captive(PLANT, OF_PLANT, diesel)), asked(captive(PLANT, OF_PLANT))
    near = "0.000001"
    assert rounded(saved(with_it, "power"), near) == rounded(saved(without, "power"), near)


def test_an_own_plant_that_burns_nothing_buys_no_power() -> None:
    water = PLANT._replace(datum_id="dam", technology="Hydro")
    with_it, without = captive(PLANT, OF_PLANT, water), captive(PLANT, OF_PLANT)
    assert saved(asked(with_it), "power") == saved(asked(without), "power")


def test_fuel_of_a_plant_that_made_no_power_replaces_nothing() -> None:
    found = asked(result(*smelter(), OF_PLANT, site=XINJIANG))
    near = "0.000001"
    assert rounded(saved(found, "power"), near) == rounded(saved(asked(), "power"), near)


@settings(max_examples=25)
@given(decimals("0", "3"), decimals("0", "1"), st.sampled_from([CELLS, Step.CASTING, Step.SITE]))
def test_replacing_an_own_plant_never_makes_it_worse(
    better: Decimal, size: Decimal, step: Step
) -> None:
    coal = OF_PLANT._replace(step=step, quantity=OF_PLANT.quantity * size)
    found = what_if(captive(PLANT, coal), POLICY, better={"power": better})
    assert saved(found, "power") >= 0


def test_an_own_refinery_comes_down_with_its_mine() -> None:
    refinery: tuple[Datum, ...] = (
        datum("made", Step.ALUMINA_REFINING, "output.alumina", "481250"),
        datum("coal", Step.ALUMINA_REFINING, "fuel.coal_hard", "5000000000"),
    )
    data = [one for one in smelter() if one.item != "bought.alumina"]
    whole = result(*data, *refinery, site=XINJIANG)
    carried = kg(one for one in whole.lines if one.step is Step.ALUMINA_REFINING)
    assert rounded(saved(asked(whole, alumina="600"), "alumina"), "0.000001") == rounded(
        (carried - 600 * 481250) / 1000 / 247500, "0.000001"
    )


def test_levers_name_their_value_and_evidence() -> None:
    known = levers(POLICY)
    assert list(known) == ["power", "pfc", "anode", "alumina"]
    assert all(
        one.evidence == POLICY.figures[name].evidence
        for one, name in zip(
            known.values(),
            (
                "lever.power.kg_per_kwh",
                "lever.pfc.kg_per_t",
                "lever.anode.t_per_t",
                "lever.alumina.kg_per_t",
            ),
            strict=True,
        )
    )
    assert levers(POLICY, {"pfc": d("1")})["pfc"].evidence == "given"


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(Refused, match="unknown-lever"):
        asked(magic="1")
    with pytest.raises(Refused, match="quantity-negative"):
        asked(power="-1")
    with pytest.raises(Refused, match="start-year-missing"):
        asked(result(*smelter(), site=XINJIANG._replace(started=None)))
    with pytest.raises(Refused, match="output-missing"):
        asked(result(site=XINJIANG))
