"""Values that events are made of: ids, dates as text, exact decimals, the field's own vocabulary.

Nothing here reads a clock or a file. Every enumeration names its source (`sources.md` section).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any, NewType

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

Instant = NewType("Instant", str)
"""A UTC instant as fixed-width text, `2026-11-21T19:10:32.123456Z`: sorts as time does, and is
the same bytes in the store, on the wire and under the hash."""


def instant(moment: datetime) -> Instant:
    """Write an aware moment as an `Instant`."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone is not an instant")
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return Instant(utc.isoformat(timespec="microseconds") + "Z")


def moment(text: str) -> datetime:
    """Read an `Instant` back as an aware datetime; ValueError when it is none."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    try:
        return read.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is beyond the calendar in UTC") from error


ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$"
"""Ids are ASCII without blanks, slashes or at-signs: safe as keys, headers and paths, and no
e-mail address fits."""

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
MemberId = Id
EntityId = Id
FacilityId = Id
AuditId = Id
CertificateId = Id
PersonRef = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""An opaque reference to a person (or a service) whose row can be erased; never a name."""
StaffRef = Annotated[
    str,
    StringConstraints(pattern=r"^([A-Za-z][A-Za-z._:-]*)?[0-9][A-Za-z0-9._:-]*$", max_length=128),
    Field(description="an opaque reference to a person with a number in it, say A-1047; no name"),
]
"""A person of somebody's own staff, as a command may name one. Names have no numbers in them: so
none is written into history, where nothing can be erased."""
NoteRef = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""A reference to a free text kept beside the person who wrote it, erasable; never the text."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
"""The name of an organisation or a site (never of a person)."""


def _exact(value: object) -> object:
    if isinstance(value, float):
        raise ValueError("write decimals as text ('0.4630'): a float is not exact")
    if isinstance(value, str):  # read here, so that strict readers of JSON take text as well
        try:
            return Decimal(value)
        except InvalidOperation:
            raise ValueError("a decimal is written as digits with a point: '0.4630'") from None
    return value


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError("a decimal must be finite")
    if not -30 <= value.adjusted() <= 30:
        raise ValueError("a decimal must lie between 1e-30 and 1e30")
    return value


def plain(value: Decimal) -> str:
    """Write a decimal in plain notation without trailing zeros: the one spelling of a number."""
    text = str(value)
    if text.isdigit():
        return text  # most are whole
    if "E" in text:
        text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if value == 0 else text


def all_plain(values: Sequence[Decimal]) -> list[str]:
    """Many decimals as `plain` writes each, at half the cost where they are usual ones."""
    texts = list(map(str, values))
    whole = "".join(texts)
    if "E" in whole or "-" in whole:
        return list(map(plain, values))
    return [
        text if text[-1] != "0" or "." not in text else text.rstrip("0").rstrip(".")
        for text in texts
    ]


PlainDecimal = Annotated[
    Decimal,
    BeforeValidator(_exact),
    AfterValidator(_finite),
    PlainSerializer(plain, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}),
]
"""An exact decimal: accepted and written as text."""


class Value(BaseModel):
    """Base of the records inside events: frozen, closed to unknown fields when written."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MembershipClass(StrEnum):
    """The six classes of ASI membership (sources.md 1.1)."""

    PRODUCTION_AND_TRANSFORMATION = "PT"
    INDUSTRIAL_USERS = "IU"
    DOWNSTREAM_SUPPORTERS = "DS"
    CIVIL_SOCIETY = "CS"
    ASSOCIATIONS = "AS"
    GENERAL_SUPPORTERS = "GS"


class Activity(StrEnum):
    """Supply-chain activities (sources.md 3.2)."""

    BAUXITE_DEVELOPMENT = "bauxite_development"
    BAUXITE_MINING = "bauxite_mining"
    ALUMINA_REFINING = "alumina_refining"
    HIGH_PURITY_ALUMINA = "high_purity_alumina"
    SMELTING = "smelting"
    REMELTING_REFINING = "remelting_refining"
    CASTHOUSE = "casthouse"
    SEMI_FABRICATION = "semi_fabrication"
    MATERIAL_CONVERSION = "material_conversion"
    OTHER_MANUFACTURING_OR_SALE = "other_manufacturing_or_sale"


class Standard(StrEnum):
    """ASI's standards: Performance Standard, Chain of Custody Standard (sources.md 1.2)."""

    PERFORMANCE = "PS"
    CHAIN_OF_CUSTODY = "CoC"


class AuditKind(StrEnum):
    """Kinds of audit (sources.md 2.1)."""

    INITIAL_CERTIFICATION = "initial_certification"
    SURVEILLANCE = "surveillance"
    RECERTIFICATION = "recertification"
    SCOPE_CHANGE = "scope_change"
    PROVISIONAL_TRANSITION = "provisional_transition"
    VERSION_TRANSITION = "version_transition"
    SPECIAL = "special"


class FindingClass(StrEnum):
    """Classes of non-conformance (sources.md 2.2)."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL_BREACH = "critical_breach"


class Maturity(StrEnum):
    """Maturity ratings of an audit (sources.md 2.3)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class CertificateType(StrEnum):
    """Full, or provisional because of a major non-conformance (sources.md 2.2, rule 1)."""

    FULL = "full"
    PROVISIONAL = "provisional"


class CertificationStatus(StrEnum):
    """States of a certificate and of all that it covers (sources.md 2.7); `none` has no one."""

    NONE = "none"
    IN_PROCESS = "in_process"
    CERTIFIED_FULL = "certified_full"
    CERTIFIED_PROVISIONAL = "certified_provisional"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class DutyRule(StrEnum):
    """Duties to certify: within two years of joining, and again on time (sources.md 1.2)."""

    INITIAL_CERTIFICATION = "initial_certification"
    RECERTIFICATION = "recertification"


class Location(Value):
    """Where a facility stands: ISO 3166-1 country, ISO 3166-2 subdivision, WGS 84 degrees."""

    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    subdivision: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")] | None = (
        None
    )
    latitude: Annotated[PlainDecimal, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[PlainDecimal, Field(ge=-180, le=180)] | None = None


class ControlBasis(StrEnum):
    """Why a facility belongs to an entity (sources.md 1.6, 5.6; GHG Protocol ch. 3)."""

    OPERATIONAL = "operational_control"
    FINANCIAL = "financial_control"
    JOINT_VENTURE = "joint_venture"


class Control(Value):
    """How an entity controls a facility, and its share of ownership in per cent."""

    basis: ControlBasis = ControlBasis.OPERATIONAL
    share_percent: Annotated[PlainDecimal, Field(gt=0, le=100)] = Decimal(100)


JsonObject = Mapping[str, Any]
