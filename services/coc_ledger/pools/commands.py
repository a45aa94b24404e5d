"""What may be asked of a pool: by clerks and their systems, and by reactions. Pure.

The period follows from the day of a movement: the scope's calendar, filled in as evidence, says in
which pool it is booked. A movement's id is its sender's, and taken once in a pool.
"""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, SkipValidation

from contracts.custody import (
    Carried,
    Checked,
    Dated,
    DocumentNumber,
    Entry,
    Grams,
    Lot,
    Mass,
    MassOrNone,
    Material,
    MovementId,
    Origin,
    PoolKey,
    ScopeId,
    SignedMass,
    Stage,
    Switched,
)
from contracts.values import Activity, Id, MemberId, NoteRef, Value
from infra.decider import Command
from services.coc_ledger.accounting.footprint import NO_FOOTPRINT, Footprint
from services.coc_ledger.evidence import (
    Diligence,
    FacilityResult,
    Held,
    Onward,
    PoolKnown,
    ReplacedClaim,
    ScopeEvidence,
    Unlooked,
    onward_of,
)
from services.coc_ledger.sent_ids import Reason
from services.coc_ledger.taken import taken_of_closed

from .follow import Follow
from .receipts import Receipts


class PoolCommand(Command):
    """What all commands to a pool share; `day` is a day of its period."""

    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "scope", "known"})
    scope_id: ScopeId
    member_id: MemberId
    stage: Stage
    day: date
    scope: ScopeEvidence | None = None
    known: PoolKnown = PoolKnown()

    @property
    def pool(self) -> PoolKey:
        """The pool of the day."""
        period = self.scope.period if self.scope else None
        return PoolKey(scope_id=self.scope_id, stage=self.stage, period=period or self.day)

    @property
    def stream(self) -> str:
        return self.pool.stream


class Booking(PoolCommand):
    """A movement of a clerk's or a system's."""

    movement_id: MovementId
    contractor_id: Id | None = None


class Movement(Booking):
    """A movement of metal. Several supply-chain activities of a scope may share a pool: `activity`
    tells of which one it is, for the report to ASI."""

    activity: Activity | None = None


class ReceiveMaterial(Movement):
    """Metal without a CoC document came in. `origin_ref` refers to the proof of where scrap is
    from."""

    NAME: ClassVar[str] = "receive_material"
    FILLED: ClassVar[frozenset[str]] = PoolCommand.FILLED | {"diligence", "checked"}
    mass_kg: Mass
    origin: Origin
    supplier_id: Id | None = None
    origin_ref: NoteRef | None = None
    footprint: Footprint = NO_FOOTPRINT
    diligence: tuple[Diligence, ...] = ()
    checked: Checked | None = None


class ShipMaterial(Movement):
    """Products, or scrap, left for a customer. A CoC document may claim it afterwards."""

    NAME: ClassVar[str] = "ship_material"
    mass_kg: Mass
    lot: Lot = Lot.PRODUCT
    customer_id: Id | None = None


class BookLoss(Movement):
    """Metal was lost in the process, or went to waste."""

    NAME: ClassVar[str] = "book_loss"
    mass_kg: Mass


class CountStock(Movement):
    """A physical count: the stock is as counted, the difference cannot be explained."""

    NAME: ClassVar[str] = "count_stock"
    counted_kg: MassOrNone


class BookProcessEmissions(Booking):
    """The step's own emissions: what leaves carries them along."""

    NAME: ClassVar[str] = "book_process_emissions"
    emission_kgco2e: Annotated[Grams, Field(gt=0)]


class ChangeStage(Movement):
    """Material was used to make that of the next stage. `coc_kg` of it goes on as CoC, which is a
    claim on this pool and needs the same certificates; `produced_kg` is the yield where it was
    measured. `there` is what the pool of the next stage holds."""

    NAME: ClassVar[str] = "change_stage"
    FILLED: ClassVar[frozenset[str]] = PoolCommand.FILLED | {
        "results",
        "checked",
        "behind_s",
        "there",
    }
    mass_kg: Mass
    coc_kg: MassOrNone = 0
    produced_kg: Mass | None = None
    results: tuple[FacilityResult, ...] = ()
    checked: Checked | None = None
    behind_s: int = 0
    there: Held | None = None


class ReverseMovement(Booking):
    """Take a movement back, to the gram, on its own day: `day` is that day. In a period that is
    closed it needs a `reason`: the close is worked out anew, and what it left changes with it. Of a
    change of stage, `onward` is the pool that got the product: as it is when this is decided, since
    others in the same file may have changed it. `unlooked` is what a close would say without it."""

    NAME: ClassVar[str] = "reverse_movement"
    FILLED: ClassVar[frozenset[str]] = PoolCommand.FILLED | {"onward", "unlooked"}
    reverses: MovementId
    reason: Reason | None = None
    unlooked: tuple[Unlooked, ...] | None = None
    onward: Annotated[Onward | None, SkipValidation] = None

    def fresh(self, state: Callable[[str], Any]) -> Self:
        there = self.onward
        if there is None:
            return self
        now = onward_of(there.stream, state(there.stream), there.entered)
        return self.model_copy(update={"onward": now})


class DeclareOverdraftCase(PoolCommand):
    """A case of force majeure: the internal overdraft may be used in the period of `day`."""

    NAME: ClassVar[str] = "declare_overdraft_case"
    reason: Reason


class ClosePeriod(PoolCommand):
    """Close the period of `day`: nothing is booked in it any more. `open_before` is the first of
    the earlier periods at the stage that are open, `there` what the pool holds that gets what this
    one leaves, `unlooked` what suppliers without a valid record of due diligence brought."""

    NAME: ClassVar[str] = "close_period"
    FILLED: ClassVar[frozenset[str]] = PoolCommand.FILLED | {"open_before", "there", "unlooked"}
    open_before: date | None = None
    there: Held | None = None
    unlooked: tuple[Unlooked, ...] = ()


class DesignateOutput(PoolCommand):
    """Ours, before a document is issued: claim a lot of the output for it. `day` is the day of
    issue; `behind_s` how far the knowledge of certificates is behind; `results` what is verified
    of the step's own emissions; `customer_seen` what is known of the customer's certificates,
    `activity` the seller's, where the document names it."""

    NAME: ClassVar[str] = "designate_output"
    FILLED: ClassVar[frozenset[str]] = PoolCommand.FILLED | {
        "replaced",
        "checked",
        "behind_s",
        "results",
        "customer_seen",
    }
    document: DocumentNumber
    draft: Id
    material: Material | None = None
    mass_kg: Mass
    lot: Lot
    customer_scope_id: ScopeId | None = None
    replaced: ReplacedClaim | None = None
    checked: Checked
    behind_s: int
    pool_of_error: PoolKey | None = None
    results: tuple[FacilityResult, ...] = ()
    customer_seen: Checked | None = None
    activity: Activity | None = None

    @property
    def pool(self) -> PoolKey:
        """The period of the error while that is open, else that of the day."""
        return self.pool_of_error or super().pool

    def fresh(self, state: Callable[[str], Any]) -> Self:
        """With what a joint venture's partner has of closed periods when this is decided: another
        correction may have taken the last of its share meanwhile."""
        old = self.replaced
        if old is None or not old.shares:
            return self
        now = (
            taken_of_closed(one.pool, frozenset(one.holders), one.scopes, self.day, state)
            for one in old.shares
        )
        shares = tuple(
            one.model_copy(update={"taken_kg": kg}) for one, kg in zip(old.shares, now, strict=True)
        )
        return self.model_copy(update={"replaced": old.model_copy(update={"shares": shares})})


# --- what reactions ask: these are never refused for a closed period, but passed on ---


class DeliveryChange(Value):
    """What a delivery, or an earlier stage, brings into a pool, or takes out of it again: a lot of
    `coc_kg`, and the rest, each with what it carries; `from_pool` is that of the earlier stage.
    `reverses` is how the product of an earlier stage came in that is taken out, `replaces` the
    document that was booked of the same period, and in whose place this one's stands."""

    movement_id: Id
    action: Literal["book", "reclassify", "take_back", "enter_stage"]
    day: date
    received_kg: Mass
    coc_kg: MassOrNone
    lot: Lot = Lot.PRODUCT
    carried: Carried
    rest: Carried = Carried()
    document: DocumentNumber | None = None
    from_pool: PoolKey | None = None
    as_coc: bool = True
    reasons: tuple[Id, ...] = ()
    activity: Activity | None = None
    reverses: Id | None = None
    replaces: DocumentNumber | None = None

    @property
    def name(self) -> str:
        """What it is about, in all the pools that it comes to: a document, an entry of a stage."""
        return self.document or self.reverses or self.movement_id

    @property
    def corrects(self) -> str | None:
        """About what it says anew how it is booked; None for metal that comes for the first
        time."""
        if self.action in ("reclassify", "take_back"):
            return self.name
        return self.replaces if self.action == "book" else None


Because = Literal["withdrawn", "superseded", "check_failed", "check_passed"]


class ClaimChange(Value):
    """A claim is taken back, or holds again."""

    change_id: Id
    document: DocumentNumber
    day: date
    mass_kg: Mass
    lot: Lot
    carried: Carried
    because: Because
    restored: bool
    activity: Activity | None = None


class Carry(Value):
    """What a period leaves to the next. `stock` are the entries that bring the stock in; `lasting`
    and `due` what of it has a last day of its own; `stepped_kg` of the stock have the step in."""

    from_pool: PoolKey
    balance_kg: MassOrNone
    owed_kg: MassOrNone
    blocked: bool
    stock: tuple[Entry, ...]
    lasting: tuple[Dated, ...] = ()
    due: tuple[Dated, ...] = ()
    stepped_kg: MassOrNone = 0


class Foreseen(Value):
    """What the period before would leave if it were closed now: it is over, and open."""

    from_pool: PoolKey
    owed_kg: MassOrNone
    blocked: bool
    due: tuple[Dated, ...] = ()


class CarryChange(Value):
    """What the period before left was corrected: so much more, or less. `pool` gets it, `blocked`
    is whether that period stops claims; `passed` are the closed periods that it came through."""

    pool: PoolKey
    from_pool: PoolKey
    correction_id: Id
    reason: Id
    balance_kg: SignedMass
    owed_kg: SignedMass
    blocked: bool
    stock: tuple[Entry, ...]
    passed: tuple[PoolKey, ...] = ()
    lasting: tuple[Dated, ...] = ()
    due: tuple[Dated, ...] = ()
    stepped_kg: SignedMass = 0


class StageCheck(Value):
    """News of certificates: the CoC part of a change of stage (`change`, or its entry into the next
    pool, which came `from_pool`) counts as that no longer, or again. `lot` is its line as it was
    booked."""

    movement_id: Id
    change: Id
    day: date
    lot: Entry
    as_coc: bool
    reasons: tuple[Id, ...] = ()
    to_stage: Stage | None = None
    from_pool: PoolKey | None = None
    activity: Activity | None = None
    evidence: Checked | None = None


class ShortenPool(Command):
    """Ours: the scope's periods have changed, so that the pool ends on `ends_on`; or the scope goes
    over (`switched`)."""

    NAME: ClassVar[str] = "shorten_pool"
    FILLED: ClassVar[frozenset[str]] = frozenset()
    pool: PoolKey
    member_id: MemberId
    ends_on: date
    switched: Switched | None = None

    @property
    def stream(self) -> str:
        return self.pool.stream


class ApplyChange(Command):
    """One of the seven, in a pool; opened on the way if it was not. `passed` are the closed pools
    that it came to before, `receipts` what is known of a closed one's suppliers."""

    NAME: ClassVar[str] = "apply_change"
    FILLED: ClassVar[frozenset[str]] = frozenset({"receipts"})
    pool: PoolKey
    member_id: MemberId
    ends_on: date
    late_for: date | None = None
    passed: tuple[PoolKey, ...] = ()
    delivery: DeliveryChange | None = None
    claim: ClaimChange | None = None
    carry: Carry | None = None
    carry_change: CarryChange | None = None
    stage_check: StageCheck | None = None
    foreseen: Foreseen | None = None
    follow: Follow | None = None
    receipts: Annotated[Receipts | None, SkipValidation] = None

    @property
    def stream(self) -> str:
        return self.pool.stream

    def fresh(self, state: Callable[[str], Any]) -> Self:
        now = self.receipts and self.receipts.fresh(self.pool.scope_id, state)
        return self if now is None else self.model_copy(update={"receipts": now})
