"""Names and ids that nobody can take for real ones: every name starts with `Synthetic`.

Ids carry `syn` in the same way, so that a stray row betrays where it came from.
"""

from contracts.values import Activity, MembershipClass

LABEL = "Synthetic"
"""The first word of every name in the synthetic world."""

_KINDS = {
    MembershipClass.PRODUCTION_AND_TRANSFORMATION: "Aluminium",
    MembershipClass.INDUSTRIAL_USERS: "Manufacturing",
    MembershipClass.DOWNSTREAM_SUPPORTERS: "Trading",
    MembershipClass.CIVIL_SOCIETY: "Civil Society",
    MembershipClass.ASSOCIATIONS: "Association",
    MembershipClass.GENERAL_SUPPORTERS: "Supporter",
}

_SITES = {
    Activity.BAUXITE_DEVELOPMENT: "Bauxite Project",
    Activity.BAUXITE_MINING: "Mine",
    Activity.ALUMINA_REFINING: "Refinery",
    Activity.HIGH_PURITY_ALUMINA: "Pure Alumina Plant",
    Activity.SMELTING: "Smelter",
    Activity.REMELTING_REFINING: "Recycling Plant",
    Activity.CASTHOUSE: "Casthouse",
    Activity.SEMI_FABRICATION: "Rolling Mill",
    Activity.MATERIAL_CONVERSION: "Components Plant",
    Activity.OTHER_MANUFACTURING_OR_SALE: "Works",
}


def member_id(number: int) -> str:
    return f"syn-m-{number:04d}"


def member_name(kind: MembershipClass, number: int, country: str) -> str:
    """`Synthetic Aluminium 017 (CN)`."""
    return f"{LABEL} {_KINDS[kind]} {number:03d} ({country})"


def entity_id(number: int, entity: int) -> str:
    return f"syn-e-{number:04d}-{entity}"


def entity_name(number: int, entity: int, country: str, renamed: str = "") -> str:
    return f"{LABEL} {renamed}Entity {number:03d}-{entity} ({country})"


def facility_id(number: int, facility: int) -> str:
    return f"syn-f-{number:04d}-{facility:03d}"


def facility_name(activity: Activity, number: int, facility: int, country: str) -> str:
    """`Synthetic Smelter 017-003 (CN)`, after what the site mainly does."""
    return f"{LABEL} {_SITES[activity]} {number:03d}-{facility:03d} ({country})"


def invoice_id(number: int, year: int) -> str:
    return f"syn-i-{number:04d}-{year}"


def audit_id(number: int, audit: int) -> str:
    return f"syn-a-{number:04d}-{audit:02d}"


def certificate_id(number: int, certificate: int) -> str:
    return f"syn-c-{number:04d}-{certificate:02d}"


def transfer_id(number: int, transfer: int) -> str:
    return f"syn-t-{number:04d}-{transfer}"


def auditor_firm(number: int) -> str:
    return f"syn-auditors-{number:02d}"


def lead_auditor(firm: int, person: int) -> str:
    """An opaque reference; no person stands behind it."""
    return f"syn-person-{firm:02d}-{person}"
