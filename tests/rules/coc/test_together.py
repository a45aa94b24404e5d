"""Movements that a file brings are booked together as they would be one by one."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from contracts.catalog import CATALOG
from contracts.coc import MovementBooked
from contracts.coc_movements import MovementsBooked, apart
from contracts.custody import Carried, FootprintWords, Lot, Origin
from contracts.envelope import Event
from contracts.values import Activity
from infra.errors import Refused
from services.coc_ledger.accounting.accounts import NOTHING
from services.coc_ledger.accounting.footprint import Footprint
from services.coc_ledger.accounting.together import BookMovements, Plain, alone
from services.coc_ledger.evidence import PoolKnown
from services.coc_ledger.exports.export_rows import EXPORTS
from services.coc_ledger.pools import pool
from services.coc_ledger.pools.commands import ApplyChange, BookLoss, CountStock, DeliveryChange
from services.coc_ledger.pools.state import Pool
from services.coc_ledger.rows import PROJECTIONS, movement_of
from tests.rules.coc.given import (
    DAY,
    KEY,
    POLICIES,
    TODAY,
    YEAR,
    receive,
    scope_seen,
    scrap,
    ship,
    where,
)
from tests.rules.coc.told import recorded
from tests.rules.coc.world import line
from tests.simulation.inmemory import Reader

WORDS = {"boundary": "cradle-to-gate", "method": "iso-14067", "period": "2025", "verifier": "V-9"}
TOLD = Footprint.model_validate(
    {"intensity_kgco2e_per_kg": "4.567", "pre_consumer_percent": "7.5", **WORDS}
)
FEW = some.integers(1, 6).map(lambda number: f"M-{number}")
MANY = some.integers(1, 10**6).map(lambda number: f"M-{number}")
KG = some.integers(1, 50_000)
DAYS = some.sampled_from((YEAR, DAY, TODAY, TODAY + timedelta(days=1)))


def plain(movement_id: str, kg: int, what: str, **changed: Any) -> Plain:
    match what:
        case "bought":
            return receive(movement_id, kg, supplier_id="NEW", diligence=(), **changed)
        case "told":
            return receive(movement_id, kg, footprint=TOLD, **changed)
        case "scrap":
            return scrap(movement_id, kg, **changed)
        case "unproven":
            return scrap(movement_id, kg, origin_ref=None, **changed)
        case "dross":
            return receive(movement_id, kg, Origin.DROSS, **changed)
        case "mine":
            return receive(movement_id, kg, Origin.OWN_MINE, **changed)
        case "ship":
            return ship(movement_id, kg, **changed)
        case "ship scrap":
            return ship(movement_id, kg, Lot.SCRAP, **changed)
        case "loss":
            return BookLoss(movement_id=movement_id, mass_kg=kg, **where(**changed))
        case _:
            return CountStock(movement_id=movement_id, counted_kg=kg, **where(**changed))


WHAT = some.sampled_from(
    ("bought", "told", "scrap", "unproven", "dross", "mine", "ship", "ship scrap", "loss", "count")
)
ROWS = some.lists(
    some.builds(
        plain,
        some.one_of(FEW, MANY),
        KG,
        WHAT,
        day=DAYS,
        contractor_id=some.none(),
        scope=some.just(scope_seen(activities=(Activity.CASTHOUSE, Activity.SMELTING))),
        activity=some.sampled_from((None, *Activity)),
    )
    | some.builds(plain, some.one_of(FEW, MANY), KG, WHAT, day=DAYS, contractor_id=some.none())
    | some.builds(plain, MANY, KG, WHAT, day=DAYS, contractor_id=some.just("nobody")),
    max_size=12,
)


def together(rows: Sequence[Plain], state: Pool, through: int = 0) -> tuple[list[Event], Pool]:
    """What is booked of some rows at once, and the pool afterwards."""
    command = BookMovements(
        on=TODAY,
        pool=KEY,
        member_id="M-1",
        content="rows",
        through=through,
        lines=tuple(line(one) for one in rows),
    )
    events = list(pool.decide(command, state, POLICIES))
    for event in events:
        known = CATALOG.decode(event.TYPE, CATALOG.encode(event))
        assert known == event
        assert not event.AS_WRITTEN or repr(known) == repr(event)
        state = pool.evolve(state, known)  # type: ignore[arg-type]  # one of the pool's
    return events, state


def one_by_one(rows: Sequence[Plain | ApplyChange], state: Pool) -> tuple[list[Event], Pool]:
    """The same rows each by itself; the refused ones are left out."""
    found: list[Event] = []
    for command in rows:
        try:
            events = pool.decide(command, state, POLICIES)
        except Refused:
            continue
        for event in events:
            found.append(event)
            state = pool.evolve(state, event)  # type: ignore[arg-type]  # one of the pool's
    return found, state


def rows_of(events: Sequence[Event]) -> dict[str, dict[str, Any]]:
    """What all read models have of some events, but for versions and how a movement was kept."""
    found: dict[str, dict[str, Any]] = {}
    for projections in (PROJECTIONS, EXPORTS.projections):
        reader = Reader(EXPORTS._replace(projections=tuple(projections)))
        for one in recorded(*events, stream=KEY.stream):
            reader.apply(one)
        found |= reader.rows
    found["pools"] = {key: row._replace(version=0) for key, row in found["pools"].items()}
    found["movements"] = {
        key: (*row[:-2], movement_of(row)) for key, row in found["movements"].items()
    }
    return found


def delivery() -> ApplyChange:
    """A delivery of metal whose footprint is known in part."""
    carried = Carried(known_kg=700, emission_kgco2e=Decimal(7), partial_kgco2e=Decimal("12.345"))
    change = DeliveryChange(
        movement_id="document:1:D-1",
        action="book",
        day=YEAR,
        received_kg=9_000,
        coc_kg=9_000,
        carried=carried,
        document="D-1",
    )
    return ApplyChange(
        on=TODAY, pool=KEY, member_id="M-1", ends_on=date(2026, 12, 31), delivery=change
    )


@settings(max_examples=20, deadline=None)
@given(ROWS, ROWS, some.booleans())
def test_together_is_as_one_by_one(
    before: list[Plain], rows: list[Plain], partly_known: bool
) -> None:
    first, state = one_by_one([*before, *[delivery()] * partly_known], pool.INITIAL)
    singly, expected = one_by_one(rows, state)
    many, found = together(rows, state)
    assert (found.days, found.member_id, found.ends_on) == (
        expected.days,
        expected.member_id,
        expected.ends_on,
    )
    for account in expected.books.keys() | found.books.keys():
        assert found.books.get(account, NOTHING) == expected.books.get(account, NOTHING)
    pieces = [piece.event for one in recorded(*many) for piece in apart(one)]
    assert [one for one in pieces if isinstance(one, MovementBooked)] == [
        one for one in singly if isinstance(one, MovementBooked)
    ]
    assert rows_of([*first, *many]) == rows_of([*first, *singly])


@settings(max_examples=10, deadline=None)
@given(ROWS)
def test_a_row_that_was_booked_is_left_out(rows: list[Plain]) -> None:
    events, state = together(rows, pool.INITIAL)
    again, after = together(rows, state)
    assert again == []
    assert after == state
    booked = {one.movement_id for one in pieces_of(events)}
    for row in rows:
        if row.movement_id in booked:
            assert one_by_one([row], state)[1].version in (state.version,)


def pieces_of(events: Sequence[Event]) -> list[MovementBooked]:
    found = [piece.event for one in recorded(*events) for piece in apart(one)]
    return [one for one in found if isinstance(one, MovementBooked)]


def test_a_line_alone_is_the_command_that_it_was_read_from() -> None:
    for command in (scrap("A", 7), ship("B", 8), plain("C", 9, "loss"), plain("D", 1, "count")):
        assert alone(line(command)) == command


def test_nothing_is_booked_where_rows_do_not_know_what_a_pool_forgot() -> None:
    _, state = together([ship("A", 1)], pool.INITIAL)
    behind = state._replace(recent=state.recent._replace(forgotten=7))
    assert together([ship("B", 1)], behind, through=6)[0] == []
    assert len(together([ship("B", 1)], behind, through=7)[0]) == 1
    known = PoolKnown(through=6)
    slug = ""
    try:
        pool.decide(ship("B", 1, known=known), behind, POLICIES)
    except Refused as refused:
        slug = refused.slug
    assert slug == "ledger-ahead"


def test_columns_that_do_not_belong_together_are_not_read() -> None:
    events, _ = together([ship("A", 1), ship("B", 2)], pool.INITIAL)
    event = events[-1]
    assert isinstance(event, MovementsBooked)
    data = CATALOG.encode(event)
    for broken in (data.replace(b'"kg":[1,2]', b'"kg":[1]'), data.replace(b'"A","B"', b'"A","A"')):
        assert broken != data
        try:
            CATALOG.decode(event.TYPE, broken)
        except ValueError:
            continue
        raise AssertionError(broken)


def test_a_supplier_s_words_and_the_proof_of_origin_stay_with_each_movement() -> None:
    rows: list[Plain] = [
        receive("M-1", 10, footprint=TOLD),
        scrap("M-2", 20, origin_ref="note-7"),
        ship("M-3", 5),
    ]
    events, _ = together(rows, pool.INITIAL)
    alone_ones, _ = one_by_one(rows, pool.INITIAL)
    booked = [one for one in events if isinstance(one, MovementsBooked)]
    kept = [(one.origin_ref, one.told) for event in booked for one in event.movements()]
    assert kept == [(None, FootprintWords(**WORDS)), ("note-7", None), (None, None)]
    singly = [one for one in alone_ones if isinstance(one, MovementBooked)]
    assert kept == [(one.origin_ref, one.told) for one in singly]


def test_the_row_of_a_movement_shows_them_however_it_came() -> None:
    rows = [receive("M-1", 10, footprint=TOLD), scrap("M-2", 20, origin_ref="note-7")]
    for book in (together, one_by_one):
        events, _ = book(rows, pool.INITIAL)
        reader = Reader(EXPORTS._replace(projections=PROJECTIONS))
        for one in recorded(*events):
            reader.apply(one)
        shown = [movement_of(row) for _, row in sorted(reader.rows["movements"].items())]
        assert [one["told"] for one in shown] == [WORDS, None]
        assert [one["origin_ref"] for one in shown] == [None, "note-7"]


def test_an_event_holds_fewer_movements_where_it_says_how_footprints_were_found() -> None:
    for more, most in (
        ({"footprint": TOLD}, 200),
        ({"activity": Activity.CASTHOUSE}, 400),
        ({}, 400),
    ):
        rows: list[Plain] = [receive(f"M-{at}", 1, **more) for at in range(401)]
        events, _ = together(rows, pool.INITIAL)
        sizes = [len(one.movement_ids) for one in events if isinstance(one, MovementsBooked)]
        assert (sizes[0], sum(sizes)) == (most, 401)
