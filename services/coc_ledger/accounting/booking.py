"""How each kind of movement is booked: its entries, its CoC part, what is remarked. Pure.

What happened physically is always booked; a rule says whether it counts as CoC, and why not. Only
what cannot be (a day ahead, a closed period, an id used twice, a reversal of what was claimed) is
refused. Rules: sources.md 5.3, 5.5, 5.6, 8.
"""

from typing import NamedTuple, assert_never

from contracts.canonical import canonical_json
from contracts.coc import MovementBooked
from contracts.custody import (
    Account,
    Entry,
    Lot,
    MovementKind,
    Origin,
    Remark,
    Stage,
    StepEmissions,
)
from contracts.inventory import Severity
from contracts.values import Activity, Standard
from infra.decider import derived_id
from infra.errors import Refused
from infra.policy import Policy
from services.coc_ledger.evidence import MovementSeen
from services.coc_ledger.pools.commands import (
    BookLoss,
    BookProcessEmissions,
    ChangeStage,
    CountStock,
    Movement,
    ReceiveMaterial,
    ReverseMovement,
    ShipMaterial,
)
from services.coc_ledger.pools.state import Pool
from services.coc_ledger.scopes.entity_rules import missing_topics, origin_remarks, own_remarks

from . import accounts
from .accounts import Amount, entry, held, minus
from .claim_parts import BOOKED
from .footprint import check_recycled, told_amount, words_of
from .own_emissions import ONWARD, passes_through, step_in, step_of
from .stages import as_it_stands, coc_part, next_of, produced

Bookable = (
    ReceiveMaterial | ShipMaterial | BookLoss | CountStock | BookProcessEmissions | ChangeStage
)
ACCOUNT_OF = {
    Origin.OWN_MINE: Account.INPUT_COC,
    Origin.POST_CONSUMER: Account.INPUT_POST_CONSUMER,
    Origin.DROSS: Account.INPUT_DROSS,
}
"""Where metal of an origin is booked when it counts as CoC."""
LOT_ACCOUNT = {Lot.PRODUCT: Account.OUTFLOW, Lot.SCRAP: Account.OUTFLOW_SCRAP}
REVERSIBLE = frozenset(
    {
        MovementKind.RECEIPT,
        MovementKind.SHIPMENT,
        MovementKind.SCRAP_SHIPMENT,
        MovementKind.LOSS,
        MovementKind.COUNT,
        MovementKind.PROCESS_EMISSIONS,
        MovementKind.TO_STAGE,
    }
)
"""The others have another side, which takes them back from there; of a change of stage that is the
pool that the material came from, and the next one follows."""


class Posting(NamedTuple):
    """A movement before it is an event."""

    kind: MovementKind
    entries: tuple[Entry, ...]
    coc_kg: int = 0
    origin: Origin | None = None
    counterparty: str | None = None
    to_stage: Stage | None = None
    produced_kg: int | None = None
    produced_coc_kg: int | None = None
    remarks: tuple[Remark, ...] = ()
    activity: Activity | None = None
    undoes: MovementKind | None = None
    step: StepEmissions | None = None


def posting(command: Bookable, state: Pool, policy: Policy) -> Posting:
    """A movement's posting; Refused where a rule of its own forbids it."""
    books = state.books
    match command:
        case ReceiveMaterial():
            return _receipt(command, policy)
        case ShipMaterial():
            scrap = command.lot is Lot.SCRAP
            kind = MovementKind.SCRAP_SHIPMENT if scrap else MovementKind.SHIPMENT
            target = LOT_ACCOUNT[command.lot]
            entries = accounts.moved(books, Account.STOCK, target, command.mass_kg)
            return Posting(kind, entries, counterparty=command.customer_id)
        case BookLoss():
            return Posting(MovementKind.LOSS, accounts.lost(books, command.mass_kg))
        case CountStock():
            return Posting(MovementKind.COUNT, accounts.counted(books, command.counted_kg))
        case BookProcessEmissions():
            _check_by_hand(state)
            grams = int(command.emission_kgco2e * accounts.GRAMS)
            return Posting(MovementKind.PROCESS_EMISSIONS, accounts.processed(books, grams))
        case ChangeStage():
            return _to_stage(command, state, policy)
        case _:
            assert_never(command)


def _check_by_hand(state: Pool) -> None:
    """Refuse to book by hand what verified results have added to lots of this pool already."""
    process = held(state.books, Account.PROCESS)
    if -process.emission_g - process.partial_g != state.by_hand_g:
        raise Refused(
            "process-emissions-verified",
            "Verified results add the step's own emissions to what leaves this pool: booked by hand"
            " as well, they would be counted twice.",
        )


class Inflow(NamedTuple):
    """Where metal that comes in is booked, whether it counts as CoC, and what is remarked."""

    account: Account
    counts: bool
    remarks: tuple[Remark, ...]


def inflow(command: ReceiveMaterial, policy: Policy) -> Inflow:
    """How a receipt is booked, whatever its mass; Refused where its stage has no such origin, or
    more of it is said to be recycled than there is."""
    if command.origin is Origin.OWN_MINE and command.stage is not Stage.BAUXITE:
        raise Refused(
            "origin-not-of-stage",
            f"A mine brings bauxite, not {command.stage.value}.",
            origin=command.origin.value,
            stage=command.stage.value,
        )
    if command.origin not in (Origin.OWN_MINE, Origin.NON_COC) and (
        command.stage is not Stage.ALUMINIUM
    ):
        raise Refused(
            "origin-not-of-stage",
            f"Scrap is aluminium, not {command.stage.value}.",
            origin=command.origin.value,
            stage=command.stage.value,
        )
    check_recycled(command.footprint)
    checked = command.checked
    counts, remarks = origin_remarks(
        command.origin,
        missing=missing_topics(command.diligence, command.day, policy),
        proven=command.origin_ref is not None,
        ps_held=checked is not None and checked.holds(Standard.PERFORMANCE),
        activities=_activities(command),
        policy=policy,
    )
    if counts and checked is not None:
        remarks = (*remarks, *own_remarks(checked))
    account = ACCOUNT_OF.get(command.origin, Account.NON_COC) if counts else Account.NON_COC
    return Inflow(account, counts, remarks)


def _activities(command: ReceiveMaterial) -> tuple[Activity, ...]:
    """For what metal comes in: the activity that it names, or all of the scope's. A mine within
    the scope brings its bauxite to whichever of them takes it in."""
    if command.activity is not None and command.origin is not Origin.OWN_MINE:
        return (command.activity,)
    return command.scope.activities if command.scope is not None else ()


def _receipt(command: ReceiveMaterial, policy: Policy) -> Posting:
    account, counts, remarks = inflow(command, policy)
    amount = with_kind(told_amount(command.mass_kg, command.footprint), command.origin)
    return Posting(
        MovementKind.RECEIPT,
        accounts.received(amount, [(account, command.mass_kg)]),
        command.mass_kg if counts else 0,
        command.origin,
        command.supplier_id,
        remarks=remarks,
    )


def with_kind(amount: Amount, origin: Origin) -> Amount:
    """Scrap is recycled mass of its kind, whatever was told. Bauxite in the ground carries
    nothing, which is known: what the mine gives off is its step's own."""
    if origin is Origin.OWN_MINE and not amount.known_kg:
        return amount._replace(known_kg=amount.kg)
    if origin is Origin.POST_CONSUMER:
        return amount._replace(pre_kg=0, post_kg=amount.kg)
    if origin in (Origin.PRE_CONSUMER, Origin.DROSS):
        return amount._replace(pre_kg=amount.kg, post_kg=0)
    return amount


def _to_stage(command: ChangeStage, state: Pool, policy: Policy) -> Posting:
    """Used for the next stage: an output, of which a part is claimed. What it carries goes along,
    and the reaction books it there."""
    if command.coc_kg > command.mass_kg:
        raise Refused(
            "part-above-whole",
            f"{command.coc_kg} kg of {command.mass_kg} kg cannot be CoC.",
            coc_kg=command.coc_kg,
            mass_kg=command.mass_kg,
        )
    made = produced(command.stage, command.mass_kg, command.produced_kg, policy)
    books = state.books
    whole = accounts.part(held(books, Account.STOCK), command.mass_kg)
    coc = accounts.part(whole, command.coc_kg)
    rest = accounts.plus(whole, minus(coc))
    entries = [entry(Account.STOCK, minus(whole))]
    stepped_kg = state.stepped.onward(whole.kg, held(books, Account.STOCK).kg)
    told = _own_step(command, policy)
    by_hand = stepped_kg >= whole.kg or bool(state.by_hand_g)
    step = BOOKED if told is not None and by_hand else told
    of_coc = stepped_kg * coc.kg // whole.kg
    lots = (coc, of_coc), (rest, stepped_kg - of_coc)
    coc, rest = (accounts.plus(one, step_in(step, one, kg).change) for one, kg in lots)
    added = accounts.plus(accounts.plus(coc, rest), minus(whole))
    entries += [entry(Account.PROCESS, minus(added))] if any(added) else []
    entries += [entry(Account.OUTPUT_COC, coc)] if coc.kg else []
    entries += [entry(Account.OUTFLOW, rest)] if rest.kg else []
    return Posting(
        MovementKind.TO_STAGE,
        tuple(entries),
        command.coc_kg,
        to_stage=next_of(command.stage),
        produced_kg=made,
        produced_coc_kg=coc_part(command.mass_kg, command.coc_kg, made),
        remarks=_step_remarks(step),
        step=told,
    )


def _own_step(command: ChangeStage, policy: Policy) -> StepEmissions | None:
    """What verified results say was done to the material at its stage, booked by hand or not; None
    where it only passed through it."""
    if command.scope is not None and passes_through(command.stage, command.scope.activities):
        return None
    return step_of(command.results, ONWARD[command.stage], command.day, policy)


def _step_remarks(step: StepEmissions | None) -> tuple[Remark, ...]:
    """What is not added is said, since the next stage cannot see it."""
    if step is None or step.how != "unknown":
        return ()
    sentence = (
        f"The step's own emissions are not known and not added: {step.reason}. What goes on is"
        " known in part."
    )
    return (Remark(rule="5.7", severity=Severity.INFO, sentence=sentence),)


def reversal(command: ReverseMovement, state: Pool, seen: MovementSeen) -> Posting:
    """A movement taken back, unless somebody else rests on it."""
    if seen.kind not in REVERSIBLE:
        raise Refused(
            "movement-not-reversible",
            f"{seen.kind.value.replace('_', ' ')} {seen.movement_id} follows from something else;"
            " correct that.",
            movement_id=seen.movement_id,
            kind=seen.kind.value,
        )
    entries = accounts.reversed_entries(as_it_stands(state.altered, seen.movement_id, seen.entries))
    after = accounts.posted(state.books, entries)
    stage = seen.kind is MovementKind.TO_STAGE
    for account in LOT_ACCOUNT.values():
        onward_kg = 0 if stage or account is not Account.OUTFLOW else state.onward.kg
        left, was = held(after, account).kg, held(state.books, account).kg
        if left - onward_kg < min(0, was - onward_kg):
            raise Refused(
                "lot-claimed",
                f"{seen.movement_id} cannot be taken back: a document claims what it shipped."
                " Withdraw the document first.",
                movement_id=seen.movement_id,
            )
    return Posting(
        MovementKind.REVERSAL,
        entries,
        to_stage=next_of(command.stage) if stage else None,
        activity=seen.activity,
        undoes=seen.kind if stage else None,
    )


def booked(
    command: Bookable | ReverseMovement, made: Posting, digest: str, reverses: str | None = None
) -> MovementBooked:
    """The event of a posting; of metal that came in also what proves and explains it, of a claim
    on the next stage what was known of certificates."""
    receipt = command if isinstance(command, ReceiveMaterial) else None
    claim = command if isinstance(command, ChangeStage) and command.coc_kg else None
    return MovementBooked(
        movement_id=command.movement_id,
        digest=digest,
        pool=command.pool,
        member_id=command.member_id,
        kind=made.kind,
        day=command.day,
        entries=made.entries,
        coc_kg=made.coc_kg,
        origin=made.origin,
        counterparty=made.counterparty,
        contractor_id=command.contractor_id,
        to_stage=made.to_stage,
        produced_kg=made.produced_kg,
        produced_coc_kg=made.produced_coc_kg,
        reverses=reverses,
        remarks=made.remarks,
        origin_ref=receipt.origin_ref if receipt else None,
        told=words_of(receipt.footprint) if receipt else None,
        activity=command.activity if isinstance(command, Movement) else made.activity,
        undoes=made.undoes,
        evidence=claim.checked if claim else None,
        ps_pending=claim is not None and claim.scope is not None and claim.scope.ps_pending,
        step=made.step,
    )


def digest_of(command: Bookable | ReverseMovement) -> str:
    """A digest of what was asked for, without what the server filled in."""
    asked = canonical_json(command, without=unsaid(command))
    return derived_id(command.NAME, asked.decode())


def unsaid(command: Bookable | ReverseMovement) -> frozenset[str]:
    """What of a command is in no digest: what the server fills in, and what is not told and could
    not be either when movements were booked that may be sent again."""
    later = {name for name in ("reason", "activity") if getattr(command, name, "") is None}
    return command.FILLED | later
