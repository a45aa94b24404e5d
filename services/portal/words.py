"""How things are written for people. Pure."""

from datetime import date
from decimal import Decimal

LABELS = {
    "initial_certification": "First certification",
    "recertification": "Recertification",
    "certificate_expiry": "Certificate expires",
    "surveillance": "Surveillance audit",
    "provisional_conversion": "Provisional to full",
    "fee_invoice": "Membership fee",
    "coc_yearly_report": "CoC yearly report",
    "coc_overdraft": "CoC overdraft",
    "coc_period_close": "CoC period close",
    "coc_needs_ps": "CoC needs PS",
    "coc_confirmation": "CoC confirmations",
    "ops": "ASI operations",
    "member": "the member",
    "asi_mine_to_metal": "ASI mine to metal",
    "gbt_44905_2024": "GB/T 44905-2024",
    "iai": "IAI",
    "cbam": "CBAM",
    "gcc": "Gulf states",
    "footprint.bauxite_mining": "Bauxite",
    "footprint.alumina_refining": "Alumina",
    "footprint.anode_production": "Anodes and paste",
    "footprint.electrolysis": "Liquid metal",
    "footprint.casting": "Cast metal",
    "footprint.remelting": "Remelted metal, cast",
    "footprint.semi_fabrication": "Semi-fabricated products",
}


def label(name: str) -> str:
    """A name of ours in plain words."""
    return LABELS.get(name, name.replace("_", " ").capitalize())


def day(text: str | None) -> str:
    """2025-08-01 as `1 Aug 2025`."""
    if not text:
        return "–"
    found = date.fromisoformat(text[:10])
    return f"{found.day} {found:%b %Y}"


def days_left(days: int) -> str:
    """`in 3 days`, `today`, `5 days ago`."""
    if days == 0:
        return "today"
    unit = "day" if abs(days) == 1 else "days"
    return f"in {days} {unit}" if days > 0 else f"{-days} {unit} ago"


def days_before(days: int) -> str:
    """`30 days before`, `on the day`."""
    if days == 0:
        return "on the day"
    return f"{days} {'day' if days == 1 else 'days'} before"


def figure(value: object) -> str:
    """A policy's value: `PT, IU`, `yes`, `90`."""
    match value:
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(str(one) for one in value) or "none"
        case _:
            return str(value)


def number(value: Decimal | str | None, places: int = 2) -> str:
    """`12,345.68`, `–` for nothing; rounded for reading, the exact value stands in the data."""
    return "–" if value is None else f"{Decimal(value):,.{places}f}"


def tonnes(kilograms: Decimal | str, places: int = 0) -> str:
    """Kilograms as tonnes, for reading."""
    return number(Decimal(kilograms) / 1000, places)


def percent(share: Decimal | str | None) -> str:
    """0.97 as `97.0 %`; `–` for nothing."""
    return "–" if share is None else f"{number(Decimal(share) * 100, 1)} %"
