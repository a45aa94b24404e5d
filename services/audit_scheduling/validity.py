"""How long a certificate holds, and when surveillance audits are due. Pure day arithmetic.

Rules: sources.md 2.1 (three years, provisional one), 2.3 (surveillance by maturity), 2.7
(`valid_to` = `valid_from` + years - 1 day), 1.2 (29 February becomes the 28th). All figures come
from the policy of the day of the decision.
"""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from contracts.values import CertificateType, Maturity
from infra.policy import Policy

ONE_DAY = timedelta(days=1)
YEARS = {
    CertificateType.FULL: "validity.full_years",
    CertificateType.PROVISIONAL: "validity.provisional_years",
}
UNRATED = "unrated"


def years_later(day: date, years: int) -> date:
    """The same day some years on; 29 February becomes the 28th in a year without one."""
    return day + relativedelta(years=years)


def months_later(day: date, months: int) -> date:
    """The same day some months on, or the last day of that month."""
    return day + relativedelta(months=months)


def last_valid_day(valid_from: date, certificate_type: CertificateType, policy: Policy) -> date:
    """The last day on which a certificate that starts on `valid_from` holds."""
    return years_later(valid_from, policy.integer(YEARS[certificate_type])) - ONE_DAY


def surveillance_days(
    valid_from: date, valid_to: date, maturity: Maturity | None, policy: Policy
) -> tuple[date, ...]:
    """The days by which surveillance audits must be concluded, those within the validity only:
    a provisional year ends before the usual first one. Without a rating, the usual one applies.
    """
    rating = maturity.value if maturity else UNRATED
    months = policy.integers(f"surveillance.months.{rating}")
    days = (months_later(valid_from, number) for number in sorted(set(months)))
    return tuple(day for day in days if day <= valid_to)
