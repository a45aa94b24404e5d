"""What corrections of a pool rest on: the bookings that they take back, in whichever period those
lie, and the deliveries that hold instead. Pure, but for what it reads through `Books`.

Earlier builds took a delivery of a closed period back in a later one, perhaps of another scope. Who
reads either pool learns of the error there: the earlier one tells that the change was passed on,
the later one that it was booked.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from contracts.coc import MovementBooked
from contracts.coc_documents import DocumentEnded, DocumentIssued
from contracts.custody import MovementKind
from contracts.envelope import Recorded
from services.coc_ledger.documents.rows import DocumentRow
from services.coc_ledger.pools.deferred import ChangeDeferred
from services.coc_ledger.rows import PoolRow


class Told(NamedTuple):
    """What is known of the other events: where a movement, a delivery and a document's issue are
    told, which document stands in another one's place, and when a delivery of a closed period was
    passed on to be taken back later."""

    movements: Mapping[tuple[str, str], Recorded]
    receipts: Mapping[str, Recorded]
    issues: Mapping[str, Recorded]
    instead: Mapping[str, str]
    passed_on: Mapping[str, Recorded]


def told_of(records: Iterable[Recorded]) -> Told:
    """The same, of some events."""
    movements: dict[tuple[str, str], Recorded] = {}
    receipts: dict[str, Recorded] = {}
    issues: dict[str, Recorded] = {}
    instead: dict[str, str] = {}
    passed_on: dict[str, Recorded] = {}
    for one in records:
        event = one.event
        if isinstance(event, MovementBooked) and event.kind is not MovementKind.REVERSAL:
            movements[event.pool.key, event.movement_id] = one
            if event.kind is MovementKind.DOCUMENT_RECEIPT and event.document:
                receipts[event.document] = one
        elif isinstance(event, DocumentIssued):
            issues[event.number] = one
        elif isinstance(event, DocumentEnded) and event.by is not None:
            instead[event.number] = event.by
        elif isinstance(event, ChangeDeferred):
            passed_on.setdefault(event.change_id, one)  # it may come through several periods
    return Told(movements, receipts, issues, instead, passed_on)


def holds_instead(document: str | None, told: Told) -> Recorded | None:
    """The delivery that holds in place of one: that of the correction, or of what corrects it."""
    passed: set[str] = set()
    while document is not None and document not in passed:
        passed.add(document)
        document = told.instead.get(document)
        if document is not None and document in told.receipts:
            return told.receipts[document]
    return None


class Books(Protocol):
    """Where streams and rows are looked up."""

    def stream(self, stream: str, /) -> Iterator[Recorded]:
        """The events of a stream, movements that came together one by one."""
        ...

    def pool(self, key: str, /) -> PoolRow | None:
        """A pool as it stands."""
        ...

    def document(self, number: str, /) -> DocumentRow | None:
        """A document as it stands."""
        ...


def taken_back(recorded: Recorded) -> tuple[str | None, str | None] | None:
    """The movement and the document that an event takes back, here or in a later period; None
    where it takes nothing back."""
    event = recorded.event
    if isinstance(event, MovementBooked) and event.kind is MovementKind.REVERSAL:
        return event.reverses, event.document
    if isinstance(event, ChangeDeferred) and event.delivery is not None:
        change = event.delivery
        return (change.reverses, change.document) if change.action == "take_back" else None
    return None


def rests_on(page: Sequence[Recorded], row: PoolRow, books: Books) -> list[Recorded]:
    """What a page of a pool's events takes back and is not on it: bookings and the news that they
    are taken back later, with the ends of documents and the deliveries that hold instead."""
    found = [one for one in map(taken_back, page) if one is not None]
    if not found:
        return []
    movements = {movement for movement, _ in found if movement is not None}
    numbers = {number for _, number in found if number is not None}
    ends = {number: list(_ends(number, books)) for number in sorted(numbers)}
    homes: dict[str, set[str]] = {row.pool: set(numbers)}
    for number, after in ends.items():
        for one in (number, *filter(None, map(_by, after))):
            home = _home(one, number, row, books)
            if home is not None:
                homes.setdefault(home, set()).add(one)
    here = {one.envelope.event_id for one in page}
    also = [end for after in ends.values() for end in after]
    for pool, wanted in homes.items():
        for booked in books.stream(f"pool/{pool}"):
            own = pool == row.pool and _moved(booked, movements)
            if booked.envelope.event_id not in here and (own or _delivered(booked, wanted)):
                also.append(booked)
    return also


def _ends(number: str, books: Books) -> Iterator[Recorded]:
    """The end of a document, of the one that took its place, and so on."""
    passed: set[str] = set()
    following: str | None = number
    while following is not None and following not in passed:
        passed.add(following)
        stream = books.stream(f"coc_document/{following}")
        ended = [one for one in stream if isinstance(one.event, DocumentEnded)]
        yield from ended
        following = next(map(_by, ended), None)


def _by(ended: Recorded) -> str | None:
    return ended.event.by if isinstance(ended.event, DocumentEnded) else None


def _home(number: str, corrected: str, row: PoolRow, books: Books) -> str | None:
    """The pool that booked a delivery, where that is the same buyer's: a correction may be for
    another one, whose books are nobody else's."""
    document, first = books.document(number), books.document(corrected)
    if document is None or document.receiver is None or first is None:
        return None
    if number == corrected:
        return document.receiver
    pool, before = books.pool(document.receiver), books.pool(first.receiver or "")
    buyers = {row.member_id, before.member_id if before is not None else row.member_id}
    return document.receiver if pool is not None and pool.member_id in buyers else None


def _moved(recorded: Recorded, movements: set[str]) -> bool:
    event = recorded.event
    return isinstance(event, MovementBooked) and event.movement_id in movements


def _delivered(recorded: Recorded, numbers: set[str]) -> bool:
    """Whether it books one of these deliveries, or tells that one is taken back later."""
    event = recorded.event
    if isinstance(event, MovementBooked):
        return event.kind is MovementKind.DOCUMENT_RECEIPT and event.document in numbers
    back = taken_back(recorded)
    return back is not None and back[1] in numbers
