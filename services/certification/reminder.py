"""Reminders of a deadline. A decider, private stream `deadline/<deadline_id>`.

A deadline that is set brings days on which to remind: so many days before the last one, by the
policy of its kind. A step whose day has passed when the deadline is set is not made up for. When
the clock closes such a day, `ReminderDue` says so; a deadline that is done or moved says so before.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, ClassVar, NamedTuple, assert_never

from pydantic import StringConstraints

from contracts.envelope import Event
from contracts.values import Id, MemberId
from infra.decider import Command, Tick
from infra.policy import Policies

from .deadlines import KINDS

REMIND = "remind"
DeadlineId = Annotated[str, StringConstraints(pattern=r"^[a-z_]+:[A-Za-z0-9._:~-]+$")]
"""Kind and key, as in the row; `~` parts the two halves of a key that has two."""


class ReminderSet(Event):
    """Private: these are the days to come on which to remind."""

    TYPE: ClassVar[str] = "certification.reminder_set.v1"
    deadline_id: DeadlineId
    kind: Id
    member_id: MemberId
    due_on: date
    days: tuple[date, ...]
    policy_id: Id


class ReminderStopped(Event):
    """Private: nothing is left to remind of."""

    TYPE: ClassVar[str] = "certification.reminder_stopped.v1"
    deadline_id: DeadlineId
    kind: Id
    member_id: MemberId


class ReminderDue(Event):
    """Private: remind now. `effective_on` is the day of the step, `days_left` those left on it."""

    TYPE: ClassVar[str] = "certification.reminder_due.v1"
    deadline_id: DeadlineId
    kind: Id
    member_id: MemberId
    due_on: date
    days_left: int
    effective_on: date


class SetReminder(Command):
    """The deadline is open and due on this day."""

    NAME: ClassVar[str] = "set_reminder"
    deadline_id: DeadlineId
    kind: Id
    member_id: MemberId
    due_on: date

    @property
    def stream(self) -> str:
        return f"deadline/{self.deadline_id}"


class StopReminder(Command):
    """The deadline is not open any more."""

    NAME: ClassVar[str] = "stop_reminder"
    deadline_id: DeadlineId

    @property
    def stream(self) -> str:
        return f"deadline/{self.deadline_id}"


class Reminder(NamedTuple):
    """What was set last, and which of its days are still to come."""

    last: ReminderSet | None = None
    ahead: tuple[date, ...] = ()


INITIAL = Reminder()

AnyCommand = SetReminder | StopReminder | Tick
AnyEvent = ReminderSet | ReminderStopped | ReminderDue


def decide(command: AnyCommand, state: Reminder, policies: Policies) -> Sequence[AnyEvent]:
    """Events of a command."""
    match command:
        case SetReminder():
            return _set(command, state, policies)
        case StopReminder():
            return _stop(state.last)
        case Tick():
            return _remind(command, state)
        case _:
            assert_never(command)


def evolve(state: Reminder, event: AnyEvent) -> Reminder:
    """The reminder after an event."""
    match event:
        case ReminderSet():
            return Reminder(event, event.days)
        case ReminderStopped():
            return INITIAL
        case ReminderDue():
            return state._replace(ahead=_after(state.ahead, event.effective_on))
        case _:
            assert_never(event)


def due(state: Reminder) -> Mapping[str, date]:
    """The clock asks on the next day to remind."""
    return {REMIND: state.ahead[0]} if state.ahead else {}


def _set(command: SetReminder, state: Reminder, policies: Policies) -> Sequence[AnyEvent]:
    if state.last is not None and state.last.due_on == command.due_on:
        return []
    policy = policies.on(command.on)
    steps = policy.integers(KINDS[command.kind].reminders)
    days = {command.due_on - timedelta(days=step) for step in steps}
    ahead = tuple(sorted(day for day in days if day >= command.on))
    if not ahead:
        return _stop(state.last)
    return [
        ReminderSet(
            deadline_id=command.deadline_id,
            kind=command.kind,
            member_id=command.member_id,
            due_on=command.due_on,
            days=ahead,
            policy_id=policy.policy_id,
        )
    ]


def _stop(last: ReminderSet | None) -> Sequence[ReminderStopped]:
    if last is None:
        return []
    return [ReminderStopped(deadline_id=last.deadline_id, kind=last.kind, member_id=last.member_id)]


def _remind(tick: Tick, state: Reminder) -> Sequence[ReminderDue]:
    """One reminder for all steps whose day is closed, dated on the last of them."""
    passed = [day for day in state.ahead if day <= tick.on]
    if not passed or state.last is None or tick.rule != REMIND:
        return []
    return [
        ReminderDue(
            deadline_id=state.last.deadline_id,
            kind=state.last.kind,
            member_id=state.last.member_id,
            due_on=state.last.due_on,
            days_left=(state.last.due_on - passed[-1]).days,
            effective_on=passed[-1],
        )
    ]


def _after(days: Sequence[date], on: date) -> tuple[date, ...]:
    return tuple(day for day in days if day > on)
