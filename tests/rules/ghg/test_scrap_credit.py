"""What scrap is credited that leaves, under substitution: no more than such scrap brought in
(sources.md 4.8, decision 0011)."""

from decimal import Decimal
from typing import Any

import pytest

from contracts.inventory import Regime, Step
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.lines import Result
from services.ghg.calculation.scrap import Method
from services.ghg.calculation.totals import footprints
from services.ghg.factors.pinned import FIRST_ENGINE, FOURTH_ENGINE, SECOND_ENGINE, THIRD_ENGINE
from services.ghg.reports.report import report

from .given import d
from .made import NOWHERE, datum, inventory, pinned

MELT, CAST, ROLL = Step.REMELTING, Step.CASTING, Step.SEMI_FABRICATION
IAI, SUBSTITUTION = Regime.IAI, Method.SUBSTITUTION
SITE = NOWHERE._replace(technology=None)
PER_T = Decimal(14308)
"""What `substitution` moves with a tonne, in kg CO2e: (15.1 - 0.5) t/t of 98 % of it."""


def scrap(kind: str, t: str, step: Step = MELT, **more: Any) -> Datum:
    return datum(f"{kind}-{step}", step, "scrap.in", t, scrap_kind=kind, **more)


def out(t: str, step: Step = MELT, **more: Any) -> Datum:
    return datum(f"out-{step}", step, "output.scrap", t, **more)


def cast(t: str, step: Step = MELT) -> Datum:
    return datum(f"cast-{step}", step, "output.cast_metal", t)


PRE = scrap("pre_consumer", "60", factor="9000")
POST = scrap("post_consumer", "100", factor="100")


def made(*data: Datum, engine: str | None = None) -> Result:
    sets = pinned() if engine is None else pinned(engine=engine)
    told = inventory(*data, site=SITE)
    return calculate(told, sets, regime=IAI, scrap_method=SUBSTITUTION)


def credited(result: Result) -> dict[str, Decimal]:
    return {one.data[0]: one.activity for one in result.lines if one.item == "output.scrap"}


def test_scrap_that_leaves_is_credited_what_pre_consumer_scrap_that_enters_bears() -> None:
    found = made(PRE, out("40"), cast("20"))
    assert sum(one.kg for one in found.lines) == 20 * PER_T
    assert credited(found) == {"out-remelting": d("40")}


def test_no_more_is_credited_than_such_scrap_brought_in() -> None:
    found = made(PRE, POST, out("100"), cast("60"))
    assert credited(found) == {"out-remelting": d("60")}
    assert sum(one.kg for one in found.lines) == 100 * 100


def test_who_buys_old_scrap_and_sells_scrap_wins_nothing() -> None:
    metal = datum("metal", MELT, "bought.primary_metal", "100", factor="4000")
    kept, traded = made(metal, cast("100")), made(metal, POST, out("100"), cast("100"))
    for before, after in zip(footprints(kept), footprints(traded), strict=True):
        assert after.market >= before.market == 4


def test_a_clean_smelters_scrap_is_not_credited_at_the_average_of_the_world() -> None:
    metal = datum("metal", MELT, "bought.primary_metal", "100", factor="4000")
    found = made(metal, out("40"), cast("60"))
    assert credited(found) == {"out-remelting": 0}
    [one] = footprints(found)
    assert one.market == d("400") / 60


@pytest.mark.parametrize("kind", ["post_consumer", "internal"])
def test_scrap_that_leaves_as_what_bears_no_metal_is_not_credited(kind: str) -> None:
    found = made(PRE, out("40", scrap_kind=kind), cast("20"))
    assert credited(found) == {"out-remelting": 0}


def test_bought_dross_counts_as_such_scrap_and_own_run_around_does_not() -> None:
    dross = scrap("dross", "30", factor="6000")
    again = scrap("internal", "50")
    assert credited(made(dross, again, out("40"), cast("40"))) == {"out-remelting": d("30")}
    assert credited(made(scrap("dross", "30"), out("30"), cast("1"))) == {"out-remelting": 0}


def test_scrap_of_a_mill_is_credited_for_what_its_metal_brought_and_once_only() -> None:
    """Half of the cast metal is sold: so is half of what scrap brought in."""
    mill = (
        PRE,
        cast("60"),
        datum("sold", MELT, "output.sold", "30", of="output.cast_metal"),
        datum("sheet", ROLL, "output.semi", "20"),
    )
    assert credited(made(*mill, out("10", ROLL))) == {"out-semi_fabrication": d("10")}
    found = made(*mill, out("40", ROLL))
    assert credited(found) == {"out-semi_fabrication": d("30")}
    assert min(one.market for one in footprints(found)) == 0
    both = credited(made(*mill, out("50"), out("40", ROLL)))
    assert both["out-remelting"] == d("50")
    assert 0 < both["out-semi_fabrication"] <= d("5")


def test_scrap_that_a_furnace_without_casts_of_its_own_melted_counts_where_it_was_cast() -> None:
    data = (PRE, datum("metal", CAST, "bought.primary_metal", "40"), cast("70", CAST))
    assert credited(made(*data, out("30", CAST))) == {"out-casting": d("30")}
    assert credited(made(*data, out("30"))) == {"out-remelting": d("30")}


def test_several_lots_that_leave_share_what_is_credited_by_mass() -> None:
    more = out("60")._replace(datum_id="more")
    found = credited(made(PRE, POST, out("20"), more, cast("80")))
    assert found == {"out-remelting": d("15"), "more": d("45")}


@pytest.mark.parametrize("engine", [FIRST_ENGINE, SECOND_ENGINE, THIRD_ENGINE, FOURTH_ENGINE])
def test_an_earlier_engine_keeps_what_it_made_under_substitution(engine: str) -> None:
    found = made(PRE, POST, out("100"), cast("60"), engine=engine)
    assert credited(found) == {"out-remelting": d("100")}
    assert sum(one.kg for one in found.lines) == 60 * PER_T
    told = inventory(PRE, POST, out("100"), cast("60"), site=SITE)
    again = report(told, pinned(engine=engine), IAI, scrap_method=SUBSTITUTION)
    assert again.total_kg == 60 * PER_T


@pytest.mark.parametrize("method", [Method.CO_PRODUCT, Method.CUT_OFF])
def test_the_other_methods_are_the_same_by_every_engine(method: Method) -> None:
    told = inventory(PRE, POST, out("100"), cast("60"), site=SITE)
    old, new = (
        calculate(told, sets, regime=IAI, scrap_method=method).lines
        for sets in (pinned(engine=FOURTH_ENGINE), pinned())
    )
    assert old == new
