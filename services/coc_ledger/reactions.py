"""What the ledger does by itself when it hears of something. Pure: an event in, commands out.

A claim completes its document; a checked document is booked in both ledgers; an end is taken back;
a stage's product enters the next stage. News of certificates are in `certificate_reactions`, what a
period hands on to the next one in `period_reactions`. The names are state: command ids derive from
them.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from contracts.coc import (
    MovementBooked,
    OutputDesignated,
)
from contracts.coc_documents import (
    ClaimRechecked,
    DocumentChecked,
    DocumentEnded,
    DocumentIssued,
)
from contracts.custody import Account, Carried, ClaimPart, MovementKind, Stage
from contracts.envelope import Recorded
from contracts.values import Activity
from infra.decider import Command, Lookup, Reaction

from .accounting.accounts import NOTHING, Amount, amount_of
from .accounting.claim_parts import Whole, parts_of
from .accounting.footprint import of_lot, scaled
from .accounting.stages import back_id, entry_id
from .documents.commands import CompleteDocument, SupersedeDocument
from .documents.rows import DocumentRow
from .evidence import stages_of
from .pools.commands import ApplyChange, Because, ClaimChange, DeliveryChange
from .rows import MovementRow, PoolRow, movement_key, movement_of

YEAR = timedelta(days=365)


def complete_documents(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """The ledger covers a draft: the document is issued, if its sender did not come back."""
    event = recorded.event
    if not isinstance(event, OutputDesignated):
        return ()
    return [CompleteDocument(on=recorded_on(recorded), number=event.document, claim=event)]


def supersede_documents(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """A correction was issued: the document that it replaces has ended."""
    event = recorded.event
    if not isinstance(event, DocumentIssued) or event.replaces is None:
        return ()
    reason = event.correction_reason or "correction"
    return [
        SupersedeDocument(
            on=recorded_on(recorded), number=event.replaces, by=event.number, reason=reason
        )
    ]


def book_deliveries(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """A check is booked at the buyer; at the seller where it failed, or passed after a failure."""
    event, on = recorded.event, recorded_on(recorded)
    if not isinstance(event, DocumentChecked):
        return ()
    commands: list[Command] = []
    first = event.check == 1
    if event.receiver is not None and event.receiver_ends_on and event.receiver_member_id:
        change = DeliveryChange(
            movement_id=f"document:{event.check}:{event.number}",
            action="book" if first else "reclassify",
            day=event.received_on,
            received_kg=event.received_kg,
            coc_kg=event.mass_kg,
            lot=event.lot,
            carried=event.carried,
            rest=event.rest or Carried(),
            document=event.number,
            as_coc=event.passed,
            reasons=event.reasons,
            activity=event.receiver_activity,
            replaces=_booked_before(event, rows) if first else None,
        )
        commands.append(
            ApplyChange(
                on=on,
                pool=event.receiver,
                member_id=event.receiver_member_id,
                ends_on=event.receiver_ends_on,
                delivery=change,
            )
        )
    if not first or event.passed is not event.claim_held:
        commands += _claim_stands(recorded, event, f"check:{event.check}", rows)
    return commands


def book_claims(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """A claim that nobody confirmed is taken back at the seller, or holds again."""
    event = recorded.event
    if not isinstance(event, ClaimRechecked):
        return ()
    return list(_claim_stands(recorded, event, f"claim:{event.check}", rows))


def _claim_stands(
    recorded: Recorded, event: ClaimRechecked | DocumentChecked, prefix: str, rows: Lookup
) -> Iterator[ApplyChange]:
    because: Because = "check_passed" if event.passed else "check_failed"
    said = Said(f"{prefix}:{event.number}", event.number, because, event.member_id)
    return _at_seller(recorded_on(recorded), said, _claimed_by(event, rows), rows)


def _booked_before(event: DocumentChecked, rows: Lookup) -> str | None:
    """The document in whose place a correction's delivery stands, where that came to its customer
    in the same period: of those that it replaces the last one that was booked."""
    row: DocumentRow | None = rows("documents", event.number)
    while row is not None and row.replaces is not None:
        row = rows("documents", row.replaces)
        if row is not None and row.passed is not None and row.received_on is not None:
            assert event.receiver is not None  # it is booked
            assert event.receiver_ends_on is not None
            same = event.receiver.period <= row.received_on <= event.receiver_ends_on
            mine = row.customer_member_id == event.receiver_member_id
            return row.number if same and mine else None
    return None


def _claimed_by(event: ClaimRechecked | DocumentChecked, rows: Lookup) -> Sequence[ClaimPart]:
    """What the seller claimed, as its pools hold it: that is in the document. A check tells the
    customer's side of it. One that was given back as a whole holds again as a whole."""
    row: DocumentRow | None = rows("documents", event.number)
    if row is None:
        return ()
    document = DocumentIssued.model_validate(row.document)
    claimed = document.lot, document.mass_kg, document.carried, document.activity
    whole = Whole(document.pool, document.issued_on, *claimed)
    apart = isinstance(event, ClaimRechecked) or event.from_closed
    return parts_of(whole, document.from_closed if apart else ())


class Said(NamedTuple):
    """What becomes of a document's claim: by which change, why, and whose it is."""

    change_id: str
    document: str
    because: Because
    member_id: str


def _at_seller(
    on: date, said: Said, parts: Iterable[ClaimPart], rows: Lookup
) -> Iterator[ApplyChange]:
    """A claim is taken back, or holds again, in each pool in which it lies."""
    for part in parts:
        assert part.carried is not None  # parts of a claim tell it
        assert part.day is not None
        assert part.lot is not None
        claim = ClaimChange(
            change_id=said.change_id,
            document=said.document,
            day=part.day,
            mass_kg=part.kg,
            lot=part.lot,
            carried=part.carried,
            because=said.because,
            restored=said.because == "check_passed",
            activity=part.activity,
        )
        row: PoolRow | None = rows("pools", part.pool.key)
        yield ApplyChange(
            on=on,
            pool=part.pool,
            member_id=row.member_id if row else said.member_id,
            ends_on=row.ends_on if row else part.pool.period + YEAR,
            claim=claim,
        )


def free_closed_claims(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """A correction claims less than what it replaces: the rest is given back where that was
    claimed, in periods that are closed."""
    event = recorded.event
    if not isinstance(event, OutputDesignated) or event.replaces is None:
        return ()
    change_id = f"replaced:{event.document}"
    said = Said(change_id, event.replaces, "superseded", event.member_id)
    return list(_at_seller(recorded_on(recorded), said, event.freed, rows))


def end_documents(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """What an ended document had been booked as is taken back; a correction gives the seller's
    claim back itself, with its own."""
    event, on = recorded.event, recorded_on(recorded)
    if not isinstance(event, DocumentEnded):
        return ()
    commands: list[Command] = []
    if event.because == "withdrawn" and event.designated:
        change_id = f"withdrawn:{event.number}"
        said = Said(change_id, event.number, "withdrawn", event.member_id)
        claimed = event.lot, event.mass_kg, event.carried, event.activity
        whole = Whole(event.pool, event.issued_on, *claimed)
        commands += _at_seller(on, said, parts_of(whole, event.from_closed), rows)
    if event.receiver is None or event.received_kg is None or event.received_on is None:
        return commands
    if event.receiver_ends_on is None or event.receiver_member_id is None:
        return commands
    mass = min(event.mass_kg, event.received_kg)
    change = DeliveryChange(
        movement_id=f"ended:{event.number}",
        action="take_back",
        day=event.received_on,
        received_kg=event.received_kg,
        coc_kg=mass,
        lot=event.lot,
        carried=event.brought or of_lot(event.carried, event.mass_kg, mass),
        rest=event.rest or Carried(),
        document=event.number,
        as_coc=event.counted,
        activity=event.receiver_activity,
    )
    commands.append(
        ApplyChange(
            on=on,
            pool=event.receiver,
            member_id=event.receiver_member_id,
            ends_on=event.receiver_ends_on,
            delivery=change,
        )
    )
    return commands


def enter_stages(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """What was used for the next stage enters its pool, with all that it carries; what is taken
    back leaves it again, to the gram."""
    event = recorded.event
    if not isinstance(event, MovementBooked) or event.moves_as is not MovementKind.TO_STAGE:
        return ()
    if event.corrects is not None:
        return ()
    row: PoolRow | None = rows("pools", event.pool.key)
    made = event if event.undoes is None else _undone(event, rows)
    if row is None or made is None or made.to_stage is None or made.produced_kg is None:
        return ()
    entered = entry_id(event.pool.stage, made.movement_id)
    back = event.undoes is not None
    coc, rest = _lot(made, Account.OUTPUT_COC), _lot(made, Account.OUTFLOW)
    part = made.produced_coc_kg or 0
    change = DeliveryChange(
        movement_id=back_id(event.pool.stage, made.movement_id) if back else entered,
        action="take_back" if back else "enter_stage",
        day=made.day,
        received_kg=made.produced_kg,
        coc_kg=part,
        carried=scaled(coc, part),
        rest=scaled(rest, made.produced_kg - part),
        activity=made.activity if _does(made.activity, made.to_stage) else None,
        reverses=entered if back else None,
        from_pool=event.pool,
    )
    pool = made.pool.model_copy(update={"stage": made.to_stage})
    return [
        ApplyChange(
            on=recorded_on(recorded),
            pool=pool,
            member_id=event.member_id,
            ends_on=row.ends_on,
            delivery=change,
        )
    ]


def _undone(event: MovementBooked, rows: Lookup) -> MovementBooked | None:
    """The change of stage that is taken back."""
    row: MovementRow | None = rows("movements", movement_key(event.pool.key, event.reverses or ""))
    return MovementBooked.model_validate(movement_of(row)) if row else None


def _does(activity: Activity | None, stage: Stage) -> bool:
    """Whether an activity takes in what the stage before made, too: a smelter alumina's metal."""
    return activity is not None and stage in stages_of((activity,))


def _lot(event: MovementBooked, account: Account) -> Amount:
    found = [amount_of(entry) for entry in event.entries if entry.account is account]
    return found[0] if found else NOTHING


def recorded_on(recorded: Recorded) -> date:
    """The day on which it was recorded: a reaction has no other clock."""
    return date.fromisoformat(recorded.envelope.recorded_at[:10])


REACTIONS: tuple[Reaction, ...] = (
    Reaction("complete_documents", complete_documents, frozenset({OutputDesignated})),
    Reaction("free_closed_claims", free_closed_claims, frozenset({OutputDesignated})),
    Reaction("supersede_documents", supersede_documents, frozenset({DocumentIssued})),
    Reaction("book_deliveries", book_deliveries, frozenset({DocumentChecked})),
    Reaction("end_documents", end_documents, frozenset({DocumentEnded})),
    Reaction("enter_stages", enter_stages, frozenset({MovementBooked})),
    Reaction("book_claims", book_claims, frozenset({ClaimRechecked})),
)
