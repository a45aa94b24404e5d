"""CoC documents: two sides of a delivery. The seller states, the buyer confirms or disputes.

Source: sources.md 5.7. Stream `coc_document/<number>` of `coc_ledger`. A document is never edited:
another one takes its place, and both stay visible.
"""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .custody import (
    Carried,
    Checked,
    ClaimPart,
    Conformance,
    Digest,
    DocumentNumber,
    Lot,
    Mass,
    Material,
    Party,
    PoolKey,
    ScopeId,
    StepEmissions,
)
from .envelope import Event
from .values import Activity, CertificateId, EntityId, Id, MemberId, PersonRef, PlainDecimal, Value


class Supplement(Value):
    """What a document may say beyond what it must. The intensity is of the metal and the step
    together, `inputs_kgco2e_per_kg` of the metal as it came in. `known_percent` of the mass has a
    footprint that is wholly known, `known_part_kgco2e_per_kg` is the average over that part, and
    the whole lot emitted `at_least_kgco2e_per_kg`. Where too little is known, no intensity is told:
    the footprint is incomplete."""

    country_of_origin: Id | None = None
    ps_certified: bool = False
    ps_pending: bool = False
    pre_consumer_percent: Annotated[PlainDecimal, Field(ge=0, le=100)] | None = None
    post_consumer_percent: Annotated[PlainDecimal, Field(ge=0, le=100)] | None = None
    intensity_kgco2e_per_kg: Annotated[PlainDecimal, Field(ge=0)] | None = None
    inputs_kgco2e_per_kg: Annotated[PlainDecimal, Field(ge=0)] | None = None
    step: StepEmissions | None = None
    known_percent: Annotated[PlainDecimal, Field(ge=0, le=100)] | None = None
    known_part_kgco2e_per_kg: Annotated[PlainDecimal, Field(ge=0)] | None = None
    at_least_kgco2e_per_kg: Annotated[PlainDecimal, Field(ge=0)] | None = None


class Awaited(Value):
    """A confirmation that is waited for, through `confirm_by` (counted from the day of issue, or
    from that on which the document was stated, the later of the two; older events: from the first):
    of the buyer's scope, or, where the buyer has none, one that the seller's scope has to see
    to."""

    scope_id: ScopeId
    member_id: MemberId
    issued_on: date
    confirm_by: date
    policy_id: Id


class DocumentIssued(Event):
    """A seller's statement of a delivery. Nothing in it is ever edited: `replaces` supersedes.
    `registration` is the digest of the id by which a buyer without a scope confirms. The customer's
    certificate rests on `customer_evidence`; without that it is what the seller says. `activity` is
    the seller's supply-chain activity, where that was named or its pool has only one; `from_closed`
    what of the mass was claimed in pools that are closed (older events say neither).
    `holder_entity_id` is the customer's entity where it takes the metal by its share of a joint
    venture: it has to be certified to the Performance Standard itself (older events do not say)."""

    TYPE: ClassVar[str] = "coc.document_issued.v1"
    number: DocumentNumber
    member_id: MemberId
    pool: PoolKey
    issued_on: date
    issuer: Party
    certificate_id: CertificateId
    customer: Party
    customer_member_id: MemberId | None
    registration: Digest | None
    responsible: PersonRef
    statement: Conformance
    material: Material
    lot: Lot
    mass_kg: Mass
    total_mass_kg: Mass
    carried: Carried
    supplement: Supplement
    replaces: DocumentNumber | None
    correction_reason: Id | None
    confirm_by: date
    evidence: Checked
    policy_id: Id
    customer_evidence: Checked | None = None
    activity: Activity | None = None
    from_closed: tuple[ClaimPart, ...] = ()
    holder_entity_id: EntityId | None = None

    @property
    def awaited(self) -> Awaited:
        """Whose confirmation is waited for from now on."""
        scope_id, member_id = self.customer.scope_id, self.customer_member_id
        if scope_id is None or member_id is None:
            scope_id, member_id = self.pool.scope_id, self.member_id
        return Awaited(
            scope_id=scope_id,
            member_id=member_id,
            issued_on=self.issued_on,
            confirm_by=self.confirm_by,
            policy_id=self.policy_id,
        )


class DocumentConfirmed(Event):
    """The buyer has the metal. `receiver` is the pool that books it; none for a buyer who is no
    member, and `activity` the buyer's, that takes it in. `answers` is what is not waited for any
    more; here and below, nothing where an earlier event had answered it."""

    TYPE: ClassVar[str] = "coc.document_confirmed.v1"
    number: DocumentNumber
    member_id: MemberId
    customer_member_id: MemberId | None
    receiver: PoolKey | None
    receiver_ends_on: date | None
    received_kg: Mass
    received_on: date
    confirmed_on: date
    answers: Awaited | None = None
    activity: Activity | None = None


class DocumentChecked(Event):
    """The receiver's check on the issue date. Passed, the metal counts as CoC; failed, it does
    not, for `reasons`. Said again when what was known of that day has changed. `mass_kg` and
    `carried` are what the receiver books, `claimed_kg` and `claimed` what the seller claimed,
    as it is told to its customer (older events: as its pool holds it), `from_closed` what of it
    lies in pools that are closed; each side's supply-chain activity is told again.
    `holder_evidence` is what was known of a joint venture's holder, where the metal is its share.
    `rest` is what the rest of the shipment brings, metal of the same pool that is no CoC material,
    as the receiver books it (None: nothing is told of it, and in older events). `claim_held`:
    whether the claim counted at the seller until then (older events: at the first check it did)."""

    TYPE: ClassVar[str] = "coc.document_checked.v1"
    number: DocumentNumber
    member_id: MemberId
    check: Annotated[int, Field(ge=1)]
    pool: PoolKey
    receiver: PoolKey | None
    receiver_member_id: MemberId | None
    receiver_ends_on: date | None
    received_kg: Mass
    received_on: date
    issued_on: date
    claimed_kg: Mass
    claimed: Carried
    mass_kg: Mass
    lot: Lot
    carried: Carried
    checked_on: date
    passed: bool
    reasons: tuple[Id, ...]
    evidence: Checked
    policy_id: Id
    activity: Activity | None = None
    receiver_activity: Activity | None = None
    from_closed: tuple[ClaimPart, ...] = ()
    holder_evidence: Checked | None = None
    rest: Carried | None = None
    claim_held: bool = True


class ClaimRechecked(Event):
    """News change what is known of the issue date of a document that nobody confirmed: its claim
    is taken back at the seller, for `reasons`, or, `passed`, holds again. What the receiver checks
    stays to be checked. `check` counts these from 1; evidence as in `DocumentChecked`."""

    TYPE: ClassVar[str] = "coc.claim_rechecked.v1"
    number: DocumentNumber
    member_id: MemberId
    check: Annotated[int, Field(ge=1)]
    pool: PoolKey
    issued_on: date
    mass_kg: Mass
    checked_on: date
    passed: bool
    reasons: tuple[Id, ...]
    evidence: Checked
    policy_id: Id
    holder_evidence: Checked | None = None


class DocumentDisputed(Event):
    TYPE: ClassVar[str] = "coc.document_disputed.v1"
    number: DocumentNumber
    member_id: MemberId
    customer_member_id: MemberId | None
    reason: Id
    disputed_on: date
    answers: Awaited | None = None


class DocumentLapsed(Event):
    """Nobody confirmed it in time; `effective_on` is the first day after `confirm_by`."""

    TYPE: ClassVar[str] = "coc.document_lapsed.v1"
    number: DocumentNumber
    member_id: MemberId
    effective_on: date
    answers: Awaited | None = None


class DocumentEnded(Event):
    """It was withdrawn, or another one, `by`, stands in its place. What it had been booked as is
    told again, so that both ledgers can take it back; `counted`: as CoC. `carried` is what the
    seller claimed, `from_closed` what of it lies in pools that are closed, `brought` what the buyer
    booked (older events do not say: its part of it), and `rest` with the rest of the shipment."""

    TYPE: ClassVar[str] = "coc.document_ended.v1"
    number: DocumentNumber
    member_id: MemberId
    because: Literal["withdrawn", "superseded"]
    by: DocumentNumber | None
    reason: Id
    ended_on: date
    issued_on: date
    pool: PoolKey
    mass_kg: Mass
    lot: Lot
    carried: Carried
    designated: bool
    receiver: PoolKey | None
    receiver_member_id: MemberId | None
    receiver_ends_on: date | None
    received_kg: Mass | None
    received_on: date | None
    counted: bool
    answers: Awaited | None = None
    activity: Activity | None = None
    receiver_activity: Activity | None = None
    brought: Carried | None = None
    from_closed: tuple[ClaimPart, ...] = ()
    rest: Carried | None = None


EVENTS: tuple[type[Event], ...] = (
    DocumentIssued,
    DocumentConfirmed,
    DocumentChecked,
    ClaimRechecked,
    DocumentDisputed,
    DocumentLapsed,
    DocumentEnded,
)
