"""The life of an audit as its events tell it, and until when its firm reads what it audits. Pure.

Several services let the firm of an audit read what it is of: from the booking on, if operations
booked it (by a booking of its own a firm would let itself in), until the audit is called off or,
once it is concluded, until the certificate that it leads to is decided on. Source: sources.md 2.1
(kinds of audit).
"""

from collections.abc import Collection
from typing import NamedTuple

from . import audits
from .envelope import Event
from .values import Standard

Told = audits.AuditScheduled | audits.AuditConcluded
"""Events that say what an audit is of, and whose it is."""
OfStandard = Told | audits.AuditCancelled | audits.CertificateGranted | audits.CertificateRefused
OPERATIONS = "operations"
"""Whose bookings let a firm read."""
EVENTS = frozenset({*OfStandard.__args__, audits.CertificateConverted})
"""Every event that moves such a life on."""


class Life(NamedTuple):
    """How far an audit is. `state`: booked, called_off, concluded. Its decision stands in another
    stream and may be heard of first: then only `decided` is known, and the state is unknown."""

    firm: str = ""
    kind: str = ""
    state: str = "unknown"
    decided: bool = False
    booked_by: str = ""


def audits_of(event: Event, standard: Standard) -> tuple[str, ...]:
    """The audit whose life an event moves on, if it may be one against a standard; else none."""
    if isinstance(event, audits.CertificateConverted):
        return (event.audit_id,)  # to which standard it does not say
    if isinstance(event, OfStandard) and event.standard is standard:
        return (event.audit_id,)
    return ()


def moved_on(life: Life, event: Event) -> Life:
    """The life after one of `EVENTS`."""
    match event:
        case audits.AuditScheduled():
            booked = life._replace(booked_by=event.booked_by or "", state="booked")
            return booked._replace(firm=event.auditor_firm, kind=event.kind.value)
        case audits.AuditConcluded():
            ended = life._replace(state="concluded")
            return ended._replace(firm=event.auditor_firm, kind=event.kind.value)
        case audits.AuditCancelled():
            return life._replace(state="called_off")
        case _:
            return life._replace(decided=True)


def lets_read(life: Life, decided_on: Collection[str]) -> bool:
    """Whether the firm reads what the audit is of: it is to come or under way, or the decision that
    follows from it is open. `decided_on` are the kinds of audit that a decision follows."""
    if life.decided or life.booked_by != OPERATIONS:
        return False
    return life.state == "booked" or (life.state == "concluded" and life.kind in decided_on)
