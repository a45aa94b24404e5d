"""Greenhouse gases speak of what is said in public, and of data that suppliers are asked for.

Source: sources.md 7, 8 (R-01, R-15, R-16). Streams of `ghg`: `claim/<id>`, `datum_request/<id>`. A
claim rests on a certificate and holds only while that does. What identifies a supplier that
answers without an account is in no event.
"""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import StringConstraints

from .envelope import Event
from .ghg import InventoryFinding as Finding
from .ghg import Number, Year
from .inventory import DataKind
from .values import CertificateId, FacilityId, Id, MemberId, NoteRef, PlainDecimal, Value

ClaimText = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Unit = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class ClaimFootprint(Value):
    """A product's footprint as the claim states it; None is not said. Method and verifier are named
    by ids (`ISO-14067`)."""

    t_per_t: PlainDecimal | None = None
    boundary: Id | None = None
    method: Id | None = None
    verifier: Id | None = None


class ClaimRequested(Event):
    """A member asks to make a claim: its words, its form, and what stands behind it. `states` are
    the parts that its text or fine print states."""

    TYPE: ClassVar[str] = "ghg.claim_requested.v1"
    claim_id: Id
    member_id: MemberId
    kind: Literal["text", "logo", "certificate_number", "link"]
    text: ClaimText
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
    form: Literal["membership", "ps_certified", "coc_material", "footprint"]
    states: tuple[Id, ...]
    certificate_id: CertificateId | None = None
    valid_until: date | None = None
    footprint: ClaimFootprint | None = None
    material_t: PlainDecimal | None = None
    evidence_refs: tuple[Id, ...]
    requested_on: date


class ClaimChecked(Event):
    """What the rules find in a claim on a day, the gravest first; `stands` when nothing of them
    stops it."""

    TYPE: ClassVar[str] = "ghg.claim_checked.v1"
    claim_id: Id
    member_id: MemberId
    findings: tuple[Finding, ...]
    stands: bool
    checked_on: date
    policy_id: Id


class ClaimAssessed(Event):
    """Somebody has looked at the claim and its evidence, and advises."""

    TYPE: ClassVar[str] = "ghg.claim_assessed.v1"
    claim_id: Id
    member_id: MemberId
    advice: Literal["approve", "refuse"]
    assessed_on: date
    note_ref: NoteRef | None = None


class ClaimApproved(Event):
    """The claim may be made, through `valid_until` where it rests on a certificate."""

    TYPE: ClassVar[str] = "ghg.claim_approved.v1"
    claim_id: Id
    member_id: MemberId
    certificate_id: CertificateId | None = None
    valid_until: date | None = None
    approved_on: date
    policy_id: Id


class ClaimRefused(Event):
    """The claim may not be made, for these reasons: rules that it breaks, or others."""

    TYPE: ClassVar[str] = "ghg.claim_refused.v1"
    claim_id: Id
    member_id: MemberId
    reasons: tuple[Id, ...]
    refused_on: date
    note_ref: NoteRef | None = None


class ClaimWithdrawn(Event):
    """The claim is no longer made, or no longer asked for."""

    TYPE: ClassVar[str] = "ghg.claim_withdrawn.v1"
    claim_id: Id
    member_id: MemberId
    withdrawn_on: date
    reason: Id


class ClaimLapsed(Event):
    """From `lapsed_on` on the certificate does not hold, so neither does the claim."""

    TYPE: ClassVar[str] = "ghg.claim_lapsed.v1"
    claim_id: Id
    member_id: MemberId
    certificate_id: CertificateId
    reason: Literal["suspended", "withdrawn", "expired"]
    lapsed_on: date


class ClaimRestored(Event):
    """The certificate holds again, and with it the claim."""

    TYPE: ClassVar[str] = "ghg.claim_restored.v1"
    claim_id: Id
    member_id: MemberId
    certificate_id: CertificateId
    valid_until: date
    restored_on: date


class ClaimExtended(Event):
    """The certificate has another last day, and with it the claim."""

    TYPE: ClassVar[str] = "ghg.claim_extended.v1"
    claim_id: Id
    member_id: MemberId
    certificate_id: CertificateId
    valid_until: date
    extended_on: date


class MembershipClaimLapsed(Event):
    """A claim to be a member holds no longer than the membership: `lapsed_on` is the first day
    without it."""

    TYPE: ClassVar[str] = "ghg.membership_claim_lapsed.v1"
    claim_id: Id
    member_id: MemberId
    lapsed_on: date


class MembershipClaimRestored(Event):
    """The membership was restored, and with it the claim."""

    TYPE: ClassVar[str] = "ghg.membership_claim_restored.v1"
    claim_id: Id
    member_id: MemberId
    restored_on: date


# --- data asked of suppliers ---


class DatumRequested(Event):
    """A facility asks a supplier for the factor of an input. `kg` is what the input gives off as
    calculated now, `share_percent` its part of the footprint: why it is asked. `factor` and
    `factor_kind` are what stands there now, `data` the first of the data concerned. Of scrap,
    `scrap_kind` is the kind that is asked about: a supplier may deliver several, and each bears
    another burden; requests of earlier builds say none."""

    TYPE: ClassVar[str] = "ghg.datum_requested.v1"
    request_id: Id
    member_id: MemberId
    facility_id: FacilityId
    year: Year
    supplier_id: Id
    item: Id
    unit: Unit
    data: tuple[Id, ...]
    factor: PlainDecimal
    factor_kind: DataKind
    kg: PlainDecimal
    share_percent: PlainDecimal
    data_version: Number
    requested_on: date
    scrap_kind: Id | None = None


class DatumAnswered(Event):
    """The supplier's answer, in kg CO2e per `unit` of the item; `source` names the document that it
    is from, `factor_gwp_set` the warming potentials under which it was made, where the supplier
    says (R-18), `scrap_kind` the kind of scrap that was asked about. A later answer takes the place
    of an earlier one."""

    TYPE: ClassVar[str] = "ghg.datum_answered.v1"
    request_id: Id
    member_id: MemberId
    facility_id: FacilityId
    year: Year
    supplier_id: Id
    item: Id
    unit: Unit
    answer: Number
    factor: PlainDecimal
    kind: Literal[DataKind.SUPPLIER_VERIFIED, DataKind.SUPPLIER_UNVERIFIED]
    boundary: Id
    data_year: Year
    source: Id
    evidence_ref: Id | None = None
    verifier: Id | None = None
    answered_on: date
    factor_gwp_set: Id | None = None
    scrap_kind: Id | None = None


class DatumDeclined(Event):
    """The supplier will not or cannot tell."""

    TYPE: ClassVar[str] = "ghg.datum_declined.v1"
    request_id: Id
    member_id: MemberId
    facility_id: FacilityId
    year: Year
    supplier_id: Id
    item: Id
    reason: Id
    declined_on: date


class DatumTaken(Event):
    """The answer stands in the facility's data from this version of them on."""

    TYPE: ClassVar[str] = "ghg.datum_taken.v1"
    request_id: Id
    member_id: MemberId
    facility_id: FacilityId
    year: Year
    answer: Number
    data_version: Number
    taken_on: date


class DatumRequestWithdrawn(Event):
    """The facility no longer asks."""

    TYPE: ClassVar[str] = "ghg.datum_request_withdrawn.v1"
    request_id: Id
    member_id: MemberId
    facility_id: FacilityId
    year: Year
    withdrawn_on: date


EVENTS: tuple[type[Event], ...] = (
    ClaimRequested,
    ClaimChecked,
    ClaimAssessed,
    ClaimApproved,
    ClaimRefused,
    ClaimWithdrawn,
    ClaimLapsed,
    ClaimRestored,
    ClaimExtended,
    MembershipClaimLapsed,
    MembershipClaimRestored,
    DatumRequested,
    DatumAnswered,
    DatumDeclined,
    DatumTaken,
    DatumRequestWithdrawn,
)
