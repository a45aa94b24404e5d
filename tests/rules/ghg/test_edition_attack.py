"""Nobody's figures can be found by comparing days: all that one asker is told of a year in all its
editions, tables by every name, the curve and its own sets, added and subtracted at will."""

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

import pytest

from contracts.inventory import Scope
from services.ghg.aggregates.editions import (
    Asker,
    Defined,
    Edition,
    Stage,
    curve_told,
    in_force,
    set_told,
    stages,
    table_of,
)
from services.ghg.aggregates.emission_curve import portfolio, steps_of
from services.ghg.aggregates.owners import facility_of
from services.ghg.aggregates.public import Public, public, table
from services.ghg.aggregates.sums import Cell, Entry
from services.ghg.factors.curve import Curve
from services.ghg.plans.figures import Sums
from tests.rules.spec import policies_of

from .aggregate_attack import BESIDE, Attacker, Knowledge
from .aggregate_world import KINDS, MANY, a_world, facility
from .given import POLICY
from .test_aggregate_attack import EVERY_BY, LEAST

POLICIES = policies_of("ghg")
CURVE = Curve("flat", "A curve", "t CO2/t Al", ((2020, Decimal(10)), (2050, Decimal(10))))
FIRST = date(2026, 3, 31)
QUARTER = timedelta(days=90)


class Comparing(Attacker):
    """An attacker that compares editions: an amount that is as much as before is the same unknown,
    another one is another. What somebody disclosed, and its own, is no unknown."""

    def __init__(
        self, editions: Sequence[Edition], own: str = "", reads: frozenset[str] = frozenset()
    ) -> None:
        self.versions = {one.kept_on: one.entries for one in editions}
        self.open = {
            (entry.facility_id, edition.kept_on)
            for edition in editions
            for entry in edition.entries
            if entry.facility_id in edition.disclosed | reads or entry.member_id == own
        }
        every = [entry for one in editions for entry in one.entries]
        self.entities = list({one.facility_id: one for one in reversed(every)}.values())
        self.day = FIRST
        self.known = {
            unknown
            for facility_id, day in self.open
            for unknown in self._unknowns(facility_id, day).values()
        }
        super().__init__(self.entities)

    def _unknowns(self, facility_id: str, day: date) -> Mapping[str, tuple[str, str]]:
        (entry,) = (one for one in self.versions[day] if one.facility_id == facility_id)
        return {
            what: (facility_id, f"{what} {value.normalize()}")
            for what, value in amounts_of(entry).items()
        }

    def hears_of(self, day: date) -> None:
        """What comes next is of that edition."""
        self.day, self.world = day, self.versions[day]

    def _hears(self, value: Decimal | None, about: Knowledge) -> None:
        before = len(self.said)
        super()._hears(value, about)
        for at in range(before, len(self.said)):
            said = self.said[at]
            found: Knowledge = {}
            for (facility_id, what), many in said.about.items():
                unknown = self._unknowns(facility_id, self.day)[what]
                if unknown not in self.known:
                    found[unknown] = found.get(unknown, 0) + many
            self.said[at] = said._replace(about=found)

    def finds(self, least: int) -> list[tuple[str, ...]]:
        """Entities, fewer than so many together, about which something can be found."""
        self.world = self.entities
        return super().finds(least)


def amounts_of(entry: Entry) -> Mapping[str, Decimal]:
    """The amounts of a facility, as the attacker names them."""
    found = {f"{step} {scope}": kg / 1000 for (step, scope), kg in entry.sums.kg.items()}
    return {**found, "output": entry.output_t, "metal": entry.metal_t}


class World(NamedTuple):
    """A year in its editions, and the sets that a lender defines meanwhile."""

    editions: tuple[Edition, ...]
    sets: tuple[Defined, ...]


def changing(seed: int, count: int = 12, editions: int = 4) -> World:
    """A year of which figures come, are corrected and go; certificates too."""
    dice = random.Random(seed)
    now = {one.facility_id: one for one in a_world(seed, count)}
    disclosed = {one for one in now if dice.random() < 0.3}
    kept: list[Edition] = []
    sets: list[Defined] = []
    day = FIRST
    for _ in range(editions):
        kept.append(Edition(day, tuple(now[one] for one in sorted(now)), frozenset(disclosed)))
        some = frozenset(dice.sample(sorted(now), len(now) * 2 // 3))
        sets.append(Defined(day + timedelta(days=dice.randrange(91)), some))
        sets.append(Defined(sets[-1].on, some - {dice.choice(sorted(some))}))
        day += QUARTER
        disclosed = moved(now, disclosed, dice)
    return World(tuple(kept), tuple(sets))


def moved(now: dict[str, Entry], disclosed: set[str], dice: random.Random) -> set[str]:
    """Some are changed, one goes, some come. What is disclosed is so from its first day on."""
    changed = dice.sample(sorted(now), dice.choice((1, 2, 4)))
    for one in changed:
        before = now[one]
        if dice.random() < 0.3:
            now[one] = before._replace(certified=not before.certified)
        else:
            now[one] = before._replace(sums=corrected(before.sums, dice))
            disclosed = disclosed - {one}
    if dice.random() < 0.5:
        del now[dice.choice(sorted(now))]
    for _ in range(dice.choice((1, 1, 2, 4))):
        number = dice.randint(100, 999)
        kind = dice.choices(list(KINDS), MANY)[0]
        country = dice.choice(("NO", "FR", "AU", "CN"))
        new = facility(number, kind, country, dice.randrange(12), dice)
        now[new.facility_id] = new
    return disclosed & now.keys()


def corrected(sums: Sums, dice: random.Random) -> Sums:
    """An amount is another, and so is what the metal gave off where it goes through that step; or
    the output is."""
    if sums.primary and dice.random() < 0.2:
        return sums._replace(primary=sums.primary._replace(tonnes=sums.primary.tonnes + 3))
    at = dice.choice(sorted(sums.kg))
    more = Decimal(dice.randint(1_000, 90_000))
    kg = {**sums.kg, at: sums.kg[at] + more}
    if sums.primary is None or at[1] is Scope.POWER_LOCATION or at[0] in BESIDE:
        return sums._replace(kg=kg)
    metal = sums.primary._replace(emission_t=sums.primary.emission_t + more / 1000)
    return sums._replace(kg=kg, primary=metal)


def compared(world: World, asker: Asker, member: str = "") -> Comparing:
    """Somebody who asks in each edition for everything there is, as it is answered then."""
    attacker = Comparing(world.editions, member, asker.facilities)
    for edition in world.editions:
        today = edition.kept_on + timedelta(days=1)
        some = in_force(world.editions, today)
        everybody = stages(some, POLICIES)
        for until in (today, edition.kept_on + QUARTER):
            asked = asker._replace(sets=tuple(one for one in asker.sets if one.on <= until))
            own = asked != Asker()
            found = stages(some, POLICIES, asked, everybody) if own else everybody
            hears(attacker, found, asked)
    return attacker


def hears(attacker: Comparing, found: Sequence[Stage], asker: Asker) -> None:
    """All that is told by some editions."""
    for by in EVERY_BY:
        for cell in table_of(found, by):
            if cell.suppressed:
                assert cell == Cell(cell.key, True)
                continue
            assert cell.edition is not None
            attacker.hears_of(cell.edition)
            attacker.hears_table([replaced(cell)])
    day, pools = curve_told(found)
    if day is not None:
        attacker.hears_of(day)
        plain = [pool._replace(entries=tuple(map(unversioned, pool.entries))) for pool in pools]
        attacker.hears_curve(steps_of(plain))
    for one in asker.sets:
        edition, verdict = set_told(found, one.facilities)
        if edition is not None:
            attacker.hears_of(edition.kept_on)
            view = portfolio(2025, one.facilities, edition.entries, verdict, CURVE)
            attacker.hears_set(view, one.facilities)


def replaced(cell: Cell) -> Cell:
    """A row as it is told of its edition alone."""
    return cell._replace(edition=None)


def unversioned(entry: Entry) -> Entry:
    """A facility under its own id."""
    return entry._replace(facility_id=facility_of(entry.facility_id))


@pytest.mark.parametrize("seed", range(8))
def test_nobody_is_found_by_comparing_editions(seed: int) -> None:
    assert compared(changing(seed), Asker()).finds(LEAST) == []


@pytest.mark.parametrize("seed", range(20, 28))
def test_a_lender_finds_nobody_with_sets_that_differ_by_one_over_editions(seed: int) -> None:
    world = changing(seed)

    attacker = compared(world, Asker(sets=world.sets))

    assert attacker.finds(LEAST) == []


@pytest.mark.parametrize("seed", range(40, 44))
def test_a_member_finds_no_other_with_its_own_figures_and_sets(seed: int) -> None:
    world = changing(seed)
    member = world.editions[0].entries[0].member_id

    attacker = compared(world, Asker(own=frozenset({member}), sets=world.sets), member)

    assert attacker.finds(LEAST) == []


def read_by_one(world: World, seed: int) -> frozenset[str]:
    """A third of the facilities, whose figures somebody may read."""
    every = sorted({one.facility_id for edition in world.editions for one in edition.entries})
    return frozenset(random.Random(seed).sample(every, len(every) // 3))


@pytest.mark.parametrize("seed", range(60, 66))
def test_who_may_read_figures_of_some_finds_no_other(seed: int) -> None:
    """A verifier, of the results that it verified; an audit firm, of the facilities it audits."""
    world = changing(seed, 15)
    reads = read_by_one(world, seed)

    attacker = compared(world, Asker(facilities=reads, sets=world.sets))

    assert attacker.finds(LEAST) == []


def test_who_may_read_figures_of_some_finds_another_in_what_everybody_is_told() -> None:
    """Why it is told less than others: the attack has teeth."""
    found = []
    for seed in range(60, 66):
        world = changing(seed, 15)
        attacker = Comparing(world.editions, reads=read_by_one(world, seed))
        hears(attacker, stages(world.editions, POLICIES), Asker())
        found += attacker.finds(LEAST)

    assert found != []


def test_two_looks_without_the_guard_find_somebody() -> None:
    """The attack has teeth: each edition is safe by itself, and told as if it were the only one."""
    world = changing(1, 20)
    attacker = Comparing(world.editions)
    for edition in world.editions:
        told: Public = public(edition.entries, POLICY)
        attacker.hears_of(edition.kept_on)
        for by in EVERY_BY:
            attacker.hears_table(table(edition.entries, by, told))

    assert attacker.finds(LEAST) != []


@pytest.mark.parametrize("seed", range(4))
def test_what_an_edition_told_is_told_the_same_when_there_are_more(seed: int) -> None:
    world = changing(seed, 18)
    every = stages(world.editions, POLICIES)

    for many in range(1, len(world.editions)):
        first = stages(world.editions[:many], POLICIES)
        for one, other in zip(first, every[:many], strict=True):
            assert (one.told.cells, one.told.pools) == (other.told.cells, other.told.pools)


def test_a_world_that_grows_is_told_anew() -> None:
    """Editions are not only the first one: a year that doubles is told nearly whole again."""
    dice = random.Random(3)
    every = [
        facility(at, "smelter", dice.choice(("NO", "FR", "AU", "CN")), at, dice) for at in range(60)
    ]
    editions = (Edition(FIRST, tuple(every[:30])), Edition(FIRST + QUARTER, tuple(every)))

    found = stages(editions, POLICIES)
    rows = table_of(found, ["region"])
    day, pools = curve_told(found)

    assert all(row.edition == FIRST + QUARTER for row in rows)
    assert sum(row.facilities or 0 for row in rows) == 60
    assert day == FIRST + QUARTER
    assert sum(len(pool.entries) for pool in pools) > 50
