"""What a scope still has to bring: the Performance Standard, in time, for each of its facilities;
and what becomes of that when a facility leaves. Pure. Rules: sources.md 5.6 (1, 2, 7), 8 (R-29).

A scope is suspended on each day on which something lacks the standard whose last day is over. Word
of certificates comes in any order, often late: what was told of the suspension is told anew where
it was otherwise, so that it ends as if all had been known in time.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import reduce

from contracts.coc import PsObligationMet, ScopeFacilityLeft, ScopeReinstated, ScopeSuspended
from contracts.coc_scopes import PsObligationEnded
from contracts.envelope import Event
from infra.decider import Tick

from .commands import NoteFacilityLeft, NotePsCertificate
from .lacks import NOT_YET, ONE_DAY, kept, lacking_on_days, without
from .state import WHOLE, Scope, due, evolve

Duty = PsObligationMet | PsObligationEnded | ScopeFacilityLeft
Told = ScopeReinstated | ScopeSuspended


def noted(command: NotePsCertificate, state: Scope) -> Sequence[Event]:
    """What the certificate covers is no longer due, the whole once each of its facilities is
    covered, since the last of them is; a suspension ends when nothing is overdue (what is due on a
    day to come is not). One that covered it earlier than what was heard of before counts as well.
    """
    holds, since = set(command.facilities), command.effective_on
    met = [key for key in state.ps_due if key in holds and key not in state.uncovered]
    met += [key for key in _covered_later(state, since) if key in holds and key not in met]
    whole = WHOLE in state.ps_due and holds.issuperset(state.uncovered)
    if WHOLE in state.ps_due and not whole:
        met += [one for one in state.uncovered if one in holds]
    events: list[Duty] = [_met(state, key, command.certificate_id, since) for key in met]
    after = _after(state, events)
    if whole:
        covers_from = since if after.uncovered else None
        events.append(_whole_met(after, command.certificate_id, since, covers_from))
    else:
        events += _whole_earlier(after, command.certificate_id)
    return [*events, *_told_anew(command.on, state, events)]


def _covered_later(state: Scope, since: date) -> Iterable[str]:
    """What lacked the standard for days after one, by what is known; of the whole its parts."""
    found = [
        one.key for one in state.lacking if one.until is not None and one.meets(since, NOT_YET)
    ]
    whole = WHOLE in state.ps_due or any(one.key == WHOLE for one in state.lacking)
    parts = [one for one, day in state.parts_from.items() if whole and day > since]
    return dict.fromkeys(one for one in (*found, *parts) if one not in ("", *state.uncovered))


def _met(state: Scope, key: str, certificate_id: str, since: date) -> PsObligationMet:
    """One that is covered since a day."""
    return PsObligationMet(
        scope_id=state.scope_id,
        member_id=state.member_id,
        facility_id=key or None,
        certificate_id=certificate_id,
        effective_on=since,
    )


def _whole_met(
    state: Scope, certificate_id: str, since: date, covers_from: date | None
) -> PsObligationMet:
    """The whole is covered since the last of its parts is, or has left."""
    days = [*state.parts_from.values(), *([covers_from] if covers_from else [])]
    met = _met(state, WHOLE, certificate_id, max(days, default=since))
    return met.model_copy(update={"covers_from": covers_from})


def _whole_earlier(state: Scope, certificate_id: str) -> Sequence[PsObligationMet]:
    """The whole was covered earlier than was told of it."""
    ends = [one for one in state.lacking if one.key == WHOLE and one.until is not None]
    since = max(state.parts_from.values(), default=NOT_YET)
    if any(one.meets(since, NOT_YET) for one in ends):
        return [_whole_met(state, certificate_id, since, None)]
    return []


def left(command: NoteFacilityLeft, state: Scope) -> Sequence[Event]:
    """A facility leaves, once. Nothing is due of it any more; where the others are covered, or have
    left, nor is anything of the whole."""
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
    after = _after(state, events)
    if WHOLE in state.ps_due and not after.uncovered:
        events.append(_none_left(after, command.effective_on))
    elif state.met_by is not None:
        events += _whole_earlier(after, state.met_by)
    return [*events, *_told_anew(command.on, state, events)]


def _none_left(state: Scope, day: date) -> PsObligationMet | PsObligationEnded:
    """Nothing of the whole is uncovered still: it is met since the last part of it is covered or
    has left; where all of them left and no certificate covered any, nobody met it, and there is
    nothing that one could cover. `day` is told where none of them had come yet."""
    if state.met_by is not None and any(_is_covered(one, state) for one in state.parts_from):
        return _whole_met(state, state.met_by, day, None)
    return _ended(state, WHOLE, max(state.parts_from.values(), default=day))


def _ended(state: Scope, key: str, since: date) -> PsObligationEnded:
    return PsObligationEnded(
        scope_id=state.scope_id,
        member_id=state.member_id,
        facility_id=key or None,
        effective_on=since,
    )


def _is_covered(part: str, state: Scope) -> bool:
    """Whether a part of the whole was covered, and not only left."""
    left_on = [state.left.get(part), *(until for _, until in state.stays.get(part, ()))]
    return state.parts_from[part] not in left_on


def suspended(command: Tick, state: Scope) -> Sequence[Event]:
    """The Performance Standard did not come in time; or it needs not come any more, since nothing
    is left that it could cover, or the scope went over by the last day, or after it was told."""
    day = due(state).get(command.rule)
    if day is None or command.on < day:
        return []
    key = command.rule.partition(":")[2]
    if key == WHOLE and not state.uncovered:
        ended = [_none_left(state, day)]
        return [*ended, *_told_anew(command.on, state, ended)]
    if day == state.ends_before:
        gone = [_ended(state, key, day)]
        return [*gone, *_told_anew(command.on, state, gone)]
    return [*_as_it_was(state), _suspended(state, key, day + ONE_DAY)]


def _suspended(state: Scope, key: str, since: date) -> ScopeSuspended:
    return ScopeSuspended(
        scope_id=state.scope_id,
        member_id=state.member_id,
        effective_on=since,
        because="ps_not_achieved",
        facility_id=key or None,
    )


# --- what was told of a suspension, told anew ---


def _after(state: Scope, events: Iterable[Duty]) -> Scope:
    return reduce(evolve, events, state)


def _told_anew(on: date, state: Scope, events: Sequence[Duty]) -> Sequence[Event]:
    """What becomes of the suspension; nothing yet where something is overdue that the clock has not
    told of."""
    if not events:
        return []
    after = _after(state, events)
    told = {one.key for one in after.lacking if one.until is None}
    if any(day < on and key not in told for key, day in after.ps_due.items()):
        return []
    return _as_it_was(after)


def _as_it_was(state: Scope) -> Sequence[Told]:
    """What was told of times without claims with their true days; nothing where it was told so. An
    end of an earlier one names its first day. What is open still is told last."""
    true = lacking_on_days(state.lacking)
    earlier = [(one, kept(one, true)) for one in state.suspended_before]
    events: list[Told] = [_reinstated(state, so[1], so[0]) for told, so in earlier if told != so]
    stand = [so for _, so in earlier]
    if state.suspended_from is not None:
        last = state.suspended_from, state.reinstated_from or NOT_YET
        so = kept(last, true)
        if so[1] == NOT_YET and without(true, [*stand, so]):
            so = so[0], so[0]
        if so[1] != last[1] and last[0] < last[1]:
            events.append(_reinstated(state, so[1]))
        stand.append(so)
    for one in true:
        missing = without([one], stand)
        if missing:
            events += _spell(state, missing[0][0], one[1])
    return events


def _spell(state: Scope, since: date, until: date) -> Sequence[Told]:
    """A time without claims, by each that lacks the standard in it, with the true day since when it
    does: what was told of its first days before is told again where that is earlier."""
    found = [one for one in state.lacking if one.meets(since, until)]
    by_day = sorted(found, key=lambda one: (one.since, one.key))
    back = [_reinstated(state, until)] if until != NOT_YET else []
    return [*(_suspended(state, one.key, one.since) for one in by_day), *back]


def _reinstated(state: Scope, day: date, since: date | None = None) -> ScopeReinstated:
    return ScopeReinstated(
        scope_id=state.scope_id, member_id=state.member_id, effective_on=day, since=since
    )
