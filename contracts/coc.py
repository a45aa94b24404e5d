"""The chain of custody speaks: scopes and their rules, pools and their movements.

Source: sources.md section 5. Streams of `coc_ledger`: `coc_scope/<scope>` for what holds across
periods, `pool/<scope>:<stage>:<first day of the period>` for the ledger; documents have a file of
their own.
Every date is a UTC day. What a decision knew of certificates is kept with it as evidence.
"""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .custody import (
    Address,
    Carried,
    Checked,
    ClaimPart,
    Dated,
    DocumentNumber,
    Entry,
    FootprintWords,
    Lot,
    MadeGood,
    Mass,
    MassOrNone,
    MovementKind,
    Origin,
    PoolKey,
    Position,
    Remark,
    ScopeId,
    Stage,
    StepEmissions,
    Switched,
    Topic,
)
from .envelope import Event
from .values import (
    Activity,
    CertificateId,
    EntityId,
    FacilityId,
    Id,
    MemberId,
    Name,
    NoteRef,
    PersonRef,
)

Months = Annotated[int, Field(ge=1, le=12)]


# --- scopes (sources.md 5.6) ---


class ScopeOpened(Event):
    """A certification scope keeps accounts from `starts_on` on, in periods of `months`. Where the
    Performance Standard may follow later, `ps_due_on` is the last day on which it covers all the
    facilities. That these are the entity's own is known through `facilities_known_through`, a
    position of membership (older events do not say: nobody looked). Opened to take over another
    scope (`successor_of`), it has the `awaited` facilities once `coc.scope_facilities_came` says
    so; `awaited_activities` are those that none of its others does."""

    TYPE: ClassVar[str] = "coc.scope_opened.v1"
    scope_id: ScopeId
    member_id: MemberId
    entity_id: EntityId
    name: Name
    address: Address
    facilities: tuple[FacilityId, ...]
    activities: tuple[Activity, ...]
    starts_on: date
    months: Months
    opened_on: date
    evidence: Checked
    ps_due_on: date | None
    policy_id: Id
    facilities_known_through: Position | None = None
    successor_of: ScopeId | None = None
    awaited: tuple[FacilityId, ...] = ()
    awaited_activities: tuple[Activity, ...] = ()


class ScopeFacilityAdded(Event):
    """One more facility; `ps_due_on` as above, for this facility (sources.md 5.6, rule 2). One
    that the Performance Standard does not cover when the scope is opened is told so, too."""

    TYPE: ClassVar[str] = "coc.scope_facility_added.v1"
    scope_id: ScopeId
    member_id: MemberId
    facility_id: FacilityId
    activities: tuple[Activity, ...]
    added_on: date
    evidence: Checked
    ps_due_on: date | None
    policy_id: Id
    facilities_known_through: Position | None = None


class ScopeFacilityLeft(Event):
    """From `effective_on` on the facility is no longer in the scope: membership told that it went
    to another entity, or was closed (sources.md 5.6, rule 7). `activities` are those of the scope
    that none of its other facilities does."""

    TYPE: ClassVar[str] = "coc.scope_facility_left.v1"
    scope_id: ScopeId
    member_id: MemberId
    facility_id: FacilityId
    effective_on: date
    because: Literal["transferred", "closed"]
    activities: tuple[Activity, ...] = ()


class PsObligationMet(Event):
    """The Performance Standard covers what was still to be covered: all (no facility named), or
    one facility. Said again where it is heard later that it did from an earlier day on. All is
    covered since the last of its facilities is, or has left; the certificate itself covers those
    that were left over since `covers_from`."""

    TYPE: ClassVar[str] = "coc.ps_obligation_met.v1"
    scope_id: ScopeId
    member_id: MemberId
    facility_id: FacilityId | None
    certificate_id: CertificateId
    effective_on: date
    covers_from: date | None = None


class ScopeSuspended(Event):
    """From `effective_on` on nothing is claimed from this scope (sources.md 8, R-29): that was the
    first day without the Performance Standard for a facility (or the whole). Said again while it is
    suspended, for each of the others whose last day goes by; it is suspended since the first."""

    TYPE: ClassVar[str] = "coc.scope_suspended.v1"
    scope_id: ScopeId
    member_id: MemberId
    effective_on: date
    because: Literal["ps_not_achieved"]
    facility_id: FacilityId | None


class ScopeReinstated(Event):
    """From `effective_on` on claims are free again after the suspension that was told last, or,
    where `since` is given, after the earlier one that began on that day: it ended sooner than was
    told; where both days are one, it never was."""

    TYPE: ClassVar[str] = "coc.scope_reinstated.v1"
    scope_id: ScopeId
    member_id: MemberId
    effective_on: date
    since: date | None = None


class ContractorListed(Event):
    """An outsourcing contractor in the scope from `listed_on` on (sources.md 5.6, rules 5, 7)."""

    TYPE: ClassVar[str] = "coc.contractor_listed.v1"
    scope_id: ScopeId
    member_id: MemberId
    contractor_id: Id
    name: Name
    listed_on: date
    from_scope_id: ScopeId | None = None


class ContractorDelisted(Event):
    """It no longer is; `effective_on` is the last day on which it was."""

    TYPE: ClassVar[str] = "coc.contractor_delisted.v1"
    scope_id: ScopeId
    member_id: MemberId
    contractor_id: Id
    effective_on: date


class DueDiligenceRecorded(Event):
    """A supplier of non-CoC material was looked at (sources.md 5.6, rule 6), as `from_scope_id`
    recorded it, which goes over into this one (rule 7)."""

    TYPE: ClassVar[str] = "coc.due_diligence_recorded.v1"
    scope_id: ScopeId
    member_id: MemberId
    supplier_id: Id
    topics: tuple[Topic, ...]
    performed_on: date
    valid_through: date
    record_ref: NoteRef | None
    policy_id: Id
    from_scope_id: ScopeId | None = None


class ScopeTransferApproved(Event):
    """The scope ends before `effective_on`; what its pools hold moves (sources.md 5.6, rule 7)."""

    TYPE: ClassVar[str] = "coc.scope_transfer_approved.v1"
    scope_id: ScopeId
    member_id: MemberId
    to_scope_id: ScopeId
    effective_on: date
    approver: PersonRef


# --- pools (sources.md 5.3, 5.4) ---


class PoolOpened(Event):
    """Something was booked in a period for the first time. It ends on `ends_on`; by `close_by` it
    should be closed (older events do not say)."""

    TYPE: ClassVar[str] = "coc.pool_opened.v1"
    pool: PoolKey
    member_id: MemberId
    ends_on: date
    policy_id: Id
    close_by: date | None = None


class MovementBooked(Event):
    """Balanced entries of one movement on `day`; `activity` is the supply-chain activity that it
    belongs to, where that was told. `undoes` says that a change of stage is taken back, and at
    which of its sides. `reverses` names the movement it takes back, `document` the delivery it
    books, `late_for` the day of an error in a period that was closed, `produced_kg` what a change
    of stage made (taken back, what leaves the next pool: older events do not say), `from_pool`
    (older events do not say) where that came from. `coc_kg` is the part that counts as CoC;
    `remarks` say why the rest does not. By `digest`, of what was asked, a repeat is recognised.
    `origin_ref` names the proof of where metal is from, `told` how its supplier found its footprint
    (older events kept neither).

    `step` is what verified results said of the step of a change of stage, booked by hand or not
    (older events do not say); `evidence` what was known of the certificates that its CoC part needs
    (older events do not say; `ps_pending`: the Performance Standard might follow). `corrects` names
    such a change, or its entry into the next pool: news of certificates takes its CoC part away, or
    gives it back, and `coc_kg` is what it is from then on."""

    TYPE: ClassVar[str] = "coc.movement_booked.v1"
    movement_id: Id
    digest: Id
    pool: PoolKey
    member_id: MemberId
    kind: MovementKind
    day: date
    entries: tuple[Entry, ...]
    coc_kg: MassOrNone = 0
    origin: Origin | None = None
    counterparty: Id | None = None
    contractor_id: Id | None = None
    document: DocumentNumber | None = None
    to_stage: Stage | None = None
    produced_kg: Mass | None = None
    produced_coc_kg: MassOrNone | None = None
    reverses: Id | None = None
    late_for: date | None = None
    remarks: tuple[Remark, ...] = ()
    origin_ref: NoteRef | None = None
    told: FootprintWords | None = None
    activity: Activity | None = None
    from_pool: PoolKey | None = None
    undoes: MovementKind | None = None
    evidence: Checked | None = None
    ps_pending: bool = False
    corrects: Id | None = None
    step: StepEmissions | None = None

    @property
    def moves_as(self) -> MovementKind:
        """The kind by which its entries are read: a change of stage that is taken back leaves, and
        enters, where it had entered, and left; one that is corrected, where it did."""
        if self.corrects is not None:
            entered = self.from_pool is not None
            return MovementKind.FROM_STAGE if entered else MovementKind.TO_STAGE
        return self.undoes or self.kind


class OutputDesignated(Event):
    """A lot of the output is claimed as CoC by a document, in the words of its `draft`;
    `covered_kg` is what could have been claimed before it. Where it replaces a claim of a pool that
    is closed, the entries hold only what it claims beyond that one; `freed` is what it no longer
    claims of that, which is given back there (older events gave it back in this pool). `step` is
    what was known of the step's own emissions, `activity` the supply-chain activity whose output it
    is, `from_closed` what of the mass stays with closed pools (older events say neither)."""

    TYPE: ClassVar[str] = "coc.output_designated.v1"
    pool: PoolKey
    member_id: MemberId
    document: DocumentNumber
    draft: Id
    day: date
    mass_kg: Mass
    lot: Lot
    entries: tuple[Entry, ...]
    carried: Carried
    covered_kg: MassOrNone
    overdraft_kg: MassOrNone
    replaces: DocumentNumber | None
    holder_scope_id: ScopeId | None
    evidence: Checked
    policy_id: Id
    step: StepEmissions | None = None
    activity: Activity | None = None
    from_closed: tuple[ClaimPart, ...] = ()
    freed: tuple[ClaimPart, ...] = ()


class DesignationReleased(Event):
    """A claim is taken back (or, `restored`, holds again): its document was withdrawn, replaced,
    or failed a check (passed one after all). `activity` is that of the claim; `stepped_kg` of it
    had the step in already (`Carried`)."""

    TYPE: ClassVar[str] = "coc.designation_released.v1"
    pool: PoolKey
    member_id: MemberId
    document: DocumentNumber
    change_id: Id
    day: date
    mass_kg: Mass
    entries: tuple[Entry, ...]
    because: Literal["withdrawn", "superseded", "check_failed", "check_passed"]
    restored: bool
    late_for: date | None = None
    activity: Activity | None = None
    stepped_kg: MassOrNone = 0


class OverdraftCaseDeclared(Event):
    """A case of force majeure: from now on the internal overdraft may be used in this period."""

    TYPE: ClassVar[str] = "coc.overdraft_case_declared.v1"
    pool: PoolKey
    member_id: MemberId
    reason: Id
    declared_on: date


class BalanceCarried(Event):
    """What the period before leaves: a balance that may be used in this one, an overdraft that
    must be made good in it, and the stock with what it carries. `blocked`: more was claimed than
    the rules allow, and nothing more may be until that is made good. `lasting` of the balance, and
    `due` of the overdraft, have a last day of their own, since a scope went over. `stepped_kg` of
    the stock have the emissions of the step in: they were booked by hand."""

    TYPE: ClassVar[str] = "coc.balance_carried.v1"
    pool: PoolKey
    member_id: MemberId
    from_pool: PoolKey
    balance_kg: MassOrNone
    owed_kg: MassOrNone
    blocked: bool
    entries: tuple[Entry, ...]
    lasting: tuple[Dated, ...] = ()
    due: tuple[Dated, ...] = ()
    stepped_kg: MassOrNone = 0


class PoolClosed(Event):
    """The period is over: its figures, and what the rules found. `owed_kg` is the overdraft that
    the next one makes good: `unmet_kg` this one should have, `ahead_kg` it made; `late_kg` was not
    by a last day of its own. `to_scope_id`: where all goes if the scope was transferred.
    `stepped_kg` of the stock have the step's emissions in, as they were booked by hand. `made_good`
    is since when its books cover all that was owed in it (older events do not say)."""

    TYPE: ClassVar[str] = "coc.pool_closed.v1"
    pool: PoolKey
    member_id: MemberId
    closed_on: date
    ends_on: date
    inflow_kg: MassOrNone
    input_kg: MassOrNone
    output_kg: MassOrNone
    designated_kg: Annotated[int, Field(ge=-(10**13), le=10**13)]
    max_output_kg: MassOrNone
    balance_kg: MassOrNone
    expired_kg: MassOrNone
    owed_kg: MassOrNone
    stock: tuple[Entry, ...]
    remarks: tuple[Remark, ...]
    next_period: date
    to_scope_id: ScopeId
    policy_id: Id
    unmet_kg: MassOrNone = 0
    lasting: tuple[Dated, ...] = ()
    due: tuple[Dated, ...] = ()
    switched: Switched | None = None
    late_kg: MassOrNone = 0
    ahead_kg: MassOrNone | None = None
    stepped_kg: MassOrNone = 0
    made_good: MadeGood | None = None


EVENTS: tuple[type[Event], ...] = (
    ScopeOpened, ScopeFacilityAdded, ScopeFacilityLeft, PsObligationMet, ScopeSuspended,
    ScopeReinstated, ContractorListed, ContractorDelisted,
    DueDiligenceRecorded, ScopeTransferApproved, PoolOpened, MovementBooked, OutputDesignated,
    DesignationReleased, OverdraftCaseDeclared, BalanceCarried, PoolClosed,
)  # fmt: skip
