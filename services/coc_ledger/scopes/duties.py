"""What a scope still has to bring: the Performance Standard, in time, for each of its facilities;
and what becomes of that when a facility leaves. Pure. Rules: sources.md 5.6 (1, 2, 7), 8 (R-29).
"""

from collections.abc import Collection, Sequence

from contracts.coc import PsObligationMet, ScopeFacilityLeft, ScopeReinstated, ScopeSuspended
from contracts.envelope import Event
from infra.decider import Tick

from .commands import NoteFacilityLeft, NotePsCertificate
from .state import ONE_DAY, WHOLE, Scope, due


def noted(command: NotePsCertificate, state: Scope) -> Sequence[Event]:
    """What the certificate covers is no longer due, the whole once each of its facilities is
    covered; a suspension ends when nothing is overdue (what is due on a day to come is not)."""
    covered = set(command.facilities)
    met = [key for key in state.ps_due if key in covered and key not in state.uncovered]
    if WHOLE in state.ps_due:
        some = [one for one in state.uncovered if one in covered]
        met += [WHOLE] if len(some) == len(state.uncovered) else some
    if not met:
        return []
    events: list[Event] = [_met(state, key, command) for key in met]
    return [*events, *_reinstated(command, state, met)]


def _met(state: Scope, key: str, command: NotePsCertificate) -> PsObligationMet:
    return PsObligationMet(
        scope_id=state.scope_id,
        member_id=state.member_id,
        facility_id=key or None,
        certificate_id=command.certificate_id,
        effective_on=command.effective_on,
    )


def _reinstated(
    command: NotePsCertificate | NoteFacilityLeft, state: Scope, met: Collection[str]
) -> Sequence[Event]:
    """The end of a suspension, where nothing else is overdue."""
    if state.suspended_from is None or state.reinstated_from is not None:
        return []
    if any(day < command.on and key not in met for key, day in state.ps_due.items()):
        return []
    held = max(command.effective_on, state.suspended_from)
    return [ScopeReinstated(scope_id=state.scope_id, member_id=state.member_id, effective_on=held)]


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
    met = [one]
    events: list[Event] = [gone]
    if WHOLE in state.ps_due and state.uncovered == (one,) and state.met_by is not None:
        met.append(WHOLE)
        events.append(
            PsObligationMet(
                scope_id=state.scope_id,
                member_id=state.member_id,
                facility_id=None,
                certificate_id=state.met_by,
                effective_on=command.effective_on,
            )
        )
    return [*events, *_reinstated(command, state, met)]


def suspended(command: Tick, state: Scope) -> Sequence[Event]:
    """The Performance Standard did not come in time."""
    day = due(state).get(command.rule)
    if day is None or command.on < day:
        return []
    return [
        ScopeSuspended(
            scope_id=state.scope_id,
            member_id=state.member_id,
            effective_on=day + ONE_DAY,
            because="ps_not_achieved",
            facility_id=command.rule.partition(":")[2] or None,
        )
    ]
