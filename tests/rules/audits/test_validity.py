"""How long a certificate holds, day by day: sources.md 2.1, 2.3, 2.7."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values import CertificateType, Maturity
from services.audit_scheduling.validity import last_valid_day, surveillance_days

from .given import ONE_DAY, POLICIES

POLICY = POLICIES.on(date(2026, 1, 1))
FULL, PROVISIONAL = CertificateType.FULL, CertificateType.PROVISIONAL


@pytest.mark.parametrize(
    ("valid_from", "valid_to"),
    [
        (date(2024, 11, 11), date(2027, 11, 10)),  # certificate 409 of sources.md 2.7
        (date(2026, 1, 1), date(2028, 12, 31)),
        (date(2025, 3, 1), date(2028, 2, 29)),
        (date(2024, 2, 28), date(2027, 2, 27)),
        (date(2024, 2, 29), date(2027, 2, 27)),  # the anniversary of 29 February is the 28th
    ],
)
def test_a_full_certificate_holds_three_years_less_a_day(valid_from: date, valid_to: date) -> None:
    assert last_valid_day(valid_from, FULL, POLICY) == valid_to


@pytest.mark.parametrize(
    ("valid_from", "valid_to"),
    [
        (date(2026, 4, 10), date(2027, 4, 9)),
        (date(2027, 3, 1), date(2028, 2, 29)),
        (date(2024, 2, 29), date(2025, 2, 27)),
    ],
)
def test_a_provisional_one_holds_a_year_less_a_day(valid_from: date, valid_to: date) -> None:
    assert last_valid_day(valid_from, PROVISIONAL, POLICY) == valid_to


@pytest.mark.parametrize(
    ("maturity", "due"),
    [
        (Maturity.HIGH, ()),
        (Maturity.MEDIUM, (date(2026, 2, 28),)),  # 18 months after 31 August
        (Maturity.LOW, (date(2025, 8, 31), date(2026, 8, 31))),
        (None, (date(2026, 2, 28),)),
    ],
)
def test_surveillance_follows_maturity(maturity: Maturity | None, due: tuple[date, ...]) -> None:
    start = date(2024, 8, 31)
    assert surveillance_days(start, last_valid_day(start, FULL, POLICY), maturity, POLICY) == due


def test_a_provisional_year_ends_before_the_first_surveillance() -> None:
    start = date(2026, 4, 10)
    last_day = last_valid_day(start, PROVISIONAL, POLICY)
    for maturity in (None, *Maturity):
        assert surveillance_days(start, last_day, maturity, POLICY) == ()


@given(st.dates(date(1990, 1, 1), date(2150, 1, 1)), st.sampled_from([None, *Maturity]))
def test_validity_is_never_empty_and_surveillance_lies_inside(
    start: date, maturity: Maturity | None
) -> None:
    last_day = last_valid_day(start, FULL, POLICY)
    assert start < last_valid_day(start, PROVISIONAL, POLICY) < last_day
    days = surveillance_days(start, last_day, maturity, POLICY)
    assert list(days) == sorted(set(days))
    assert all(start < day <= last_day for day in days)


@given(st.dates(date(1990, 1, 1), date(2150, 1, 1)))
def test_the_day_after_the_last_one_is_the_anniversary(start: date) -> None:
    after = last_valid_day(start, FULL, POLICY) + ONE_DAY
    assert (after.year, after.month) == (start.year + 3, start.month)
    assert after.day == (28 if (start.month, start.day) == (2, 29) else start.day)
