"""What each event says, as facts: subject, attribute, value, from when. Pure, and without rules.

Subjects: `member/`, `entity/`, `facility/`, `certificate/`, `audit/`. An attribute of a subject is
owned by one stream (`covered_by:C1` of a facility by certificate C1), so facts do not depend on how
streams interleave. A correction repeats `effective_from` later. A statement about a whole life,
which a later event may move to another day, is effective from `ALWAYS` and has its day as value.

An event says the same of all its subjects of one kind: a grant to 500 facilities makes one list.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from contracts import audits, membership
from contracts import facilities as sites
from contracts.envelope import Event, Recorded
from infra.readmodel import Attributes, Fact, Facts

iso = lru_cache(maxsize=20_000)(date.isoformat)
"""Days as text, each kept once: a million facts name few days."""

ALWAYS = date.min
_made = tuple.__new__  # a NamedTuple without its constructor: there are millions of facts
ONE_DAY = timedelta(days=1)

COVERED_BY = "covered_by:"
AUDITED_BY = "audited_by:"
DECIDED_BY = "decided_by:"
MET, MET_UNTIL, MISSED = "met:", "met_until:", "missed:"
"""Of one round of a duty: what met it from which day, the day that was taken back. It may be gone
before it begins; so both are statements about the round, with their day as value."""
RUNS_FROM, RUNS_TO, RUNS_UNTIL = "runs_from:", "runs_to:", "runs_until:"
"""Of a duty's rule: the round told last, its first and last day, and the day it was called off.
`duty:<rule>` is the course of time: it answers for rounds before that one."""

Json = str | bool | int | None | Sequence[str] | Mapping[str, str | int | None]
Told = tuple[str, Json, date]
"""Attribute, value, effective_from."""


class Telling(NamedTuple):
    """What an event tells of its subjects of one kind."""

    subjects: Callable[[Any], Sequence[str]]  # of the event class under which it is listed
    told: Callable[[Any], Sequence[Told]]


# --- members ---


def _member(event: Any) -> Sequence[str]:
    return ("member/" + event.member_id,)


def _joined(event: membership.MemberJoined) -> Sequence[Told]:
    on = event.joined_on
    return (
        ("name", event.name, on),
        ("country", event.country, on),
        ("class", event.membership_class.value, on),
        ("joined", True, on),
    )


def _renamed(event: membership.MemberChanged) -> Sequence[Told]:
    return (
        ("name", event.name, event.effective_on),
        ("country", event.country, event.effective_on),
    )


def _class(event: membership.MembershipClassChanged) -> Sequence[Told]:
    return (("class", event.membership_class.value, event.effective_on),)


def _suspended(event: membership.MemberSuspended) -> Sequence[Told]:
    return (("suspended:" + event.reason, True, event.effective_on),)


def _reinstated(event: membership.MemberReinstated) -> Sequence[Told]:
    return (("suspended:" + event.reason, False, event.effective_on),)


def _ended(how: str) -> Callable[[Any], Sequence[Told]]:
    def told(event: Any) -> Sequence[Told]:
        return (("ended", {"how": how, "on": iso(event.effective_on)}, ALWAYS),)

    return told


def _restored(event: membership.MembershipRestored) -> Sequence[Told]:
    return (("ended", None, ALWAYS),)


def _duty(event: membership.DutyStarted) -> Sequence[Told]:
    rule, starts_on = event.rule.value, event.starts_on
    due_on = iso(event.due_on)
    return (
        ("duty:" + rule, due_on, starts_on),
        (RUNS_FROM + rule, iso(starts_on), ALWAYS),
        (RUNS_TO + rule, due_on, ALWAYS),
        (RUNS_UNTIL + rule, None, ALWAYS),
        # An earlier round may have had the same last day, and have been met: this one is not.
        (MET_UNTIL + round_of(rule, due_on), iso(starts_on), ALWAYS),
    )


def _extended(event: membership.DutyExtended) -> Sequence[Told]:
    rule, due_on = event.rule.value, iso(event.due_on)
    return (("duty:" + rule, due_on, event.extended_on), (RUNS_TO + rule, due_on, ALWAYS))


def _duty_ended(event: membership.DutyEnded) -> Sequence[Told]:
    rule, on = event.rule.value, event.effective_on
    return (("duty:" + rule, None, on), (RUNS_UNTIL + rule, iso(on), ALWAYS))


def round_of(rule: str, due_on: str) -> str:
    """The end of the name of what is said of one round of a duty: what is said of one says nothing
    of another."""
    return f"{rule}:{due_on}"


def _met(event: membership.DutyMet) -> Sequence[Told]:
    name = round_of(event.rule.value, iso(event.due_on))
    value = {"on": iso(event.effective_on), "certificate_id": event.certificate_id}
    return ((MET + name, value, ALWAYS), (MET_UNTIL + name, None, ALWAYS))


def _reopened(event: membership.DutyReopened) -> Sequence[Told]:
    rule, on = event.rule.value, event.effective_on
    due_on = iso(event.due_on)
    return (
        (MET_UNTIL + round_of(rule, due_on), iso(on), ALWAYS),
        ("duty:" + rule, due_on, on),
        (RUNS_FROM + rule, iso(on), ALWAYS),
        (RUNS_TO + rule, due_on, ALWAYS),
        (RUNS_UNTIL + rule, None, ALWAYS),
    )


def _missed(event: membership.DutyMissed) -> Sequence[Told]:
    name = MISSED + round_of(event.rule.value, iso(event.due_on))
    return ((name, True, event.due_on + ONE_DAY),)


def _retracted(event: membership.DutyMissRetracted) -> Sequence[Told]:
    name = MISSED + round_of(event.rule.value, iso(event.due_on))
    return ((name, False, event.due_on + ONE_DAY),)


# --- entities and facilities ---


def _entity(event: Any) -> Sequence[str]:
    return ("entity/" + event.entity_id,)


def _entity_registered(event: sites.EntityRegistered) -> Sequence[Told]:
    on = event.registered_on
    return (("member", event.member_id, on), *_entity_site(event, on))


def _entity_site(event: sites.EntityRegistered | sites.EntityChanged, on: date) -> Sequence[Told]:
    return (("site", {"name": event.name, "country": event.country}, on),)


def _entity_changed(event: sites.EntityChanged) -> Sequence[Told]:
    return _entity_site(event, event.effective_on)


def _closed(event: sites.EntityClosed | sites.FacilityClosed) -> Sequence[Told]:
    return (("closed", True, event.effective_on),)


def _facility(event: Any) -> Sequence[str]:
    return ("facility/" + event.facility_id,)


def _facility_registered(event: sites.FacilityRegistered) -> Sequence[Told]:
    on = event.registered_on
    return (
        ("member", event.member_id, on),
        ("entity", event.entity_id, on),
        ("site", {"name": event.name, "country": event.location.country}, on),
    )


def _facility_changed(event: sites.FacilityChanged) -> Sequence[Told]:
    site = {"name": event.name, "country": event.location.country}
    return (("site", site, event.effective_on),)


def _transferred(event: sites.FacilityTransferred) -> Sequence[Told]:
    on = event.effective_on
    return (("member", event.member_id, on), ("entity", event.entity_id, on))


# --- audits ---

AuditTold = audits.AuditScheduled | audits.AuditConcluded


def _audit(event: Any) -> Sequence[str]:
    return ("audit/" + event.audit_id,)


def _first_day(event: AuditTold) -> date:
    return event.starts_on if isinstance(event, audits.AuditScheduled) else event.started_on


def _scheduled(event: AuditTold) -> Sequence[Told]:
    on = _first_day(event)
    return (("kind", event.kind.value, on), ("standard", event.standard.value, on))


def _cancelled(event: audits.AuditCancelled) -> Sequence[Told]:
    return (("cancelled", True, event.cancelled_on),)


def _concluded(event: audits.AuditConcluded) -> Sequence[Told]:
    return (*_scheduled(event), ("concluded", True, event.ended_on))


def _audited(event: AuditTold) -> Sequence[Told]:
    return ((AUDITED_BY + event.audit_id, event.kind.value, _first_day(event)),)


def _scope(event: Any) -> Sequence[str]:
    return ["facility/" + facility_id for facility_id in event.facilities]


# --- certificates ---


def _certificate(event: Any) -> Sequence[str]:
    return ("certificate/" + event.certificate_id,)


def _since(event: audits.CertificateGranted) -> date:
    """A certificate is known from the decision on, or from the day it holds if that is earlier."""
    return min(event.decided_on, event.valid_from)


def _granted(event: audits.CertificateGranted) -> Sequence[Told]:
    on = _since(event)
    told: list[Told] = [
        ("member", event.member_id, on),
        ("entity", event.entity_id, on),
        ("standard", event.standard.value, on),
        ("type", event.certificate_type.value, on),
        ("valid_from", iso(event.valid_from), on),
        ("valid_to", iso(event.valid_to), on),
        ("covers", event.facilities, on),
    ]
    if event.replaces is not None:
        told.append(("replaces", event.replaces, on))
    return told


def _converted(event: audits.CertificateConverted) -> Sequence[Told]:
    on = event.effective_on
    return (("type", "full", on), ("valid_to", iso(event.valid_to), on))


def _flag(attribute: str, value: bool) -> Callable[[Any], Sequence[Told]]:
    def told(event: Any) -> Sequence[Told]:
        return ((attribute, value, event.effective_on),)

    return told


def _covered(event: audits.CertificateGranted) -> Sequence[Told]:
    return ((COVERED_BY + event.certificate_id, event.standard.value, _since(event)),)


def _decided(
    event: audits.CertificateGranted | audits.CertificateRefused,
) -> Sequence[Told]:
    return ((DECIDED_BY + event.certificate_id, True, event.decided_on),)


_MEMBER_ENDS: Mapping[type[Event], str] = {
    membership.MembershipForfeited: "forfeited",
    membership.MemberResigned: "resigned",
    membership.MembershipTerminated: "terminated",
}
_MEMBER: Mapping[type[Event], Callable[[Any], Sequence[Told]]] = {
    membership.MemberJoined: _joined,
    membership.MemberChanged: _renamed,
    membership.MembershipClassChanged: _class,
    membership.MemberSuspended: _suspended,
    membership.MemberReinstated: _reinstated,
    **{event: _ended(how) for event, how in _MEMBER_ENDS.items()},
    membership.MembershipRestored: _restored,
    membership.DutyStarted: _duty,
    membership.DutyExtended: _extended,
    membership.DutyEnded: _duty_ended,
    membership.DutyMet: _met,
    membership.DutyReopened: _reopened,
    membership.DutyMissed: _missed,
    membership.DutyMissRetracted: _retracted,
}
_CERTIFICATE: Mapping[type[Event], Callable[[Any], Sequence[Told]]] = {
    audits.CertificateConverted: _converted,
    audits.CertificateSuspended: _flag("suspended", True),
    audits.CertificateReinstated: _flag("suspended", False),
    audits.CertificateWithdrawn: _flag("withdrawn", True),
}


def _with_scope(
    own: Mapping[str, Telling], told: Callable[[Any], Sequence[Told]]
) -> Mapping[str, Telling]:
    """An event that also tells its member, its entity and its facilities the same."""
    return {
        **own,
        "member": Telling(_member, told),
        "entity": Telling(_entity, told),
        "facility": Telling(_scope, told),
    }


TELLINGS: Mapping[type[Event], Mapping[str, Telling]] = {
    **{event: {"member": Telling(_member, told)} for event, told in _MEMBER.items()},
    **{event: {"certificate": Telling(_certificate, told)} for event, told in _CERTIFICATE.items()},
    sites.EntityRegistered: {"entity": Telling(_entity, _entity_registered)},
    sites.EntityChanged: {"entity": Telling(_entity, _entity_changed)},
    sites.EntityClosed: {"entity": Telling(_entity, _closed)},
    sites.FacilityRegistered: {"facility": Telling(_facility, _facility_registered)},
    sites.FacilityChanged: {"facility": Telling(_facility, _facility_changed)},
    sites.FacilityTransferred: {"facility": Telling(_facility, _transferred)},
    sites.FacilityClosed: {"facility": Telling(_facility, _closed)},
    audits.AuditScheduled: _with_scope({"audit": Telling(_audit, _scheduled)}, _audited),
    audits.AuditCancelled: {"audit": Telling(_audit, _cancelled)},
    audits.AuditConcluded: _with_scope({"audit": Telling(_audit, _concluded)}, _audited),
    audits.CertificateGranted: _with_scope(
        {"certificate": Telling(_certificate, _granted), "audit": Telling(_audit, _decided)},
        _covered,
    ),
    audits.CertificateRefused: {"audit": Telling(_audit, _decided)},
}
"""Event class -> kind of subject -> what it tells. The only place that reads events for facts."""


def facts(recorded: Recorded) -> Sequence[Fact]:
    """All facts of an event."""
    event = recorded.event
    tellings = TELLINGS.get(type(event))
    if tellings is None:
        return ()
    found: list[Fact] = []
    for telling in tellings.values():
        subjects = telling.subjects(event)
        found += [
            _made(Fact, (subject, attribute, value, effective_from))
            for attribute, value, effective_from in telling.told(event)
            for subject in subjects
        ]
    return found


def is_public(subject: str, attribute: str) -> bool:
    """Whether anyone may see it: certificates, and who is covered by them. Audits, duties and
    standing are for operations and the member itself."""
    kind = subject.partition("/")[0]
    if kind == "certificate":
        return True
    return kind != "audit" and (attribute in PUBLIC or attribute.startswith(COVERED_BY))


def public_part(subject: str, attributes: Attributes) -> Attributes:
    """What anyone may see of a subject: nothing of entities and facilities that no certificate
    covers or covered, so that nobody can find out what there is by trying ids."""
    told = {name: known for name, known in attributes.items() if is_public(subject, name)}
    covered = any(name.startswith(COVERED_BY) for name in told)
    return told if covered or subject.startswith(("member/", "certificate/")) else {}


PUBLIC = frozenset({"name", "country", "class", "site", "member", "entity", "closed"})

FACTS = Facts("facts", 1, facts, frozenset(TELLINGS))
