"""What becomes known of a pool's earlier days: what the periods before left, and what ends of
documents change. As rows keep it; days are text there. Pure. Rules: docs/decisions/0007.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple, assert_never

from contracts import coc
from contracts.coc_corrections import BalanceCorrected
from contracts.coc_periods import OverdraftForeseen
from contracts.custody import Dated, MovementKind
from contracts.envelope import Event
from services.coc_ledger.accounting.accounts import NO_KGS, posted_kg
from services.coc_ledger.accounting.lasting import Parts, Until, by_day, parts, with_more

from .day_rows import Posting, by_document

Kept = tuple[tuple[Any, ...], ...]
Left = coc.BalanceCarried | BalanceCorrected | OverdraftForeseen


class LeftBefore(NamedTuple):
    """What an earlier period left by what is known now, and from which days on it counts. A balance
    does from the close on that told it, an overdraft of the scope's own from the first day of the
    period: whoever corrects them later corrects what they were from there on. `lasting` and `due`
    are what of them has a last day of its own: (day, kilograms)."""

    pool: str
    carried_from: str | None
    carried_kg: int
    owed_from: str
    owed_kg: int
    lasting: Kept = ()
    due: Kept = ()


class Freed(NamedTuple):
    """What the end of a document, or a later check, changed for days before it was told: masses by
    account from a day on, and what the period before left. A document stood until its end, so that
    a trace of a day before that is without it; books and balances have it from `day` on."""

    told_on: str
    day: str
    kgs: tuple[int, ...]
    carried_kg: int
    owed_kg: int


def left_by(before: Kept, event: Left, told_on: date) -> Kept:
    """With what an earlier period left, or left otherwise. What a scope that went over into this
    one left counts from the day on which it was told: before it, it was not this one's."""
    own = event.from_pool.scope_id == event.pool.scope_id
    since = (event.pool.period if own else told_on).isoformat()
    others = {one[0]: one for one in before}
    from_pool = event.from_pool.key
    had = LeftBefore(*others.get(from_pool, (from_pool, None, 0, since, 0)))
    match event:
        case OverdraftForeseen():
            due = _kept((), event.due)
            now = had._replace(owed_kg=had.owed_kg + event.owed_change_kg, due=due)
        case coc.BalanceCarried():
            now = _with(had, event.balance_kg, event.owed_kg, told_on)
            now = _lasting(now, event.lasting, event.due)
        case BalanceCorrected():
            now = _with(had, event.balance_change_kg, event.owed_change_kg, told_on)
            now = _lasting(now, event.lasting_change, event.due_change)
        case _:
            assert_never(event)
    return tuple({**others, from_pool: _trimmed(now)}.values())


def _trimmed(left: LeftBefore) -> tuple[Any, ...]:
    """As rows of before keep it, where nothing has a last day of its own."""
    return (
        tuple(left)
        if left.lasting or left.due
        else tuple(left)[: LeftBefore._fields.index("lasting")]
    )


def _with(had: LeftBefore, carried_kg: int, owed_kg: int, told_on: date) -> LeftBefore:
    return had._replace(
        carried_from=had.carried_from or told_on.isoformat(),
        carried_kg=had.carried_kg + carried_kg,
        owed_kg=had.owed_kg + owed_kg,
    )


def _lasting(had: LeftBefore, lasting: Iterable[Dated], due: Iterable[Dated]) -> LeftBefore:
    return had._replace(lasting=_kept(had.lasting, lasting), due=_kept(had.due, due))


def _kept(before: Kept, more: Iterable[Dated]) -> Kept:
    after = with_more(by_day(parts_kept(before)), more)
    return tuple((one.day.isoformat(), one.kg) for one in parts(after))


def parts_kept(kept: Kept) -> Parts:
    """Parts with a last day of their own, as rows keep them."""
    return tuple(Until(date.fromisoformat(day), kg) for day, kg in kept)


def freed_by(before: Kept, event: Event, last: tuple[date, bool], told_on: date) -> Kept:
    """With what the end of a document changes of earlier days; `last` is the pool's last day, and
    whether it is closed."""
    day = _freed_on(event, last)
    if day is None or day >= told_on:
        return before
    assert isinstance(event, Posting)  # what a document's end is booked as
    more = (0, 0)
    if isinstance(event, BalanceCorrected):
        more = event.balance_change_kg, event.owed_change_kg
    kgs = posted_kg(NO_KGS, event.entries)
    return (*before, tuple(Freed(told_on.isoformat(), day.isoformat(), kgs, *more)))


def _freed_on(event: Event, last: tuple[date, bool]) -> date | None:
    """The day in the books of what the end of a document, or a later check, changes; None where it
    is something else. A correction that is booked in the period of its error is so on the last day
    of that, and stands since its own; so does a delivery that is booked in a closed period, which
    only corrections are."""
    ends_on, closed = last
    match event:
        case coc.DesignationReleased():
            return event.day
        case coc.OutputDesignated(replaces=str()) if event.day == ends_on:
            return event.day
        case coc.MovementBooked(kind=MovementKind.DOCUMENT_RECEIPT) if not closed:
            return None
        case coc.MovementBooked(document=str()):
            return event.day
        case BalanceCorrected() if by_document(event):
            return event.pool.period
        case _:
            return None
