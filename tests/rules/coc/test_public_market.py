"""The public flow and the market: what one side is shown gives away nobody on the other."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import pytest

from contracts.custody import Stage
from services.coc_ledger.flows.cells import Atoms, safe
from services.coc_ledger.flows.flow import Flow, Link, Node, Place
from services.coc_ledger.flows.public_flow import atoms, publish

from .attack import Sum, isolated
from .test_public_flow import (
    RELEASES,
    RULE,
    SEEDS,
    a_world,
    conserved,
    everything_published,
    pool,
    rules,
    sum_of,
)


def market(found: Atoms, *, other: bool) -> list[Sum]:
    """Per quarter and complete year and stage: what was sold under documents is what was bought,
    with what did not count as CoC (`other`) or without it. Where nothing was sold or nothing
    bought, there is nothing to balance."""
    known: dict[tuple[int, int, Stage], Sum] = defaultdict(dict)
    for (quarter, link), members in found.items():
        sold = link.target.place is Place.COC_MARKET
        if not sold and (link.source.place is not Place.COC_MARKET or not (link.coc or other)):
            continue
        stage = link.source.stage
        for number in (quarter.number, 0):
            row = known[quarter.year, number, stage]
            row.update(
                {
                    (member, (quarter, link)): 1 if sold else -1
                    for member, kg in members.items()
                    if kg
                }
            )
    return [row for row in known.values() if len(set(row.values())) == 2]


@pytest.mark.parametrize("other", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_balance_of_the_market_isolates_no_member_either(seed: int, other: bool) -> None:
    flows = a_world(seed)
    found = atoms(flows, RELEASES)
    members = sorted({member for members in found.values() for member in members})

    balance = market(found, other=other)

    assert balance, "a world without a market proves nothing"
    assert isolated(everything_published(flows), [*conserved(found), *balance], members) == []


ONE_SELLER = {"S": -1_000_000, "A": 250_000, "B": 250_000, "C": 250_000, "D": 250_000}
"""Kilograms bought, or sold where negative."""


def traded(kilograms: dict[str, int], day: date, region: str = "europe") -> list[Flow]:
    there, here = Node(Place.COC_MARKET, Stage.ALUMINIUM), pool(Stage.ALUMINIUM, region)
    return [
        Flow(
            day,
            day,
            name,
            f"S-{name}",
            Link(*((there, here) if kg > 0 else (here, there)), True),
            abs(kg),
        )
        for name, kg in kilograms.items()
    ]


def shown_links(flows: Sequence[Flow]) -> dict[tuple[str, bool], int]:
    """What is shown, by period and whether it was bought."""
    cells = publish(flows, RELEASES, rules).cells
    return {
        (cell.quarter.name, cell.link.source.place is Place.COC_MARKET): cell.kg for cell in cells
    }


def is_safe_in_the_market(flows: Sequence[Flow]) -> bool:
    found = atoms(flows, RELEASES)
    everybody = sorted({flow.member_id for flow in flows})
    figures = everything_published(flows)
    return isolated(figures, [*conserved(found), *market(found, other=False)], everybody) == []


def test_what_the_buyers_are_shown_to_buy_would_give_away_a_seller_that_is_withheld() -> None:
    """The figures as they would be if each were looked at by itself."""
    flows = traded(ONE_SELLER, date(2025, 2, 1))
    found = atoms(flows, RELEASES)
    alone = [sum_of(members, atom) for atom, members in found.items() if safe(members, RULE)]

    assert isolated(alone, [*conserved(found), *market(found, other=False)], list(ONE_SELLER)) == [
        "S"
    ]
    assert is_safe_in_the_market(flows)
    assert shown_links(flows) == {}


def test_buyers_stay_shown_beside_enough_others_that_are_withheld() -> None:
    """Of two regions of buyers the smaller one is withheld: with it, the seller is not alone."""
    flows = traded(ONE_SELLER, date(2025, 2, 1))
    flows += traded({"E": 900_000, "F": 900_000, "G": 900_000}, date(2025, 2, 1), "china")

    assert shown_links(flows) == {("2025-Q1", True): 2_700_000}
    assert is_safe_in_the_market(flows)


def test_a_market_of_which_all_is_shown_stays_shown() -> None:
    day = date(2025, 2, 1)
    flows = traded({"R": -300, "S": -400, "T": -300, "A": 300, "B": 400, "C": 300}, day)

    assert shown_links(flows) == {("2025-Q1", False): 1000, ("2025-Q1", True): 1000}


def test_metal_sold_in_one_quarter_and_bought_in_the_next_gives_nobody_away() -> None:
    sold = traded({"S": -1_000_000}, date(2025, 2, 1))
    flows = sold + traded(dict.fromkeys("ABCD", 250000), date(2025, 5, 1))

    assert shown_links(flows) == {}
    assert is_safe_in_the_market(flows)


def test_a_years_figure_of_one_side_does_not_give_away_the_other() -> None:
    """Each quarter has another buyer, all from one seller: together the buyers would be safe."""
    flows = [
        flow
        for name, month in zip("ABC", (2, 5, 8), strict=True)
        for flow in traded({"S": -10, name: 10}, date(2025, month, 1))
    ]

    assert shown_links(flows) == {}
    assert is_safe_in_the_market(flows)
