"""A row per passage of CoC metal between two pools of an owner's: a change of stage, a balance
carried into the next period. Pure.

One row is read from both its ends, so that a trace finds the same pair whichever way it goes. What
leaves and what enters may differ in mass (a stage has a yield) and in day (an entry that found its
period closed is booked in the next one). Rules: sources.md 5.3, 5.4.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from contracts import coc
from contracts.coc_corrections import BalanceCorrected
from contracts.coc_late import StageFollowed
from contracts.custody import Account, MovementKind
from contracts.envelope import Recorded
from infra.readmodel import Projection
from services.coc_ledger.accounting.accounts import NOTHING, amount_of, minus
from services.coc_ledger.accounting.lots import otherwise_of
from services.coc_ledger.accounting.stages import entry_id, pool_before
from services.coc_ledger.pools.day_rows import by_document

STAGE, CARRIED, FOLLOWED = "earlier_stage", "carried", "followed"


class PassageRow(NamedTuple):
    """`left_kg` left `from_pool` on `left_on`, and `kg` came into `pool` on `came_on`; the last
    three are what that carries, where it is kept. Without a pool it has not come yet; without
    `from_pool` it came late, before it was told from where. `told_on` is when it was booked.
    `freed` is what ends of documents changed in it, each with the day on which that was told. What
    came in on a day and carries more than it was booked with has a row of its own (`FOLLOWED`):
    `kg` is all that came in from there, CoC or not, and no mass is moved."""

    key: str
    kind: str
    from_pool: str | None
    pool: str | None
    member_id: str
    left_on: date | None
    left_kg: int
    came_on: date | None
    kg: int
    told_on: date
    known_kg: int = 0
    emission_g: int = 0
    partial_g: int = 0
    freed: tuple[tuple[str, int], ...] = ()


Carrying = coc.BalanceCarried | BalanceCorrected
CARRYING = (coc.BalanceCarried, BalanceCorrected)
EVENTS = (coc.MovementBooked, StageFollowed, *CARRYING)


def _keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    if isinstance(event, CARRYING):
        return (f"{event.from_pool.key}>{event.pool.key}",)
    if isinstance(event, StageFollowed):
        named = f"{event.from_pool.key}/{FOLLOWED}"
        return tuple(f"{named}/{one.day.isoformat()}" for one in event.days)
    if not isinstance(event, coc.MovementBooked) or not (
        event.coc_kg or event.undoes or event.corrects
    ):
        return ()
    name = event.corrects or (event.movement_id if event.undoes is None else event.reverses or "")
    if event.moves_as is MovementKind.TO_STAGE:
        return (f"{event.pool.key}/{entry_id(event.pool.stage, name)}",)
    if event.moves_as is MovementKind.FROM_STAGE:
        return (f"{_from(event) or event.pool.key}/{name}",)
    return ()


def _from(event: coc.MovementBooked) -> str | None:
    """The pool that an entry came from. Older events do not say: of them those that were not late
    came from the same period."""
    if event.from_pool is not None:
        return event.from_pool.key
    return pool_before(event.pool).key if event.late_for is None else None


def _evolve(key: str, row: PassageRow | None, recorded: Recorded) -> PassageRow | None:
    event = recorded.event
    told_on = date.fromisoformat(recorded.envelope.recorded_at[:10])
    match event:
        case coc.MovementBooked(undoes=MovementKind()):
            return None  # taken back on its own day: it has never passed
        case coc.MovementBooked(corrects=str(), coc_kg=0):
            return row and _uncovered(row, event)
        case coc.MovementBooked():
            return _moved(key, row, event, told_on)
        case coc.BalanceCarried():
            return _carried(key, row, event, event.balance_kg, told_on)
        case BalanceCorrected():
            return _carried(key, row, event, event.balance_change_kg, told_on)
        case StageFollowed():
            return _followed(key, row, event, told_on)
        case _:
            return row


def _moved(
    key: str, row: PassageRow | None, event: coc.MovementBooked, told_on: date
) -> PassageRow:
    """A change of stage: what it took, then what it made."""
    member, day = event.member_id, event.day
    if event.moves_as is MovementKind.TO_STAGE:
        pool, kg = event.pool.key, event.coc_kg
        if row is not None and event.corrects is not None:
            return row._replace(from_pool=pool, left_on=day, left_kg=kg, told_on=told_on)
        return PassageRow(key, STAGE, pool, None, member, day, kg, None, 0, told_on)
    if row is None:
        row = PassageRow(key, STAGE, _from(event), None, member, None, 0, None, 0, told_on)
    made = [minus(amount_of(one)) for one in event.entries if one.account is Account.INPUT_COC]
    lot = made[0] if made else NOTHING
    return row._replace(
        pool=event.pool.key,
        came_on=day,
        kg=lot.kg,
        told_on=told_on,
        known_kg=lot.known_kg,
        emission_g=lot.emission_g,
        partial_g=lot.partial_g,
    )


def _uncovered(row: PassageRow, event: coc.MovementBooked) -> PassageRow | None:
    """One end of it did not count as CoC on its own day; once both did not, it has never passed."""
    if event.moves_as is MovementKind.TO_STAGE:
        return row._replace(left_on=None, left_kg=0) if row.pool is not None else None
    if row.left_on is None:
        return None
    left = row.left_on, row.left_kg, None, 0, row.told_on
    return PassageRow(row.key, row.kind, row.from_pool, None, row.member_id, *left)


def _carried(
    key: str, row: PassageRow | None, event: Carrying, more_kg: int, told_on: date
) -> PassageRow:
    """A balance is in its new period from the first day on, whenever it was told. What the end of a
    document changed in it is told apart: the document stood until then."""
    kg = more_kg + (row.kg if row else 0)
    source, pool, day = event.from_pool.key, event.pool, event.pool.period
    freed = row.freed if row else ()
    if isinstance(event, BalanceCorrected) and by_document(event):
        freed = (*freed, (told_on.isoformat(), more_kg))
    passed = PassageRow(key, CARRIED, source, pool.key, event.member_id, day, kg, day, kg, told_on)
    return passed._replace(freed=freed)


def _followed(key: str, row: PassageRow | None, event: StageFollowed, told_on: date) -> PassageRow:
    """By how much more what came in on a day carries, in all."""
    source, pool, member = event.from_pool.key, event.pool.key, event.member_id
    [one] = [each for each in event.days if key.endswith(f"/{each.day.isoformat()}")]
    day, kg = one.day, one.made_kg
    made = PassageRow(key, FOLLOWED, source, pool, member, day, 0, day, kg, told_on)
    more, had = otherwise_of(one), row or made
    return made._replace(
        known_kg=had.known_kg + more.known_kg,
        emission_g=had.emission_g + more.emission_g,
        partial_g=had.partial_g + more.partial_g,
    )


PASSAGES = Projection(
    "pool_passages", 3, PassageRow, _keys, _evolve, (("pool",), ("from_pool",)), frozenset(EVENTS)
)
