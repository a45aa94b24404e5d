"""Deadlines: what opens, moves and closes each kind, to the day."""

from datetime import date, timedelta

import pytest

from contracts.values import AuditKind, CertificateType, Standard
from services.certification.deadline_parts import DeadlineRow
from services.certification.deadlines import keys

from .given import (
    DUE_ON,
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
    invoiced,
    joined,
    miss_retracted,
    overdue,
    paid,
    recorded,
)
from .given_audits import (
    audit_cancelled,
    audit_concluded,
    audit_scheduled,
    certificate_withdrawn,
    converted,
    granted,
)

DAY = timedelta(days=1)
FROM, TO = date(2025, 5, 1), date(2028, 4, 30)
YEAR_END = date(2026, 4, 30)
PROVISIONAL = CertificateType.PROVISIONAL
SURVEILLANCE, TRANSITION = AuditKind.SURVEILLANCE, AuditKind.PROVISIONAL_TRANSITION


def row(world: Folded, key: str) -> DeadlineRow:
    found: DeadlineRow = world.deadlines[key]
    return found


def end(world: Folded, key: str) -> tuple[str, date | None, date | None]:
    found = row(world, key)
    return found.state, found.due_on, found.closed_on


def shown(world: Folded) -> set[str]:
    return {key for key, one in world.deadlines.items() if one.state != "unopened"}


# --- the duty ---

DUTY = "initial_certification:M1"


def test_a_duty_opens_a_deadline_of_the_member() -> None:
    world = after(joined(), duty_started())
    found = row(world, DUTY)
    assert end(world, DUTY) == ("open", DUE_ON, None)
    assert (found.member_id, found.subject, found.opened_on) == ("M1", "member/M1", JOINED_ON)
    assert (found.policy_id, found.extended) == ("m-1", 0)


def test_a_duty_is_met_on_its_last_day_and_missed_the_day_after() -> None:
    assert end(after(duty_started(), duty_met(DUE_ON)), DUTY) == ("met", DUE_ON, DUE_ON)
    late = after(duty_started(), duty_missed(), duty_met(DUE_ON + DAY))
    assert end(late, DUTY) == ("missed", DUE_ON, DUE_ON + DAY)


def test_a_missed_duty_is_outstanding() -> None:
    assert end(after(duty_started(), duty_missed()), DUTY) == ("missed", DUE_ON, None)


def test_a_retracted_miss_was_met() -> None:
    world = after(duty_started(), duty_missed(), miss_retracted(DUE_ON + 9 * DAY))
    assert end(world, DUTY) == ("met", DUE_ON, DUE_ON)
    told = [duty_started(), duty_missed(), miss_retracted(DUE_ON + 9 * DAY), duty_met(FROM)]
    assert end(after(*told), DUTY) == ("met", DUE_ON, FROM)


def test_a_miss_retracted_without_a_certificate_is_open() -> None:
    world = after(duty_started(), duty_missed(), miss_retracted(DUE_ON, certificate_id=None))
    assert end(world, DUTY) == ("open", DUE_ON, None)


def test_an_extension_moves_it_and_is_remembered() -> None:
    later = DUE_ON + 180 * DAY
    world = after(duty_started(), duty_extended(later, DUE_ON - DAY))
    assert end(world, DUTY) == ("open", later, None)
    assert (row(world, DUTY).extended, row(world, DUTY).policy_id) == (1, "m-2")
    healed = after(duty_started(), duty_missed(), duty_extended(later, DUE_ON + DAY))
    assert end(healed, DUTY) == ("open", later, None)


def test_said_again_while_it_runs_it_has_moved() -> None:
    world = after(duty_started(), duty_started(due_on=DUE_ON + DAY))
    assert end(world, DUTY) == ("open", DUE_ON + DAY, None)
    assert [reference[0] for reference in row(world, DUTY).events] == ["opened", "moved"]


def test_a_missed_duty_that_began_earlier_than_was_told_is_missed_all_the_same() -> None:
    told, known = FROM + DAY, DUE_ON + 2 * DAY
    world = after(duty_started(told), duty_missed(), duty_started(FROM, recorded_on=known))
    assert end(world, DUTY) == ("missed", DUE_ON, None)
    assert row(world, DUTY).opened_on == FROM
    assert [reference[0] for reference in row(world, DUTY).events] == ["opened", "moved", "missed"]


def test_a_duty_that_never_ran_from_the_day_told_and_begins_later_keeps_its_extension() -> None:
    world = after(
        duty_started(FROM),
        duty_extended(DUE_ON + DAY, FROM + DAY),
        duty_ended(FROM, recorded_on=FROM + 2 * DAY),
        duty_started(FROM + 9 * DAY, DUE_ON + DAY),
    )
    assert end(world, DUTY) == ("open", DUE_ON + DAY, None)
    assert (row(world, DUTY).opened_on, row(world, DUTY).extended) == (FROM + 9 * DAY, 1)


def test_it_is_reopened_when_what_met_it_is_gone() -> None:
    world = after(duty_started(), duty_met(FROM), duty_reopened(FROM + DAY))
    assert end(world, DUTY) == ("open", DUE_ON, None)


def test_what_is_said_of_an_earlier_round_changes_nothing() -> None:
    world = after(duty_started(), duty_started(due_on=DUE_ON + DAY), duty_met(FROM), duty_missed())
    assert end(world, DUTY) == ("open", DUE_ON + DAY, None)


def test_a_duty_that_ends_is_cancelled_or_stays_missed() -> None:
    day = DUE_ON + 91 * DAY
    assert end(after(duty_started(), duty_ended(FROM)), DUTY) == ("cancelled", DUE_ON, FROM)
    missed = after(duty_started(), duty_missed(), duty_ended(day))
    assert end(missed, DUTY) == ("missed", DUE_ON, day)
    met = after(duty_started(), duty_met(FROM), duty_ended(day))
    assert end(met, DUTY) == ("met", DUE_ON, FROM)


def test_the_two_duties_are_two_deadlines() -> None:
    world = after(duty_started(), duty_met(FROM), duty_started(FROM, TO, RECERTIFICATION))
    assert end(world, DUTY)[0] == "met"
    assert end(world, "recertification:M1") == ("open", TO, None)


# --- audits towards it ---


def test_an_audit_towards_it_is_booked_until_it_ends_or_is_called_off() -> None:
    start = date(2025, 9, 1)
    booked = [duty_started(), audit_scheduled(start)]
    found = row(after(*booked), DUTY)
    assert (found.audit_id, found.audit_booked_on) == ("A1", start)
    for next_one in (audit_cancelled(start), audit_concluded(start + 3 * DAY)):
        found = row(after(*booked, next_one), DUTY)
        assert (found.audit_id, found.audit_booked_on) == (None, None)


def test_the_next_audit_counts() -> None:
    world = after(
        duty_started(),
        audit_scheduled(date(2025, 9, 1), "A1"),
        audit_scheduled(date(2025, 8, 1), "A2"),
    )
    assert row(world, DUTY).audit_id == "A2"


def test_the_latest_audit_tells_the_major_findings_that_are_open() -> None:
    world = after(
        duty_started(),
        audit_concluded(date(2025, 9, 1), "A1", majors=4),
        audit_concluded(date(2025, 12, 1), "A2", majors=1),
    )
    assert row(world, DUTY).open_majors == 1


def test_an_audit_of_another_kind_or_standard_is_not_towards_it() -> None:
    start = date(2025, 9, 1)
    world = after(
        duty_started(),
        granted(FROM, TO),
        audit_scheduled(start, "A2", SURVEILLANCE, "C1"),
        audit_scheduled(start, "A3", AuditKind.SPECIAL),
    )
    assert row(world, DUTY).audit_booked_on is None
    chain = recorded([audit_scheduled(start, standard=Standard.CHAIN_OF_CUSTODY)])
    assert not keys(chain[0])


def test_what_is_said_of_an_unknown_duty_leaves_the_rest_alone() -> None:
    start = date(2025, 9, 1)
    world = after(audit_scheduled(start), duty_met(FROM), duty_started())
    assert (end(world, DUTY), row(world, DUTY).audit_id) == (("open", DUE_ON, None), "A1")


def test_heard_of_before_it_opens_it_is_shown_nowhere() -> None:
    world = after(audit_scheduled(date(2025, 9, 1)))
    assert not shown(world)
    assert row(world, DUTY).due_on is None
    assert not after(audit_scheduled(FROM), audit_cancelled(FROM)).deadlines[DUTY]


# --- the end of a certificate ---

EXPIRY = "certificate_expiry:C1"


def test_a_full_certificate_ends_on_its_last_day() -> None:
    world = after(granted(FROM, TO))
    found = row(world, EXPIRY)
    assert end(world, EXPIRY) == ("open", TO, None)
    assert (found.subject, found.opened_on, found.policy_id) == ("certificate/C1", FROM, "a-1")
    assert shown(world) == {EXPIRY}


@pytest.mark.parametrize(("gap", "state"), [(0, "met"), (1, "met"), (2, "missed")])
def test_another_certificate_takes_over_without_a_day_between(gap: int, state: str) -> None:
    start = TO + gap * DAY
    world = after(granted(FROM, TO), granted(start, date(2031, 4, 30), "C2", replaces="C1"))
    assert end(world, EXPIRY) == (state, TO, start)
    assert end(world, "certificate_expiry:C2")[0] == "open"


def test_of_two_certificates_that_take_over_the_earlier_counts() -> None:
    world = after(
        granted(FROM, TO),
        granted(TO + 9 * DAY, date(2031, 4, 30), "C2", replaces="C1"),
        granted(TO, date(2031, 4, 29), "C3", replaces="C1"),
    )
    assert end(world, EXPIRY) == ("met", TO, TO)


def test_a_withdrawn_certificate_does_not_end_later() -> None:
    day = date(2026, 1, 1)
    world = after(granted(FROM, TO), certificate_withdrawn(day))
    assert end(world, EXPIRY) == ("cancelled", TO, day)


def test_a_recertification_audit_that_names_it_is_booked_towards_it() -> None:
    start = date(2028, 2, 1)
    world = after(granted(FROM, TO), audit_scheduled(start, "A5", AuditKind.RECERTIFICATION, "C1"))
    assert row(world, EXPIRY).audit_booked_on == start
    assert row(world, "recertification:M1").audit_booked_on == start


# --- conversion ---

CONVERSION = "provisional_conversion:C1"
provisional = granted(FROM, YEAR_END, certificate_type=PROVISIONAL, majors=2)


def test_a_provisional_certificate_is_to_be_converted() -> None:
    world = after(provisional)
    assert end(world, CONVERSION) == ("open", YEAR_END, None)
    assert row(world, CONVERSION).open_majors == 2
    assert shown(world) == {CONVERSION}


def test_a_conversion_is_what_was_due_and_brings_the_end_of_a_full_one() -> None:
    world = after(provisional, converted(YEAR_END, TO))
    assert end(world, CONVERSION) == ("met", YEAR_END, YEAR_END)
    assert end(world, EXPIRY) == ("open", TO, None)
    late = after(provisional, converted(YEAR_END + DAY, TO))
    assert end(late, CONVERSION)[0] == "missed"


def test_another_certificate_or_a_withdrawal_calls_the_conversion_off() -> None:
    day = date(2026, 1, 1)
    for next_one in (
        certificate_withdrawn(day),
        granted(day, date(2028, 12, 31), "C2", replaces="C1"),
    ):
        assert end(after(provisional, next_one), CONVERSION) == ("cancelled", YEAR_END, day)


def test_a_transition_audit_is_booked_towards_it() -> None:
    world = after(provisional, audit_scheduled(date(2026, 2, 1), "A2", TRANSITION, "C1"))
    assert row(world, CONVERSION).audit_id == "A2"


# --- surveillance ---

WATCH = "surveillance:C1"
FIRST, SECOND = date(2026, 5, 1), date(2027, 5, 1)
watched = granted(FROM, TO, surveillance=(FIRST, SECOND))


def test_surveillance_asks_for_one_audit_after_the_other() -> None:
    one = audit_concluded(FIRST, "A2", SURVEILLANCE, "C1")
    two = audit_concluded(SECOND, "A3", SURVEILLANCE, "C1")
    assert end(after(watched), WATCH) == ("open", FIRST, None)
    assert end(after(watched, one), WATCH) == ("open", SECOND, None)
    assert end(after(watched, one, two), WATCH) == ("met", SECOND, SECOND)


def test_surveillance_audits_count_in_order_of_their_days_not_of_their_ids() -> None:
    world = after(
        watched,
        audit_concluded(SECOND + 9 * DAY, "A1", SURVEILLANCE, "C1"),
        audit_concluded(FIRST, "A2", SURVEILLANCE, "C1"),
        audit_concluded(SECOND, "A3", SURVEILLANCE, "C1"),
    )
    assert end(world, WATCH) == ("met", SECOND, SECOND)


def test_the_last_surveillance_audit_after_its_day_was_late() -> None:
    late = SECOND + DAY
    world = after(
        watched,
        audit_concluded(FIRST, "A2", SURVEILLANCE, "C1"),
        audit_concluded(late, "A3", SURVEILLANCE, "C1"),
    )
    assert end(world, WATCH) == ("missed", SECOND, late)


def test_a_certificate_that_is_gone_needs_no_surveillance() -> None:
    assert end(after(watched, certificate_withdrawn(FIRST)), WATCH) == ("cancelled", FIRST, FIRST)
    later = after(watched, certificate_withdrawn(FIRST + DAY))
    assert end(later, WATCH) == ("cancelled", FIRST, FIRST + DAY)
    missed = after(watched, certificate_withdrawn(FIRST + 2 * DAY))
    assert end(missed, WATCH) == ("missed", FIRST, FIRST + 2 * DAY)
    world = after(watched, granted(FIRST, TO, "C2", replaces="C1"))
    assert end(world, WATCH) == ("cancelled", FIRST, FIRST)


def test_high_maturity_asks_for_none() -> None:
    assert WATCH not in after(granted(FROM, TO)).deadlines


def test_a_conversion_sets_the_surveillance_days() -> None:
    world = after(provisional, converted(YEAR_END, TO, surveillance=(SECOND,)))
    assert end(world, WATCH) == ("open", SECOND, None)


# --- fees ---

FEE = "fee_invoice:M1~I1"
BILLED, PAY_BY = date(2026, 1, 1), date(2026, 3, 2)


def test_an_invoice_is_paid_in_time_or_late() -> None:
    bill = invoiced(BILLED, PAY_BY)
    assert end(after(bill), FEE) == ("open", PAY_BY, None)
    assert row(after(bill), FEE).subject == "member/M1"
    assert end(after(bill, paid(PAY_BY)), FEE) == ("met", PAY_BY, PAY_BY)
    assert end(after(bill, overdue(PAY_BY)), FEE) == ("missed", PAY_BY, None)
    late = PAY_BY + DAY
    assert end(after(bill, overdue(PAY_BY), paid(late)), FEE) == ("missed", PAY_BY, late)


def test_a_payment_recorded_late_but_made_in_time_was_in_time() -> None:
    world = after(invoiced(BILLED, PAY_BY), overdue(PAY_BY), paid(PAY_BY, PAY_BY + 9 * DAY))
    assert end(world, FEE) == ("met", PAY_BY, PAY_BY)
