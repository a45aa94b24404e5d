"""What may be asked of a CoC document: by its seller, its buyer, and by reactions. Pure."""

from datetime import date
from typing import ClassVar

from contracts.coc import OutputDesignated
from contracts.custody import (
    Address,
    Checked,
    Conformance,
    Digest,
    DocumentNumber,
    Lot,
    Mass,
    Material,
    PoolKey,
    ScopeId,
)
from contracts.values import (
    Activity,
    CertificateId,
    EntityId,
    Id,
    MemberId,
    Name,
    PersonRef,
    StaffRef,
    Value,
)
from infra.decider import Command
from services.coc_ledger.evidence import Held, ReplacedClaim, ScopeEvidence
from services.coc_ledger.sent_ids import Reason, Registration


class Customer(Value):
    """Who gets the metal: a scope here, or an organisation with a registration id."""

    name: Name
    address: Address
    scope_id: ScopeId | None = None
    entity_id: EntityId | None = None


class NamedCustomer(Customer):
    """The same as a seller names it. The number of its Chain of Custody certificate may be left
    out: where the customer is known here, it is looked up."""

    certificate_id: CertificateId | None = None


class DocumentCommand(Command):
    """What all commands to a document share."""

    number: DocumentNumber

    @property
    def stream(self) -> str:
        return f"coc_document/{self.number}"


class Draft(Value):
    """The words of a document, before the ledger covers them. `pool` is where it is claimed; the
    two of the customer's certificate are no words of the seller's alone: what was seen of it."""

    member_id: MemberId
    scope_id: ScopeId
    pool: PoolKey
    issued_on: date
    issuer_name: Name
    issuer_address: Address
    issuer_entity_id: EntityId
    customer: Customer
    customer_member_id: MemberId | None
    registration: Digest | None
    responsible: PersonRef
    statement: Conformance
    material: Material
    lot: Lot
    mass_kg: Mass
    total_mass_kg: Mass
    country_of_origin: Id | None
    ps_pending: bool
    boundary: Id | None
    method: Id | None
    footprint_period: Id | None
    verifier: Id | None
    replaces: DocumentNumber | None
    correction_reason: Id | None
    customer_certificate_id: CertificateId | None = None
    customer_seen: Checked | None = None
    activity: Activity | None = None


class IssueDocument(DocumentCommand):
    """State a delivery. `day` is the day of issue; `registration_id` lets a customer without a
    scope confirm. `replaces` makes it a correction of another document, with its reason. The lot
    must have been shipped, and the claim be covered. `activity` says whose output it is, where
    several supply-chain activities of the scope share the pool."""

    NAME: ClassVar[str] = "issue_document"
    FILLED: ClassVar[frozenset[str]] = frozenset(
        {
            "on",
            "scope",
            "pool",
            "customer_member_id",
            "registration",
            "claim",
            "old",
            "customer_seen",
        }
    )
    member_id: MemberId
    scope_id: ScopeId
    day: date
    customer: NamedCustomer
    registration_id: Registration | None = None
    responsible: StaffRef
    statement: Conformance
    material: Material
    mass_kg: Mass
    total_mass_kg: Mass
    country_of_origin: Id | None = None
    boundary: Id | None = None
    method: Id | None = None
    footprint_period: Id | None = None
    verifier: Id | None = None
    replaces: DocumentNumber | None = None
    correction_reason: Reason | None = None
    activity: Activity | None = None
    scope: ScopeEvidence | None = None
    pool: PoolKey
    customer_member_id: MemberId | None = None
    registration: Digest | None = None
    claim: OutputDesignated | None = None
    old: ReplacedClaim | None = None
    customer_seen: Checked | None = None


class DraftDocument(DocumentCommand):
    """Ours, before anything is claimed: keep the words, and the number for this pool alone. Its id
    is that of the words (`issuing`): what was looked up beside them makes it no other command."""

    NAME: ClassVar[str] = "draft_document"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "draft", "old"})
    draft: Draft
    old: ReplacedClaim | None = None


class CompleteDocument(DocumentCommand):
    """Internal: the ledger has covered a draft; it is issued, if nobody has done that yet."""

    NAME: ClassVar[str] = "complete_document"
    claim: OutputDesignated


class ConfirmDocument(DocumentCommand):
    """The buyer has the metal and books it in a scope, on the day it came. `activity` takes it in,
    where several supply-chain activities of the scope share the pool; `there` is what the pool
    holds that gets it, `holder_seen` what is known of the buyer as the holder of a share."""

    NAME: ClassVar[str] = "confirm_document"
    FILLED: ClassVar[frozenset[str]] = frozenset(
        {"on", "scope", "checked", "behind_s", "there", "holder_seen"}
    )
    member_id: MemberId
    received_kg: Mass
    received_on: date
    activity: Activity | None = None
    scope: ScopeEvidence | None = None
    checked: Checked | None = None
    behind_s: int = 0
    there: Held | None = None
    holder_seen: Checked | None = None


class ConfirmDelivery(DocumentCommand):
    """A buyer without a scope has the metal, and proves itself by the registration id."""

    NAME: ClassVar[str] = "confirm_delivery"
    FILLED: ClassVar[frozenset[str]] = frozenset(
        {"on", "proof", "checked", "behind_s", "holder_seen"}
    )
    proof: Digest
    received_kg: Mass
    received_on: date
    checked: Checked | None = None
    behind_s: int = 0
    holder_seen: Checked | None = None


class CheckDocument(DocumentCommand):
    """Internal: look at the seller's certificates again, as they are known now; and at those of the
    holder of a share, where the metal is of that."""

    NAME: ClassVar[str] = "check_document"
    checked: Checked
    behind_s: int = 0
    holder_seen: Checked | None = None


class DisputeDocument(DocumentCommand):
    """The buyer says that the delivery was another one."""

    NAME: ClassVar[str] = "dispute_document"
    member_id: MemberId
    reason: Reason


class DisputeDelivery(DocumentCommand):
    """A buyer without a scope says so, and proves itself by the registration id."""

    NAME: ClassVar[str] = "dispute_delivery"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "proof"})
    proof: Digest
    reason: Reason


class WithdrawDocument(DocumentCommand):
    """The seller takes it back; its claim is released."""

    NAME: ClassVar[str] = "withdraw_document"
    member_id: MemberId
    reason: Reason


class SupersedeDocument(DocumentCommand):
    """Internal: another document stands in the place of this one."""

    NAME: ClassVar[str] = "supersede_document"
    by: DocumentNumber
    reason: Id
