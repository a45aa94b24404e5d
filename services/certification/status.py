"""The rules over several facts: what somebody or something is on a day. Pure, never stored.

`status(dossier, on, known_at)` is asked by queries, by the board and by the publishing reaction
alike, so two screens cannot differ. Rules: sources.md 2.7 (states), 1.2 (duty), 1.3 (standing).

    certificate   withdrawn > expired (`on` after valid_to) > in process (before valid_from)
                  > suspended > full or provisional
    the others    the best of the certificates that cover them; with none that holds, in process
                  while an audit for a certificate is under way; what is closed is nothing
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from contracts.values import (
    AuditKind,
    CertificateType,
    CertificationStatus,
    DutyRule,
    Instant,
    Standard,
)
from infra.readmodel import Attributes, Known, as_of

from .facts import (
    AUDITED_BY,
    COVERED_BY,
    DECIDED_BY,
    MET,
    MET_UNTIL,
    MISSED,
    RUNS_FROM,
    RUNS_TO,
    RUNS_UNTIL,
    round_of,
)

BEST_FIRST = (
    CertificationStatus.CERTIFIED_FULL,
    CertificationStatus.CERTIFIED_PROVISIONAL,
    CertificationStatus.SUSPENDED,
    CertificationStatus.IN_PROCESS,
    CertificationStatus.EXPIRED,
    CertificationStatus.WITHDRAWN,
    CertificationStatus.NONE,
)
CERTIFYING = frozenset(
    kind.value
    for kind in (
        AuditKind.INITIAL_CERTIFICATION,
        AuditKind.RECERTIFICATION,
        AuditKind.VERSION_TRANSITION,
    )
)
"""Audits that lead to a certificate of their own."""

Held = Mapping[str, Known]
NOTHING: Attributes = {}


class Dossier(NamedTuple):
    """All facts that the status of a subject rests on: its own and those it links to."""

    subject: str
    facts: Mapping[str, Attributes]


class Duty(NamedTuple):
    """A member's duty to certify on a day. `state`: running, met, missed."""

    rule: DutyRule
    due_on: date
    state: str


class Status(NamedTuple):
    """What a subject is on a day. `standing` and `duties` are a member's alone: none, active,
    suspended, forfeited, resigned, terminated."""

    certification: CertificationStatus
    by_standard: Mapping[str, CertificationStatus]
    certificates: Mapping[str, CertificationStatus]
    standing: str | None = None
    duties: tuple[Duty, ...] = ()


def linked(attributes: Attributes) -> list[str]:
    """The subjects whose facts a status rests on as well."""
    return [
        kind + attribute.removeprefix(link)
        for attribute in attributes
        for link, kind in ((COVERED_BY, "certificate/"), (AUDITED_BY, "audit/"))
        if attribute.startswith(link)
    ]


def gather(subject: str, load: Callable[[Sequence[str]], Mapping[str, Attributes]]) -> Dossier:
    """The dossier of a subject; `load` gives the facts of some subjects, and is asked twice."""
    own = load([subject]).get(subject, NOTHING)
    others = linked(own)
    return Dossier(subject, {**(load(others) if others else {}), subject: own})


def status(dossier: Dossier, on: date, known_at: Instant | None = None) -> Status:
    """What the subject is on a day, as known at an instant (None: as known now)."""
    own = _held(dossier, dossier.subject, on, known_at)
    kind, _, key = dossier.subject.partition("/")
    if kind == "certificate":
        found = certificate_status(own, on)
        standard = {own["standard"].value: found} if "standard" in own else {}
        return Status(found, standard, {key: found})
    certificates: dict[str, CertificationStatus] = {}
    by_standard: dict[str, list[CertificationStatus]] = {one.value: [] for one in Standard}
    for attribute, link in own.items():
        if attribute.startswith(COVERED_BY):
            name = attribute.removeprefix(COVERED_BY)
            found = certificate_status(_held(dossier, "certificate/" + name, on, known_at), on)
            certificates[name] = found
            by_standard[link.value].append(found)
        elif attribute.startswith(AUDITED_BY):
            audit = _held(dossier, "audit/" + attribute.removeprefix(AUDITED_BY), on, known_at)
            if _under_way(audit):
                by_standard[audit["standard"].value].append(CertificationStatus.IN_PROCESS)
    closed = _value(own, "closed") is True
    best = {name: _best(() if closed else found) for name, found in by_standard.items()}
    return Status(
        _best(best.values()),
        best,
        certificates,
        standing(own, on) if kind == "member" else None,
        duties(own, on) if kind == "member" else (),
    )


def certificate_status(held: Held, on: date) -> CertificationStatus:
    """A certificate's own state on a day, from its facts that hold on it."""
    valid_from, valid_to = _day(held, "valid_from"), _day(held, "valid_to")
    if valid_from is None or valid_to is None:
        return CertificationStatus.NONE
    terms = Terms(
        CertificateType(str(_value(held, "type"))),
        valid_from,
        valid_to,
        _value(held, "suspended") is True,
        _value(held, "withdrawn") is True,
    )
    return status_by(terms, on)


class Terms(NamedTuple):
    """What decides a certificate's state, on a day on which all of it holds."""

    certificate_type: CertificateType
    valid_from: date
    valid_to: date
    suspended: bool
    withdrawn: bool


def status_by(terms: Terms, on: date) -> CertificationStatus:
    """A certificate's state on a day (sources.md 2.7)."""
    if terms.withdrawn:
        return CertificationStatus.WITHDRAWN
    if on > terms.valid_to:
        return CertificationStatus.EXPIRED
    if on < terms.valid_from:
        return CertificationStatus.IN_PROCESS
    if terms.suspended:
        return CertificationStatus.SUSPENDED
    if terms.certificate_type is CertificateType.FULL:
        return CertificationStatus.CERTIFIED_FULL
    return CertificationStatus.CERTIFIED_PROVISIONAL


def standing(held: Held, on: date) -> str:
    """A member's standing on a day: ended, suspended for whatever reason, active, or none yet."""
    if _value(held, "joined") is not True:
        return "none"
    ended = held.get("ended")
    if ended is not None and ended.value is not None:
        if date.fromisoformat(ended.value["on"]) <= on:
            return str(ended.value["how"])
    reasons = (fact for name, fact in held.items() if name.startswith("suspended:"))
    return "suspended" if any(fact.value for fact in reasons) else "active"


def is_listed(attributes: Attributes, on: date) -> bool:
    """Whether a member's profile and list entry are shown to the public on a day: not while it is
    suspended (sources.md 1.3), not after its end. Who is not known to have joined is not hidden.
    A certificate's own state is another matter: a suspended member's certificate holds."""
    return standing(as_of(attributes, on), on) in ("active", "none")


def duties(held: Held, on: date) -> tuple[Duty, ...]:
    """A member's duties on a day, each with the last day on which it can be met."""
    found = ((rule, _due_on(held, rule.value, on)) for rule in DutyRule)
    return tuple(
        Duty(rule, due_on, _duty_state(held, round_of(rule.value, due_on.isoformat()), on))
        for rule, due_on in found
        if due_on
    )


def _due_on(held: Held, rule: str, on: date) -> date | None:
    until = _day(held, RUNS_UNTIL + rule)
    if until is not None and on >= until:
        return None
    since = _day(held, RUNS_FROM + rule)
    if since is not None and on >= since:
        return _day(held, RUNS_TO + rule)
    return _day(held, "duty:" + rule)


def _duty_state(held: Held, round_name: str, on: date) -> str:
    met, until = _value(held, MET + round_name), _day(held, MET_UNTIL + round_name)
    if isinstance(met, Mapping) and date.fromisoformat(met["on"]) <= on:
        if until is None or on < until:
            return "met"
    return "missed" if _value(held, MISSED + round_name) is True else "running"


def _under_way(audit: Held) -> bool:
    if _value(audit, "kind") not in CERTIFYING or _value(audit, "cancelled") is True:
        return False
    return not any(attribute.startswith(DECIDED_BY) for attribute in audit)


def _best(found: Collection[CertificationStatus]) -> CertificationStatus:
    return next((one for one in BEST_FIRST if one in found), CertificationStatus.NONE)


def _held(dossier: Dossier, subject: str, on: date, known_at: Instant | None) -> Held:
    return as_of(dossier.facts.get(subject, NOTHING), on, known_at)


def _value(held: Held, attribute: str) -> object:
    fact = held.get(attribute)
    return None if fact is None else fact.value


def _day(held: Held, attribute: str) -> date | None:
    value = _value(held, attribute)
    return date.fromisoformat(value) if isinstance(value, str) else None
