"""How a member's life goes: one function per script, from the first draft to the last renewal.

A script decides what becomes of the duty to certify (sources.md 1.2); what surrounds it
(application, sites, fees, other certificates) is the same for all. A script never looks at what
the platform would do: it knows the rules' figures and keeps its own dates clear of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from contracts.values import Activity, DutyRule, MembershipClass, Standard

from . import assurance, sites
from .assurance import LEAD_DAYS, Held, Scope
from .history import (
    ClassChanged,
    Extended,
    ReinstatedByHand,
    Resigned,
    Restored,
    SuspendedByHand,
    Terminated,
)
from .life import Life
from .rules import ONE_DAY, plus_years

INITIAL, RENEWAL = DutyRule.INITIAL_CERTIFICATION, DutyRule.RECERTIFICATION
"""Short names of the two duties."""


def _days(count: int) -> timedelta:
    return timedelta(days=count)


def _curable(life: Life) -> timedelta:
    """Some days after a miss in which it can still be cured, well before forfeiture."""
    return life.days(8, max(9, life.rules.forfeit_days - 20))


def _earliest(life: Life) -> date:
    return max(life.ready_on, life.rules.launch) + _days(LEAD_DAYS)


def _in_time(life: Life) -> date:
    """A day for the first certificate: more often late in the two years than early."""
    span = (life.due_on - _days(10) - _earliest(life)).days
    return _earliest(life) + _days(max(life.dice.randint(0, span), life.dice.randint(0, span)))


def _main(life: Life) -> Scope:
    return assurance.scope_of(life, life.entities[0], life.ready_on, Standard.PERFORMANCE)


def _certified(life: Life, valid_from: date, told_on: date | None = None) -> Held:
    """The common course: a first certificate, renewed in time for ever."""
    first = assurance.certify(life, _main(life), valid_from, told_on=told_on)
    assurance.renew(life, first)
    return first


def in_time(life: Life) -> None:
    """Certified in time and ever since; one in eight with a provisional start."""
    if life.chance(0.12):
        provisional_converted(life)
    else:
        _certified(life, _in_time(life))


def provisional_converted(life: Life) -> None:
    held = assurance.certify(life, _main(life), _in_time(life), majors=life.dice.randint(1, 3))
    full = assurance.convert(life, held, held.valid_from + life.days(200, 330))
    assurance.renew(life, full)


def provisional_renewed(life: Life) -> None:
    """Never converted, but a full certificate follows before the provisional one ends."""
    held = assurance.certify(life, _main(life), _in_time(life), majors=1)
    assurance.renew(life, held)


def provisional_gap(life: Life) -> None:
    """Provisional early, ended before the first day is due; a full one follows after a gap, still
    in the two years."""
    held = assurance.certify(life, _main(life), _earliest(life) + life.days(0, 30), majors=1)
    day = held.valid_to + ONE_DAY + life.days(8, 60)
    assurance.renew(life, assurance.certify(life, held.scope, day, replaces=held, told_on=day))


def provisional_lapsed(life: Life) -> None:
    """Certified provisionally late in the two years; nothing follows."""
    held = assurance.certify(life, _main(life), life.due_on - life.days(20, 120), majors=2)
    life.end(held.valid_to + _days(life.rules.forfeit_days // 2))


def late_record(life: Life) -> None:
    """Effective in time, told after the day: the miss is retracted."""
    valid_from = life.due_on - life.days(2, 40)
    _certified(life, valid_from, told_on=life.due_on + _curable(life))


def restored(life: Life) -> None:
    """Effective in time, told only after the membership was forfeited."""
    forfeited = life.due_on + _days(life.rules.forfeit_days)
    told_on = forfeited + life.days(15, 40)
    _certified(life, life.due_on - life.days(2, 40), told_on=told_on)
    life.tell(Restored(recorded_on=told_on + life.days(2, 10), member_id=life.member_id))


def extended(life: Life) -> None:
    new = life.due_on + life.days(90, 240)
    _extend(life, INITIAL, life.due_on - life.days(20, 90), new)
    _certified(life, new - life.days(3, 80))


def extended_after_miss(life: Life) -> None:
    new = life.due_on + life.days(150, 220)
    _extend(life, INITIAL, life.due_on + _curable(life), new)
    _certified(life, new - life.days(3, 40))


def late(life: Life) -> None:
    """Missed, suspended, certified before it is forfeited."""
    _certified(life, life.due_on + _curable(life))


def missed(life: Life) -> None:
    """No Performance Standard certificate ever comes; perhaps one of Chain of Custody does."""
    if life.chance(0.3):
        assurance.refuse(life, _main(life), life.due_on - life.days(5, 90), breach=life.chance(0.2))
    elif life.chance(0.4):
        scope = replace(_main(life), standard=Standard.CHAIN_OF_CUSTODY)
        assurance.certify(life, scope, _in_time(life))
    life.end(life.due_on + _days(life.rules.forfeit_days // 2))


def recert_missed(life: Life) -> None:
    """One cycle, and no second."""
    held = assurance.certify(life, _main(life), _in_time(life))
    life.end(held.valid_to + _days(life.rules.forfeit_days // 2))


def recert_missed_now(life: Life) -> None:
    """The first cycle ended a short while ago, at most as long as a miss stays curable."""
    last_day = life.as_of - life.days(3, max(4, life.rules.forfeit_days - 20))
    first_day = plus_years(last_day, -life.rules.validity_years) + ONE_DAY
    assurance.certify(life, _main(life), first_day)


def recert_late_record(life: Life) -> None:
    held = assurance.certify(life, _main(life), _in_time(life))
    again = assurance.certify(
        life,
        held.scope,
        held.valid_to + ONE_DAY,
        told_on=held.valid_to + _curable(life),
        replaces=held,
    )
    assurance.renew(life, again)


def recert_late(life: Life) -> None:
    held = assurance.certify(life, _main(life), _in_time(life))
    day = held.valid_to + ONE_DAY + _curable(life)
    assurance.renew(life, assurance.certify(life, held.scope, day, told_on=day, replaces=held))


def recert_extended(life: Life) -> None:
    """The certificate ends and leaves a gap, but the duty was given more time."""
    held = assurance.certify(life, _main(life), _in_time(life))
    new = held.valid_to + life.days(60, 120)
    _extend(life, RENEWAL, held.valid_to - life.days(15, 50), new)
    day = new - life.days(5, 40)
    assurance.renew(life, assurance.certify(life, held.scope, day, told_on=day, replaces=held))


def coc_first(life: Life) -> None:
    """A Chain of Custody certificate alone does not meet the duty; the other follows."""
    scope = _main(life)
    first = assurance.certify(
        life, replace(scope, standard=Standard.CHAIN_OF_CUSTODY), _earliest(life) + life.days(0, 60)
    )
    assurance.renew(life, first)
    held = assurance.certify(life, scope, life.due_on - life.days(5, 200))
    assurance.renew(life, held)


def withdrawn_before_due(life: Life) -> None:
    """The duty was met, is open again, and is met again by another certificate."""
    held = assurance.certify(life, _main(life), _earliest(life) + life.days(0, 60))
    assurance.withdraw(life, held, held.valid_from + life.days(60, 120))
    second = assurance.certify(life, held.scope, life.due_on - life.days(10, 120))
    assurance.renew(life, second)


def withdrawn_later(life: Life) -> None:
    """Taken back long after the duty was met; another certificate follows while the miss of the
    recertification can still be cured."""
    held = assurance.certify(life, _main(life), _in_time(life))
    day = max(life.due_on + _days(30), held.valid_from + life.days(300, 600))
    assurance.withdraw(life, held, day)
    again = day + _curable(life)
    second = assurance.certify(life, held.scope, again, replaces=held, told_on=again)
    assurance.renew(life, second)


def refused_first(life: Life) -> None:
    scope = _main(life)
    assurance.refuse(life, scope, _earliest(life) + life.days(0, 120))
    assurance.renew(life, assurance.certify(life, scope, life.due_on - life.days(10, 150)))


def certificate_suspended(life: Life) -> None:
    """Suspended for some weeks in the middle of a cycle, away from any due day."""
    held = _certified(life, _in_time(life))
    day = max(life.due_on + _days(10), held.valid_from + life.days(200, 500))
    assurance.suspend(life, held, day, day + life.days(20, 80))


def class_kept_clock(life: Life) -> None:
    """PT and IU are both obliged: a change between them keeps the clock."""
    here = life.seat.membership_class
    other = (
        MembershipClass.INDUSTRIAL_USERS
        if here is MembershipClass.PRODUCTION_AND_TRANSFORMATION
        else MembershipClass.PRODUCTION_AND_TRANSFORMATION
    )
    _change_class(
        life, life.seat.joined_on + life.days(60, 500), other, (Activity.MATERIAL_CONVERSION,)
    )
    in_time(life)


def class_started_clock(life: Life) -> None:
    """A supporter becomes a producer: the clock starts at the change."""
    on = life.seat.joined_on + life.days(200, 700)
    _change_class(life, on, MembershipClass.PRODUCTION_AND_TRANSFORMATION, sites.CONVERTER)
    life.clock_from = on
    sites.found_sites(life, on)
    in_time(life)


def class_ended_duty(life: Life) -> None:
    """A producer becomes a supporter before it was certified: the duty ends."""
    on = life.seat.joined_on + life.days(200, 600)
    _change_class(
        life, on, MembershipClass.DOWNSTREAM_SUPPORTERS, (Activity.OTHER_MANUFACTURING_OR_SALE,)
    )


def suspended_by_hand(life: Life) -> None:
    in_time(life)
    on = life.seat.joined_on + life.days(150, 900)
    life.tell(SuspendedByHand(recorded_on=on, member_id=life.member_id, effective_on=on))
    again = on + life.days(20, 90)
    life.tell(ReinstatedByHand(recorded_on=again, member_id=life.member_id, effective_on=again))


def resigned(life: Life) -> None:
    in_time(life)
    supporter_resigned(life)


def supporter_resigned(life: Life) -> None:
    on = life.as_of - life.days(30, max(31, (life.as_of - life.seat.joined_on).days - 200))
    life.tell(Resigned(recorded_on=on, member_id=life.member_id, effective_on=on))
    life.end(on)


def terminated(life: Life) -> None:
    """Ended by decision, some months after a fee was not paid (see `fees.bill`)."""
    in_time(life)
    supporter_terminated(life)


def supporter_terminated(life: Life) -> None:
    on = life.as_of - life.days(30, max(31, (life.as_of - life.seat.joined_on).days - 500))
    life.tell(
        Terminated(
            recorded_on=on, member_id=life.member_id, effective_on=on, reason="fees-not-paid"
        )
    )
    life.end(on)


def supporter(life: Life) -> None:
    """No duty, no sites: a member that supports."""
    if life.chance(0.02):
        suspended = life.seat.joined_on + life.days(100, 300)
        life.tell(
            SuspendedByHand(
                recorded_on=suspended, member_id=life.member_id, effective_on=suspended
            ),
            ReinstatedByHand(
                recorded_on=suspended + _days(40),
                member_id=life.member_id,
                effective_on=suspended + _days(40),
            ),
        )


def _extend(life: Life, rule: DutyRule, on: date, due_on: date) -> None:
    life.tell(
        Extended(
            recorded_on=on,
            member_id=life.member_id,
            rule=rule,
            due_on=due_on,
            reason="auditor-capacity",
        )
    )


def _change_class(
    life: Life, on: date, to: MembershipClass, activities: tuple[Activity, ...]
) -> None:
    life.activities = activities
    life.tell(
        ClassChanged(
            recorded_on=on,
            member_id=life.member_id,
            effective_on=on,
            membership_class=to,
            activities=activities,
        )
    )


Script = Callable[[Life], None]

OBLIGED: Mapping[str, tuple[Script, int, int]] = {
    "in_time": (in_time, 0, 0),
    "provisional_converted": (provisional_converted, 60, 900),
    "provisional_renewed": (provisional_renewed, 15, 1300),
    "provisional_gap": (provisional_gap, 10, 1300),
    "late_record": (late_record, 25, 900),
    "restored": (restored, 10, 1100),
    "extended": (extended, 30, 1000),
    "extended_after_miss": (extended_after_miss, 10, 1000),
    "late": (late, 25, 950),
    "recert_late_record": (recert_late_record, 12, 1950),
    "recert_late": (recert_late, 12, 1950),
    "recert_extended": (recert_extended, 12, 2000),
    "recert_missed_now": (recert_missed_now, 8, 0),
    "missed_now": (missed, 10, 0),
    "coc_first": (coc_first, 20, 800),
    "withdrawn_before_due": (withdrawn_before_due, 12, 800),
    "withdrawn_later": (withdrawn_later, 10, 1600),
    "refused_first": (refused_first, 25, 800),
    "certificate_suspended": (certificate_suspended, 20, 1300),
    "class_kept_clock": (class_kept_clock, 15, 700),
    "class_started_clock": (class_started_clock, 12, 900),
    "class_ended_duty": (class_ended_duty, 8, 700),
    "suspended_by_hand": (suspended_by_hand, 10, 1000),
    "leap_day": (in_time, 8, 0),
}
"""Scripts of members in force that are or were obliged: how many in a thousand, and how many days
before the world's day they have joined at least. `in_time` takes the rest."""

FORMER: Mapping[str, tuple[Script, int, int]] = {
    "missed": (missed, 28, 900),
    "recert_missed": (recert_missed, 12, 2100),
    "provisional_lapsed": (provisional_lapsed, 8, 1300),
    "resigned": (resigned, 18, 500),
    "terminated": (terminated, 8, 900),
    "supporter_resigned": (supporter_resigned, 20, 500),
    "supporter_terminated": (supporter_terminated, 6, 900),
}
"""Scripts of members no longer in force: how many per thousand in force, and their least age."""

SCRIPTS: Mapping[str, Script] = {
    **{name: script for name, (script, _, _) in OBLIGED.items()},
    **{name: script for name, (script, _, _) in FORMER.items()},
    "supporter": supporter,
}
