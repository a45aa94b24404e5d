"""What other services' events make this one do: tell the world, and set reminders. Pure.

Public events are made here, field by field, so that nothing slips out that was not put in: no
reason, no approver, no person. Their `status` is asked of `status`, like everybody else's.
"""

from collections.abc import Sequence
from datetime import date
from types import UnionType
from typing import assert_never, get_args

from contracts import audits, certification, ghg, membership
from contracts.envelope import Event, Recorded
from contracts.machinery import TreeHeadSigned
from contracts.values import CertificateId, CertificateType, CertificationStatus
from infra.decider import OWN, Command, Lookup, Reaction
from infra.published_heads import SignHead

from . import deadlines
from .deadline_parts import DeadlineRow
from .lapse import ENDED, ENDED_BY, ENDING
from .published_certificate import PublishCertificate, Told
from .published_disclosure import PublishDisclosed
from .published_duty import HearCertificate, PublicEvent, PublishDuty
from .reminder import SetReminder, StopReminder
from .status import gather, status
from .subjects import SUBJECTS, SubjectRow, loader

AuditsEvent = (
    audits.CertificateGranted
    | audits.CertificateConverted
    | audits.CertificateSuspended
    | audits.CertificateReinstated
    | audits.CertificateWithdrawn
)
DutyEvent = (
    membership.DutyStarted
    | membership.DutyExtended
    | membership.DutyEnded
    | membership.DutyMet
    | membership.DutyReopened
    | membership.DutyMissed
    | membership.DutyMissRetracted
)
DisclosureEvent = ghg.DisclosurePublished | ghg.DisclosureOverdue


def publish_certificates(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """What audits say of a certificate becomes public."""
    event = recorded.event
    if not isinstance(event, AuditsEvent):
        return ()
    on = event.valid_from if isinstance(event, audits.CertificateGranted) else event.effective_on
    told = public_certificate(event, _status(event.certificate_id, on, rows))
    causes: tuple[str, ...] = (recorded.envelope.event_id,)
    if isinstance(event, audits.CertificateGranted):
        causes = (*causes, _grant_of(event.certificate_id))
    today = _today(recorded)
    return (
        PublishCertificate(on=today, event=told),
        HearCertificate(on=today, member_id=event.member_id, causes=causes),
    )


def publish_duties(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """What membership says of a duty becomes public."""
    event = recorded.event
    if not isinstance(event, DutyEvent):
        return ()
    awaits = _awaited(recorded, event, rows)
    return (PublishDuty(on=_today(recorded), event=public_duty(event), awaits=awaits),)


def _awaited(recorded: Recorded, event: DutyEvent, rows: Lookup) -> tuple[str, ...]:
    """What is public before an event of a duty: the event of audits that membership reacted to (it
    reacts to no other with a duty), and the grant of the certificate that it names."""
    at, awaits = recorded.envelope, list[str]()
    if at.command_id.startswith(OWN):
        awaits.append(at.causation_id)
    named: CertificateId | None = getattr(event, "certificate_id", None)
    if named is not None:
        row: SubjectRow | None = rows(SUBJECTS.name, f"certificate/{named}")
        if row is None or "valid_from" not in row.facts:
            awaits.append(_grant_of(named))
    return tuple(awaits)


def _grant_of(certificate_id: CertificateId) -> str:
    return f"certificate/{certificate_id}"


def publish_disclosures(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """A disclosure is public, and so is that one is overdue."""
    event = recorded.event
    if not isinstance(event, DisclosureEvent):
        return ()
    public = (
        certification.DisclosurePublished
        if isinstance(event, ghg.DisclosurePublished)
        else certification.DisclosureOverdue
    )
    told = {name: getattr(event, name) for name in public.model_fields}
    return (PublishDisclosed(on=_today(recorded), event=public(**told)),)


def set_reminders(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """A deadline that is open is reminded of, by the day on which it is due now. A former member
    is not reminded of anything that ends with it, until its membership is restored."""
    on = _today(recorded)
    commands: list[Command] = []
    for key in (*deadlines.keys(recorded), *_of_members(recorded, rows)):
        row: DeadlineRow | None = rows(deadlines.DEADLINES.name, key)
        over = row and row.kind in ENDING and rows(ENDED.name, row.member_id) is not None
        if row and row.state == "open" and row.due_on is not None and not over:
            commands.append(
                SetReminder(
                    on=on,
                    deadline_id=key,
                    kind=row.kind,
                    member_id=row.member_id,
                    due_on=row.due_on,
                )
            )
        else:
            commands.append(StopReminder(on=on, deadline_id=key))
    return commands


def _of_members(recorded: Recorded, rows: Lookup) -> list[str]:
    """What a membership that ended, or was restored, concerns on the member's certificates."""
    return [
        row.deadline_id
        for member_id in ENDED.keys(recorded)
        for row in rows(deadlines.DEADLINES.name, {"member_id": member_id})
        if row.kind in ENDING
    ]


def public_certificate(event: AuditsEvent, status: CertificationStatus) -> Told:
    """The public event that says the same."""
    match event:
        case audits.CertificateGranted():
            return certification.CertificateGranted(
                certificate_id=event.certificate_id,
                member_id=event.member_id,
                entity_id=event.entity_id,
                standard=event.standard,
                certificate_type=event.certificate_type,
                facilities=event.facilities,
                valid_from=event.valid_from,
                valid_to=event.valid_to,
                status=status,
                replaces=event.replaces,
            )
        case audits.CertificateConverted():
            return certification.CertificateConverted(
                certificate_id=event.certificate_id,
                member_id=event.member_id,
                certificate_type=CertificateType.FULL,
                valid_to=event.valid_to,
                effective_on=event.effective_on,
                status=status,
            )
        case audits.CertificateSuspended():
            return certification.CertificateSuspended(
                certificate_id=event.certificate_id,
                member_id=event.member_id,
                effective_on=event.effective_on,
                status=status,
            )
        case audits.CertificateReinstated():
            return certification.CertificateReinstated(
                certificate_id=event.certificate_id,
                member_id=event.member_id,
                effective_on=event.effective_on,
                status=status,
            )
        case audits.CertificateWithdrawn():
            return certification.CertificateWithdrawn(
                certificate_id=event.certificate_id,
                member_id=event.member_id,
                effective_on=event.effective_on,
                status=status,
            )
        case _:
            assert_never(event)


def public_duty(event: DutyEvent) -> PublicEvent:
    """The public event that says the same."""
    member_id, rule = event.member_id, event.rule
    match event:
        case membership.DutyStarted():
            return certification.DutyStarted(
                member_id=member_id, rule=rule, starts_on=event.starts_on, due_on=event.due_on
            )
        case membership.DutyExtended():
            return certification.DutyExtended(
                member_id=member_id,
                rule=rule,
                previous_due_on=event.previous_due_on,
                due_on=event.due_on,
            )
        case membership.DutyEnded():
            return certification.DutyEnded(
                member_id=member_id, rule=rule, effective_on=event.effective_on
            )
        case membership.DutyMet():
            return certification.DutyMet(
                member_id=member_id,
                rule=rule,
                due_on=event.due_on,
                certificate_id=event.certificate_id,
                effective_on=event.effective_on,
            )
        case membership.DutyReopened():
            return certification.DutyReopened(
                member_id=member_id, rule=rule, due_on=event.due_on, effective_on=event.effective_on
            )
        case membership.DutyMissed():
            return certification.DutyMissed(
                member_id=member_id, rule=rule, due_on=event.due_on, effective_on=event.effective_on
            )
        case membership.DutyMissRetracted():
            return certification.DutyMissRetracted(
                member_id=member_id, rule=rule, due_on=event.due_on, effective_on=event.effective_on
            )
        case _:
            assert_never(event)


def _status(certificate_id: CertificateId, on: date, rows: Lookup) -> CertificationStatus:
    load = loader(lambda subject: rows(SUBJECTS.name, subject))
    return status(gather(f"certificate/{certificate_id}", load), on).certification


def _today(recorded: Recorded) -> date:
    """The day on which the event was recorded: reactions have no clock of their own."""
    return date.fromisoformat(recorded.envelope.recorded_at[:10])


def publish_heads(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """Signed tree heads of the other services become public too."""
    event = recorded.event
    if not isinstance(event, TreeHeadSigned):
        return ()
    return [SignHead(on=_today(recorded), head=event)]


def _of(union: UnionType) -> frozenset[type[Event]]:
    return frozenset(get_args(union))


REACTIONS: tuple[Reaction, ...] = (
    Reaction("publish-certificates", publish_certificates, _of(AuditsEvent)),
    Reaction("publish-duties", publish_duties, _of(DutyEvent)),
    Reaction("set-reminders", set_reminders, deadlines.CONCERNED | ENDED_BY),
    Reaction("publish-heads", publish_heads, frozenset({TreeHeadSigned})),
    Reaction("publish-disclosures", publish_disclosures, _of(DisclosureEvent)),
)
"""Each says what it takes: the chain of custody tells of thousands of movements in a second, and
none of them concerns anything here."""
