"""Nobody's figures can be found in aggregates, by no combination of what one asker is told of a
year: tables by every name, the curve, its own sets; for a member, less its own figures."""

import random
from collections.abc import Collection, Sequence
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ghg.aggregates.emission_curve import emission_curve, portfolio
from services.ghg.aggregates.public import Public, public, table, verdicts
from services.ghg.aggregates.sums import DIMENSIONS, Cell, Entry
from services.ghg.factors.curve import Curve

from .aggregate_attack import Attacker
from .aggregate_world import KINDS, MANY, REGIONS, SCOPES, a_world, facility
from .given import POLICY

CURVE = Curve("flat", "A curve", "t CO2/t Al", ((2020, Decimal(10)), (2050, Decimal(10))))
LEAST = POLICY.integer("aggregate.entities_min")
NAMES = (*DIMENSIONS, "step")
EVERY_BY = [by for many in range(1, 5) for by in combinations(NAMES, many)]


def attacked(
    entries: Sequence[Entry], sets: Sequence[frozenset[str]] = (), member: str = ""
) -> Attacker:
    """Somebody who asks for everything there is."""
    own = {one.facility_id for one in entries if one.member_id == member}
    told = public(entries, POLICY)
    if own:
        within = public(entries, POLICY)
        told = public(entries, POLICY, known=own, within=within)
    attacker = Attacker(entries, own)
    for by in EVERY_BY:
        attacker.hears_table(table(entries, by, told))
    attacker.hears_curve(emission_curve(told))
    may = verdicts(told, sets, entries)
    for facilities in sets:
        view = portfolio(2025, facilities, entries, may[facilities], CURVE)
        attacker.hears_set(view, facilities)
    return attacker


PLACED = st.tuples(
    st.sampled_from(["smelter", "smelter", "smelter", "refinery", "mill", "both", "rolls"]),
    st.sampled_from(["NO", "NO", "FR", "AU", "CN"]),
    st.integers(0, 9),
    st.booleans(),
)


@given(
    st.lists(PLACED, min_size=3, max_size=14),
    st.lists(st.frozensets(st.integers(0, 13), min_size=3), max_size=4),
    st.sampled_from(["", "M0", "M1"]),
)
@settings(max_examples=60, deadline=None)
def test_nobody_is_found_in_all_that_somebody_is_told(
    drawn: list[tuple[str, str, int, bool]], wanted: list[frozenset[int]], member: str
) -> None:
    dice = random.Random(len(drawn))
    entries = [
        facility(number, kind, country, who, dice, certified=certified)
        for number, (kind, country, who, certified) in enumerate(drawn)
    ]
    sets = [frozenset(f"F{number:03}" for number in one) for one in wanted]

    assert attacked(entries, sets, member).finds(LEAST) == []


@pytest.mark.parametrize("seed", range(6))
def test_nobody_is_found_where_much_is_told(seed: int) -> None:
    entries = a_world(seed, 26)
    dice = random.Random(seed)
    sets = [frozenset(one.facility_id for one in dice.sample(entries, 9)) for _ in range(5)]

    attacker = attacked(entries, sets)

    assert len(attacker.said) > 40, "a world of which almost nothing is told proves nothing"
    assert attacker.finds(LEAST) == []


def test_a_set_of_three_of_a_regions_four_smelters_tells_nothing_of_the_fourth() -> None:
    dice = random.Random(1)
    entries = [facility(at, "smelter", "AU", at, dice) for at in range(4)]
    entries += [facility(at, "smelter", "NO", at, dice) for at in range(4, 12)]
    three = frozenset(one.facility_id for one in entries[:3])

    told = public(entries, POLICY)

    assert not table(entries, ["region"], told)[0].suppressed, "oceania as a whole is told"
    assert not verdicts(told, [three], entries)[three].shown


def test_a_set_of_a_region_that_is_not_told_is_told() -> None:
    """What no table tells is known to nobody: nothing can be subtracted from it."""
    dice = random.Random(1)
    entries = [facility(at, "smelter", "AU", min(at, 1), dice) for at in range(4)]
    entries += [facility(at, "smelter", "NO", at, dice) for at in range(4, 12)]
    three = frozenset(one.facility_id for one in [*entries[:1], *entries[4:10]])

    told = public(entries, POLICY)

    assert table(entries, ["region"], told)[0] == Cell({"region": "oceania"}, True)
    assert attacked(entries, [three]).finds(LEAST) == []


@pytest.mark.parametrize("kind", ["refinery", "mill", "both", "rolls"])
def test_a_lone_facility_of_another_kind_is_not_found_within_a_row(kind: str) -> None:
    """Emissions less those of the metal, and scopes less emissions, would be of it alone."""
    dice = random.Random(2)
    entries = [facility(at, "smelter", "NO", at, dice) for at in range(1, 5)]
    entries.append(facility(9, kind, "NO", 9, dice))

    (row,) = table(entries, ["region"], public(entries, POLICY))

    assert not row.suppressed
    assert row.withheld, "something of the row tells of few"
    assert attacked(entries).finds(LEAST) == []


def test_one_number_of_a_row_may_be_of_too_few() -> None:
    """Two smelters among refineries: emissions are of many, metal is of two."""
    dice = random.Random(3)
    entries = [facility(at, "smelter", "NO", at, dice) for at in range(1, 3)]
    entries += [facility(at, "refinery", "NO", at, dice) for at in range(6, 10)]

    (row,) = table(entries, ["region"], public(entries, POLICY))

    assert row.emission_t == sum(one.emission_t for one in entries)
    assert (row.output_t, row.intensity) == (None, None)
    assert set(row.withheld) >= {"output_t", "intensity"}


def test_a_member_is_not_told_what_is_of_two_others() -> None:
    """Of three, it could take its own away."""
    dice = random.Random(4)
    entries = [facility(at, "smelter", "NO", at, dice) for at in range(1, 4)]
    everybody = public(entries, POLICY)
    member = public(entries, POLICY, known={"F001"}, within=everybody)

    assert not table(entries, ["region"], everybody)[0].suppressed
    assert table(entries, ["region"], member)[0].suppressed


def test_a_member_is_told_nothing_that_others_are_not() -> None:
    for seed in range(4):
        entries = a_world(seed)
        own = {one.facility_id for one in entries if one.member_id == "M1"}
        everybody = public(entries, POLICY)
        member = public(entries, POLICY, known=own, within=everybody)
        assert all(told <= everybody.cells[place] for place, told in member.cells.items())


def test_what_was_told_first_stays_told_and_what_comes_later_is_not() -> None:
    entries = a_world(6, 40)
    making = sorted(one.facility_id for one in entries if one.output_t > 0)
    first, later = frozenset(making[1:9]), frozenset(making[1:10])

    told = public(entries, POLICY)

    assert [one.shown for one in verdicts(told, [first, later], entries).values()] == [True, False]
    assert [one.shown for one in verdicts(told, [later, first], entries).values()] == [True, False]


def test_without_the_guard_somebody_is_found() -> None:
    """The attack has teeth: rows of enough entities each, told without looking at each other."""
    entries = a_world(0)
    shown = public(entries, POLICY)
    every = {
        place: frozenset((*SCOPES, "emission_t", "output_t", "metal_t")) for place in shown.cells
    }
    attacker = Attacker(entries)
    for by in EVERY_BY:
        attacker.hears_table(table(entries, by, Public(every, (), shown.guard)))

    assert attacker.finds(LEAST) != []


def shown_share(entries: Sequence[Entry], by: Collection[str], shown: Public) -> float:
    """Of all emissions, how much stands in rows that are told."""
    cells = table(entries, list(by), shown)
    told = sum((cell.emission_t or Decimal(0) for cell in cells), Decimal(0))
    return float(told / sum(one.emission_t for one in entries))


def test_an_honest_world_of_many_facilities_is_told_nearly_whole() -> None:
    dice = random.Random(7)
    countries = sorted(REGIONS)
    weights = [dice.choice((1, 1, 2, 8, 20)) for _ in countries]
    entries = [
        facility(
            number,
            dice.choices(list(KINDS), MANY)[0],
            dice.choices(countries, weights)[0],
            dice.randrange(220),
            dice,
            certified=dice.random() < 0.4,
        )
        for number in range(300)
    ]
    told = public(entries, POLICY)
    regions = table(entries, ["region"], told)
    output = sum(one.output_t for one in entries)
    made = sum(1 for one in entries if one.output_t > 0)

    assert sum(row.output_t or 0 for row in regions) > Decimal("0.9") * output
    assert sum(row.output_t or 0 for row in regions if row.intensity) > Decimal("0.9") * output
    assert shown_share(entries, ["certified"], told) == 1
    assert shown_share(entries, ["country"], told) > 0.6
    assert sum(step.facilities for step in emission_curve(told)) > 0.9 * made
    assert len(emission_curve(told)) > made / 8, "steps of few neighbours each"
