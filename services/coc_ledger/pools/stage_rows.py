"""Rows by which news of certificates finds the changes of stage that it concerns, and no others.
Pure.

A CoC part that goes on into the next stage rests on certificates like a document: whether they
cover it follows from the scope, its day, and the facilities that have to be certified. So a scope
has one row for each such day, and each change says under which answer it stands. Rules: sources.md
5.3, 5.6.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from contracts.coc import MovementBooked
from contracts.custody import Account, Entry, MovementKind
from contracts.envelope import Recorded
from contracts.values import Activity
from infra.decider import derived_id
from infra.readmodel import Projection
from services.coc_ledger.accounting.accounts import Amount, amount_of, entry
from services.coc_ledger.accounting.stages import entry_id
from services.coc_ledger.documents.check_rows import CheckDayRow, checked_as

__all__ = ["STAGE_CHECKS", "STAGE_PROJECTIONS", "StageRow", "change_key", "stage_lot"]


class StageRow(NamedTuple):
    """A change of stage with a CoC part, as its own pool tells it, and as the pool that it entered
    does: two halves, of which either may be known first, or be taken back first. `lot` is its line
    in a pool as it was booked (an amount), of a day, and counts as CoC or does not; `checks` is how
    often its own pool corrected that. `checked_as` is the day's row with the answer of now."""

    key: str
    day_key: str | None = None
    pool: str | None = None
    movement_id: str = ""
    day: date | None = None
    to_stage: str = ""
    activity: str | None = None
    lot: tuple[int, ...] = ()
    as_coc: bool = True
    checks: int = 0
    checked_as: str | None = None
    entered_pool: str | None = None
    entered_on: date | None = None
    entered_activity: str | None = None
    entered_lot: tuple[int, ...] = ()
    entered_as_coc: bool = True

    @property
    def entered(self) -> str:
        """The id of its entry."""
        return self.key.partition("/")[2]

    @property
    def activities(self) -> tuple[Activity | None, Activity | None]:
        """What it was told to belong to, on both sides."""
        own, theirs = self.activity, self.entered_activity
        return Activity(own) if own else None, Activity(theirs) if theirs else None


def stage_lot(account: Account, lot: Sequence[int]) -> Entry:
    """A kept amount as the line that it was."""
    return entry(account, Amount(*lot))


def change_key(event: MovementBooked) -> str | None:
    """The key of the change of stage that a movement is, or enters, corrects, or takes back; None
    of any other."""
    name = event.corrects or (event.movement_id if event.undoes is None else event.reverses or "")
    if event.moves_as is MovementKind.TO_STAGE:
        return f"{event.pool.key}/{entry_id(event.pool.stage, name)}"
    if event.moves_as is MovementKind.FROM_STAGE and event.from_pool is not None:
        return f"{event.from_pool.key}/{name}"
    return None


# --- days ---


def _day_key(event: MovementBooked) -> str:
    asked = (event.evidence.facilities, event.evidence.ps_later) if event.evidence else ((), ())
    named = derived_id(*("\n".join(one) for one in asked))
    return f"{event.pool.scope_id}/{event.day.isoformat()}/{int(event.ps_pending)}/{named}"


def _is_claim(event: MovementBooked) -> bool:
    return event.kind is MovementKind.TO_STAGE and event.coc_kg > 0


def _day_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    return (_day_key(event),) if isinstance(event, MovementBooked) and _is_claim(event) else ()


def _day(key: str, row: CheckDayRow | None, recorded: Recorded) -> CheckDayRow | None:
    """Older events do not say what was looked at: any certificate of the entity counts."""
    event = recorded.event
    if row is not None or not isinstance(event, MovementBooked):
        return row
    seen = event.evidence
    return CheckDayRow(
        key,
        seen.entity_id if seen else "",
        event.day,
        event.ps_pending,
        event.pool.scope_id,
        seen.facilities if seen else (),
        seen.ps_later if seen else (),
    )


# --- changes ---


def _keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    if not isinstance(event, MovementBooked) or not (
        event.coc_kg or event.undoes or event.corrects
    ):
        return ()
    key = change_key(event)
    return (key,) if key else ()


def _evolve(key: str, row: StageRow | None, recorded: Recorded) -> StageRow | None:
    event = recorded.event
    if not isinstance(event, MovementBooked):
        return row
    one = row or StageRow(key)
    if event.moves_as is MovementKind.TO_STAGE:
        one = _left(one, event)
    else:
        one = _entered(one, event)
    return one if one.pool or one.entered_pool else None


def _left(row: StageRow, event: MovementBooked) -> StageRow:
    """What its own pool tells."""
    if event.undoes is not None:
        return StageRow(
            row.key,
            entered_pool=row.entered_pool,
            entered_on=row.entered_on,
            entered_activity=row.entered_activity,
            entered_lot=row.entered_lot,
            entered_as_coc=row.entered_as_coc,
        )
    if event.corrects is not None:
        if row.day_key is None:
            return row
        counts = event.coc_kg > 0
        now = checked_as(row.day_key, passed=counts)
        return row._replace(as_coc=counts, checks=row.checks + 1, checked_as=now)
    day = _day_key(event)
    return row._replace(
        day_key=day,
        pool=event.pool.key,
        movement_id=event.movement_id,
        day=event.day,
        to_stage=event.to_stage.value if event.to_stage else "",
        activity=event.activity.value if event.activity else None,
        lot=_line(event, Account.OUTPUT_COC),
        checked_as=checked_as(day, passed=True),
    )


def _entered(row: StageRow, event: MovementBooked) -> StageRow:
    """What the pool tells that it entered."""
    if event.undoes is not None:
        return row._replace(
            entered_pool=None,
            entered_on=None,
            entered_activity=None,
            entered_lot=(),
            entered_as_coc=True,
        )
    if event.corrects is not None:
        return row._replace(entered_as_coc=event.coc_kg > 0)
    return row._replace(
        entered_pool=event.pool.key,
        entered_on=event.day,
        entered_activity=event.activity.value if event.activity else None,
        entered_lot=_line(event, Account.INPUT_COC),
    )


def _line(event: MovementBooked, account: Account) -> tuple[int, ...]:
    [line] = [one for one in event.entries if one.account is account]
    return tuple(amount_of(line))


TAKES = frozenset({MovementBooked})
STAGE_CHECKS = Projection("stage_checks", 1, StageRow, _keys, _evolve, (("checked_as",),), TAKES)
STAGE_PROJECTIONS: tuple[Projection, ...] = (
    Projection("stage_days", 2, CheckDayRow, _day_keys, _day, (("scope_id",),), TAKES),
    STAGE_CHECKS,
)
