"""A smelter that tells its liquid metal as tapped, and one that tells it as cast alone: what both
know of it agrees, and what only one of them can know is not told of the other."""

from decimal import Decimal
from typing import NamedTuple

import pytest

from contracts.inventory import Regime, Step
from services.ghg.activity.installation import Route
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.circularity import Share, added, circularity
from services.ghg.findings import Context, findings
from services.ghg.reports.cbam import CbamFields
from services.ghg.reports.levers import what_if
from services.ghg.reports.report import report

from .given import BOOK, POLICY, TODAY, d, rounded
from .made import datum, inventory, pinned, result

CELLS, CAST, MELT = Step.ELECTROLYSIS, Step.CASTING, Step.REMELTING
TAPPED = datum("tapped", CELLS, "output.liquid_metal", "99500")
ALONE = datum("cast", CAST, "output.cast_metal", "99500")
MIXED = (
    datum("cast", CAST, "output.cast_metal", "107400"),
    datum("old", CAST, "scrap.in", "5000", scrap_kind="post_consumer", factor="0"),
    datum("gone", CAST, "loss.metal", "100", scrap_kind="post_consumer"),
    datum("new", CAST, "scrap.in", "3000", scrap_kind="pre_consumer", factor="8000"),
)
REST = (
    datum("alumina", CELLS, "bought.alumina", "193000", supplier_id="s-1"),
    datum("anode", CELLS, "bought.anode", "52000", supplier_id="s-2"),
    datum("burnt", CELLS, "input.net_anode", "46000"),
    datum("power", CELLS, "power.grid", "1400000000"),
)
EFFECTS = datum("aem", CELLS, "anode_effect.minutes", "0.2")
WAYS = pytest.mark.parametrize("metal", [(ALONE,), MIXED], ids=["alone", "with scrap"])


def told(rule: str, *data: Datum) -> list[str]:
    """The sentences of a rule."""
    year = inventory(*data)
    context = Context(year, calculate(year, pinned()), POLICY, TODAY, book=BOOK)
    return [one.sentence for one in findings(context) if one.rule == rule]


def fields(*data: Datum) -> CbamFields:
    found = report(inventory(*data), pinned(), Regime.CBAM).cbam
    assert found is not None
    return found


class Saved(NamedTuple):
    """What two levers save, in t CO2e/t."""

    pfc: Decimal
    anode: Decimal


def saved(*data: Datum) -> Saved:
    alone = what_if(result(*data), POLICY).alone
    by = {one.levers[0]: rounded(one.saved, "0.000001") for one in alone}
    return Saved(by["pfc"], by["anode"])


@WAYS
def test_shares_of_metal_that_enters_are_the_same(metal: tuple[Datum, ...]) -> None:
    as_cast = circularity(inventory(*metal, *REST))
    tapped = circularity(inventory(TAPPED, *metal, *REST))
    for name in ("recycled", "pre_consumer", "post_consumer", "recycling_input", "process_scrap"):
        assert getattr(as_cast, name) == getattr(tapped, name), name


def test_scrap_beside_such_metal_is_a_part_of_all_that_entered() -> None:
    """5 kt and 3 kt of scrap, and 99.5 kt that cells made: not all of it is scrap."""
    found = circularity(inventory(*MIXED, *REST))
    assert found.recycled == Share(d("8000"), d("107500"), 1)
    assert added([found, found]).recycling_input == Share(d("16000"), d("215000"), 2)


def test_nobody_knows_the_yield_of_a_casthouse_whose_liquid_metal_is_not_told() -> None:
    assert circularity(inventory(*MIXED, *REST)).metal_yield == Share(silent=1)
    assert circularity(inventory(ALONE, *REST)).metal_yield == Share(silent=1)
    assert circularity(inventory(TAPPED, *MIXED, *REST)).metal_yield.value == d("107400") / 107500


def test_content_is_silent_while_something_decides_what_cells_made() -> None:
    """A furnace with a cast of its own, of which nobody tells what it gave to casting."""
    furnace = (
        datum("cold", MELT, "bought.primary_metal", "9000"),
        datum("cast-2", MELT, "output.cast_metal", "5000"),
    )
    found = circularity(inventory(*MIXED, *furnace, *REST))
    assert found.recycled == found.recycling_input == Share(silent=1)
    given = datum("given", MELT, "output.to_casting", "4000")
    assert circularity(inventory(*MIXED, *furnace, given, *REST)).recycled.told == 1


@WAYS
def test_levers_of_cells_save_the_same(metal: tuple[Datum, ...]) -> None:
    as_cast, tapped = (saved(*of, *metal, *REST, EFFECTS) for of in ((), (TAPPED,)))
    assert as_cast == tapped
    assert as_cast.pfc > 0 < as_cast.anode


@WAYS
def test_the_border_mechanism_is_told_the_same(metal: tuple[Datum, ...]) -> None:
    as_cast, tapped = (fields(*of, *metal, *REST, EFFECTS) for of in ((), (TAPPED,)))
    assert as_cast.route == tapped.route == (Route.PRIMARY if metal == (ALONE,) else Route.MIXED)
    assert as_cast.anodes_t_per_t == tapped.anodes_t_per_t == d("46000") / 99500


@WAYS
def test_r25_anode_effects_are_missed_all_the_same(metal: tuple[Datum, ...]) -> None:
    missing = "Anode-effect data are missing: PFC rests on the technology alone (tier 1)."
    assert missing in told("R-25", TAPPED, *metal, *REST)
    assert missing in told("R-25", *metal, *REST)
    assert missing not in told("R-25", *metal, *REST, EFFECTS)


@WAYS
@pytest.mark.parametrize("at", [0, 1], ids=["alumina", "anodes"])
@pytest.mark.parametrize("tonnes", ["980000", "20000"])
def test_r34_alumina_and_anodes_that_cannot_have_made_it_are_found(
    metal: tuple[Datum, ...], at: int, tonnes: str
) -> None:
    wrong = [*REST]
    wrong[at] = REST[at]._replace(quantity=d(tonnes))
    as_cast = told("R-34", *metal, *wrong, EFFECTS)
    assert as_cast == told("R-34", TAPPED, *metal, *wrong, EFFECTS)
    assert ["per t of liquid metal" in one for one in as_cast] == [True]


@WAYS
def test_r34_what_can_have_made_it_is_left_alone(metal: tuple[Datum, ...]) -> None:
    assert told("R-34", *metal, *REST, EFFECTS) == []


def test_r34_holds_no_loss_of_scrap_that_nobody_tells_against_the_alumina() -> None:
    """100 kt of liquid metal and 100 kt of scrap of which 6 kt are lost: 94 kt are left for the
    cells, and 193 kt of alumina are no fault."""
    lot = datum("new", CAST, "scrap.in", "100000", scrap_kind="pre_consumer", factor="8000")
    cast = ALONE._replace(quantity=d("194000"))
    assert told("R-34", cast, lot, *REST, EFFECTS) == []


def test_r34_alumina_beside_a_cast_of_nothing_is_found() -> None:
    (sentence,) = told("R-34", ALONE._replace(quantity=d("0")), REST[0])
    assert "193000 t of alumina went in, and an output of zero liquid metal" in sentence


def test_r08_names_the_metal_that_cells_made() -> None:
    (sentence,) = told("R-08", *MIXED, *REST[1:], EFFECTS)
    assert sentence.startswith("99500 t of liquid metal were made, and of alumina for it nothing")
