"""A certificate heard of after another one, though it begins earlier, dates duties back; its end
dates them on again."""

from datetime import date

from contracts.membership import DutyEnded
from services.membership.commands import ExtendDuty
from services.membership.duty import CertificateNoted, HeldCertificate
from tests.rules.membership.given import (
    AGAIN,
    DUE,
    FIRST,
    MISSED,
    NOW,
    certificate,
    days_closed,
    joined,
    met,
    missed,
    note,
    passing,
    started,
    withdrawn,
)


def noted(held: HeldCertificate) -> CertificateNoted:
    return CertificateNoted(member_id="M1", certificate=held)


def test_what_met_the_duty_earlier_dates_it_back() -> None:
    earlier = certificate("C0", date(2025, 3, 1), date(2028, 2, 28))
    passing(joined(), note(certificate())).when(note(earlier)).then(
        noted(earlier),
        met(FIRST, DUE, "C0", date(2025, 3, 1)),
    )


def test_the_next_duty_is_dated_back_with_it() -> None:
    told = certificate("C1", date(2025, 6, 1), date(2025, 7, 1))
    earlier = certificate("C0", date(2025, 3, 1), date(2025, 5, 1))
    passing(joined(), note(told)).when(note(earlier)).then(
        noted(earlier),
        met(FIRST, DUE, "C0", date(2025, 3, 1)),
        started(AGAIN, date(2025, 3, 1), DUE),
    )


def test_one_to_come_within_an_extension_does_not_begin_the_duty_later() -> None:
    first = certificate("C0", date(2025, 3, 1), date(2028, 2, 28))
    given = passing(joined(), note(first), note(certificate()))
    until = date(2029, 5, 31)
    given = passing(
        given,
        ExtendDuty(on=NOW, member_id="M1", due_on=until, reason="site-inaccessible", approver="P7"),
    )
    to_come = certificate("C2", date(2026, 1, 1), date(2028, 12, 31))
    given.when(note(to_come)).then(noted(to_come))
    assert given.state.duty.key == (AGAIN, until)


EARLIER = certificate("C0", date(2025, 3, 1), date(2025, 7, 1))
TO_COME = certificate("C1", date(2025, 6, 1), date(2025, 8, 1))
IN_APRIL = date(2025, 4, 10)
NEVER_RAN = DutyEnded(
    member_id="M1", rule=AGAIN, effective_on=date(2025, 3, 1), because="certificate_gone"
)


def test_the_next_duty_is_dated_on_when_what_began_it_is_gone() -> None:
    given = passing(joined(), note(EARLIER, IN_APRIL), note(TO_COME, IN_APRIL))
    gone = withdrawn(date(2025, 4, 1), "C0", IN_APRIL)
    given.when(gone).then(
        noted(EARLIER.model_copy(update={"withdrawn_from": date(2025, 4, 1)})),
        met(FIRST, DUE, "C1", date(2025, 6, 1)),
        NEVER_RAN,
        started(AGAIN, date(2025, 6, 1), DUE),
    )


def test_a_duty_that_is_dated_on_was_missed_all_the_same() -> None:
    given = days_closed(passing(joined(), note(EARLIER, IN_APRIL), note(TO_COME, IN_APRIL)), NOW)
    assert given.state.miss((AGAIN, DUE)) is not None
    gone = withdrawn(date(2025, 4, 1), "C0")
    given = (
        given.when(gone)
        .then(
            noted(EARLIER.model_copy(update={"withdrawn_from": date(2025, 4, 1)})),
            met(FIRST, DUE, "C1", date(2025, 6, 1)),
            NEVER_RAN,
            started(AGAIN, date(2025, 6, 1), DUE),
            missed(AGAIN, DUE),
        )
        .and_given()
    )
    assert given.state.suspensions == {"duty_missed": MISSED}
    given.when(gone).nothing()
