"""What a remelting furnace gave to casting is told where a guess could raise mine to metal, and
run-around scrap that came off nowhere is no primary metal (sources.md 4.1, 4.8; decision 0017)."""

from decimal import Decimal

import pytest

from contracts.inventory import Severity, Step
from infra.errors import Refused
from services.ghg.activity.inventory import Datum
from services.ghg.activity.items import ITEMS, STOCKED
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.flows import Flows, flows_of
from services.ghg.calculation.totals import Intensity, mine_to_metal
from services.ghg.factors.pinned import ENGINE, SEVENTH_ENGINE, SIXTH_ENGINE
from services.ghg.findings import Context, findings

from .given import POLICY, TODAY, d
from .made import datum, inventory, pinned, result

CELLS, CAST, MELT, ROLL = (
    Step.ELECTROLYSIS,
    Step.CASTING,
    Step.REMELTING,
    Step.SEMI_FABRICATION,
)
INGOT = "output.cast_metal"
SMELTER = (
    datum("metal", CELLS, "output.liquid_metal", "200000"),
    datum("anodes", CELLS, "input.net_anode", "82000"),
    datum("minutes", CELLS, "anode_effect.minutes", "0.2"),
    datum("power", CELLS, "power.grid", "2800000000"),
)
BACK = datum("back", ROLL, "output.scrap_returned", "40000")


def again(at: Step, tonnes: str = "40000") -> Datum:
    return datum("again", at, "scrap.in", tonnes, scrap_kind="internal")


def cast(tonnes: str, at: Step = CAST) -> Datum:
    return datum(f"ingot-{at}", at, INGOT, tonnes)


def old(tonnes: str, at: Step = MELT) -> Datum:
    return datum("old", at, "scrap.in", tonnes, scrap_kind="post_consumer", factor="100")


def gave(tonnes: str) -> Datum:
    return datum("gave", MELT, "output.to_casting", tonnes)


def lost(tonnes: str, at: Step = MELT) -> Datum:
    return datum("lost", at, "loss.metal", tonnes, scrap_kind="post_consumer")


def metal_of(*data: Datum, engine: str = ENGINE) -> Intensity:
    return mine_to_metal(result(*data, sets=pinned(engine=engine)))


def flows(*data: Datum) -> Flows:
    return flows_of(inventory(*data))


FURNACE = (*SMELTER, again(MELT), BACK)
"""40,000 t of run-around scrap: half is cast in the furnace, half at casting."""
BEFORE = (*FURNACE, cast("20000", MELT), cast("220000"))
AFTER = (*FURNACE, old("20000"), lost("400"), cast("39600", MELT), cast("220000"))


def test_what_a_furnace_gave_must_be_told_once_post_consumer_scrap_is_melted() -> None:
    assert metal_of(*BEFORE).cast_t == d("220000")
    with pytest.raises(Refused, match="furnace-metal-untold") as told:
        metal_of(*AFTER)
    assert told.value.facts == {"steps": [MELT]}


def test_told_it_is_used_as_told_and_old_scrap_raises_nothing() -> None:
    """The sixth engine guessed: the more old scrap in the furnace, the less of what it gave was
    run-around scrap."""
    before, after = metal_of(*BEFORE, gave("20000")), metal_of(*AFTER, gave("20000"))
    assert before.cast_t == after.cast_t == d("220000")
    assert after.market <= before.market
    sixth = [metal_of(*data, engine=SIXTH_ENGINE).market for data in (BEFORE, AFTER)]
    assert sixth[1] > sixth[0] * d("1.01")


@pytest.mark.parametrize("given", ["0", "10000", "20000", "39600"])
def test_more_told_as_given_is_more_of_the_mix(given: str) -> None:
    found = metal_of(*BEFORE, gave(given))
    most = d("220000") if d(given) >= 20000 else d("200000") + d(given)
    assert round(found.cast_t, 6) == round(
        d("220000") * (d("200000") + d(given)) / max(d("220000"), d("200000") + d(given)), 6
    )
    assert found.cast_t <= most


@pytest.mark.parametrize(
    "data",
    [
        (*SMELTER, old("20000"), lost("400"), cast("10000", MELT), cast("209600")),
        (*SMELTER, again(MELT), old("20000"), cast("30000", MELT), cast("229600")),
        (*SMELTER, again(CAST), BACK, old("20000"), cast("19600", MELT), cast("240000")),
        (*FURNACE, old("20000"), cast("259600")),
    ],
    ids=["no run-around", "run-around from nowhere", "run-around at casting", "one cast alone"],
)
def test_where_no_guess_could_change_the_figure_nothing_is_asked(data: tuple[Datum, ...]) -> None:
    assert metal_of(*data).market > 0


def test_who_has_no_mine_to_metal_is_told_which_row_to_add() -> None:
    made = inventory(*AFTER)
    every = findings(Context(made, calculate(made, pinned()), POLICY, TODAY))
    found = {one.rule: one for one in every}
    assert "Add output.to_casting at remelting, 0 where it gave none" in found["R-34"].sentence
    assert found["R-34"].severity is Severity.MAJOR
    assert set(found["R-34"].data) == {"again", "old"}
    assert "cannot be judged (furnace-metal-untold)" in found["R-23"].sentence


def test_what_a_furnace_gave_shares_its_emissions_as_told() -> None:
    assert flows(*AFTER, gave("9900")).recast == d("9900") / d("49500")
    assert flows(*BEFORE, gave("0")).recast == 0
    assert flows(*FURNACE, gave("30000"), cast("230000")).recast == 1


def test_where_it_is_told_nothing_is_doubtful_of_where_it_was_cast() -> None:
    about = "remelted_cast_at_casting"
    assert about in {one.about for one in result(*BEFORE).doubts}
    assert about not in {one.about for one in result(*BEFORE, gave("20000")).doubts}


def test_the_row_is_an_output_of_remelting_that_no_stock_holds() -> None:
    assert ITEMS["output.to_casting"].steps == (MELT,)
    assert "output.to_casting" not in STOCKED


@pytest.mark.parametrize("own", ["0", "20000"])
def test_run_around_scrap_that_came_off_nowhere_brings_no_credit(own: str) -> None:
    """A smelter with 40,000 t of it was 9 % lower where a furnace passed half of it on."""
    alone = metal_of(*SMELTER, cast("200000"))
    furnace = [cast(own, MELT)] if own != "0" else []
    melted = (again(MELT), cast(str(d("240000") - d(own))), *furnace)
    found = metal_of(*SMELTER, *melted)
    assert round(found.market - alone.market, 9) == 0
    beyond = [one for one in result(*SMELTER, *melted).doubts if "beyond" in one.about]
    assert len(beyond) == 1
    assert "they count as no primary metal" in beyond[0].sentence


def test_the_sixth_engine_gave_it_credit_in_a_furnace_with_a_cast_of_its_own() -> None:
    """What the test above is there for, seen once."""
    data = (*SMELTER, again(MELT), cast("20000", MELT), cast("220000"))
    sixth, seventh = (metal_of(*data, engine=one) for one in (SIXTH_ENGINE, SEVENTH_ENGINE))
    assert round(sixth.market / seventh.market, 2) == Decimal("0.91")


def test_run_around_scrap_from_nowhere_in_cells_brings_no_credit_either() -> None:
    tapped = SMELTER[0]._replace(quantity=d("240000"))
    lot = again(CELLS)._replace(of="output.liquid_metal")
    data = (tapped, *SMELTER[1:], lot, cast("240000"))
    assert round(metal_of(*data).cast_t, 9) == d("200000")
    assert round(metal_of(*data, BACK).cast_t, 9) == d("240000")


@pytest.mark.parametrize("at", [CAST, MELT])
def test_where_only_the_cast_is_told_run_around_scrap_from_nowhere_is_none_of_cells(
    at: Step,
) -> None:
    data = (*SMELTER[1:], again(at), cast("240000"))
    assert metal_of(*data).cast_t == d("200000")
    assert flows(*data).beyond_t == d("40000")
    assert metal_of(*data, BACK).cast_t == d("240000")


def test_run_around_scrap_of_the_mill_counts_once() -> None:
    """30,000 t came off; 20,000 went to casting and 20,000 to the furnace: 10,000 of them."""
    back = BACK._replace(quantity=d("30000"))
    lots = (again(CAST, "20000"), again(MELT, "20000")._replace(datum_id="more"))
    data = (*SMELTER, back, *lots, cast("10000", MELT), cast("230000"), gave("10000"))
    assert round(metal_of(*data).cast_t, 9) == d("225000")


CAST_ALONE = (
    datum("often", CELLS, "anode_effect.minutes", "5"),
    datum("power", CELLS, "power.grid", "400000000"),
    datum("alumina", CELLS, "bought.alumina", "57600"),
    datum("bought", CAST, "bought.liquid_metal", "150000", factor="4000"),
)
"""A smelter that tells no tapped metal, next to another one whose metal it casts."""
COLD = datum("cold", MELT, "bought.primary_metal", "30000")


def test_where_only_the_cast_is_told_what_a_furnace_gave_is_not_taken_for_made_by_cells() -> None:
    """With a cast of its own the furnace is no part of the melt at casting: all that it gave was
    taken for made by cells, with their anode effects, and old scrap cast there raised it."""
    before = (*CAST_ALONE, COLD, cast("210000"))
    after = (*before, old("10000"), lost("0"), cast("10000", MELT))
    with pytest.raises(Refused, match="furnace-metal-untold") as told:
        metal_of(*after)
    assert told.value.facts == {"steps": [MELT]}
    assert round(metal_of(*before).market, 4) == round(metal_of(*after, gave("30000")).market, 4)


def test_one_tonne_that_a_furnace_cast_itself_lowers_nothing_where_only_the_cast_is_told() -> None:
    """It made 29,999 t of 30,000 t of old scrap into metal of cells."""
    data = (*CAST_ALONE, old("30000"), lost("0"))
    whole, apart = (*data, cast("210000")), (*data, cast("209999"), cast("1", MELT))
    with pytest.raises(Refused, match="furnace-metal-untold"):
        metal_of(*apart)
    assert metal_of(*apart, gave("29999")).cast_t == metal_of(*whole).cast_t == d("180000")


def test_where_only_the_cast_is_told_old_scrap_takes_no_run_around_scrap_off_a_furnace() -> None:
    """Half of what the furnace melts is run-around scrap of the mill; with old scrap it gives more
    to casting. What it gave of run-around scrap was taken for made by cells."""
    year = (*CAST_ALONE, again(MELT, "20000"), BACK._replace(quantity=d("20000")), COLD)
    before = (*year, cast("180000"), cast("40000", MELT), gave("10000"))
    after = (*year, cast("190000"), cast("40000", MELT), gave("20000"), old("10000"), lost("0"))
    assert metal_of(*after).market <= metal_of(*before).market
    assert metal_of(*after).cast_t == metal_of(*before).cast_t == d("170000")


def dross(at: Step, **more: str) -> Datum:
    return datum("dross", at, "scrap.in", "20000", scrap_kind="dross", **more)


@pytest.mark.parametrize("at", [CAST, MELT])
def test_bought_dross_is_metal_from_outside_and_own_dross_was_in_the_melt_before(at: Step) -> None:
    """It was in no mass: what came of it was cast beyond all metal told, and lowered the figure."""
    made = (*SMELTER, cast("215000"))
    bought = dross(at, supplier_id="s", factor="300")
    as_scrap = bought._replace(scrap_kind="pre_consumer")
    assert metal_of(*made, bought).cast_t == metal_of(*made, as_scrap).cast_t
    assert flows(*made, bought).beyond_t == 0
    assert flows(*made, dross(at)).beyond_t == d("15000")


def test_bought_dross_in_what_a_furnace_gave_is_metal_from_outside_as_well() -> None:
    made = (*SMELTER, cast("1", MELT), cast("215000"), gave("15000"))
    bought = dross(MELT, supplier_id="s", factor="300")
    assert flows(*made, bought).beyond_t == 0


def test_the_rows_of_a_furnace_that_melts_no_scrap_are_named_as_well() -> None:
    made = inventory(*CAST_ALONE, COLD, cast("210000"), cast("10000", MELT))
    every = findings(Context(made, calculate(made, pinned()), POLICY, TODAY))
    (found,) = [one for one in every if one.rule == "R-34" and "to_casting" in one.sentence]
    assert found.data == ("cold",)


def furnace_off(*data: Datum) -> list[str]:
    made = inventory(*data)
    every = findings(Context(made, calculate(made, pinned()), POLICY, TODAY))
    return [one.sentence for one in every if "the remelting furnace" in one.sentence]


@pytest.mark.parametrize(
    ("into", "own", "given", "said"),
    [
        ("1000", "0", "90000", "1000 t in, 90000 t out"),
        ("60000", "1", "0", "60000 t in, 1 t out"),
        ("0", "0", "5000", "5000 t were made, and 0 t went in"),
    ],
    ids=["more than went in", "hardly any", "nothing went in"],
)
def test_a_furnace_that_gave_what_it_never_had_is_found(
    into: str, own: str, given: str, said: str
) -> None:
    data = (*SMELTER, COLD._replace(quantity=d(into)), cast(own, MELT), cast("200000"), gave(given))
    (found,) = furnace_off(*data)
    assert said in found


@pytest.mark.parametrize("given", ["9600", "9400", None])
def test_a_furnace_that_balances_is_not_and_without_the_row_nobody_asks(given: str | None) -> None:
    told = [gave(given)] if given else []
    data = (*SMELTER, old("20000"), lost("400"), cast("10000", MELT), cast("209600"), *told)
    assert furnace_off(*data) == []


def stock(day: str, tonnes: str, at: Step, of: str = "bought.primary_metal") -> Datum:
    return datum(f"{day}-{of}-{at}", at, f"stock.{day}", tonnes, of=of)


@pytest.mark.parametrize("at", [MELT, CAST, Step.SITE])
@pytest.mark.parametrize(
    ("opening", "closing", "given"),
    [("15000", "5000", "40000"), ("1000", "11000", "20000")],
    ids=["fell", "grew"],
)
def test_bought_metal_from_stock_is_in_the_furnace_that_alone_melts_it_wherever_it_is_told(
    at: Step, opening: str, closing: str, given: str
) -> None:
    held = (stock("opening", opening, at), stock("closing", closing, at))
    cast_t = str(200_000 + int(given))
    assert furnace_off(*SMELTER, COLD, cast(cast_t), gave(given), *held) == []
    without = (*SMELTER, COLD, cast(cast_t), gave(given))
    assert furnace_off(*without), "without its stock the same furnace does not balance"


@pytest.mark.parametrize("given", ["30000", "35000", "40000"])
def test_of_stock_that_casting_may_have_used_as_well_no_part_is_held_against_a_furnace(
    given: str,
) -> None:
    held = (stock("opening", "10000", Step.SITE), stock("closing", "0", Step.SITE))
    cold = datum("cold-too", CAST, "bought.primary_metal", "5000")
    data = (*SMELTER, COLD, cold, cast("245000"), gave(given), *held)
    assert furnace_off(*data) == []


@pytest.mark.parametrize("given", ["29000", "41000"])
def test_beyond_what_its_stock_can_explain_a_furnace_is_found(given: str) -> None:
    held = (stock("opening", "10000", Step.SITE), stock("closing", "0", Step.SITE))
    cold = datum("cold-too", CAST, "bought.primary_metal", "5000")
    data = (*SMELTER, COLD, cold, cast("245000"), gave(given), *held)
    (sentence,) = furnace_off(*data)
    assert "of the remelting furnace: 30000 t in" in sentence


def test_scrap_from_stock_is_in_the_furnace_that_alone_melts_it() -> None:
    held = (stock("opening", "9000", CAST, "scrap.in"), stock("closing", "1000", CAST, "scrap.in"))
    data = (*SMELTER, old("20000"), lost("400"), cast("227600"), gave("27600"), *held)
    assert furnace_off(*data) == []


@pytest.mark.parametrize("at", [MELT, CAST, Step.SITE])
def test_a_furnace_that_melted_from_stock_alone_had_what_it_gave(at: Step) -> None:
    held = (stock("opening", "5000", at), stock("closing", "0", at))
    none = COLD._replace(quantity=d("0"))
    told = furnace_off(*SMELTER, none, cast("205000"), gave("5000"), *held)
    assert bool(told) is (at is CAST), "at casting it may be casting's: nobody says otherwise"
