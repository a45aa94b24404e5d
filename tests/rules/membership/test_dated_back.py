"""A certificate heard of after another one, though it begins earlier, dates duties back."""

from datetime import date

from services.membership.commands import ExtendDuty
from services.membership.duty import CertificateNoted, HeldCertificate
from tests.rules.membership.given import (
    AGAIN,
    DUE,
    FIRST,
    NOW,
    certificate,
    joined,
    met,
    note,
    passing,
    started,
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
