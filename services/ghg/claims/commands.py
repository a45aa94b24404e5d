"""What can be asked of a claim. Pure: no rule lives here."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from contracts.ghg_claims import ClaimFootprint, ClaimText
from contracts.values import CertificateId, Id, MemberId, NoteRef, PlainDecimal
from infra.decider import Command

from .standing import CertificateStanding


class ClaimCommand(Command):
    """What all commands of a claim share."""

    claim_id: Id

    @property
    def stream(self) -> str:
        return f"claim/{self.claim_id}"


class RequestClaim(ClaimCommand):
    """Ask for a claim: its words as they will be read, its form, the parts that it states, and what
    stands behind it. It is checked at once. Ids in `evidence_refs` are of documents."""

    NAME: ClassVar[str] = "request_claim"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "certificate"})
    member_id: MemberId
    kind: Literal["text", "logo", "certificate_number", "link"]
    text: ClaimText
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
    form: Literal["membership", "ps_certified", "coc_material", "footprint"]
    states: Annotated[tuple[Id, ...], Field(max_length=20)] = ()
    certificate_id: CertificateId | None = None
    footprint: ClaimFootprint | None = None
    material_t: Annotated[PlainDecimal, Field(gt=0)] | None = None
    evidence_refs: Annotated[tuple[Id, ...], Field(max_length=40)] = ()
    certificate: CertificateStanding | None = None


class AssessClaim(ClaimCommand):
    """Record that somebody looked at the claim and its evidence, and what they advise."""

    NAME: ClassVar[str] = "assess_claim"
    advice: Literal["approve", "refuse"]
    note_ref: NoteRef | None = None


class ApproveClaim(ClaimCommand):
    """Approve a claim that was assessed. It is checked again on this day."""

    NAME: ClassVar[str] = "approve_claim"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "certificate"})
    certificate: CertificateStanding | None = None


class RefuseClaim(ClaimCommand):
    """Refuse a claim, with the reasons: rules that it breaks (`R-16`), or others."""

    NAME: ClassVar[str] = "refuse_claim"
    reasons: Annotated[tuple[Id, ...], Field(min_length=1, max_length=20)]
    note_ref: NoteRef | None = None


class WithdrawClaim(ClaimCommand):
    """No longer make the claim, or no longer ask for it."""

    NAME: ClassVar[str] = "withdraw_claim"
    member_id: MemberId
    reason: Id


class NoteClaimCertificate(ClaimCommand):
    """Ours, when audits speak: how the certificate stands that the claim rests on."""

    NAME: ClassVar[str] = "note_claim_certificate"
    certificate: CertificateStanding


class NoteClaimMembership(ClaimCommand):
    """Ours, when membership speaks: the first day without it of who makes the claim; none, it
    goes on."""

    NAME: ClassVar[str] = "note_claim_membership"
    ended_on: date | None
