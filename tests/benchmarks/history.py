"""A long synthetic history of membership and audits over a fixed number of subjects.

Every subject is told of once at the beginning; what follows changes what is known of them, so that
the events grow and the subjects do not. Most are changed facilities, as imports make them; some
move duties and certificates, some nobody in certification asks for.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from contracts import audits, facilities, membership
from contracts.envelope import Event
from contracts.values import (
    Activity,
    AuditKind,
    CertificateType,
    Control,
    DutyRule,
    Instant,
    Location,
    MembershipClass,
    Standard,
    instant,
)

FIRST = datetime(2018, 1, 1, tzinfo=UTC)
JOINED = date(2018, 1, 1)
PER_MEMBER, PER_ENTITY = 20, 10
"""Facilities of a member, and of an entity."""
SMELTER = (Activity.SMELTING, Activity.CASTHOUSE)
SITE = Location(
    country="NO", subdivision="NO-46", latitude=Decimal("61.2073"), longitude=Decimal("7.1021")
)
CONTROL = Control()
CERTIFIED_EVERY = 10
"""Every so many facilities one has a certificate of its own, and the audit before it."""


class Told(NamedTuple):
    """An event with its source and stream; `number` counts all events from 1."""

    source: str
    stream: str
    event: Event
    number: int

    @property
    def recorded_at(self) -> Instant:
        """A second after the one before."""
        return instant(FIRST + timedelta(seconds=self.number))


def history(events: int, subjects: int) -> Iterator[Told]:
    """So many events over about so many subjects."""
    sites = max(PER_MEMBER, round(subjects / (1 + 1 / PER_MEMBER + 1 / PER_ENTITY + 0.2)))
    number = 0
    for source, stream, event in _beginning(sites):
        if number == events:
            return
        number += 1
        yield Told(source, stream, event, number)
    turn = 0
    while number < events:
        number, turn = number + 1, turn + 1
        yield Told(*_change(turn, sites), number)


Placed = tuple[str, str, Event]


def _beginning(sites: int) -> Iterator[Placed]:
    for number in range(0, sites, PER_MEMBER):
        yield from _joins(_member(number))
    for number in range(0, sites, PER_ENTITY):
        entity_id = _entity(number)
        registered = facilities.EntityRegistered(
            entity_id=entity_id,
            member_id=_member(number),
            name=f"Synthetic entity {entity_id}",
            country="NO",
            registered_on=JOINED,
        )
        yield "membership", f"entity/{entity_id}", registered
    for number in range(sites):
        facility_id = _facility(number)
        opened = facilities.FacilityRegistered(
            facility_id=facility_id,
            member_id=_member(number),
            entity_id=_entity(number),
            name=f"Synthetic smelter and casthouse {number}",
            activities=SMELTER,
            location=SITE,
            control=CONTROL,
            operating=True,
            start_year=1986,
            capacity_t_per_year=Decimal(185_000),
            registered_on=JOINED,
        )
        yield "membership", f"facility/{facility_id}", opened
    for number in range(0, sites, CERTIFIED_EVERY):
        yield from _certified(number)


def _joins(member_id: str) -> Iterator[Placed]:
    joined = membership.MemberJoined(
        member_id=member_id,
        name=f"Synthetic group {member_id}",
        country="NO",
        membership_class=MembershipClass.PRODUCTION_AND_TRANSFORMATION,
        activities=SMELTER,
        fee_level="small",
        joined_on=JOINED,
    )
    yield "membership", f"member/{member_id}", joined
    started = membership.DutyStarted(
        member_id=member_id,
        rule=DutyRule.INITIAL_CERTIFICATION,
        starts_on=JOINED,
        due_on=JOINED.replace(year=2020),
        policy_id="membership-2017-12-01",
    )
    yield "membership", f"member/{member_id}", started


def _certified(number: int) -> Iterator[Placed]:
    audit_id, certificate_id = f"syn-a-{number}", f"syn-c-{number}"
    concluded = audits.AuditConcluded(
        audit_id=audit_id,
        member_id=_member(number),
        entity_id=_entity(number),
        standard=Standard.PERFORMANCE,
        kind=AuditKind.INITIAL_CERTIFICATION,
        facilities=(_facility(number),),
        auditor_firm="syn-firm",
        lead_auditor="person-1",
        started_on=JOINED + timedelta(days=100),
        ended_on=JOINED + timedelta(days=104),
        findings=(),
    )
    yield "audit_scheduling", f"audit/{audit_id}", concluded
    granted = audits.CertificateGranted(
        certificate_id=certificate_id,
        audit_id=audit_id,
        member_id=_member(number),
        entity_id=_entity(number),
        standard=Standard.PERFORMANCE,
        certificate_type=CertificateType.FULL,
        facilities=(_facility(number),),
        valid_from=JOINED + timedelta(days=120),
        valid_to=JOINED + timedelta(days=120 + 1095),
        surveillance_due_on=(JOINED + timedelta(days=120 + 547),),
        decided_on=JOINED + timedelta(days=118),
        policy_id="audits-2017-12",
        minor_findings=0,
        major_findings=0,
    )
    yield "audit_scheduling", f"certificate/{certificate_id}", granted


def _change(turn: int, sites: int) -> Placed:
    """Of 100 changes 82 are of facilities, 8 of duties, 6 of certificates, 4 concern nobody."""
    what, number = turn % 100, turn * 7919 % sites
    day = JOINED + timedelta(days=1 + turn % 700)
    if what < 82:
        return _changed(number, turn, day)
    if what < 90:
        return _extended(_member(number), turn, day)
    if what < 96:
        return _flagged(f"syn-c-{number - number % CERTIFIED_EVERY}", _member(number), what, day)
    asked = membership.InformationRequested(member_id=_member(number), requested_on=day)
    return "membership", f"member/{_member(number)}", asked


def _changed(number: int, turn: int, day: date) -> Placed:
    changed = facilities.FacilityChanged(
        facility_id=_facility(number),
        member_id=_member(number),
        entity_id=_entity(number),
        name=f"Synthetic smelter and casthouse {number}, line {turn % 9}",
        activities=SMELTER,
        location=SITE,
        control=CONTROL,
        operating=True,
        start_year=1986,
        capacity_t_per_year=Decimal(185_000 + turn % 1000),
        effective_on=day,
    )
    return "membership", f"facility/{_facility(number)}", changed


def _extended(member_id: str, turn: int, day: date) -> Placed:
    extended = membership.DutyExtended(
        member_id=member_id,
        rule=DutyRule.INITIAL_CERTIFICATION,
        previous_due_on=JOINED.replace(year=2020),
        due_on=JOINED.replace(year=2020) + timedelta(days=turn % 365),
        extended_on=JOINED,
        reason="by-exception",
        approver="person-ops",
        policy_id="membership-2017-12-01",
    )
    return "membership", f"member/{member_id}", extended


def _flagged(certificate_id: str, member_id: str, what: int, day: date) -> Placed:
    """Suspended on one of a few days, and reinstated on it: its course of time stays short."""
    on = day.replace(day=1)
    event: Event
    if what % 2:
        event = audits.CertificateSuspended(
            certificate_id=certificate_id, member_id=member_id, effective_on=on, reason="by-rule"
        )
    else:
        event = audits.CertificateReinstated(
            certificate_id=certificate_id, member_id=member_id, effective_on=on
        )
    return "audit_scheduling", f"certificate/{certificate_id}", event


def _member(number: int) -> str:
    return f"syn-m-{number // PER_MEMBER:05d}"


def _entity(number: int) -> str:
    return f"syn-e-{number // PER_ENTITY:05d}"


def _facility(number: int) -> str:
    return f"syn-f-{number:06d}"
