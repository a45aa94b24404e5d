"""What a scope still has to bring: the Performance Standard, in time, for each of its facilities;
and what becomes of that when a facility leaves. Pure. Rules: sources.md 5.6 (1, 2, 7), 8 (R-29).

A scope is suspended on each day on which something lacks the standard whose last day is over. Word
of certificates comes in any order, often late: what was told of the suspension is told anew where
it was otherwise, so that it ends as if all had been known in time.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import reduce
from typing import NamedTuple

from contracts.coc import PsObligationMet, ScopeFacilityLeft, ScopeReinstated, ScopeSuspended
from contracts.envelope import Event
from infra.decider import Tick

from .commands import NoteFacilityLeft, NotePsCertificate
from .state import ONE_DAY, WHOLE, Lack, Scope, due, evolve

Duty = PsObligationMet | ScopeFacilityLeft


def noted(command: NotePsCertificate, state: Scope) -> Sequence[Event]:
    """What the certificate covers is no longer due, the whole once each of its facilities is
    covered, since the last of them is; a suspension ends when nothing is overdue (what is due on a
    day to come is not)."""
    covered = set(command.facilities)
    met = [key for key in state.ps_due if key in covered and key not in state.uncovered]
    if WHOLE in state.ps_due:
        some = [one for one in state.uncovered if one in covered]
        met += [WHOLE] if len(some) == len(state.uncovered) else some
    if not met:
        return []
    since, certificate_id = command.effective_on, command.certificate_id
    events = [_met(state, key, certificate_id, since) for key in met]
    return [*events, *_told_anew(command.on, state, events)]


def _met(state: Scope, key: str, certificate_id: str, since: date) -> PsObligationMet:
    """One that is covered since a day; the whole since the last of its parts is."""
    parts = state.parts_from.values() if key == WHOLE else ()
    return PsObligationMet(
        scope_id=state.scope_id,
        member_id=state.member_id,
        facility_id=key or None,
        certificate_id=certificate_id,
        effective_on=max(since, *parts) if parts else since,
    )


def left(command: NoteFacilityLeft, state: Scope) -> Sequence[Event]:
    """A facility leaves, once. Nothing is due of it any more; where the others are covered, nor is
    anything of the whole."""
    one = command.facility_id
    if one not in state.facilities or one in state.left:
        return []
    gone = ScopeFacilityLeft(
        scope_id=state.scope_id,
        member_id=state.member_id,
        facility_id=one,
        effective_on=command.effective_on,
        because=command.because,
        activities=tuple(name for name in command.activities if name in state.activities),
    )
    events: list[Duty] = [gone]
    if WHOLE in state.ps_due and state.uncovered == (one,) and state.met_by is not None:
        events.append(_met(state, WHOLE, state.met_by, command.effective_on))
    return [*events, *_told_anew(command.on, state, events)]


def suspended(command: Tick, state: Scope) -> Sequence[Event]:
    """The Performance Standard did not come in time."""
    day = due(state).get(command.rule)
    if day is None or command.on < day:
        return []
    missed = Lack(command.rule.partition(":")[2], day + ONE_DAY)
    return [*_as_it_was(state), _suspended(state, missed)]


def _suspended(state: Scope, lack: Lack) -> ScopeSuspended:
    return ScopeSuspended(
        scope_id=state.scope_id,
        member_id=state.member_id,
        effective_on=lack.since,
        because="ps_not_achieved",
        facility_id=lack.key or None,
    )


# --- what was told of a suspension, told anew ---


class Spell(NamedTuple):
    """Days without claims, and what lacked the standard on them, in order."""

    since: date
    until: date | None
    lacks: tuple[Lack, ...]


def _told_anew(on: date, state: Scope, events: Iterable[Duty]) -> Sequence[Event]:
    """What becomes of the suspension; nothing yet where something is overdue that the clock has not
    told of."""
    after = reduce(evolve, events, state)
    told = {one.key for one in after.lacking if one.until is None}
    if any(day < on and key not in told for key, day in after.ps_due.items()):
        return []
    return _as_it_was(after)


def _as_it_was(state: Scope) -> Sequence[ScopeReinstated | ScopeSuspended]:
    """The suspension that was told with its true days; nothing where it was told so."""
    since = state.suspended_from
    if since is None or state.reinstated_from is not None or not state.lacking:
        return []
    spells = _spells(state.lacking)
    first = spells[0] if spells and spells[0].since == since else Spell(since, since, ())
    events: list[ScopeReinstated | ScopeSuspended] = []
    if first.until is not None:
        events.append(_reinstated(state, first.until))
    for spell in spells:
        if spell.since != since:
            events += [_suspended(state, lack) for lack in spell.lacks]
            events += [_reinstated(state, spell.until)] if spell.until is not None else []
    return events


def _reinstated(state: Scope, day: date) -> ScopeReinstated:
    return ScopeReinstated(scope_id=state.scope_id, member_id=state.member_id, effective_on=day)


def _spells(lacking: Iterable[Lack]) -> list[Spell]:
    """The days on which anything lacked the standard, in order; what was held in time lacked it on
    none."""
    found: list[Spell] = []
    for one in sorted(lacking, key=lambda one: (one.since, one.key)):
        if one.until is not None and one.until <= one.since:
            continue
        last = found[-1] if found else None
        if last is None or (last.until is not None and last.until < one.since):
            found.append(Spell(one.since, one.until, (one,)))
            continue
        ends = (last.until, one.until)
        until = None if None in ends else max(day for day in ends if day is not None)
        found[-1] = Spell(last.since, until, (*last.lacks, one))
    return found
