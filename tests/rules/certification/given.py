"""Events as they reach the service: what happened, in which stream, recorded when."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from contracts import facilities as sites
from contracts import membership
from contracts.envelope import Envelope, Event, Recorded
from contracts.values import (
    Control,
    DutyRule,
    Instant,
    Location,
    MembershipClass,
    instant,
)
from infra.readmodel import Attributes, Known
from services.certification.deadlines import DEADLINES
from services.certification.facts import facts
from services.certification.lapse import ENDED, lapsed
from services.certification.status import Dossier, Status, gather, status
from services.certification.subjects import SUBJECTS, loader
from tests.rules.spec import policies_of

POLICIES = policies_of("certification")
POLICY = POLICIES.on(date(2026, 1, 1))
INITIAL_DUTY = DutyRule.INITIAL_CERTIFICATION
RECERTIFICATION = DutyRule.RECERTIFICATION
NOON = timedelta(hours=12)
ROWS = (SUBJECTS, DEADLINES, ENDED)


class Happened(NamedTuple):
    """An event, and the day on which it was recorded."""

    stream: str
    event: Event
    recorded_on: date


def source_of(event: Event) -> str:
    """The service that publishes events of this type."""
    sources = {
        "membership": "membership",
        "audits": "audit_scheduling",
        "ghg": "ghg",
        "coc": "coc_ledger",
    }
    return sources[event.TYPE.split(".")[0]]


def recorded(history: Iterable[Happened]) -> list[Recorded]:
    """A history with its envelopes: positions per source, versions per stream, rising instants."""
    positions: dict[str, int] = {}
    versions: dict[str, int] = {}
    found: list[Recorded] = []
    for number, (stream, event, recorded_on) in enumerate(history):
        source = source_of(event)
        positions[source] = positions.get(source, 0) + 1
        versions[stream] = versions.get(stream, 0) + 1
        moment = datetime(recorded_on.year, recorded_on.month, recorded_on.day, tzinfo=UTC)
        at = instant(moment + timedelta(microseconds=number))
        position = positions[source]
        envelope = Envelope(
            f"{source}-{position}", source, stream, versions[stream], position, at, "", "", "", ""
        )
        found.append(Recorded(envelope, event))
    return found


class Folded(NamedTuple):
    """Everything the service remembers of some events."""

    facts: Mapping[str, Attributes]
    subjects: Mapping[str, Any]
    deadlines: Mapping[str, Any]
    ended: Mapping[str, Any]

    def dossier(self, subject: str) -> Dossier:
        """A subject's dossier from the fact log."""
        return gather(subject, lambda names: {name: self.facts.get(name, {}) for name in names})

    def status(self, subject: str, on: date, known_at: Instant | None = None) -> Status:
        """A subject's status from the fact log."""
        return status(self.dossier(subject), on, known_at)

    def shown(self, key: str, today: date) -> Any:
        """A deadline's row as the board shows it on a day."""
        over = {member: row for member, row in self.ended.items() if row is not None}
        (row,) = lapsed([self.deadlines[key]], over, loader(self.subjects.get), today)
        return row


def folded(events: Iterable[Recorded]) -> Folded:
    """Fold events as the service's consumer does, in this order."""
    log: dict[str, dict[str, list[Known]]] = {}
    rows: dict[str, dict[str, Any]] = {one.name: {} for one in ROWS}
    for event in events:
        at = event.envelope
        for fact in facts(event):
            known = Known(
                fact.value, fact.effective_from, at.recorded_at, at.source, at.position, at.event_id
            )
            log.setdefault(fact.subject, {}).setdefault(fact.attribute, []).append(known)
        for projection in ROWS:
            kept = rows[projection.name]
            for key in projection.keys(event):
                kept[key] = projection.evolve(key, kept.get(key), event)
    for attributes in log.values():
        for timeline in attributes.values():
            timeline.sort(key=lambda one: (one.effective_from, one.recorded_at, one.position))
    return Folded(log, *(rows[one.name] for one in ROWS))


def after(*history: Happened) -> Folded:
    """What is remembered after a history."""
    return folded(recorded(history))


# --- membership ---

JOINED_ON = date(2024, 3, 1)
DUE_ON = date(2026, 3, 1)


def joined(on: date = JOINED_ON, member_id: str = "M1") -> Happened:
    event = membership.MemberJoined(
        member_id=member_id,
        name="Aurora Metals",
        country="NO",
        membership_class=MembershipClass.PRODUCTION_AND_TRANSFORMATION,
        activities=(),
        fee_level="s",
        joined_on=on,
    )
    return Happened(f"member/{member_id}", event, on)


def duty_started(
    starts_on: date = JOINED_ON,
    due_on: date = DUE_ON,
    rule: DutyRule = INITIAL_DUTY,
    recorded_on: date | None = None,
) -> Happened:
    event = membership.DutyStarted(
        member_id="M1", rule=rule, starts_on=starts_on, due_on=due_on, policy_id="m-1"
    )
    return Happened("member/M1", event, recorded_on or starts_on)


def duty_extended(
    due_on: date, on: date, previous: date = DUE_ON, rule: DutyRule = INITIAL_DUTY
) -> Happened:
    event = membership.DutyExtended(
        member_id="M1",
        rule=rule,
        previous_due_on=previous,
        due_on=due_on,
        extended_on=on,
        reason="flood",
        approver="person-1",
        policy_id="m-2",
    )
    return Happened("member/M1", event, on)


def duty_met(
    on: date, due_on: date = DUE_ON, certificate_id: str = "C1", recorded_on: date | None = None
) -> Happened:
    event = membership.DutyMet(
        member_id="M1",
        rule=INITIAL_DUTY,
        due_on=due_on,
        certificate_id=certificate_id,
        effective_on=on,
    )
    return Happened("member/M1", event, recorded_on or on)


def duty_reopened(on: date, due_on: date = DUE_ON) -> Happened:
    event = membership.DutyReopened(
        member_id="M1", rule=INITIAL_DUTY, due_on=due_on, certificate_id="C1", effective_on=on
    )
    return Happened("member/M1", event, on)


def duty_missed(due_on: date = DUE_ON) -> Happened:
    first = due_on + timedelta(days=1)
    event = membership.DutyMissed(
        member_id="M1",
        rule=INITIAL_DUTY,
        due_on=due_on,
        effective_on=first,
        forfeits_on=first + timedelta(days=90),
        policy_id="m-1",
    )
    return Happened("member/M1", event, first)


def miss_retracted(on: date, due_on: date = DUE_ON, certificate_id: str | None = "C1") -> Happened:
    event = membership.DutyMissRetracted(
        member_id="M1",
        rule=INITIAL_DUTY,
        due_on=due_on,
        certificate_id=certificate_id,
        effective_on=due_on + timedelta(days=1),
    )
    return Happened("member/M1", event, on)


def duty_ended(
    on: date, rule: DutyRule = INITIAL_DUTY, recorded_on: date | None = None
) -> Happened:
    event = membership.DutyEnded(
        member_id="M1", rule=rule, effective_on=on, because="membership_ended"
    )
    return Happened("member/M1", event, recorded_on or on)


def suspended(on: date, reason: membership.SuspensionReason = "duty_missed") -> Happened:
    event = membership.MemberSuspended(member_id="M1", reason=reason, effective_on=on)
    return Happened("member/M1", event, on)


def reinstated(
    on: date, reason: membership.SuspensionReason = "duty_missed", recorded_on: date | None = None
) -> Happened:
    event = membership.MemberReinstated(member_id="M1", reason=reason, effective_on=on)
    return Happened("member/M1", event, recorded_on or on)


def forfeited(on: date, recorded_on: date | None = None) -> Happened:
    event = membership.MembershipForfeited(
        member_id="M1", rule=INITIAL_DUTY, effective_on=on, policy_id="m-1"
    )
    return Happened("member/M1", event, recorded_on or on)


def restored(on: date, recorded_on: date) -> Happened:
    event = membership.MembershipRestored(member_id="M1", effective_on=on, approver="person-1")
    return Happened("member/M1", event, recorded_on)


def resigned(on: date) -> Happened:
    event = membership.MemberResigned(member_id="M1", effective_on=on)
    return Happened("member/M1", event, on)


def terminated(on: date) -> Happened:
    event = membership.MembershipTerminated(
        member_id="M1", effective_on=on, reason="fraud", approver="person-1"
    )
    return Happened("member/M1", event, on)


def invoiced(on: date, due_on: date) -> Happened:
    event = membership.FeeInvoiced(
        member_id="M1",
        invoice_id="I1",
        fee_level="s",
        invoiced_on=on,
        due_on=due_on,
        policy_id="m-1",
    )
    return Happened("member/M1", event, on)


def paid(on: date, recorded_on: date | None = None) -> Happened:
    event = membership.FeePaid(member_id="M1", invoice_id="I1", paid_on=on)
    return Happened("member/M1", event, recorded_on or on)


def overdue(due_on: date) -> Happened:
    first = due_on + timedelta(days=1)
    event = membership.FeeOverdue(
        member_id="M1",
        invoice_id="I1",
        due_on=due_on,
        effective_on=first,
        suspends_on=first,
        policy_id="m-1",
    )
    return Happened("member/M1", event, first)


# --- sites ---


def facility(facility_id: str = "F1", on: date = JOINED_ON, entity_id: str = "E1") -> Happened:
    event = sites.FacilityRegistered(
        facility_id=facility_id,
        member_id="M1",
        entity_id=entity_id,
        name="Mill",
        activities=(),
        location=Location(country="NO"),
        control=Control(),
        operating=True,
        registered_on=on,
    )
    return Happened(f"facility/{facility_id}", event, on)


def facility_closed(on: date, facility_id: str = "F1") -> Happened:
    event = sites.FacilityClosed(
        facility_id=facility_id, member_id="M1", effective_on=on, reason="sold"
    )
    return Happened(f"facility/{facility_id}", event, on)


def transferred(on: date, facility_id: str = "F1") -> Happened:
    event = sites.FacilityTransferred(
        facility_id=facility_id,
        transfer_id="T1",
        from_entity_id="E1",
        from_member_id="M1",
        entity_id="E2",
        member_id="M2",
        effective_on=on,
    )
    return Happened(f"facility/{facility_id}", event, on)
