"""What the ledger does by itself when it hears of something. Pure: an event in, commands out.

A claim completes its document; a checked document is booked in both ledgers; an end is taken back;
a stage's product enters the next stage. News of certificates and suspensions has documents checked
again. What a period hands on to the next one is in `period_reactions`. The names are state: command
ids derive from them.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from contracts import certification
from contracts.coc import (
    MovementBooked,
    OutputDesignated,
    ScopeReinstated,
    ScopeSuspended,
)
from contracts.coc_documents import DocumentChecked, DocumentEnded, DocumentIssued
from contracts.custody import Account, Carried, ClaimPart, MovementKind, Stage
from contracts.envelope import Recorded
from contracts.values import Activity, Standard
from infra.decider import Command, Lookup, Reaction

from .accounting.accounts import NOTHING, Amount, amount_of
from .accounting.claim_parts import Whole, parts_of
from .accounting.footprint import of_lot, scaled
from .accounting.stages import back_id, entry_id
from .coverage import answers
from .documents.check_rows import CheckDayRow, CheckRow, checked_as
from .documents.commands import CheckDocument, CompleteDocument, SupersedeDocument
from .documents.rows import DocumentRow
from .evidence import stages_of
from .pools.commands import ApplyChange, Because, ClaimChange, DeliveryChange
from .rows import MovementRow, PoolRow, ScopeRow, movement_key, movement_of
from .scopes.certificates import CHANGED, CertificateRow
from .scopes.commands import NotePsCertificate

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
    if not first or not event.passed:
        said = Said(
            f"check:{event.check}:{event.number}",
            event.number,
            "check_passed" if event.passed else "check_failed",
            event.member_id,
        )
        commands += _at_seller(on, said, _claimed_by(event, rows), rows)
    return commands


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


def _claimed_by(event: DocumentChecked, rows: Lookup) -> Sequence[ClaimPart]:
    """What the seller claimed, as its pools hold it: that is in the document. A check tells the
    customer's side of it. One that was given back as a whole holds again as a whole."""
    row: DocumentRow | None = rows("documents", event.number)
    if row is None:
        return ()
    document = DocumentIssued.model_validate(row.document)
    claimed = event.lot, event.claimed_kg, document.carried, event.activity
    whole = Whole(event.pool, event.issued_on, *claimed)
    return parts_of(whole, document.from_closed if event.from_closed else ())


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


def check_again(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """News of a certificate: documents that its entity issued, or took by its share of a joint
    venture, and that would be checked otherwise, are."""
    event = recorded.event
    if not isinstance(event, (certification.CertificateGranted, *CHANGED)):
        return ()
    row: CertificateRow | None = rows("certificates", event.certificate_id)
    if row is None:
        return ()
    found: dict[str, CheckDayRow] = {}
    for side in ("entity_id", "holder_entity_id"):
        found |= {one.key: one for one in rows("check_days", {side: row.entity_id})}
    days = list(found.values())
    return _checked_again(recorded_on(recorded), days, recorded.envelope.position, rows)


def check_suspended(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """A scope was suspended from a day that is over, or never was after all: the same for its
    documents."""
    event = recorded.event
    if not isinstance(event, (ScopeSuspended, ScopeReinstated)):
        return ()
    days: Sequence[CheckDayRow] = rows("check_days", {"scope_id": event.scope_id})
    held = [day for day in days if day.issued_on >= event.effective_on]
    return _checked_again(recorded_on(recorded), held, None, rows)


def _checked_again(
    on: date, days: Sequence[CheckDayRow], through: int | None, rows: Lookup
) -> Sequence[Command]:
    """Checks of the documents of some days that would come out otherwise."""
    commands: list[CheckDocument] = []
    for day, seen, faults, holder in answers(days, through, rows):
        other = checked_as(day.key, passed=bool(faults))
        concerned: Sequence[CheckRow] = rows("document_checks", {"checked_as": other})
        commands += [
            CheckDocument(on=on, number=one.number, checked=seen, holder_seen=holder)
            for one in concerned
        ]
    return sorted(commands, key=lambda command: command.number)


def check_caught_up(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """A check is told: news that came while it was on its way found the answer before it, and asked
    for nothing. So it is compared with what is known by now, which is what it knew or more."""
    event = recorded.event
    if not isinstance(event, DocumentChecked):
        return ()
    row: CheckRow | None = rows("document_checks", event.number)
    day: CheckDayRow | None = rows("check_days", row.day_key) if row else None
    if row is None or day is None or row.checked_as is None:
        return ()
    commands: list[Command] = []
    for answer in answers([day], None, rows):
        if answer.passes is not event.passed:
            through = answer.seen.known_through_position, event.evidence.known_through_position
            seen = answer.seen.model_copy(update={"known_through_position": max(through)})
            on = recorded_on(recorded)
            holder = answer.holder
            again = CheckDocument(on=on, number=event.number, checked=seen, holder_seen=holder)
            commands.append(again)
    return commands


def note_ps(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """A certificate to the Performance Standard may be what a scope still has to bring, or had to
    when it was suspended."""
    event = recorded.event
    if not isinstance(event, certification.CertificateGranted):
        return ()
    if event.standard is not Standard.PERFORMANCE:
        return ()
    scopes: Sequence[ScopeRow] = rows("scopes", {"entity_id": event.entity_id})
    return [
        NotePsCertificate(
            on=recorded_on(recorded),
            scope_id=scope.scope_id,
            member_id=scope.member_id,
            certificate_id=event.certificate_id,
            facilities=event.facilities,
            effective_on=event.valid_from,
        )
        for scope in scopes
        if scope.ps_due or scope.suspended_from
    ]


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
    Reaction("check_again", check_again, frozenset({certification.CertificateGranted, *CHANGED})),
    Reaction("check_suspended", check_suspended, frozenset({ScopeSuspended, ScopeReinstated})),
    Reaction("check_caught_up", check_caught_up, frozenset({DocumentChecked})),
    Reaction("note_ps", note_ps, frozenset({certification.CertificateGranted})),
)
