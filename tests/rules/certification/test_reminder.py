"""Reminders: so many days before the last one, by the policy of the kind."""

from datetime import date, timedelta

import pytest

from contracts.envelope import Event
from infra.decider import Tick
from services.certification import reminder as decider
from services.certification.deadlines import KINDS
from services.certification.reminder import (
    ReminderDue,
    ReminderSet,
    ReminderStopped,
    SetReminder,
    StopReminder,
)
from tests.rules.spec import Spec

from .given import DUE_ON, POLICIES, POLICY, duty_extended, duty_met, duty_started, recorded
from .test_laws import Publisher

DAY = timedelta(days=1)
KEY = "fee_invoice:M1~I1"
DUE = date(2026, 3, 2)
STEPS = (30, 14, 7, 0)
reminder = Spec(decider, POLICIES)
STOP = StopReminder(on=DUE, deadline_id=KEY)
STOPPED = ReminderStopped(deadline_id=KEY, kind="fee_invoice", member_id="M1")


def set_on(on: date, due_on: date = DUE) -> SetReminder:
    return SetReminder(on=on, deadline_id=KEY, kind="fee_invoice", member_id="M1", due_on=due_on)


def days(*before: int, due_on: date = DUE) -> ReminderSet:
    return ReminderSet(
        deadline_id=KEY,
        kind="fee_invoice",
        member_id="M1",
        due_on=due_on,
        days=tuple(due_on - step * DAY for step in before),
        policy_id=POLICY.policy_id,
    )


def tick(on: date) -> Tick:
    return Tick(on=on, target=f"deadline/{KEY}", rule="remind")


def reminded(days_left: int) -> ReminderDue:
    return ReminderDue(
        deadline_id=KEY,
        kind="fee_invoice",
        member_id="M1",
        due_on=DUE,
        days_left=days_left,
        effective_on=DUE - days_left * DAY,
    )


def due(*events: Event) -> dict[str, date]:
    return dict(decider.due(reminder.given(*events).state))


ALL = days(*STEPS)


def test_a_deadline_brings_days_on_which_to_remind() -> None:
    reminder.when(set_on(DUE - 60 * DAY)).then(ALL)
    assert due(ALL) == {"remind": DUE - 30 * DAY}


def test_a_step_whose_day_has_passed_is_not_made_up_for() -> None:
    reminder.when(set_on(DUE - 14 * DAY)).then(days(14, 7, 0))
    reminder.when(set_on(DUE - 13 * DAY)).then(days(7, 0))
    reminder.when(set_on(DUE)).then(days(0))
    reminder.when(set_on(DUE + DAY)).nothing()


def test_setting_the_same_day_again_changes_nothing() -> None:
    reminder.given(ALL).when(set_on(DUE - 20 * DAY)).nothing()


def test_a_deadline_that_moves_brings_other_days() -> None:
    later = DUE + 90 * DAY
    reminder.given(ALL).when(set_on(DUE, later)).then(days(*STEPS, due_on=later))
    reminder.given(ALL).when(set_on(DUE, DUE - DAY)).then(STOPPED)


def test_the_clock_reminds_when_a_step_is_closed() -> None:
    reminder.given(ALL).when(tick(DUE - 31 * DAY)).nothing()
    reminder.given(ALL).when(tick(DUE - 30 * DAY)).then(reminded(30))
    assert due(ALL, reminded(30)) == {"remind": DUE - 14 * DAY}


def test_several_steps_that_are_over_make_one_reminder() -> None:
    reminder.given(ALL).when(tick(DUE - 10 * DAY)).then(reminded(14))
    assert due(ALL, reminded(14)) == {"remind": DUE - 7 * DAY}


def test_a_tick_twice_reminds_once() -> None:
    reminder.given(ALL).when(tick(DUE - 30 * DAY), tick(DUE - 30 * DAY)).nothing()


def test_after_the_last_step_there_is_nothing_left() -> None:
    assert due(ALL, reminded(0)) == {}
    reminder.given(ALL, reminded(0)).when(tick(DUE + DAY)).nothing()


def test_what_is_done_is_not_reminded_of() -> None:
    reminder.given(ALL).when(STOP).then(STOPPED)
    assert due(ALL, STOPPED) == {}
    reminder.given(ALL, STOPPED).when(STOP).nothing()
    reminder.given(ALL, STOPPED).when(set_on(DUE - 20 * DAY)).then(days(14, 7, 0))


def test_a_deadline_reminds_through_the_service() -> None:
    later = DUE_ON + 180 * DAY
    stream = "deadline/initial_certification:M1"
    publisher = Publisher(recorded([duty_started()]))
    publisher.ask(Tick(on=DUE_ON - 365 * DAY, target=stream, rule="remind"))
    assert [type(event) for event in publisher.told[stream]] == [ReminderSet, ReminderDue]
    moved = recorded([duty_started(), duty_extended(later, DUE_ON), duty_met(later, later)])
    told = Publisher(moved).told[stream]
    assert [type(event) for event in told] == [ReminderSet, ReminderSet, ReminderStopped]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_reminds_on_its_last_day_at_the_latest(kind: str) -> None:
    steps = POLICY.integers(KINDS[kind].reminders)
    assert min(steps) == 0
    assert list(steps) == sorted(set(steps), reverse=True)
