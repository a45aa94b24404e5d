"""What editions told goes on being told: who has them reckoned anew, after a restart or by a later
build, is told the same numbers. What may be told is found in an order and within limits that decide
it; so what is made quicker must decide alike."""

import hashlib
import random
from datetime import date
from decimal import Decimal

import pytest

from services.ghg.aggregates.editions import EVERYBODY, Asker, Defined, Edition, Stage, stages
from services.ghg.aggregates.forms import Forms
from services.ghg.aggregates.sums import Entry
from tests.rules.spec import policies_of

from .aggregate_world import a_world

POLICIES = policies_of("ghg")
DAYS = (date(2025, 3, 31), date(2025, 6, 30), date(2025, 9, 30), date(2025, 12, 31))


def moved(world: list[Entry], seed: int, share: float) -> list[Entry]:
    """The same, some of them with other figures."""
    dice = random.Random(seed)
    return [_times(one, dice.randint(90, 110)) if dice.random() < share else one for one in world]


def _times(one: Entry, percent: int) -> Entry:
    by, metal = Decimal(percent) / 100, one.sums.primary
    kg = {at: amount * by for at, amount in one.sums.kg.items()}
    made = metal and metal._replace(emission_t=metal.emission_t * by)
    return one._replace(sums=one.sums._replace(kg=kg, primary=made))


def a_year(seed: int, count: int) -> list[Edition]:
    """Editions of a year in which some come, some go, some change, and some are disclosed."""
    world = a_world(seed, count)
    every = [
        world[: count * 4 // 5],
        moved(world, seed + 1, 0.15),
        moved(world, seed + 2, 0.3),
        moved(world, seed + 2, 0.3)[count // 10 :],
    ]
    return [
        Edition(day, tuple(some), _disclosed(some) if number > 1 else frozenset())
        for number, (day, some) in enumerate(zip(DAYS, every, strict=True))
    ]


def _disclosed(some: list[Entry]) -> frozenset[str]:
    return frozenset(one.facility_id for one in some if int(one.facility_id[1:]) % 9 == 0)


def askers(seed: int, count: int) -> list[Asker]:
    """A member, a lender, one who is both, and an audit firm."""
    world, dice = a_world(seed, count), random.Random(seed)
    making = [one.facility_id for one in world if one.output_t > 0]
    sets = [
        Defined(
            date(2025, 2 + 3 * (number % 3), 1),
            frozenset(dice.sample(making, max(1, len(making) // (2 + number % 3)))),
        )
        for number in range(5)
    ]
    sets.sort(key=lambda one: one.on)
    return [
        Asker(own=frozenset({"M0", "M3"})),
        Asker(sets=tuple(sets)),
        Asker(own=frozenset({"M1"}), sets=tuple(sets[:2])),
        Asker(facilities=frozenset(one.facility_id for one in world[:3])),
    ]


def said(told: tuple[Stage, ...]) -> list[object]:
    """All that is told, as plain words."""
    return [
        (
            str(one.edition.kept_on),
            sorted((names, key, sorted(may)) for (names, key), may in one.told.cells.items()),
            [([of.facility_id for of in pool.entries], pool.certified) for pool in one.told.pools],
            sorted((sorted(of), tuple(verdict)) for of, verdict in one.sets.items()),
        )
        for one in told
    ]


@pytest.mark.parametrize(
    ("seed", "count", "mark"),
    [(1, 18, "35cb9df5ce36fa2c"), (6, 30, "ab9a08959f1bcc0f"), (3, 60, "74fb10a4aa7357a7")],
)
def test_what_a_build_before_told_of_a_year_is_told_still(seed: int, count: int, mark: str) -> None:
    """The marks are those of the first build that told editions."""
    editions = a_year(seed, count)
    everybody = stages(editions, POLICIES)
    told = [said(everybody)]
    told += [said(stages(editions, POLICIES, one, everybody)) for one in askers(seed, count)]
    assert hashlib.sha256(repr(told).encode()).hexdigest()[:16] == mark


def test_numbers_of_facilities_are_looked_at_once_for_all_askers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    editions = a_year(1, 18)
    everybody = stages(editions, POLICIES)
    made: list[Forms] = []
    monkeypatch.setattr(
        "services.ghg.aggregates.editions.Forms", lambda *_: made.append(everybody[0].ground.forms)
    )
    found = stages(editions, POLICIES, askers(1, 18)[0], everybody)
    assert not made
    assert [one.ground for one in found] == [one.ground for one in everybody]


def test_who_knows_nothing_is_told_what_everybody_is() -> None:
    editions = a_year(6, 30)
    everybody = stages(editions, POLICIES)
    assert said(stages(editions, POLICIES, EVERYBODY, everybody)) == said(everybody)
