"""The service in one place: its deciders, its commands, who may issue them, its evidence. Pure."""

from collections.abc import Callable, Mapping
from datetime import date
from types import ModuleType
from typing import Any

from contracts.envelope import Event
from contracts.values import CertificateId
from infra.decider import Command, Lookup
from infra.policy import Policies
from infra.readmodel import Consumer

from . import audit, certificate
from .commands import (
    CancelAudit,
    ConcludeAudit,
    ConvertCertificate,
    DecideCertificate,
    ReinstateCertificate,
    ReserveDecision,
    ScheduleAudit,
    SuspendCertificate,
    WithdrawCertificate,
)
from .emission_rows import EMISSIONS
from .evidence import AuditEvidence, CertificateEvidence, ScopeEvidence
from .reactions import REACTIONS
from .rows import PROJECTIONS, AuditRow, classes_of, scope_of

DECIDERS: Mapping[str, ModuleType] = {"audit": audit, "certificate": certificate}

COMMANDS: tuple[type[Command], ...] = (
    ScheduleAudit,
    CancelAudit,
    ConcludeAudit,
    DecideCertificate,
    ConvertCertificate,
    SuspendCertificate,
    ReinstateCertificate,
    WithdrawCertificate,
)
INTERNAL: tuple[type[Command], ...] = (ReserveDecision,)
PRIVATE: tuple[type[Event], ...] = (audit.DecisionReserved,)

OPS = frozenset({"ops"})
OPS_AND_AUDITORS = frozenset({"ops", "auditor"})
ROLES: Mapping[str, frozenset[str]] = {
    ScheduleAudit.NAME: OPS_AND_AUDITORS,
    CancelAudit.NAME: OPS_AND_AUDITORS,
    ConcludeAudit.NAME: OPS_AND_AUDITORS,
    DecideCertificate.NAME: OPS,
    ConvertCertificate.NAME: OPS,
    SuspendCertificate.NAME: OPS,
    ReinstateCertificate.NAME: OPS,
    WithdrawCertificate.NAME: OPS,
}
"""An auditor's command names an `auditor_firm`: it must be the caller's own."""

RESTS_ON: Mapping[str, tuple[str, ...]] = {}
"""No decision here rests on another service's silence."""

CONSUMERS: tuple[Consumer, ...] = (
    Consumer(
        "audits",
        ("membership", "audit_scheduling", "ghg"),
        (*PROJECTIONS, EMISSIONS),
        (),
        REACTIONS,
    ),
)
"""One reader: our own events for queries, membership's for evidence, ghg's for what an auditor
looks at."""

Body = Mapping[str, object]
States = Callable[[str], Any]
"""`states(stream)`: the state of one of our own streams, as folded now."""


def fill(name: str, body: Body, rows: Lookup, states: States) -> dict[str, object]:
    """The evidence fields of a command, from its other fields as sent and read.

    Scope comes from rows (projections members, entities, facilities; whether an audit was decided
    on from audits), audits and certificates from our own streams.
    """
    filler = FILLERS.get(name)
    return filler(body, rows, states) if filler else {}


def _audited(body: Body, rows: Lookup, states: States) -> dict[str, object]:
    first = _day(body, "starts_on") or _day(body, "started_on")
    return {
        "scope": _scope(body, first, rows) if first else ScopeEvidence(),
        "certificate": _certificate(_text(body, "certificate_id"), states),
    }


def _decided(body: Body, rows: Lookup, states: States) -> dict[str, object]:
    found = _audit(_text(body, "audit_id"), rows, states)
    replaces = _text(body, "replaces") or (found and found.certificate_id) or ""
    return {
        "audit": found,
        "replaced": _certificate(replaces, states),
        "classes": classes_of(found.member_id, rows) if found else (),
    }


def _converted(body: Body, rows: Lookup, states: States) -> dict[str, object]:
    return {"audit": _audit(_text(body, "audit_id"), rows, states)}


FILLERS: Mapping[str, Callable[[Body, Lookup, States], dict[str, object]]] = {
    ScheduleAudit.NAME: _audited,
    ConcludeAudit.NAME: _audited,
    DecideCertificate.NAME: _decided,
    ConvertCertificate.NAME: _converted,
}


def _scope(body: Body, first_day: date, rows: Lookup) -> ScopeEvidence:
    listed = body.get("facilities")
    texts = [str(name) for name in listed] if isinstance(listed, (list, tuple)) else []
    return scope_of(_text(body, "member_id"), _text(body, "entity_id"), texts, first_day, rows)


def _audit(audit_id: str, rows: Lookup, states: States) -> AuditEvidence | None:
    state = states(f"audit/{audit_id}") if audit_id else None
    if not isinstance(state, audit.Audit):
        return None
    row: AuditRow | None = rows("audits", audit_id)
    reserved = None if lapsed(audit_id, states) else state.reserved
    return audit.evidence(state, (row and row.decided_by) or reserved)


def lapsed(audit_id: str, states: States) -> CertificateId | None:
    """The certificate for which the decision on an audit is reserved, if it is another audit's by
    now: who asked for it was refused, and the audit is free. A decision is final, so that stays."""
    state = states(f"audit/{audit_id}")
    if not isinstance(state, audit.Audit) or state.reserved is None:
        return None
    held = states(f"certificate/{state.reserved}")
    decision = (held.granted or held.refused) if isinstance(held, certificate.Certificate) else None
    return state.reserved if decision and decision.audit_id != audit_id else None


def reservation(
    sent: Body, filled: Body, states: States, policies: Policies
) -> ReserveDecision | None:
    """What has to be stored before a decision is; None when that was stored before. Raises Refused
    where the decision would be: nothing is reserved for what cannot be."""
    wanted = DecideCertificate.model_validate({**sent, **filled})
    if not certificate.decide(wanted, states(wanted.stream), policies):
        return None
    if states(f"audit/{wanted.audit_id}").reserved == wanted.certificate_id:
        return None
    return ReserveDecision(
        on=wanted.on,
        audit_id=wanted.audit_id,
        certificate_id=wanted.certificate_id,
        lapsed=lapsed(wanted.audit_id, states),
    )


def _certificate(certificate_id: str, states: States) -> CertificateEvidence | None:
    state = states(f"certificate/{certificate_id}") if certificate_id else None
    return certificate.evidence(state) if isinstance(state, certificate.Certificate) else None


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _day(body: Body, name: str) -> date | None:
    value = body.get(name)
    return value if isinstance(value, date) else None
