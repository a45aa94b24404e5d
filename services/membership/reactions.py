"""What membership does by itself when it hears of something. Pure: an event in, commands out.

Certificates of audits are noted on the member's stream, where the duty is decided. An entity's
answer to an offered facility is completed on the facility's stream. A facility that came into an
entity while it closed is put before somebody, whichever of the two is heard of first. The names are
state: command ids derive from them.
"""

from collections.abc import Sequence
from datetime import date

from contracts import audits
from contracts.envelope import Recorded
from contracts.facilities import (
    EntityAcceptedTransfer,
    EntityClosed,
    EntityReturnedTransfer,
    FacilityChanged,
    FacilityRegistered,
    FacilityTransferred,
)
from infra.decider import Command, Lookup, Reaction

from .commands import (
    NoteCertificate,
    NoteCertificateReinstated,
    NoteCertificateSuspended,
    NoteCertificateWithdrawn,
    NoteConversion,
)
from .duty import held
from .facility_commands import CompleteReturn, CompleteTransfer, ProposeStranded
from .fit_reactions import review_class
from .rows import EntityRow, FacilityRow


def note_certificates(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """Tell the member's stream what audits decided on a certificate."""
    on, event = _day(recorded), recorded.event
    match event:
        case audits.CertificateGranted():
            return [NoteCertificate(on=on, member_id=event.member_id, certificate=held(event))]
        case audits.CertificateConverted():
            return [
                NoteConversion(
                    on=on,
                    member_id=event.member_id,
                    certificate_id=event.certificate_id,
                    valid_to=event.valid_to,
                    effective_on=event.effective_on,
                )
            ]
        case audits.CertificateSuspended():
            note: type[
                NoteCertificateSuspended | NoteCertificateReinstated | NoteCertificateWithdrawn
            ] = NoteCertificateSuspended
        case audits.CertificateReinstated():
            note = NoteCertificateReinstated
        case audits.CertificateWithdrawn():
            note = NoteCertificateWithdrawn
        case _:
            return ()
    return [
        note(
            on=on,
            member_id=event.member_id,
            certificate_id=event.certificate_id,
            effective_on=event.effective_on,
        )
    ]


def complete_transfers(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """Tell the facility's stream what the receiving entity answered."""
    on, event = _day(recorded), recorded.event
    match event:
        case EntityAcceptedTransfer():
            return [
                CompleteTransfer(
                    on=on,
                    facility_id=event.facility_id,
                    member_id=event.member_id,
                    transfer_id=event.transfer_id,
                    entity_id=event.entity_id,
                    effective_on=event.effective_on,
                )
            ]
        case EntityReturnedTransfer():
            return [
                CompleteReturn(
                    on=on,
                    facility_id=event.facility_id,
                    member_id=event.member_id,
                    transfer_id=event.transfer_id,
                    entity_id=event.entity_id,
                    effective_on=event.effective_on,
                    reason=event.reason,
                )
            ]
        case _:
            return ()


def propose_stranded(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """Whoever is heard of last finds the other: the closed entity those that are open in it, the
    facility that its entity is closed."""
    event = recorded.event
    match event:
        case EntityClosed():
            inside = {"entity_id": event.entity_id, "state": "open"}
            stranded: Sequence[FacilityRow] = rows("facilities", inside)
            return [
                _strand(recorded, row.facility_id, row.member_id, row.entity_id) for row in stranded
            ]
        case FacilityRegistered() | FacilityChanged() | FacilityTransferred():
            entity: EntityRow | None = rows("entities", event.entity_id)
            if entity is None or entity.state == "open":
                return ()
            return [_strand(recorded, event.facility_id, event.member_id, event.entity_id)]
        case _:
            return ()


def _strand(
    recorded: Recorded, facility_id: str, member_id: str, entity_id: str
) -> ProposeStranded:
    return ProposeStranded(
        on=_day(recorded), facility_id=facility_id, member_id=member_id, entity_id=entity_id
    )


def _day(recorded: Recorded) -> date:
    """The day on which it was recorded: a reaction has no other clock."""
    return date.fromisoformat(recorded.envelope.recorded_at[:10])


REACTIONS: tuple[Reaction, ...] = (
    Reaction(
        "note_certificates",
        note_certificates,
        frozenset(
            {
                audits.CertificateGranted,
                audits.CertificateConverted,
                audits.CertificateSuspended,
                audits.CertificateReinstated,
                audits.CertificateWithdrawn,
            }
        ),
    ),
    Reaction(
        "complete_transfers",
        complete_transfers,
        frozenset({EntityAcceptedTransfer, EntityReturnedTransfer}),
    ),
    Reaction(
        "propose_stranded",
        propose_stranded,
        frozenset({EntityClosed, FacilityRegistered, FacilityChanged, FacilityTransferred}),
    ),
    Reaction("review_class", review_class),
)
