"""What the ledger does by itself when certificates tell otherwise of a change of stage. Pure.

What went on into the next stage as CoC needed certificates on its day, like a document. Later news
of that day has it checked again: its part in the first pool is corrected, and the entry into the
next one follows that, whenever it came. What happened between is caught up with: each correction,
and each entry, is compared with what is known by then. Rules: sources.md 5.3, 5.6, 5.7.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from contracts import certification
from contracts.coc import MovementBooked, ScopeReinstated, ScopeSuspended
from contracts.custody import Account, MovementKind, PoolKey, Stage
from contracts.envelope import Event, Recorded
from infra.decider import Command, Lookup, Reaction

from .accounting.stages import recheck_id
from .coverage import Answer, answers
from .documents.check_rows import CheckDayRow, checked_as
from .pools.commands import ApplyChange, StageCheck
from .pools.stage_rows import StageRow, change_key, stage_lot
from .reactions import recorded_on
from .rows import PoolRow, ScopeRow
from .scopes.certificates import CHANGED, CertificateRow

NEWS = (certification.CertificateGranted, *CHANGED)
SUSPENSIONS = (ScopeSuspended, ScopeReinstated)


def check_stages(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """News of a certificate, or of a scope's suspension: changes of stage that would be booked
    otherwise are corrected. So is one for which the news came while it was on its way."""
    event, on = recorded.event, recorded_on(recorded)
    if isinstance(event, NEWS):
        row: CertificateRow | None = rows("certificates", event.certificate_id)
        scopes: Sequence[ScopeRow] = rows("scopes", {"entity_id": row.entity_id}) if row else ()
        days: Sequence[CheckDayRow] = [day for scope in scopes for day in _days_of(scope, rows)]
        return _corrections(on, answers(days, recorded.envelope.position, rows), rows)
    if isinstance(event, SUSPENSIONS):
        held = _days_of(rows("scopes", event.scope_id), rows)
        days = [one for one in held if one.issued_on >= event.effective_on]
        return _corrections(on, answers(days, None, rows), rows)
    change = _change_of(event, rows)
    if change is None or change.day_key is None or not isinstance(event, MovementBooked):
        return ()
    if event.moves_as is not MovementKind.TO_STAGE:
        return ()
    days = _named([rows("stage_days", change.day_key)], rows("scopes", event.pool.scope_id))
    found = [one for one in answers(days, None, rows) if one.passes is not change.as_coc]
    return [_correction(on, change, one, rows) for one in found]


def _change_of(event: Event, rows: Lookup) -> StageRow | None:
    """The change of stage that an event is about."""
    key = change_key(event) if isinstance(event, MovementBooked) else None
    found: StageRow | None = rows("stage_checks", key) if key else None
    return found


def _days_of(scope: ScopeRow | None, rows: Lookup) -> Sequence[CheckDayRow]:
    """The days on which a scope's metal went on as CoC."""
    if scope is None:
        return []
    return _named(rows("stage_days", {"scope_id": scope.scope_id}), scope)


def _named(days: Iterable[CheckDayRow], scope: ScopeRow) -> Sequence[CheckDayRow]:
    """With their entity, which older events did not say."""
    return [one if one.entity_id else one._replace(entity_id=scope.entity_id) for one in days]


def _corrections(on: date, found: Iterable[Answer], rows: Lookup) -> Sequence[Command]:
    commands: list[tuple[str, Command]] = []
    for answer in found:
        other = checked_as(answer.day.key, passed=not answer.passes)
        concerned: Sequence[StageRow] = rows("stage_checks", {"checked_as": other})
        commands += [(one.key, _correction(on, one, answer, rows)) for one in concerned]
    return [command for _, command in sorted(commands, key=lambda one: one[0])]


def _correction(on: date, change: StageRow, answer: Answer, rows: Lookup) -> ApplyChange:
    """Of the pool that the material came from."""
    assert change.pool is not None  # its day is known, and so is its pool
    assert change.day is not None
    check = StageCheck(
        movement_id=recheck_id(change.checks + 1, change.entered),
        change=change.movement_id,
        day=change.day,
        lot=stage_lot(Account.OUTPUT_COC, change.lot),
        as_coc=answer.passes,
        reasons=answer.faults,
        to_stage=Stage(change.to_stage),
        activity=change.activities[0],
        evidence=answer.seen,
    )
    return _applied(on, change.pool, check, rows)


def recount_entries(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """The entry into the next stage counts as what went on into it does."""
    change = _change_of(recorded.event, rows)
    if change is None or change.pool is None or change.entered_pool is None:
        return ()
    if change.entered_on is None or change.entered_as_coc is change.as_coc:
        return ()
    check = StageCheck(
        movement_id=recheck_id(change.checks, change.entered),
        change=change.entered,
        day=change.entered_on,
        lot=stage_lot(Account.INPUT_COC, change.entered_lot),
        as_coc=change.as_coc,
        from_pool=_pool(change.pool),
        activity=change.activities[1],
    )
    return [_applied(recorded_on(recorded), change.entered_pool, check, rows)]


def _applied(on: date, pool: str, check: StageCheck, rows: Lookup) -> ApplyChange:
    row: PoolRow = rows("pools", pool)
    return ApplyChange(
        on=on,
        pool=_pool(pool),
        member_id=row.member_id,
        ends_on=row.ends_on,
        stage_check=check,
    )


def _pool(key: str) -> PoolKey:
    scope_id, stage, period = key.split(":")
    return PoolKey(scope_id=scope_id, stage=Stage(stage), period=date.fromisoformat(period))


STAGE_REACTIONS: tuple[Reaction, ...] = (
    Reaction("check_stages", check_stages, frozenset({*NEWS, *SUSPENSIONS, MovementBooked})),
    Reaction("recount_entries", recount_entries, frozenset({MovementBooked})),
)
