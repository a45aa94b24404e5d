"""World-average primary metal: W17 of sources.md 9, the institute's figures of 2021 and 2022.

The institute's production and total are of all aluminium, recycled metal among it: no equation here
gives them. What is ours is the change of the average, as those see it who bought metal of which its
maker says nothing, and that the total over the production lies between our factors of both metals.
"""

from datetime import date
from decimal import Decimal

import pytest

from contracts.inventory import DataKind, Scope, Step
from services.ghg import app
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.lines import Line
from services.ghg.calculation.working import PERCENT
from services.ghg.factors.pinned import pin
from services.ghg.factors.tables import tables
from services.ghg.results.comparing import compared
from services.ghg.results.reckoning import usual
from tests.rules.ghg.life import inventory

OF_2021, OF_2022 = date(2023, 12, 30), date(2023, 12, 31)
"""The last day of the average of 2021, and the first of that of 2022."""
BOUGHT = Datum("metal", Step.CASTING, "bought.primary_metal", Decimal(1000), DataKind.MEASURED)


def bought(day: date) -> list[Line]:
    """The line of a thousand tonnes of metal that nobody knows, with what was public on a day."""
    policy = app.policies().on(day)
    wanted = usual(policy, day)
    pinned = pin(app.factors(), policy, day, wanted.gwp_set, wanted.pfc_set)
    year = inventory()
    made = calculate(year._replace(data=(*year.data, BOUGHT)), pinned)
    return [one for one in made.lines if (one.item, one.scope) == (BOUGHT.item, Scope.PURCHASED)]


def test_w17_unknown_metal_weighs_4_4_percent_less_with_the_average_of_2022() -> None:
    [before], [after] = bought(OF_2021), bought(OF_2022)
    assert (before.kg, after.kg) == (Decimal(15_800_000), Decimal(15_100_000))
    assert (before.factor.factor_set, after.factor.factor_set) == (
        "world_primary_2021",
        "world_primary_2022",
    )
    assert round((after.kg - before.kg) * PERCENT / before.kg, 1) == Decimal("-4.4")
    [difference] = compared([before], [after])
    assert difference.kg == -700_000
    assert difference.reasons == ("factor", "factor_set")


@pytest.mark.parametrize(
    ("day", "total_mt", "production_mt"),
    [(OF_2021, "1130", "104.1"), (OF_2022, "1110", "108.2")],
)
def test_w17_all_metal_lies_between_recycled_and_primary_metal(
    day: date, total_mt: str, production_mt: str
) -> None:
    policy = app.policies().on(day)
    wanted = usual(policy, day)
    known = tables(pin(app.factors(), policy, day, wanted.gwp_set, wanted.pfc_set)).reference
    mean = Decimal(total_mt) / Decimal(production_mt)
    assert known.recycling < mean < known.primary


def test_w17_all_metal_emits_less_though_more_is_made() -> None:
    """By the institute's figures; the mean of all metal falls faster than that of primary metal."""
    (before_mt, before_made), (after_mt, after_made) = (
        (Decimal("1130"), Decimal("104.1")),
        (Decimal("1110"), Decimal("108.2")),
    )

    def change(after: Decimal, before: Decimal) -> Decimal:
        return round((after - before) * PERCENT / before, 1)

    assert change(after_made, before_made) == Decimal("3.9")
    assert after_mt < before_mt
    [ours_before], [ours_after] = bought(OF_2021), bought(OF_2022)
    all_metal = change(after_mt / after_made, before_mt / before_made)
    assert all_metal < change(ours_after.kg, ours_before.kg) < 0
