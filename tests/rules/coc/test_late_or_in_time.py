"""Late or in time, the stock's average is the same: movements are booked in any order of days, and
what the stock carries then is worked out here from the rule alone (decisions/0010), in fractions:
on each day comes what came, with the step's own emissions, is lost what was lost, leaves what left.
Nothing is lost on the way, and no metal is more than metal."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as some

from contracts.custody import Account, Lot
from infra.errors import Refused
from services.coc_ledger.accounting.accounts import NOTHING, Amount
from services.coc_ledger.pools import pool
from services.coc_ledger.pools.commands import BookLoss, BookProcessEmissions
from services.coc_ledger.pools.late import ShareLate
from services.coc_ledger.pools.state import Pool, PoolEvent
from tests.rules.coc.given import (
    KEY,
    POLICIES,
    TODAY,
    balanced,
    claim,
    receive,
    scrap,
    ship,
    where,
)

FIRST = date(2026, 3, 1)
MOST = 14
ROUNDING = MOST
"""Kilograms, or grams: each movement rounds one of either at most."""


class Move(NamedTuple):
    """`in`, `scrap` and `unknown` came, `step` grams were given off, `lost`, `out` and `as scrap`
    went."""

    day: int
    word: str
    kg: int


DAYS = some.integers(0, 5)
CAME = some.builds(Move, DAYS, some.sampled_from(("in", "scrap")), some.integers(1, 5_000))
UNKNOWN = some.builds(Move, DAYS, some.just("unknown"), some.integers(1, 5_000))
WENT = some.builds(
    Move, DAYS, some.sampled_from(("lost", "out", "as scrap")), some.integers(1, 3_000)
)
STEP = some.builds(Move, DAYS, some.just("step"), some.integers(1, 900))
ORDER = ("in", "scrap", "unknown", "step", "lost", "out", "as scrap")


def in_time(moves: Iterable[Move]) -> list[Move]:
    """In the order of days; what cannot have left, since it was not there, is left out."""
    there, kept = 0, list[Move]()
    for move in sorted(moves, key=lambda one: (one.day, ORDER.index(one.word))):
        if move.word in ("in", "scrap", "unknown"):
            there += move.kg
        elif move.word == "step":
            if not there:
                continue
        elif move.kg >= there:
            continue
        else:
            there -= move.kg
        kept.append(move)
    return kept


def mixed(moves: Sequence[tuple[int, Move]], chance: Any) -> list[tuple[int, Move]]:
    """Booked in any order of days; those of one day as they came."""
    days = [move.day for _, move in moves]
    chance.shuffle(days)
    waiting = {day: iter([one for one in moves if one[1].day == day]) for day in set(days)}
    return [next(waiting[day]) for day in days]


def by_the_rule(moves: Sequence[Move]) -> tuple[Fraction, Fraction, Fraction]:
    """Mass, kg CO2e and post-consumer scrap of the stock. Losses leave their emissions behind; the
    step's own are on all that left since those before them, and on what is there by then."""
    kg = grams = post = Fraction(0)
    steps, left = dict[int, int](), dict[int, tuple[int, Fraction]]()
    for day, word, much in moves:
        out = left.get(day, (0, kg))[0]
        if word == "step":
            steps[day] = steps.get(day, 0) + much
        elif word in ("in", "scrap"):
            kg += much
        else:
            kg -= much
            out += much if word != "lost" else 0
        left[day] = (out, kg)
    rest, since = dict[int, Fraction](), -1
    for day in sorted(steps):
        gone = sum(out for one, (out, _) in left.items() if since < one <= day)
        rest[day], since = steps[day] * left[day][1] / (gone + left[day][1]), day
    kg = Fraction(0)
    for number, (day, word, much) in enumerate(moves):
        if word in ("in", "scrap"):
            kg += much
            grams += much * Fraction("10" if word == "in" else "0.7")
            post += much if word == "scrap" else 0
        elif word != "step":
            stays = 1 - Fraction(much) / kg
            kg, post = kg - much, post * stays
            grams = grams if word == "lost" else grams * stays
        if number + 1 == len(moves) or moves[number + 1].day != day:
            grams += rest.get(day, 0)
    return kg, grams, post


def booked(moves: Sequence[tuple[int, Move]], claims: Sequence[int] = ()) -> Pool:
    """A pool in which they were booked in that order; after some of them a document claims a part
    of what waits. At last what came late is shared, as the reaction has it."""
    state: Pool = pool.INITIAL
    for number, move in moves:
        state = after(state, command(number, move))
        if number in claims:
            waits = state.books.get(Account.OUTFLOW, NOTHING).kg
            state = after(state, claim(f"D-{number}", max(1, waits // 2), day=day_of(move)))
    return after(state, ShareLate(on=TODAY, pool=KEY))


def after(state: Pool, wanted: Any) -> Pool:
    """With a command; as it was where that is refused."""
    try:
        events = pool.decide(wanted, state, POLICIES)
    except Refused:
        assert wanted.NAME == "designate_output"
        return state
    for event in events:
        assert isinstance(event, PoolEvent)
        state = pool.evolve(state, event)
    return state


def day_of(move: Move) -> date:
    return FIRST + timedelta(days=move.day)


def command(number: int, move: Move) -> Any:
    name, on = f"M-{number}", dict[str, Any](day=day_of(move))
    match move.word:
        case "in":
            told: dict[str, Any] = {"footprint": {"intensity_kgco2e_per_kg": "10"}}
            return receive(name, move.kg, **told, **on)
        case "scrap":
            told = {"footprint": {"intensity_kgco2e_per_kg": "0.7"}}
            return scrap(name, move.kg, **told, **on)
        case "unknown":
            return receive(name, move.kg, **on)
        case "step":
            off = Decimal(move.kg)
            return BookProcessEmissions(movement_id=name, emission_kgco2e=off, **where(**on))
        case "lost":
            return BookLoss(movement_id=name, mass_kg=move.kg, **where(**on))
        case _:
            lot = Lot.PRODUCT if move.word == "out" else Lot.SCRAP
            return ship(name, move.kg, lot, **on)


def near(found: Amount, wanted: tuple[Fraction, Fraction, Fraction]) -> None:
    kg, emission, post = wanted
    assert found.kg == kg
    assert abs(found.known_kg - kg) <= ROUNDING
    assert abs(found.post_kg - post) <= ROUNDING
    assert abs(found.emission_g + found.partial_g - emission * 1000) <= ROUNDING


@settings(max_examples=60, deadline=None)
@given(
    some.lists(some.one_of(CAME, CAME, WENT, STEP), min_size=2, max_size=MOST),
    some.randoms(use_true_random=False),
    some.lists(some.integers(0, 13), max_size=3),
)
def test_late_or_in_time_the_stock_is_the_same(
    moves: list[Move], chance: Any, claims: list[int]
) -> None:
    ordered = list(enumerate(in_time(moves)))
    shuffled = mixed(ordered, chance)
    wanted = by_the_rule([move for _, move in ordered])
    for order, some_claims in ((ordered, ()), (shuffled, ()), (shuffled, claims)):
        state = booked(order, some_claims)
        assert balanced(state)
        near(state.books.get(Account.STOCK, NOTHING), wanted)


@settings(max_examples=300, deadline=None)
@given(some.lists(some.one_of(CAME, WENT, STEP), min_size=2, max_size=5), DAYS, some.integers(1, 5))
def test_where_one_movement_alone_comes_late_the_stock_is_the_same(
    moves: list[Move], day: int, by: int
) -> None:
    """The last one of a day, behind some of later days: no other brings the days in order."""
    ordered = list(enumerate(in_time([Move(0, "in", 5_000), *moves])))
    wanted = by_the_rule([move for _, move in ordered])
    until = [one for one in ordered if one[1].day <= day]
    rest, late, then = until[:-1], until[-1:], ordered[len(until) :]
    state = booked(rest + then[:by] + late + then[by:])
    assert balanced(state)
    near(state.books[Account.STOCK], wanted)


@settings(max_examples=150, deadline=None)
@given(
    some.lists(some.one_of(CAME, UNKNOWN, WENT, STEP), min_size=2, max_size=8),
    some.randoms(use_true_random=False),
)
def test_late_or_in_time_the_same_part_of_the_metal_is_wholly_known(
    moves: list[Move], chance: Any
) -> None:
    """Metal of which nothing is known takes of the step's own emissions what is known in part. In
    tonnes: known metal is kept in whole kilograms, each of which bears less than a gram of it."""
    tonnes = [one if one.word == "step" else one._replace(kg=one.kg * 1000) for one in moves]
    ordered = list(enumerate(in_time(tonnes)))
    never_late, late = booked(ordered), booked(mixed(ordered, chance))
    for account in (Account.STOCK, Account.OUTFLOW, Account.OUTFLOW_SCRAP):
        was, held = (one.books.get(account, NOTHING) for one in (never_late, late))
        pairs = zip(was, held, strict=True)
        assert all(abs(one - other) <= ROUNDING for one, other in pairs), account


@settings(max_examples=60, deadline=None)
@given(
    some.lists(some.one_of(CAME, CAME, WENT), min_size=2, max_size=MOST),
    some.randoms(use_true_random=False),
    some.lists(some.integers(0, 13), max_size=3),
)
def test_no_lot_is_more_scrap_than_metal_and_none_is_dirtier_than_its_dirtiest_source(
    moves: list[Move], chance: Any, claims: list[int]
) -> None:
    ordered = list(enumerate(one for one in in_time(moves) if one.word != "lost"))
    state = booked(mixed(ordered, chance), claims)
    for account in (Account.STOCK, Account.OUTFLOW, Account.OUTFLOW_SCRAP):
        held = state.books.get(account, NOTHING)
        assert 0 <= held.post_kg <= held.kg
        assert 0 <= held.known_kg <= held.kg
        assert 0 <= held.emission_g + held.partial_g <= held.kg * 10_000
