"""Movements of one pool booked together: the same as one by one, at a small part of the cost. Pure.

Rows of a file differ in little. What rows have in common is a `Ground`: it is checked once, by the
rules of a booking alone, and each row then only moves its mass. A row that cannot be booked so (its
ground is refused, its id was used) is left out: whoever asked asks for it alone, and is told why.
Rules: sources.md 5.3.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from operator import attrgetter
from typing import Annotated, ClassVar, NamedTuple, assert_never

from pydantic import BaseModel, SkipValidation

from contracts.canonical import canonical_json
from contracts.catalog import MAX_EVENT_BYTES
from contracts.coc import PoolOpened
from contracts.coc_movements import MOST_GRAMS, RARE, MovementsBooked, added_up
from contracts.custody import (
    MOST_KG,
    ZERO,
    Account,
    FootprintWords,
    MovementKind,
    Origin,
    PoolKey,
    Remark,
)
from contracts.values import Activity, Id, MemberId
from infra.decider import Command
from infra.errors import Refused
from infra.policy import Policies, Policy
from services.coc_ledger.pools.commands import BookLoss, CountStock, ReceiveMaterial, ShipMaterial
from services.coc_ledger.pools.recent import movement_key, used_of
from services.coc_ledger.pools.state import Pool

from . import accounts, booking
from .accounts import GRAMS, Amount, held
from .bounds import within
from .footprint import told_amount, words_of

Plain = ReceiveMaterial | ShipMaterial | BookLoss | CountStock
PLAIN = (ReceiveMaterial, ShipMaterial, BookLoss, CountStock)
"""Bookings that move one amount from one account to another, and that nothing else rests on."""
ready_by = attrgetter("scope_id", "member_id", "stage", "day", "on", "contractor_id", "activity")
"""What, with the kind of booking and the scope as it is known, says whether a day can be booked."""
MOST = 400
"""Movements in one event; fewer where it would have more bytes than an event may have."""
MOST_TOLD = 200
"""The same where it says how footprints were found."""
COLUMNS = tuple(MovementsBooked.model_fields)[2:]
"""What a row says, in order: it has the event's columns, without pool and member."""
TOLD_AT = COLUMNS.index("told")
LEFT_BYTES = 400
"""More than all else that a row says can be: numbers, a day, a digest, words of fixed lists."""
HEAD_BYTES = 2_000
"""More than the names of the columns, the pool and its member."""
Opening = Callable[[Plain, Pool, Policies], tuple[Sequence[PoolOpened], Policy]]
"""What must hold before anything is booked: Refused, or the opening of a pool and the policy."""


class Ground(NamedTuple):
    """What rows have in common: all of the command but movement, mass, proof of origin and
    customer."""

    like: Plain


class Line(NamedTuple):
    """A row: its movement, the digest of what was asked, its mass, the proof of its origin, its
    customer."""

    movement_id: str
    digest: str
    kg: int
    proof: str | None
    party: str | None
    ground: Ground


def alone(line: Line) -> Plain:
    """The row as a command of its own."""
    like = line.ground.like
    said: dict[str, object] = {"movement_id": line.movement_id}
    said["counted_kg" if isinstance(like, CountStock) else "mass_kg"] = line.kg
    if isinstance(like, ReceiveMaterial):
        said["origin_ref"] = line.proof
    if isinstance(like, ShipMaterial):
        said["customer_id"] = line.party
    return like.model_copy(update=said)


class BookMovements(Command):
    """Ours, when a file is read: book these movements of a pool. `through` is the version of the
    pool through which it was looked up that their ids are not used; `content` is a digest of all
    that they say."""

    NAME: ClassVar[str] = "book_movements"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "lines", "through"})
    pool: PoolKey
    member_id: MemberId
    content: Id
    through: int
    lines: Annotated[tuple[Line, ...], SkipValidation]

    @property
    def stream(self) -> str:
        return self.pool.stream


class _Brings(NamedTuple):
    """What receipts of one footprint and origin carry, by their kilograms, and how it was found."""

    carrying: Callable[[int], Amount]
    words: FootprintWords | None


class _Way(NamedTuple):
    """How rows of a ground are booked. `amount` is what so many kilograms carry that come in."""

    kind: MovementKind
    source: Account
    target: Account
    counts: bool
    origin: Origin | None
    counterparty: str | None
    contractor: str | None
    remarks: tuple[Remark, ...]
    day: date
    amount: Callable[[int], Amount] | None
    activity: Activity | None
    told: FootprintWords | None = None


Row = tuple[
    str, str, MovementKind, date, Account, Account, int, int, int, int, int, int,
    Origin | None, str | None, str | None, tuple[Remark, ...], int, str | None,
    FootprintWords | None, Activity | None,
]  # fmt: skip
"""A movement, in the order of the event's columns."""


def booked(
    command: BookMovements, state: Pool, policies: Policies, opening: Opening
) -> Sequence[PoolOpened | MovementsBooked]:
    """The events of all rows that can be booked; none where ids may be used that rows do not know
    yet, or where all of them are more than the pool takes: each is then told for itself."""
    if command.through < state.recent.forgotten:
        return ()
    opened: list[PoolOpened] = []
    ready: dict[tuple[object, ...], tuple[Sequence[PoolOpened], Policy]] = {}
    brings: dict[tuple[int, Origin], _Brings] = {}

    def way_of(like: Plain) -> _Way | None:
        alike = (type(like), id(like.scope), *ready_by(like))
        try:
            if alike not in ready:
                ready[alike] = opening(like, state, policies)
            first, policy = ready[alike]
            way = _way(like, state, policy, brings)
        except Refused:
            return None
        opened.extend(first[: 1 - len(opened)])
        return way

    rows = list(_rows(command.lines, state, way_of))
    most = MOST_TOLD if any(row[TOLD_AT] for row in rows) else MOST
    chunks = [rows[at : at + most] for at in range(0, len(rows), most)]
    events = [one for chunk in chunks for one in _events(command, chunk)]
    ways = added_up(day for event in events for day in event.totals.values())
    if not rows or not within(state.books, accounts.shifted(state.books, ways)):
        return ()
    return (*opened, *events)


def _rows(
    lines: Sequence[Line], state: Pool, way_of: Callable[[Plain], _Way | None]
) -> Iterator[Row]:
    """What is booked, in order; each lot takes its part of the stock as it is by then."""
    keys = [movement_key(line.movement_id) for line in lines]
    used = used_of(state.recent, keys)
    ways: dict[int, _Way | None] = {}
    stock = held(state.books, Account.STOCK)
    for key, (movement_id, digest, kg, proof, party, ground) in zip(keys, lines, strict=True):
        at = id(ground)
        if at not in ways:
            ways[at] = way_of(ground.like)
        way = ways[at]
        if way is None or key in used:
            continue
        kind = way.kind
        if way.amount is not None:
            moved = way.amount(kg)
            after = accounts.plus(stock, moved)
        elif kind is MovementKind.COUNT:
            moved = accounts.found_by_count(stock, kg)
            after = accounts.plus(stock, moved)
        else:
            moved = accounts.part(stock, kg)
            if kind is MovementKind.LOSS:
                moved = moved._replace(emission_g=0, partial_g=0)
            after = accounts.less(stock, moved)
        moved_kg, known, grams, pre, post, partial = moved
        if grams > MOST_GRAMS or partial > MOST_GRAMS:
            continue
        if not -MOST_KG <= moved_kg <= MOST_KG:
            continue
        stock = after
        used.add(key)
        yield (
            movement_id, digest, kind, way.day, way.source, way.target,
            moved_kg, known, grams, pre, post, kg if way.counts else 0,
            way.origin, party or way.counterparty, way.contractor, way.remarks, partial,
            proof, way.told, way.activity,
        )  # fmt: skip


def _way(
    like: Plain, state: Pool, policy: Policy, brings: dict[tuple[int, Origin], _Brings]
) -> _Way:
    """How rows of a ground are booked: as the first of them alone; raises Refused. `brings` is what
    receipts carry, by their footprint: the same on every day."""
    if isinstance(like, ReceiveMaterial):
        account, counts, remarks = booking.inflow(like, policy)
        alike = (id(like.footprint), like.origin)
        if alike not in brings:
            brings[alike] = _Brings(_carrying(like), words_of(like.footprint))
        carrying, words = brings[alike]
        return _Way(
            MovementKind.RECEIPT, account, Account.STOCK, counts, like.origin, like.supplier_id,
            like.contractor_id, remarks, like.day, carrying, like.activity, words,
        )  # fmt: skip
    made = booking.posting(like, state, policy)
    source, target = _accounts(like)
    return _Way(
        made.kind, source, target, False, made.origin, made.counterparty, like.contractor_id,
        made.remarks, like.day, None, like.activity,
    )  # fmt: skip


def _accounts(like: ShipMaterial | BookLoss | CountStock) -> tuple[Account, Account]:
    """From which account a row's mass goes, and to which."""
    match like:
        case ShipMaterial():
            return Account.STOCK, booking.LOT_ACCOUNT[like.lot]
        case BookLoss():
            return Account.STOCK, Account.LOSSES
        case CountStock():
            return Account.UNEXPLAINED, Account.STOCK
        case _:
            assert_never(like)


def _carrying(like: ReceiveMaterial) -> Callable[[int], Amount]:
    """What so much of a receipt carries: so many times what one kilogram does, where nothing is
    rounded."""
    told, origin = like.footprint, like.origin
    grams = (told.intensity_kgco2e_per_kg or ZERO) * GRAMS
    if not (grams % 1 or told.pre_consumer_percent or told.post_consumer_percent):
        _, known, each, pre, post, _ = booking.with_kind(told_amount(1, told), origin)
        return lambda kg: Amount(kg, known * kg, each * kg, pre * kg, post * kg)
    return lambda kg: booking.with_kind(told_amount(kg, told), origin)


def _events(command: BookMovements, rows: Sequence[Row]) -> Iterator[MovementsBooked]:
    """Rows as one event, or as several where one would be larger than an event may be. Rows are
    written only where they might be too many: they are short, as a rule."""
    event = _event(command, rows)
    if bytes_at_most(event) <= MAX_EVENT_BYTES or len(canonical_json(event)) <= MAX_EVENT_BYTES:
        yield event
        return
    half = len(rows) // 2
    yield from _events(command, rows[:half])
    yield from _events(command, rows[half:])


def bytes_at_most(event: MovementsBooked) -> int:
    """More bytes than an event has, found quickly: as if each of its rows were like the longest."""
    longest = LEFT_BYTES
    for column in (event.movement_ids, event.counterparties, event.contractors, event.origin_refs):
        longest += max(map(len, filter(None, column)), default=0)
    for words in (event.remarks, event.told):
        said = dict(zip(map(id, words), words, strict=True))
        longest += max((_written_bytes(one) for one in said.values() if one), default=0)
    return longest * len(event.movement_ids) + HEAD_BYTES


def _written_bytes(words: object) -> int:
    """The length of remarks, or of how a footprint was found, as JSON."""
    each = words if isinstance(words, tuple) else (words,)
    return sum(len(canonical_json(one)) + 1 for one in each if isinstance(one, BaseModel))


def _event(command: BookMovements, rows: Sequence[Row]) -> MovementsBooked:
    """Rows as columns. Made of our own sums, so nothing is read again."""
    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    for name in RARE:
        if not any(columns[name]):
            columns[name] = ()
    return MovementsBooked.model_construct(
        None, pool=command.pool, member_id=command.member_id, **columns
    )
