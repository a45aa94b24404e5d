"""Nobody is found by comparing editions between which facilities were sold, whoever's they are
counted as: those who had them on the day of any edition."""

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations

import numpy
import pytest

from services.ghg.aggregates import guard
from services.ghg.aggregates.editions import (
    Asker,
    Defined,
    Edition,
    in_force,
    set_told,
    stages,
    table_of,
)
from services.ghg.aggregates.owners import counted_as, sales_of
from services.ghg.aggregates.public import Verdict
from services.ghg.aggregates.sums import Entry
from tests.rules.coc.attack import PRIME, rank

from .aggregate_attack import Said
from .test_aggregate_attack import LEAST
from .test_aggregates import entry, names_of, some_apart
from .test_edition_attack import QUARTER, Comparing, World, changing, hears, read_by_one
from .test_editions import FIRST, POLICIES, SECOND

THIRD = date(2026, 9, 30)
Owners = Mapping[str, str]
"""The entity of each facility."""


def sold(one: Entry, to: Entry) -> Entry:
    """A facility that another entity has now."""
    return one._replace(entity_id=to.entity_id, member_id=to.member_id)


def told_of(asker: Asker, *editions: Sequence[Entry]) -> list[tuple[date | None, Verdict]]:
    """What somebody is told of each of its sets: the day of the edition, and whether it is."""
    days = (FIRST, SECOND, THIRD)
    some = [Edition(day, tuple(one)) for day, one in zip(days, editions, strict=False)]
    found = stages(some, POLICIES, asker, stages(some, POLICIES))
    told = [set_told(found, one.facilities) for one in asker.sets]
    return [(edition and edition.kept_on, verdict) for edition, verdict in told]


# --- examples ---


def test_a_set_is_not_told_once_a_sale_has_left_it_two_entities() -> None:
    """Its figures are there since the sale alone; the one that was sold has the same as before."""
    one, two, three, *rest = some_apart(8)
    asker = Asker(sets=(Defined(FIRST, names_of([one, two, three])),))
    ((on, verdict),) = told_of(asker, [one, *rest], [sold(one, two), two, three, *rest])
    assert (on, verdict.shown) == (None, False)
    ((on, verdict),) = told_of(asker, [one, *rest], [one, two, three, *rest])
    assert (on, verdict.shown) == (SECOND, True), "without the sale it is of three"


def test_a_set_that_was_told_before_a_sale_stays_told_as_of_then() -> None:
    some = some_apart(8)
    one, two, three, *rest = some
    asker = Asker(sets=(Defined(FIRST, names_of([one, two, three])),))
    ((on, verdict),) = told_of(asker, some, [sold(one, two), two, three, *rest])
    assert (on, verdict.shown) == (FIRST, True)


def test_a_row_goes_on_where_what_differs_is_of_two_entities_since_a_sale() -> None:
    """The new row less the old is what was corrected, and the two that came."""
    five = some_apart(5)
    corrected = entry("F00", intensity="14")._replace(
        entity_id=five[1].entity_id, member_id=five[1].member_id
    )
    came = [sold(entry("NEW1"), five[1]), sold(entry("NEW2"), five[2])]
    days = Edition(FIRST, tuple(five)), Edition(SECOND, (corrected, *five[1:], *came))
    (row,) = table_of(stages(days, POLICIES), ["region"])
    assert (row.edition, row.facilities) == (FIRST, 5)


def test_a_sum_of_which_buyer_and_seller_have_nearly_all_is_not_told() -> None:
    """Each has less than the policy's share of it, and the one that has both now has more."""
    large, larger = entry("L1", output="45000"), entry("L2", output="46000")
    some, rest = [entry("S1"), entry("S2"), entry("S3")], some_apart(8)
    asker = Asker(sets=(Defined(FIRST, names_of([large, larger, *some])),))
    before = [large, *rest]
    ((on, verdict),) = told_of(asker, before, [sold(large, larger), larger, *some, *rest])
    assert (on, verdict.shown) == (None, False)
    ((on, verdict),) = told_of(asker, before, [large, larger, *some, *rest])
    assert (on, verdict.shown) == (SECOND, True), "without the sale none has nearly all"


def test_entities_between_which_a_facility_went_count_as_one() -> None:
    first, second = entry("A"), entry("B")
    went = sold(first, second)._replace(facility_id="A@2")
    on = sold(first, entry("C"))._replace(facility_id="A@3")
    every = [first, second, went, on, entry("D")]
    assert counted_as(sales_of(every)) == {"E-A": "E-A", "E-B": "E-A", "E-C": "E-A"}


def test_sales_that_have_an_entity_in_common_make_all_of_theirs_one() -> None:
    every = [entry(name) for name in "ABCDE"]
    went = [
        sold(every[1], every[2])._replace(facility_id="B@2"),
        sold(every[3], every[4])._replace(facility_id="D@2"),
    ]
    assert set(counted_as(sales_of([*every, *went])).values()) == {"E-B", "E-D"}
    last = sold(every[4], every[0])._replace(facility_id="E@2")
    both = sold(every[0], every[2])._replace(facility_id="A@2")
    of = counted_as(sales_of([*every, *went, last, both]))
    assert of == {f"E-{name}": "E-A" for name in "ABCDE"}


def test_entities_between_which_a_facility_went_of_which_all_is_known_are_two() -> None:
    first, second = entry("A"), entry("B")
    sales = sales_of([first, second, sold(first, second)._replace(facility_id="A@2")])
    assert counted_as(sales, {"A", "A@2"}) == {}
    assert set(counted_as(sales, {"A@2"}).values()) == {"E-A"}, "as it was it is secret"


def test_a_sale_of_which_all_was_disclosed_makes_nobody_count_as_one() -> None:
    one, two, three, *rest = some_apart(8)
    another = sold(entry("NEW"), one)
    now = [sold(one, two), another, two, three, *rest]
    asker = Asker(sets=(Defined(FIRST, names_of([another, two, three])),))
    for disclosed, shown in ((frozenset[str](), False), (names_of([one]), True)):
        first = Edition(FIRST, (one, *rest), disclosed)
        days = first, Edition(SECOND, tuple(now), disclosed)
        found = stages(days, POLICIES, asker, stages(days, POLICIES))
        assert set_told(found, asker.sets[0].facilities)[1].shown is shown


# --- attacks ---


def with_sales(world: World, seed: int, many: int) -> World:
    """The same figures; before each further edition some facilities go to other entities."""
    dice = random.Random(seed)
    owner: dict[str, tuple[str, str]] = {}
    found = []
    for number, edition in enumerate(world.editions):
        ids = {one.facility_id: one for one in edition.entries}
        for name in dice.sample(sorted(ids), many) if number else ():
            buyer = dice.choice(edition.entries)
            owner[name] = owner.get(buyer.facility_id, (buyer.entity_id, buyer.member_id))
        whose = {name: owner.get(name, (one.entity_id, one.member_id)) for name, one in ids.items()}
        entries = tuple(
            one._replace(entity_id=whose[name][0], member_id=whose[name][1])
            for name, one in ids.items()
        )
        found.append(edition._replace(entries=entries))
    return World(tuple(found), world.sets)


def learned(said: Sequence[Said], owners: Owners) -> dict[tuple[str, ...], int]:
    """How many independent figures about entities, fewer than so many together, follow from what
    was said: of each such group, for which there are any."""
    rows = [one.about for one in said if one.about]
    columns = sorted({one for row in rows for one in row})
    matrix = numpy.array(
        [[row.get(column, 0) % PRIME for column in columns] for row in rows], dtype=numpy.int64
    ).reshape(len(rows), len(columns))
    matrix = numpy.unique(matrix, axis=0)
    whole = rank(matrix)
    of = [owners[facility] for facility, _ in columns]
    found = {}
    for some in combinations(sorted(set(owners.values())), LEAST - 1):
        left = rank(matrix[:, [at for at, one in enumerate(of) if one not in some]])
        if whole > left:
            found[some] = whole - left
    return found


def owners_on(editions: Sequence[Edition]) -> list[Owners]:
    """Who had which facility by each edition: as the last one through it has it, or the first one
    that has it at all."""
    found: list[Owners] = []
    later = {
        one.facility_id: one.entity_id for edition in editions[::-1] for one in edition.entries
    }
    for edition in editions:
        later = {**later, **{one.facility_id: one.entity_id for one in edition.entries}}
        found.append(later)
    return found


def new_of_few(world: World, asker: Asker, member: str = "") -> list[tuple[int, int]]:
    """What an edition tells of few that nothing before it told: its number, and that of the one by
    whose owners they are few. Asked is for everything there is, in each edition."""
    attacker = Comparing(world.editions, member, asker.facilities)
    owners = owners_on(world.editions)
    found = []
    for number, edition in enumerate(world.editions):
        before = list(attacker.said)
        today = edition.kept_on + timedelta(days=1)
        some = in_force(world.editions, today)
        everybody = stages(some, POLICIES)
        for until in (today, edition.kept_on + QUARTER):
            asked = asker._replace(sets=tuple(one for one in asker.sets if one.on <= until))
            own = asked != Asker()
            told = stages(some, POLICIES, asked, everybody) if own else everybody
            hears(attacker, told, asked)
        for by in range(number + 1):
            was, now = (learned(one, owners[by]) for one in (before, attacker.said))
            if any(many > was.get(group, 0) for group, many in now.items()):
                found.append((number, by))
    return found


@pytest.mark.parametrize("seed", range(500, 508))
def test_nobody_is_found_by_comparing_editions_with_sales(seed: int) -> None:
    assert new_of_few(with_sales(changing(seed, 12, 3), seed, 1), Asker()) == []


@pytest.mark.parametrize("seed", range(520, 524))
def test_nobody_is_found_by_comparing_editions_with_many_sales(seed: int) -> None:
    assert new_of_few(with_sales(changing(seed, 14, 3), seed, 3), Asker()) == []


@pytest.mark.parametrize("seed", range(540, 546))
def test_a_lender_finds_nobody_with_sets_and_sales(seed: int) -> None:
    world = with_sales(changing(seed, 12, 3), seed, 1)
    assert new_of_few(world, Asker(sets=world.sets)) == []


@pytest.mark.parametrize("seed", range(560, 564))
def test_who_may_read_figures_of_some_finds_no_other_by_sales(seed: int) -> None:
    world = with_sales(changing(seed, 15, 3), seed, 1)
    reads = read_by_one(world, seed)
    assert new_of_few(world, Asker(facilities=reads, sets=world.sets)) == []


def test_sales_find_somebody_where_each_figure_is_counted_to_its_first_owner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The attack has teeth."""

    monkeypatch.setattr(guard, "counted_as", lambda *asked: {})
    found = []
    for seed in range(500, 508):
        found += new_of_few(with_sales(changing(seed, 12, 3), seed, 1), Asker())
    assert found != []


def test_most_is_told_although_facilities_are_sold() -> None:
    """Of a year that grows: what is safe is not hidden with what is not."""
    every = some_apart(40)
    days = []
    for number, day in enumerate((FIRST, SECOND, THIRD)):
        now = list(every[: 20 + 10 * number])
        for at in range(number):
            now[at] = sold(now[at], now[at + 10])
        days.append(Edition(day, tuple(now)))
    (row,) = table_of(stages(days, POLICIES), ["region"])
    assert (row.edition, row.facilities) == (THIRD, 40)
