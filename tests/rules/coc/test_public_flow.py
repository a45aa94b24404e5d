"""The public flow: nobody's own figures can be found in it, by no combination of answers."""

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from contracts.custody import Stage
from infra.errors import Refused
from services.coc_ledger.flows.cells import SEVERAL, Atoms, Quarter, Rule, Rules, kind_of, safe
from services.coc_ledger.flows.flow import Flow, Link, Node, Place, region_at
from services.coc_ledger.flows.public_flow import (
    Cell,
    Public,
    Query,
    Release,
    answer,
    asks,
    atoms,
    calendar,
    grouped,
    parse_quarter,
    public_quarter,
    publish,
    queries,
)

from .attack import Coordinate, Sum, isolated

RULE = Rule(3, 75, 10)


def rules(_: Quarter) -> Rule:
    return RULE


RELEASES = (
    Release(Quarter(2025, 2), date(2025, 8, 31)),
    Release(Quarter(2025, 4), date(2026, 2, 28)),
)
SEEDS = range(5)
REGIONS = ("africa", "china", "europe", "gulf")
OUTSIDE = {Stage.ALUMINA: (Place.SUPPLY, Place.COC_MARKET), Stage.ALUMINIUM: tuple(Place)[2:7]}


def pool(stage: Stage, region: str) -> Node:
    return Node(Place.POOL, stage, region)


def inflow(
    kg: int, member: str, day: date, region: str = "europe", *, late: int = 3, coc: bool = True
) -> Flow:
    link = Link(Node(Place.COC_MARKET, Stage.ALUMINIUM), pool(Stage.ALUMINIUM, region), coc)
    return Flow(day, day + timedelta(days=late), member, f"S-{member}", link, kg)


def a_world(seed: int) -> list[Flow]:
    """Members with pools in some regions, each with metal in and out on days of a year; a few are
    far larger than the rest, and some are alone in their region."""
    dice = random.Random(seed)
    flows: list[Flow] = []
    for number in range(14):
        region = dice.choice(REGIONS if number else ("gulf",))
        scale = dice.choice((1, 1, 1, 1, 40))
        for stage in dice.sample((Stage.ALUMINA, Stage.ALUMINIUM), dice.randint(1, 2)):
            here = pool(stage, region)
            outward = (Node(Place.COC_MARKET, stage), Node(Place.MARKET, stage))
            links = [Link(here, there, there.place is Place.COC_MARKET) for there in outward]
            links += [
                Link(Node(place, stage), here, place is not Place.SUPPLY)
                for place in dice.sample(OUTSIDE[stage], 2)
            ]
            links.append(Link(here, Node(Place.LOSSES, stage), False))
            for _ in range(dice.randint(8, 24)):
                day = date(2025, 1, 1) + timedelta(days=dice.randrange(365))
                recorded = day + timedelta(days=dice.choice((1, 2, 30, 200)))
                kg = dice.randint(1, 9_000) * scale
                link = dice.choice(links)
                flows.append(Flow(day, recorded, f"M{number}", f"S{number}", link, kg))
    return flows


def sum_of(members: dict[str, int], atom: object) -> Sum:
    return {(member, atom): 1 for member, kg in members.items() if kg}


def everything_published(flows: Sequence[Flow], by: Rules = rules) -> list[Sum]:
    """What each permitted query answers, link by link and in total, as sums over coordinates."""
    found = atoms(flows, RELEASES)
    groups, _ = grouped(found, RELEASES, by)
    made_of = {
        (quarter, link): coordinates(found, groups, quarter, link) for quarter, link in groups
    }
    figures: list[Sum] = []
    for query in queries(REGIONS, RELEASES, 2025):
        by_link: dict[Link, Sum] = defaultdict(dict)
        for (quarter, link), members in made_of.items():
            if asks(query, quarter, link) and query.region in (None, region_at(link)):
                by_link[link].update(members)
        figures += by_link.values()
        figures.append({one: 1 for sums in by_link.values() for one in sums})
    return [figure for figure in figures if figure]


def coordinates(found: Atoms, groups: Atoms, quarter: Quarter, link: Link) -> Sum:
    """The coordinates in a group: all atoms of its kind that stand nowhere by themselves."""
    if region_at(link) != SEVERAL:
        return sum_of(found[quarter, link], (quarter, link))
    covered: Sum = {}
    for (when, one), members in found.items():
        within = when == quarter or (not quarter.number and when.year == quarter.year)
        alone = (when, one) in groups
        pooled = quarter.number == 0 and (when, link) in groups
        if within and kind_of(one) == kind_of(link) and not alone and not pooled:
            covered.update(sum_of(members, (when, one)))
    return covered


def conserved(found: Atoms) -> list[Sum]:
    """Per member and quarter and stage: what came in, less what left, is what stays or is lost."""
    known: dict[tuple[str, Quarter, Stage], Sum] = defaultdict(dict)
    for (quarter, link), members in found.items():
        for member, kg in members.items():
            inward = link.target.place is Place.POOL
            stage = (link.target if inward else link.source).stage
            row = known[member, quarter, stage]
            if kg:
                row[member, (quarter, link)] = 1 if inward else -1
                row[member, (quarter, stage, "stays or is lost")] = -1
    return [row for row in known.values() if row]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_combination_of_answers_isolates_a_member(seed: int) -> None:
    flows = a_world(seed)
    found = atoms(flows, RELEASES)
    members = sorted({member for members in found.values() for member in members})

    figures = everything_published(flows)

    assert len(figures) > 40, "a world in which almost nothing is published proves nothing"
    assert isolated(figures, conserved(found), members) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_the_sums_under_attack_are_the_answers(seed: int) -> None:
    """What the attack combines has the values that the queries give."""
    flows = a_world(seed)
    found = atoms(flows, RELEASES)
    value: dict[Coordinate, int] = {
        (member, atom): kg for atom, members in found.items() for member, kg in members.items()
    }
    public = publish(flows, RELEASES, rules)
    given = [
        sum(kg for _, kg in answer(public, query, RELEASES).picture.links)
        for query in queries(REGIONS, RELEASES, 2025)
    ]
    attacked = [sum(value[one] for one in figure) for figure in everything_published(flows)]

    assert {abs(kg) for kg in given if kg} <= {abs(kg) for kg in attacked}


def test_without_complementary_suppression_a_member_is_found() -> None:
    """Hiding only the cells that are unsafe by themselves, beside a true total, gives them away."""
    found = atoms(a_world(0), RELEASES)
    totals: dict[object, Sum] = defaultdict(dict)
    figures = []
    for (quarter, link), members in found.items():
        totals[quarter, kind_of(link)].update(sum_of(members, (quarter, link)))
        if safe(members, RULE):
            figures.append(sum_of(members, (quarter, link)))
    everybody = sorted({member for members in found.values() for member in members})

    assert isolated([*figures, *totals.values()], conserved(found), everybody) != []


def test_publishing_stock_and_losses_would_close_the_gaps() -> None:
    """Three members pass metal on, one of them to a market of its own: with what stays published
    as well, the hidden cell follows from the others. Without it, nothing does."""
    day, alone = (
        date(2025, 1, 9),
        Link(pool(Stage.ALUMINIUM, "europe"), Node(Place.MARKET, Stage.ALUMINIUM), False),
    )
    flows = [inflow(100, member, day) for member in ("A", "B", "C")]
    flows.append(Flow(day, day, "A", "S-A", alone, 40))
    found = atoms(flows, RELEASES)
    stays: Sum = {
        (member, (Quarter(2025, 1), Stage.ALUMINIUM, "stays or is lost")): 1 for member in "ABC"
    }
    published, known = everything_published(flows), conserved(found)

    assert isolated(published, known, ["A", "B", "C"]) == []
    assert isolated([*published, stays], known, ["A", "B", "C"]) == ["A"]


def test_a_published_figure_never_changes() -> None:
    """Two looks at different times cannot be subtracted: a late booking counts in what is still to
    come."""
    flows = a_world(3)
    before = publish(flows, RELEASES[:1], rules)
    late = inflow(777, "M1", date(2025, 2, 3), late=300)
    after = publish([*flows, late], RELEASES, rules)

    def first_half(public: Public) -> list[Cell]:
        return [cell for cell in public.cells if cell.quarter in {(2025, 1), (2025, 2)}]

    assert first_half(before) == first_half(after) != []
    assert public_quarter(late, RELEASES[:1]) is None
    assert public_quarter(late._replace(recorded_on=date(2025, 10, 1)), RELEASES) == (2025, 3)


@pytest.mark.parametrize(
    ("kilograms", "allowed"),
    [
        ({"A": 10, "B": 10, "C": 10}, True),
        ({"A": 10, "B": 10}, False),
        ({"A": 76, "B": 12, "C": 12}, False),
        ({"A": 75, "B": 13, "C": 12}, True),
        ({"A": 50, "B": 46, "C": 4}, False),
        ({"A": 50, "B": 45, "C": 5}, True),
        ({"A": 10, "B": 10, "C": 0}, False),
    ],
)
def test_a_cell_needs_members_of_whom_none_dominates(
    kilograms: dict[str, int], allowed: bool
) -> None:
    assert safe(kilograms, RULE) is allowed


def test_a_lonely_region_is_shown_together_with_the_smallest_other() -> None:
    day = date(2025, 1, 15)
    flows = [inflow(900, member, day, "europe") for member in "ABC"]
    flows += [inflow(500, member, day, "china") for member in "DEF"]
    flows += [inflow(300, "G", day, "gulf")]

    public = publish(flows, RELEASES, rules)

    shown = [(cell.quarter.name, region_at(cell.link), cell.kg) for cell in public.cells]
    assert shown == [("2025-Q1", "europe", 2700), ("2025-Q1", SEVERAL, 1800)]
    whole = answer(public, Query(Quarter(2025, 1)), RELEASES)
    assert sum(kg for _, kg in whole.picture.links) == 2700 + 1500 + 300
    assert answer(public, Query(Quarter(2025, 1), region="gulf"), RELEASES).picture.links == []


def test_what_is_too_little_for_a_quarter_waits_for_the_year() -> None:
    flows = [
        inflow(10, member, day)
        for member, day in zip("ABC", (date(2025, month, 1) for month in (2, 5, 8)), strict=True)
    ]
    first = publish(flows, RELEASES[:1], rules)
    assert first.cells == [] != first.withheld

    public = publish(flows, RELEASES, rules)
    year = answer(public, Query(Quarter(2025, 0)), RELEASES)
    quarter = answer(public, Query(Quarter(2025, 1)), RELEASES)

    assert [kg for _, kg in year.picture.links] == [30]
    assert year.withheld == []
    assert quarter.picture.links == [] != quarter.withheld


@pytest.mark.parametrize("text", ["2025-Q3", "2025", "2024-Q4"])
def test_only_published_periods_are_answered(text: str) -> None:
    wanted = parse_quarter(text)
    if text == "2024-Q4":
        assert answer(Public([], []), Query(wanted), RELEASES).withheld == []
        return
    with pytest.raises(Refused, match="flow-off-grid"):
        answer(Public([], []), Query(wanted), RELEASES[:1])


@pytest.mark.parametrize("text", ["2025-Q5", "2025-Q0", "25-Q1", "2025-01", "", "2025-Q", "x-Q1"])
def test_other_periods_are_not_on_the_grid(text: str) -> None:
    with pytest.raises(Refused, match="flow-off-grid"):
        parse_quarter(text)


def test_a_quarter_comes_out_some_days_after_its_end_and_the_first_release_has_all_before() -> None:
    first = date(2026, 2, 10)
    assert calendar(first, 60, date(2026, 3, 1)) == []
    assert calendar(first, 60, date(2026, 3, 2)) == [Release(Quarter(2025, 4), date(2026, 3, 1))]
    assert calendar(first, 60, date(2026, 5, 31)) == [
        Release(Quarter(2025, 4), date(2026, 3, 1)),
        Release(Quarter(2026, 1), date(2026, 5, 30)),
    ]
    # on the day of a release itself not: what is still recorded on it would change it
    assert len(calendar(first, 60, date(2026, 5, 30))) == 1


def test_releases_only_ever_grow() -> None:
    first = date(2025, 11, 3)
    before: list[Release] = []
    for days in range(900):
        after = list(calendar(first, 60, first + timedelta(days=days)))
        assert after[: len(before)] == before
        assert [one.through for one in after] == sorted({one.through for one in after})
        before = after
    assert len(before) == 10
