"""The numbers that the oracle and the world reckon with, and the day arithmetic of the domain.

Defaults are those of sources.md. Where a service's policy file names a figure, the file's value is
taken (`rules_of`), read as data: neither the world nor the oracle runs any of its code.
"""

import calendar
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from contracts.values import Activity, MembershipClass

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rules:
    """Figures of sources.md 1.1 to 2.7, with its section behind each."""

    launch: date = date(2017, 12, 1)  # 1.2: December 2017, the exact day is not known
    obliged: frozenset[MembershipClass] = frozenset(  # 1.1
        {MembershipClass.PRODUCTION_AND_TRANSFORMATION, MembershipClass.INDUSTRIAL_USERS}
    )
    certifiable: frozenset[MembershipClass] = frozenset(  # 1.1
        {MembershipClass.PRODUCTION_AND_TRANSFORMATION, MembershipClass.INDUSTRIAL_USERS}
    )
    forcing: frozenset[Activity] = frozenset(  # 1.1: since November 2023, all that force class PT
        {
            Activity.BAUXITE_DEVELOPMENT,
            Activity.BAUXITE_MINING,
            Activity.ALUMINA_REFINING,
            Activity.HIGH_PURITY_ALUMINA,
            Activity.SMELTING,
        }
    )
    duty_years: int = 2  # 1.2
    provisional_counts: bool = True  # 1.2, reading of A11
    suspended_counts: bool = True  # 1.2: our guess
    early_expiry_waits: bool = True  # 1.2: a certificate is asked for from the first due day on
    late_cures: bool = True  # 1.3: our guess
    forfeit_days: int = 90  # 1.2, 1.4: our guess of how long a missed duty stays curable
    invoice_days: int = 60  # 1.3
    fee_grace_days: int = 30  # 1.3: our guess of how long after that unpaid fees suspend
    validity_years: int = 3  # 2.1
    provisional_years: int = 1  # 2.1
    major_findings_max: int = 3  # 2.2, rule 2
    surveillance_months: tuple[tuple[str, tuple[int, ...]], ...] = (  # 2.3
        ("high", ()),
        ("medium", (18,)),
        ("low", (12, 24)),
    )


def plus_years(day: date, years: int) -> date:
    """The same day some years on; 29 February becomes 28 (sources.md 1.2, day count)."""
    year = day.year + years
    return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))


def plus_months(day: date, months: int) -> date:
    """The same day some months on, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def last_valid_day(valid_from: date, years: int) -> date:
    """`valid_from` + years - 1 day (sources.md 2.7)."""
    return plus_years(valid_from, years) - ONE_DAY


def rules_of(folder: Path) -> Rules:
    """The rules with the figures of all policy files below a folder (`*/policy/*.json`), the
    latest file last. A figure that no file names keeps its default."""
    files = [json.loads(path.read_text()) for path in folder.glob("*/policy/*.json")]
    figures: dict[str, object] = {}
    for file in sorted(files, key=lambda file: str(file["valid_from"])):
        figures |= {name: figure["value"] for name, figure in file["figures"].items()}
    default = Rules()

    def whole(name: str, otherwise: int) -> int:
        return int(str(figures.get(name, otherwise)))

    def words(name: str, otherwise: Iterable[object]) -> list[str]:
        found = figures.get(name, otherwise)
        return [str(item) for item in found] if isinstance(found, Iterable) else []

    def switch(name: str, otherwise: bool) -> bool:
        return bool(figures.get(name, otherwise))

    return Rules(
        launch=date.fromisoformat(str(figures.get("duty.launched_on", default.launch))),
        obliged=frozenset(map(MembershipClass, words("duty.classes", default.obliged))),
        certifiable=frozenset(
            map(MembershipClass, words("certifiable.classes", default.certifiable))
        ),
        forcing=frozenset(
            Activity(word)
            for name in ("class.forces_pt", "class.forces_pt_since_named")
            for word in words(name, default.forcing)
        ),
        duty_years=whole("duty.years", default.duty_years),
        provisional_counts=switch("duty.provisional_counts", default.provisional_counts),
        suspended_counts=switch("duty.suspended_certificate_counts", default.suspended_counts),
        early_expiry_waits=switch(
            "duty.early_expiry_waits_for_first_due", default.early_expiry_waits
        ),
        late_cures=switch("duty.late_certificate_reinstates", default.late_cures),
        forfeit_days=whole("forfeit.days_after_miss", default.forfeit_days),
        invoice_days=whole("fees.payment_days", default.invoice_days),
        fee_grace_days=whole("fees.suspension_days_after_due", default.fee_grace_days),
        validity_years=whole("validity.full_years", default.validity_years),
        provisional_years=whole("validity.provisional_years", default.provisional_years),
        major_findings_max=whole("findings.major_at_most", default.major_findings_max),
        surveillance_months=tuple(
            (rating, tuple(map(int, words(f"surveillance.months.{rating}", months))))
            for rating, months in default.surveillance_months
        ),
    )
