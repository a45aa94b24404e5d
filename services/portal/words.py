"""How things are written for people. Pure."""

from datetime import date

LABELS = {
    "initial_certification": "First certification",
    "recertification": "Recertification",
    "certificate_expiry": "Certificate expires",
    "surveillance": "Surveillance audit",
    "provisional_conversion": "Provisional to full",
    "fee_invoice": "Membership fee",
    "ops": "ASI operations",
    "member": "the member",
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
