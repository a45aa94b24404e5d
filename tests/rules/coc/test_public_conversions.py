"""The public flow and the changes of stage: who knows the yields finds nobody either."""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest

from contracts.custody import Stage
from services.coc_ledger.flows.cells import Atoms, Quarter, Rule
from services.coc_ledger.flows.flow import Flow, Link, Node, Place
from services.coc_ledger.flows.public_flow import atoms, publish

from .attack import Sum, isolated
from .test_public_flow import (
    REGIONS,
    RELEASES,
    SEEDS,
    a_world,
    conserved,
    everything_published,
    pool,
    rules,
)
from .test_public_market import market

USED = {Stage.BAUXITE: Decimal("2.847"), Stage.ALUMINA: Decimal("1.928")}
"""Tonnes for one of the next stage, as everybody may read."""
NEXT = {Stage.BAUXITE: Stage.ALUMINA, Stage.ALUMINA: Stage.ALUMINIUM}
RULE = Rule(3, 75, 10, tuple(USED.items()), 25)
FEBRUARY, MAY = date(2025, 2, 1), date(2025, 5, 1)


def knowing(_: Quarter) -> Rule:
    return RULE


def converted(
    member: str, kg: int, day: date, *, region: str = "europe", made_on: date | None = None
) -> list[Flow]:
    """So much alumina is used for metal; `made_on` where that was booked on another day."""
    between = Node(Place.CONVERSION, Stage.ALUMINA)
    went = Link(pool(Stage.ALUMINA, region), between, True)
    came = Link(between, pool(Stage.ALUMINIUM, region), True)
    made, then = int(kg / USED[Stage.ALUMINA]), made_on or day
    return [
        Flow(day, day, member, f"S-{member}", went, kg),
        Flow(then, then, member, f"S-{member}", came, made),
    ]


def with_conversions(seed: int) -> list[Flow]:
    """Members that also use bauxite and alumina; each with yields of its own, in the band that is
    taken; now and then the product is booked in a later quarter."""
    dice, flows = random.Random(seed), a_world(seed)
    for number in range(14):
        region, scale = dice.choice(REGIONS), dice.choice((1, 1, 1, 30))
        measured = Decimal(dice.randint(80, 120)) / 100
        for _ in range(dice.randint(4, 16)):
            stage, coc = dice.choice(tuple(NEXT)), dice.random() < 0.7
            between, kg = Node(Place.CONVERSION, stage), dice.randint(100, 9000) * scale
            day = date(2025, 1, 1) + timedelta(days=dice.randrange(330))
            then = day + timedelta(days=dice.choice((*(0,) * 15, 90)))
            made = int(kg / USED[stage] * measured)
            went = Link(pool(stage, region), between, coc)
            came = Link(between, pool(NEXT[stage], region), coc)
            flows.append(Flow(day, day, f"M{number}", f"S{number}", went, kg))
            flows.append(Flow(then, then, f"M{number}", f"S{number}", came, made))
    return flows


def yields(found: Atoms) -> list[Sum]:
    """Per member, quarter, stage and status: what was used is so many times what was made. Where
    one of the two is missing nobody could say so."""
    known: dict[object, Sum] = defaultdict(dict)
    for (quarter, link), members in found.items():
        if Place.CONVERSION not in (link.source.place, link.target.place):
            continue
        used = link.target.place is Place.CONVERSION
        stage = (link.target if used else link.source).stage
        factor = 1000 if used else -int(USED[stage] * 1000)
        for member, kg in members.items():
            if kg:
                known[member, quarter, stage, link.coc][member, (quarter, link)] = factor
    return [row for row in known.values() if len(row) == 2]


def found_out(flows: Sequence[Flow]) -> list[str]:
    """Whom somebody finds who knows the yields, that metal is conserved, and the market."""
    found = atoms(flows, RELEASES)
    everybody = sorted({flow.member_id for flow in flows})
    known = [*conserved(found), *yields(found), *market(found, other=False)]
    return isolated(everything_published(flows, knowing), known, everybody)


def is_conversion(link: Link) -> bool:
    return Place.CONVERSION in (link.source.place, link.target.place)


def shown(flows: Sequence[Flow]) -> dict[tuple[str, bool, str], int]:
    """What is shown of conversions: by period, whether it was made, and region."""
    cells = publish(flows, RELEASES, knowing).cells
    return {
        (
            cell.quarter.name,
            cell.link.source.place is Place.CONVERSION,
            cell.link.source.region or cell.link.target.region,
        ): cell.kg
        for cell in cells
        if is_conversion(cell.link)
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_who_knows_the_yields_finds_nobody(seed: int) -> None:
    flows = with_conversions(seed)
    assert yields(atoms(flows, RELEASES)), "a world without conversions proves nothing"
    assert found_out(flows) == []


def test_conversions_are_shown_in_such_worlds() -> None:
    """Else they would be safe because nothing is told of them."""
    assert sum(len(shown(with_conversions(seed))) for seed in SEEDS) > 10


def test_both_sides_are_shown_where_all_of_both_was_booked_in_the_quarter() -> None:
    flows = [one for name in "ABCD" for one in converted(name, 1928, FEBRUARY)]
    assert shown(flows) == {
        ("2025-Q1", False, "europe"): 4 * 1928,
        ("2025-Q1", True, "europe"): 4000,
    }
    assert found_out(flows) == []


def booked_late() -> list[Flow]:
    """Four use alumina in one quarter, and the metal of one of them is booked in the next."""
    flows = [one for name in "ABC" for one in converted(name, 1928, FEBRUARY)]
    return [*flows, *converted("D", 1928, FEBRUARY, made_on=MAY)]


def test_a_product_that_is_booked_in_a_later_quarter_gives_its_maker_away_to_nobody() -> None:
    assert ("2025-Q1", False, "europe") not in shown(booked_late())
    assert found_out(booked_late()) == []


def test_each_side_by_itself_would_give_it_away() -> None:
    """The figures as they were, when a conversion was no more than two links."""
    found = atoms(booked_late(), RELEASES)
    figures: list[Sum] = [
        {(member, atom): 1 for member, kg in members.items() if kg}
        for atom, members in found.items()
        if atom[0] == Quarter(2025, 1)
    ]
    assert isolated(figures, [*conserved(found), *yields(found)], list("ABCD")) == ["D"]


def test_a_region_is_withheld_on_both_sides_or_on_none() -> None:
    """By another order of sizes one region would be shown of what was used, another of what was
    made: their difference is a third one, in which one member is alone."""
    flows = [one for name in "ABC" for one in converted(name, 900, FEBRUARY)]
    for name in "DEF":
        used, made = converted(name, 1000, FEBRUARY, region="china")
        flows += [used, made._replace(kg=made.kg * 4 // 5)]
    flows += converted("G", 300, FEBRUARY, region="gulf")
    regions = [{region for _, side, region in shown(flows) if side == made} for made in (0, 1)]
    assert regions[0] == regions[1] != set()
    assert found_out(flows) == []


def test_a_world_without_conversions_is_shown_as_before() -> None:
    flows = [one for one in a_world(1) if not is_conversion(one.link)]
    assert publish(flows, RELEASES, knowing) == publish(flows, RELEASES, rules)
