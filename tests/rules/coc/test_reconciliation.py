"""What cannot be explained is measured by what was there: stock at first, and what came in."""

from datetime import date

import pytest

from contracts.custody import Account
from services.coc_ledger.accounting.accounts import NO_KGS, PLACE, Kgs
from services.coc_ledger.accounting.period import Month, reconciled
from tests.rules.coc.given import POLICY, kg
from tests.rules.coc.test_periods_and_orders import KEY, close, send, stocked
from tests.rules.coc.world import World

TONNE = 1000
NEXT = KEY.model_copy(update={"period": date(2027, 1, 1)})


def booked(**masses: int) -> Kgs:
    kgs = list(NO_KGS)
    for name, mass in masses.items():
        kgs[PLACE[Account(name)]] = mass
    return tuple(kgs)


def counted(short_kg: int, opening_kg: int = 500 * TONNE) -> list[Month]:
    """January brings all that there is, in a file or from the year before; February has a count."""
    brought = booked(non_coc=-200 * TONNE, opening=200 * TONNE - opening_kg)
    days = {date(2026, 1, 5): brought, date(2026, 2, 3): booked(unexplained=short_kg)}
    return list(reconciled(days, POLICY))


@pytest.mark.parametrize(
    ("short_kg", "rules"),
    [(1, []), (5 * TONNE, []), (5 * TONNE + 1, ["R-34"]), (-5 * TONNE - 1, ["R-34"])],
)
def test_a_month_without_inflow_is_judged_by_its_stock(short_kg: int, rules: list[str]) -> None:
    january, february = counted(short_kg)
    assert january.remarks == ()
    assert (february.opening_kg, february.inflow_kg) == (500 * TONNE, 0)
    assert [one.rule for one in february.remarks] == rules


def test_a_remark_says_of_how_much() -> None:
    _, february = counted(6 * TONNE)
    [remark] = february.remarks
    assert remark.sentence == (
        "6000 kg cannot be explained: more than 10 per mille of 500000 kg that lay there at first"
        " or came in."
    )


def close_of_a_year_without_inflow(short_kg: int) -> list[str]:
    """All of its stock was carried in; how its count is remarked on."""
    world: World = stocked()
    world.today = date(2027, 2, 1)
    close(world)
    stock = kg(world.pool(NEXT), Account.STOCK)
    send(
        world,
        {
            "command_name": "count_stock",
            "scope_id": "A",
            "member_id": "A",
            "stage": "aluminium",
            "day": world.today,
            "movement_id": "N-1",
            "counted_kg": stock - short_kg,
        },
    )
    world.settle()
    world.today = date(2028, 1, 2)
    close(world, day=date(2027, 2, 1))
    row = world.reader.row("pools", NEXT.key)
    return [one["rule"] for one in row.closing["remarks"]]


def test_a_close_judges_stock_that_was_carried_in_as_well() -> None:
    assert close_of_a_year_without_inflow(1) == []
    assert close_of_a_year_without_inflow(100) == ["R-34"]
