"""A member's standing and duties on a day: sources.md 1.2, 1.3."""

from datetime import date, timedelta

from contracts.values import DutyRule
from services.certification.status import Duty, is_listed

from .given import (
    DUE_ON,
    INITIAL_DUTY,
    JOINED_ON,
    RECERTIFICATION,
    Folded,
    after,
    duty_ended,
    duty_extended,
    duty_met,
    duty_missed,
    duty_reopened,
    duty_started,
    forfeited,
    joined,
    miss_retracted,
    recorded,
    reinstated,
    restored,
    suspended,
)
from .given_audits import (
    granted,
)

FROM, TO = date(2025, 5, 1), date(2028, 4, 30)
DAY = timedelta(days=1)


# --- standing ---


def standing(world: Folded, day: date) -> str | None:
    return world.status("member/M1", day).standing


def test_a_member_is_active_from_the_day_it_joined() -> None:
    world = after(joined())
    assert [standing(world, day) for day in (JOINED_ON - DAY, JOINED_ON)] == ["none", "active"]


def test_a_suspension_holds_until_its_last_reason_is_gone() -> None:
    one, two, three = (JOINED_ON + days * DAY for days in (10, 20, 30))
    world = after(
        joined(),
        suspended(one, "duty_missed"),
        suspended(two, "fees_unpaid"),
        reinstated(two, "duty_missed"),
        reinstated(three, "fees_unpaid"),
    )
    days = (one - DAY, one, two, three - DAY, three)
    assert [standing(world, day) for day in days] == [
        "active",
        "suspended",
        "suspended",
        "suspended",
        "active",
    ]


def test_a_restored_membership_may_end_again_on_an_earlier_day() -> None:
    day = DUE_ON + 91 * DAY
    told = [joined(), forfeited(day), restored(day, day + DAY)]
    world = after(*told, forfeited(day - 30 * DAY, recorded_on=day + 2 * DAY))
    assert [standing(world, when) for when in (day - 30 * DAY, day)] == ["forfeited", "forfeited"]


def test_a_suspension_undone_on_its_own_day_never_was() -> None:
    day = JOINED_ON + 10 * DAY
    world = after(joined(), suspended(day), reinstated(day, recorded_on=day + 40 * DAY))
    assert [standing(world, when) for when in (day, day + DAY)] == ["active", "active"]


def test_a_membership_ends_on_a_day() -> None:
    day = DUE_ON + 91 * DAY
    world = after(joined(), suspended(DUE_ON + DAY), forfeited(day))
    assert [standing(world, when) for when in (day - DAY, day)] == ["suspended", "forfeited"]


def test_a_restored_membership_never_ended() -> None:
    day = DUE_ON + 91 * DAY
    world = after(joined(), forfeited(day), restored(day, day + 30 * DAY))
    assert standing(world, day + DAY) == "active"


def test_a_forfeiture_said_again_with_another_day_has_moved() -> None:
    day, later = DUE_ON + 91 * DAY, DUE_ON + 200 * DAY
    world = after(joined(), forfeited(day), forfeited(later, recorded_on=later))
    assert [standing(world, when) for when in (day, later - DAY, later)] == [
        "active",
        "active",
        "forfeited",
    ]


def test_only_a_member_has_standing_and_duties() -> None:
    found = after(joined(), granted(FROM, TO)).status("entity/E1", FROM)
    assert (found.standing, found.duties) == (None, ())


# --- the duty ---


def duties(world: Folded, day: date) -> tuple[Duty, ...]:
    return world.status("member/M1", day).duties


def running(due_on: date = DUE_ON, rule: DutyRule = INITIAL_DUTY) -> Duty:
    return Duty(rule, due_on, "running")


def test_a_duty_runs_from_its_first_day() -> None:
    world = after(joined(), duty_started())
    assert duties(world, JOINED_ON - DAY) == ()
    assert duties(world, JOINED_ON) == (running(),)


def test_an_extended_duty_is_due_later() -> None:
    later = DUE_ON + 180 * DAY
    world = after(duty_started(), duty_extended(later, DUE_ON - 30 * DAY))
    assert duties(world, DUE_ON) == (running(later),)


def test_a_duty_is_met_from_the_day_the_certificate_meets_it() -> None:
    world = after(duty_started(), duty_met(FROM))
    assert [duties(world, day)[0].state for day in (FROM - DAY, FROM)] == ["running", "met"]


def test_a_duty_is_missed_from_the_day_after_its_last() -> None:
    world = after(duty_started(), duty_missed())
    assert [duties(world, day)[0].state for day in (DUE_ON, DUE_ON + DAY)] == ["running", "missed"]


def test_a_miss_that_was_retracted_never_was() -> None:
    late = DUE_ON + 60 * DAY
    world = after(
        duty_started(), duty_missed(), miss_retracted(late), duty_met(FROM, recorded_on=late)
    )
    assert [duties(world, day)[0].state for day in (DUE_ON, DUE_ON + DAY)] == ["met", "met"]
    known_before = recorded([duty_started(), duty_missed()])[-1].envelope.recorded_at
    then = world.status("member/M1", DUE_ON + DAY, known_before).duties
    assert [duty.state for duty in then] == ["missed"]


def test_an_extension_after_the_miss_lets_it_run_again() -> None:
    later = DUE_ON + 180 * DAY
    world = after(duty_started(), duty_missed(), duty_extended(later, DUE_ON + 30 * DAY))
    assert duties(world, DUE_ON + 40 * DAY) == (running(later),)


def test_a_late_certificate_heals_a_miss_from_its_day_on() -> None:
    healed = DUE_ON + 50 * DAY
    world = after(duty_started(), duty_missed(), duty_met(healed))
    days = (DUE_ON + DAY, healed - DAY, healed)
    assert [duties(world, day)[0].state for day in days] == ["missed", "missed", "met"]


def test_a_duty_that_was_called_off_is_none_and_may_start_again() -> None:
    off, again = date(2024, 9, 1), date(2025, 2, 1)
    ended = [duty_started(), duty_ended(off)]
    assert [duties(after(*ended), day) for day in (off - DAY, off)] == [(running(),), ()]
    world = after(*ended, duty_started(again, date(2027, 2, 1)))
    assert duties(world, off - DAY) == (running(),)
    assert duties(world, again - DAY) == ()
    assert duties(world, again) == (running(date(2027, 2, 1)),)


def test_a_duty_said_again_counts_even_if_it_began_before_the_end_of_the_last() -> None:
    world = after(
        duty_started(FROM, TO, RECERTIFICATION),
        duty_ended(date(2026, 6, 1), RECERTIFICATION),
        duty_started(FROM + DAY, TO + DAY, RECERTIFICATION, recorded_on=date(2026, 7, 1)),
    )
    assert duties(world, date(2026, 8, 1)) == (running(TO + DAY, RECERTIFICATION),)


def test_a_duty_that_began_later_than_was_told_never_ran_before() -> None:
    told, begins = FROM, FROM + 60 * DAY
    world = after(
        duty_started(told, TO, RECERTIFICATION),
        duty_ended(told, RECERTIFICATION, recorded_on=told + DAY),
        duty_started(begins, TO, RECERTIFICATION, recorded_on=told + DAY),
    )
    days = (told, begins - DAY, begins)
    assert [duties(world, day) for day in days] == [(), (), (running(TO, RECERTIFICATION),)]


def test_a_duty_that_is_reopened_runs_again() -> None:
    world = after(duty_started(), duty_met(FROM), duty_reopened(FROM + 99 * DAY))
    days = (FROM, FROM + 98 * DAY, FROM + 99 * DAY)
    assert [duties(world, day)[0].state for day in days] == ["met", "met", "running"]


def test_what_was_taken_back_before_it_began_to_meet_a_duty_never_meets_it() -> None:
    told, begins = FROM, FROM + 60 * DAY
    world = after(duty_started(), duty_met(begins, recorded_on=told), duty_reopened(told + DAY))
    days = (told, begins - DAY, begins, begins + 99 * DAY)
    assert [duties(world, day)[0].state for day in days] == ["running"] * 4


def test_a_duty_that_was_reopened_can_be_met_again() -> None:
    again = FROM + 120 * DAY
    world = after(duty_started(), duty_met(FROM), duty_reopened(FROM + 99 * DAY), duty_met(again))
    days = (again - DAY, again)
    assert [duties(world, day)[0].state for day in days] == ["running", "met"]


def test_what_met_or_missed_a_day_does_not_count_for_another() -> None:
    later = DUE_ON + 99 * DAY
    for outcome in (duty_met(FROM), duty_missed()):
        world = after(duty_started(), outcome, duty_started(due_on=later, recorded_on=DUE_ON))
        assert duties(world, later) == (running(later),)


def test_what_met_the_first_duty_does_not_meet_the_next() -> None:
    world = after(
        duty_started(), duty_met(FROM), duty_started(FROM, TO, RECERTIFICATION, recorded_on=FROM)
    )
    assert duties(world, FROM) == (Duty(INITIAL_DUTY, DUE_ON, "met"), running(TO, RECERTIFICATION))


def test_a_member_is_listed_unless_it_is_suspended_or_gone() -> None:
    one, two, three = (JOINED_ON + days * DAY for days in (10, 20, 30))
    world = after(joined(), suspended(one), reinstated(two), forfeited(three))
    days = (JOINED_ON - DAY, JOINED_ON, one, two, three)
    known = world.facts["member/M1"]
    assert [is_listed(known, day) for day in days] == [True, True, False, True, False]
    assert is_listed({}, one)
