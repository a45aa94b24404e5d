"""What a melt takes of scrap is not taken off what was tapped: scrap is counted by the metal that
comes of it (sources.md 4.1 [A24], 6 [B15]; decisions 0013, 0016, 0017)."""

from decimal import Decimal

import pytest

from contracts.ghg import Finding
from contracts.inventory import Regime, Severity, Step
from infra.errors import Refused
from services.ghg.activity.inventory import Datum, Inventory
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.flows import Flows, flows_of
from services.ghg.calculation.totals import Side, footprints, mine_to_metal, on_side
from services.ghg.factors.pinned import BEFORE_FIFTH, ENGINE, FIFTH_ENGINE
from services.ghg.findings import Context, findings
from services.ghg.reports.report import report

from .given import POLICY, TODAY, d
from .made import datum, inventory, kg, pinned, result

CELLS, CAST, MELT = Step.ELECTROLYSIS, Step.CASTING, Step.REMELTING
SMELTER = (
    datum("metal", CELLS, "output.liquid_metal", "100000"),
    datum("anodes", CELLS, "input.net_anode", "41000"),
    datum("power", CELLS, "power.grid", "1400000000"),
)
USUAL = Decimal("0.02")
"""What a melt usually takes, as the set of materials has it."""


def ingots(tonnes: str | Decimal, step: Step = CAST) -> Datum:
    return datum(f"ingot-{step}", step, "output.cast_metal", str(tonnes))


def old(tonnes: str, step: Step = CAST) -> Datum:
    kind = "post_consumer"
    return datum(f"old-{step}", step, "scrap.in", tonnes, scrap_kind=kind, factor="50")


def in_cells(tonnes: str, word: str = "output.liquid_metal") -> Datum:
    """Old scrap that cells melted, in what they tapped or beside it, as told."""
    return old(tonnes, CELLS)._replace(of=word)


def gone(tonnes: str, step: Step = CAST, kind: str = "post_consumer") -> Datum:
    return datum(f"gone-{step}-{kind}", step, "loss.metal", tonnes, scrap_kind=kind)


def per_tonne(*data: Datum) -> Decimal:
    return mine_to_metal(result(*data)).on(Side.MARKET)


def flows(*data: Datum, engine: str = ENGINE) -> Flows:
    """As a result takes them."""
    made = result(*data, sets=pinned(engine=engine))
    return flows_of(made.inventory, made.engine, made.melt_loss)


def found_in(*data: Datum) -> tuple[Finding, ...]:
    made: Inventory = inventory(*data)
    return findings(Context(made, calculate(made, pinned()), POLICY, TODAY))


def r_34(*data: Datum) -> list[str]:
    return [one.sentence for one in found_in(*data) if one.rule == "R-34"]


@pytest.mark.parametrize("lost", ["0", "200", "300", "400"])
def test_scrap_with_a_usual_loss_takes_none_of_the_metal_that_was_tapped(lost: str) -> None:
    """100,000 t tapped, 500 lost of it; 20,000 t of old scrap give 19,600 and more."""
    before = mine_to_metal(result(*SMELTER, ingots("99500")))
    after = mine_to_metal(result(*SMELTER, old("20000"), ingots(d("119500") - d(lost))))
    assert after.cast_t >= before.cast_t
    assert after.market <= before.market


@pytest.mark.parametrize("step", [CAST, MELT])
@pytest.mark.parametrize("lost", ["0", "300", "1000", "3000"])
def test_a_loss_that_is_told_by_its_kind_is_the_scraps_own(step: Step, lost: str) -> None:
    """Then the 500 t that tapped metal lost are shared by what came of each."""
    cast = d("119500") - d(lost)
    found = flows(*SMELTER, old("20000", step), gone(lost, step), ingots(cast))
    assert found.primary == d("100000") / (d("120000") - d(lost))
    assert found.old_lost_t == 0
    data = (*SMELTER, old("20000", step), gone(lost, step), ingots(cast))
    assert per_tonne(*data) <= per_tonne(*SMELTER, ingots("99500"))


def test_a_loss_told_of_pre_consumer_scrap_is_its_own_too() -> None:
    pre = old("20000")._replace(scrap_kind="pre_consumer")
    found = flows(*SMELTER, pre, gone("1000", kind="pre_consumer"), ingots("119000"))
    assert found.cast_primary_t == d("100000")


def test_told_that_it_lost_nothing_scrap_is_counted_whole() -> None:
    """Where nobody tells, all 500 t that the melt lost are of scrap; the fifth engine took 400."""
    data = (*SMELTER, old("20000"), ingots("119500"))
    assert flows(*data).primary == d("100000") / d("119500")
    assert flows(*data, engine=FIFTH_ENGINE).primary == d("100000") / d("119600")
    assert flows(*data, gone("0")).primary == d("100000") / d("120000")


@pytest.mark.parametrize("lost", ["0", "400", "1000", "3000"])
@pytest.mark.parametrize("gained", ["0", "500", "2000"])
def test_whatever_scrap_loses_that_nobody_tells_no_primary_tonne_less_is_cast(
    lost: str, gained: str
) -> None:
    """99,500 or 101,500 t cast of 100,000 tapped, then 20,000 t of old scrap with its loss."""
    cast = d("99500") + d(gained)
    before = mine_to_metal(result(*SMELTER, ingots(cast)))
    after = mine_to_metal(result(*SMELTER, old("20000"), ingots(cast + 20000 - d(lost))))
    assert after.cast_t >= before.cast_t
    assert after.market <= before.market


def test_of_five_percent_the_fifth_engine_let_tapped_metal_bear_three() -> None:
    """What the test above is there for, seen once."""
    data = (*SMELTER, old("20000"), ingots("118500"))
    fifth, sixth = (flows(*data, engine=one).cast_primary_t for one in (FIFTH_ENGINE, ENGINE))
    assert round(fifth) == 99_080 < flows(*SMELTER, ingots("99500")).cast_primary_t < sixth


def test_a_melt_that_lost_more_than_all_its_old_scrap_shares_the_rest_by_mass() -> None:
    found = flows(*SMELTER, old("1000"), ingots("98000"))
    assert (found.old_lost_t, found.primary) == (d("1000"), d("1"))
    pre = old("50000")._replace(datum_id="pre", scrap_kind="pre_consumer")
    found = flows(*SMELTER, pre, old("1000"), ingots("147000"))
    assert (found.old_lost_t, found.cast_primary_t) == (d("1000"), d("98000"))


def test_what_came_out_beyond_all_that_went_in_is_no_primary_metal() -> None:
    found = flows(*SMELTER, ingots("100500"))
    assert (found.beyond_t, round(found.cast_primary_t, 9)) == (d("500"), d("100000"))
    assert flows(*SMELTER, ingots("100500"), engine=FIFTH_ENGINE).cast_primary_t == d("100500")
    (told,) = result(*SMELTER, ingots("100500")).doubts
    assert told.about == "cast_beyond_charged"
    assert told.sentence.startswith("500 t were cast beyond all metal that is told to have gone in")


def test_run_around_scrap_that_came_off_at_the_mill_is_of_the_metal_cast() -> None:
    """As it was; where nobody tells that it came off anywhere, it is metal from nowhere."""
    again = datum("again", CAST, "scrap.in", "7000", scrap_kind="internal")
    back = datum("back", Step.SEMI_FABRICATION, "output.scrap_returned", "7000")
    data = (*SMELTER, again, ingots("107000"))
    assert flows(*data, back).cast_primary_t == d("107000")
    assert round(flows(*data).cast_primary_t, 9) == d("100000")
    lossy = (*SMELTER, again, back, old("20000"), ingots("126000"))
    assert round(flows(*lossy).cast_primary_t, 9) == d("107000")


def test_old_scrap_bears_no_more_than_the_melt_lost() -> None:
    found = flows(*SMELTER, old("20000"), ingots("119900"))
    assert (found.old_lost_t, found.primary) == (d("100"), d("100000") / d("119900"))
    assert flows(*SMELTER, old("20000"), ingots("121000")).old_lost_t == 0


def test_metal_that_left_as_scrap_or_is_not_yet_cast_is_not_lost() -> None:
    out = datum("out", CAST, "output.scrap", "5000")
    assert flows(*SMELTER, old("20000"), out, ingots("115000")).old_lost_t == 0
    days = {"of": "output.cast_metal"}
    stock = (
        datum("before", CAST, "stock.opening", "0", **days),
        datum("after", CAST, "stock.closing", "5000", **days),
    )
    assert flows(*SMELTER, old("20000"), *stock, ingots("115000")).old_lost_t == 0


def test_run_around_scrap_comes_off_and_goes_in_and_is_no_loss() -> None:
    again = datum("again", CAST, "scrap.in", "7000", scrap_kind="internal")
    back = datum("back", CAST, "output.scrap_returned", "7000")
    data = (*SMELTER, old("20000"), again)
    assert flows(*data, ingots("120000")).old_lost_t == 0
    assert flows(*data, back, ingots("119900")).old_lost_t == 100


def test_scrap_in_cells_is_taken_off_what_they_tapped_by_what_came_of_it() -> None:
    """Where nobody tells, the fifth engine took off less than a melt usually takes."""
    tapped = SMELTER[0]._replace(quantity=d("119600"))
    data = (tapped, *SMELTER[1:], in_cells("20000"), ingots("119600"))
    assert flows(*data, engine=FIFTH_ENGINE).cast_primary_t == d("100000")
    assert flows(*data, gone("400", CELLS)).cast_primary_t == d("100000")
    assert flows(*data, gone("0", CELLS)).cast_primary_t == d("99600")


def test_scrap_beside_what_cells_tapped_bears_of_what_was_lost_after_it() -> None:
    """120,000 t cast of 100,000 tapped: the 20,000 t of scrap went beside."""
    found = flows(*SMELTER, in_cells("20000", "output.cast_metal"), ingots("119900"))
    assert (found.old_lost_t, found.primary) == (d("100"), d("100000") / d("119900"))


def test_where_tapped_metal_is_told_only_as_cast_what_came_of_scrap_is_none_of_it() -> None:
    data = (*SMELTER[1:], old("20000"), ingots("119600"))
    assert flows(*data, engine=FIFTH_ENGINE).cast_primary_t == d("100000")
    assert flows(*data, gone("1000")).cast_primary_t == d("100600")


IN_CELLS = (SMELTER[0]._replace(quantity=d("120000")), *SMELTER[1:], in_cells("20000"))
UNKNOWN = {
    CELLS: (*IN_CELLS, ingots("120000")),
    CAST: (*SMELTER[1:], old("20000"), ingots("119600")),
}


@pytest.mark.parametrize("step", UNKNOWN)
def test_where_no_difference_tells_what_scrap_lost_there_is_no_mine_to_metal(step: Step) -> None:
    data = UNKNOWN[step]
    assert flows(*data).cast_primary_t == 0
    with pytest.raises(Refused, match="scrap-loss-missing") as told:
        mine_to_metal(result(*data))
    assert told.value.facts == {"steps": [step]}
    assert per_tonne(*data, gone("0", step)) > 0


@pytest.mark.parametrize("step", UNKNOWN)
def test_who_has_no_mine_to_metal_is_told_which_row_to_add(step: Step) -> None:
    found = {one.rule: one for one in found_in(*UNKNOWN[step])}
    assert f"Add loss.metal with scrap_kind post_consumer at {step}, 0 where" in (
        found["R-34"].sentence
    )
    assert (found["R-34"].severity, found["R-34"].data) == (Severity.MAJOR, (f"old-{step}",))
    assert "cannot be judged (scrap-loss-missing)" in found["R-23"].sentence
    told = [one.sentence for one in found_in(*UNKNOWN[step], gone("0", step))]
    assert not [one for one in told if "not known" in one or "scrap-loss-missing" in one]


def test_no_balance_is_told_of_a_casthouse_into_which_untold_tapped_metal_went() -> None:
    """20,000 t in and 119,600 out would be 498 % too many; more in than out is missing still."""
    data = (*SMELTER[1:], old("20000"), gone("0"))
    assert r_34(*data, ingots("119600")) == []
    assert [one for one in r_34(*data, ingots("10000")) if "50 % are missing" in one]


@pytest.mark.parametrize("step", UNKNOWN)
def test_a_report_of_primary_metal_speaks_of_nothing_where_it_is_not_known(step: Step) -> None:
    found = report(inventory(*UNKNOWN[step]), pinned(), Regime.ASI_MINE_TO_METAL)
    assert (found.product, found.products, found.intensity) == (None, (), None)
    assert {"old_scrap_loss_unknown", "no_declared_product"} <= {one.about for one in found.doubts}


def test_told_what_was_tapped_the_loss_of_scrap_is_known_by_difference() -> None:
    assert per_tonne(*SMELTER, old("20000"), ingots("119600")) > 0


def test_a_furnace_with_a_cast_of_its_own_passes_on_no_loss_that_is_told() -> None:
    """20,000 t charged, 19,000 cast there, 1,000 lost: casting's gain of 500 t is not of it."""
    data = (*SMELTER, old("20000", MELT), ingots("19000", MELT), ingots("100500"))
    assert flows(*data).recast > 0
    assert flows(*data, gone("1000", MELT)).recast == 0


def test_products_carry_together_all_that_was_given_off_whatever_loss_is_told() -> None:
    gas = datum("gas", MELT, "fuel.gas", "90000000")
    data = (*SMELTER, gas, old("20000", MELT), gone("1000", MELT))
    found = result(*data, ingots("10000", MELT), ingots("109000"))
    carried = sum(one.market * one.tonnes for one in footprints(found) if one.step in (CAST, MELT))
    every = kg(on_side(found.lines, Side.MARKET)) / 1000
    assert abs(carried - every) < d("0.000001")


def test_a_result_says_what_was_taken_as_lost_of_old_scrap() -> None:
    taken = result(*SMELTER, old("20000"), ingots("119600")).doubts
    assert [one.about for one in taken] == ["old_scrap_lost"]
    assert taken[0].sentence.startswith("400 t of what was melted are taken as lost of")
    assert result(*SMELTER, old("20000"), gone("300"), ingots("119500")).doubts == ()


def test_more_than_a_melt_usually_takes_of_scrap_is_found_with_the_row_to_add() -> None:
    """Or tapped metal would be cast without any loss, and nobody would hear it. However little it
    is, it may be what brings a figure below a limit."""
    data = (*SMELTER, old("20000"), ingots("119500"))
    (found,) = [one for one in found_in(*data) if one.rule == "R-34"]
    assert (found.severity, found.data) == (Severity.MAJOR, ("old-casting",))
    assert found.sentence.startswith(
        "500 t that the melt lost are taken as lost of 20000 t of post-consumer scrap, of which a"
        " melt usually takes 400 t: nobody tells whose loss it was"
    )
    assert "as loss.metal with scrap_kind post_consumer" in found.sentence
    assert "R-34" in POLICY.words("5.2.doubted_by")
    assert r_34(*data, gone("500")) == r_34(*SMELTER, old("20000"), ingots("119600")) == []


@pytest.mark.parametrize("engine", sorted(BEFORE_FIFTH))
@pytest.mark.parametrize("told", [(), (gone("1000"),)])
def test_earlier_engines_share_by_what_was_charged(engine: str, told: tuple[Datum, ...]) -> None:
    data = inventory(*SMELTER, old("20000"), *told, ingots("119000"))
    made = calculate(data, pinned(engine=engine))
    assert made.doubts == ()
    assert mine_to_metal(made).cast_t == d("119000") * (d("100000") / d("120000"))


def test_a_loss_of_a_kind_that_was_not_charged_there_is_out_of_balance() -> None:
    data = (*SMELTER, old("20000"), ingots("119500"))
    assert r_34(*data, gone("500")) == []
    sentence, _ = r_34(*data, gone("500", kind="pre_consumer"))
    assert sentence == (
        "500 t of pre_consumer scrap are told lost at casting, where 0 t of it were charged: tell"
        " them at the step and of the kind that they are of."
    )


def test_what_a_melt_usually_takes_is_of_the_set_of_materials() -> None:
    assert result(*SMELTER, ingots("99500")).melt_loss == USUAL
