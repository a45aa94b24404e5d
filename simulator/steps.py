"""From the world's neutral history to what a user sends: one file, so that it is easy to align.

A `Step` is one `POST /{service}/commands/{command}` with its JSON `fields`, on the day `on`. The
fields that a server fills in (the day, approvers, evidence) are not in it. Every step is meant to
be accepted when it is sent in order, after the reactions to earlier days have settled.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Literal, NamedTuple, TypeAlias

from . import history as h
from .world import World

JSON: TypeAlias = "str | int | bool | list[JSON] | dict[str, JSON] | None"
Service = Literal["membership", "audits", "ghg", "coc"]


class Step(NamedTuple):
    """A command as a client sends it; `sender` is the role that may."""

    on: date
    service: Service
    command: str
    fields: dict[str, JSON]
    note: str
    sender: str = "ops"

    @property
    def command_id(self) -> str:
        """The Idempotency-Key: the same step always has the same one."""
        content = json.dumps([self.on.isoformat(), *self[1:4]], sort_keys=True)
        return "sim-" + hashlib.blake2b(content.encode(), digest_size=12).hexdigest()

    def line(self) -> str:
        """The step as one line of JSON, keys sorted, ASCII."""
        shown = {**self._asdict(), "on": self.on.isoformat(), "command_id": self.command_id}
        return json.dumps(shown, sort_keys=True, separators=(",", ":"))


def steps(world: World) -> Iterator[Step]:
    """All that users send, in the order to send it."""
    return (step_of(entry) for entry in world.entries)


def step_of(entry: h.Entry) -> Step:
    """The command that tells an entry."""
    for told in (_application, _standing, _site, _audit, _certificate):
        step = told(entry)
        if step is not None:
            return step
    raise TypeError(f"no command tells {type(entry).__name__}")


def _member(entry: h.Entry, command: str, note: str, /, **fields: JSON) -> Step:
    """A command of the secretariat on a member's stream."""
    return Step(
        entry.recorded_on, "membership", command, {"member_id": entry.member_id, **fields}, note
    )


def _by_member(entry: h.Entry, command: str, note: str, /, **fields: JSON) -> Step:
    """A command of the member itself."""
    sender = f"member:{entry.member_id}"
    return _member(entry, command, note, **fields)._replace(sender=sender)


def _words(values: Iterable[str]) -> list[JSON]:
    return [str(value) for value in values]


def _application(entry: h.Entry) -> Step | None:
    match entry:
        case h.Drafted():
            return _by_member(
                entry, "draft_application", "a draft", name=entry.name, country=entry.country
            )
        case h.Submitted():
            return _by_member(
                entry,
                "submit_application",
                "handed in",
                membership_class=entry.membership_class.value,
                activities=_words(entry.activities),
            )
        case h.ReviewStarted():
            return _member(entry, "start_review", "taken up")
        case h.InformationRequested():
            return _member(entry, "request_information", "something is missing")
        case h.InformationSupplied():
            return _by_member(entry, "supply_information", "answered")
        case h.Approved():
            return _member(
                entry,
                "approve_application",
                "approved",
                membership_class=entry.membership_class.value,
                activities=_words(entry.activities),
                fee_level=entry.fee_level,
            )
        case h.Declined():
            return _member(entry, "decline_application", "declined")
        case h.Joined():
            return _member(entry, "admit_member", "joins", joined_on=entry.joined_on.isoformat())
        case _:
            return None


def _standing(entry: h.Entry) -> Step | None:
    match entry:
        case h.ClassChanged():
            return _member(
                entry,
                "change_class",
                f"becomes {entry.membership_class.value}",
                membership_class=entry.membership_class.value,
                activities=_words(entry.activities),
                effective_on=entry.effective_on.isoformat(),
            )
        case h.Extended():
            return _member(
                entry,
                "extend_duty",
                f"more time for the {entry.rule.value}",
                due_on=entry.due_on.isoformat(),
                reason=entry.reason,
            )
        case h.Invoiced():
            return _member(
                entry,
                "invoice_fee",
                "the yearly fee",
                invoice_id=entry.invoice_id,
                invoiced_on=entry.recorded_on.isoformat(),
            )
        case h.Paid():
            return _member(
                entry,
                "record_fee_payment",
                "paid",
                invoice_id=entry.invoice_id,
                paid_on=entry.paid_on.isoformat(),
            )
        case h.InvoiceCancelled():
            return _member(
                entry, "cancel_fee_invoice", "raised in error", invoice_id=entry.invoice_id
            )
        case h.SuspendedByHand():
            return _member(entry, "suspend_member", "suspended by decision")
        case h.ReinstatedByHand():
            return _member(entry, "reinstate_member", "reinstated by decision")
        case h.Resigned():
            return _by_member(
                entry, "resign_membership", "leaves", effective_on=entry.effective_on.isoformat()
            )
        case h.ResignationWithdrawn():
            return _by_member(entry, "withdraw_resignation", "stays after all")
        case h.Terminated():
            return _member(entry, "terminate_membership", "ended", reason=entry.reason)
        case h.Restored():
            return _member(entry, "restore_membership", "the forfeiture is undone")
        case _:
            return None


def _site(entry: h.Entry) -> Step | None:
    match entry:
        case h.EntityRegistered() | h.EntityChanged():
            known = isinstance(entry, h.EntityChanged)
            return _by_member(
                entry,
                "change_entity" if known else "register_entity",
                "an entity under another name" if known else "an entity",
                entity_id=entry.entity_id,
                name=entry.name,
                country=entry.country,
            )
        case h.EntityClosed():
            return _by_member(entry, "close_entity", "is no more", entity_id=entry.entity_id)
        case h.FacilityRegistered() | h.FacilityChanged():
            known = isinstance(entry, h.FacilityChanged)
            fields = _described(entry.site) | {
                "facility_id": entry.facility_id,
                "entity_id": entry.entity_id,
            }
            return _by_member(
                entry,
                "change_facility" if known else "register_facility",
                "a facility as it is now" if known else "a facility",
                **fields,
            )
        case h.TransferOffered():
            return _by_member(
                entry,
                "offer_transfer",
                "a facility is offered",
                facility_id=entry.facility_id,
                transfer_id=entry.transfer_id,
                to_entity_id=entry.to_entity_id,
                to_member_id=entry.to_member_id,
            )
        case h.TransferAccepted() | h.TransferReturned():
            taken = isinstance(entry, h.TransferAccepted)
            reason: dict[str, JSON] = {}
            if isinstance(entry, h.TransferReturned):
                reason = {"reason": entry.reason}
            return _by_member(
                entry,
                "accept_transfer" if taken else "return_transfer",
                "the offer is taken" if taken else "the offer is returned",
                entity_id=entry.entity_id,
                facility_id=entry.facility_id,
                transfer_id=entry.transfer_id,
                **reason,
            )
        case h.FacilityClosed():
            return _by_member(
                entry,
                "close_facility",
                "is shut",
                facility_id=entry.facility_id,
                reason=entry.reason,
            )
        case _:
            return None


def _described(site: h.Site) -> dict[str, JSON]:
    """What a facility is, but for its ids."""
    return {
        "name": site.name,
        "activities": _words(site.activities),
        "location": {
            "country": site.country,
            "subdivision": site.subdivision,
            "latitude": site.latitude,
            "longitude": site.longitude,
        },
        "control": {"basis": site.basis.value, "share_percent": str(site.share_percent)},
        "operating": site.operating,
        "start_year": site.start_year,
        "capacity_t_per_year": str(site.capacity_t_per_year),
    }


def _audit(entry: h.Entry) -> Step | None:
    match entry:
        case h.AuditScheduled():
            return _by_firm(
                entry,
                "schedule_audit",
                f"an audit of kind {entry.kind.value} is booked",
                _scope(entry)
                | {
                    "starts_on": entry.starts_on.isoformat(),
                    "ends_on": entry.ends_on.isoformat(),
                },
            )
        case h.AuditCancelled():
            return _by_firm(
                entry,
                "cancel_audit",
                "called off",
                {
                    "audit_id": entry.audit_id,
                    "auditor_firm": entry.auditor_firm,
                    "reason": entry.reason,
                },
            )
        case h.AuditConcluded():
            return _by_firm(
                entry,
                "conclude_audit",
                f"concluded with {len(entry.findings)} findings",
                _scope(entry)
                | {
                    "lead_auditor": entry.lead_auditor,
                    "started_on": entry.started_on.isoformat(),
                    "ended_on": entry.ended_on.isoformat(),
                    "findings": [_finding(found) for found in entry.findings],
                    "overall_maturity": entry.overall_maturity.value,
                },
            )
        case _:
            return None


def _by_firm(
    entry: h.AuditScheduled | h.AuditCancelled | h.AuditConcluded,
    command: str,
    note: str,
    fields: dict[str, JSON],
) -> Step:
    sender = f"auditor:{entry.auditor_firm}"
    return Step(entry.recorded_on, "audits", command, fields, note, sender)


def _scope(entry: h.AuditScheduled | h.AuditConcluded) -> dict[str, JSON]:
    return {
        "audit_id": entry.audit_id,
        "member_id": entry.member_id,
        "entity_id": entry.entity_id,
        "standard": entry.standard.value,
        "kind": entry.kind.value,
        "facilities": _words(entry.facilities),
        "auditor_firm": entry.auditor_firm,
        "certificate_id": entry.certificate_id,
    }


def _finding(found: h.Found) -> JSON:
    return {
        "finding_id": found.finding_id,
        "criterion": found.criterion,
        "finding_class": found.finding_class.value,
        "facility_id": found.facility_id,
    }


def _certificate(entry: h.Entry) -> Step | None:
    """Decisions of the secretariat. A refusal needs no word of its own: the findings say it."""
    match entry:
        case h.CertificateGranted() | h.CertificateRefused():
            fields: dict[str, JSON] = {
                "certificate_id": entry.certificate_id,
                "audit_id": entry.audit_id,
            }
            if isinstance(entry, h.CertificateRefused):
                return _decision(entry, "decide_certificate", "refused: too much was found", fields)
            fields |= {
                "valid_from": entry.valid_from.isoformat(),
                "decided_on": entry.decided_on.isoformat(),
                "replaces": entry.replaces,
            }
            return _decision(entry, "decide_certificate", "granted", fields)
        case h.CertificateConverted():
            fields = _effective(entry) | {"audit_id": entry.audit_id}
            return _decision(entry, "convert_certificate", "provisional becomes full", fields)
        case h.CertificateSuspended():
            fields = _effective(entry) | {"reason": entry.reason}
            return _decision(entry, "suspend_certificate", "suspended", fields)
        case h.CertificateReinstated():
            return _decision(entry, "reinstate_certificate", "holds again", _effective(entry))
        case h.CertificateWithdrawn():
            fields = _effective(entry) | {"reason": entry.reason}
            return _decision(entry, "withdraw_certificate", "taken back", fields)
        case _:
            return None


_Later = (
    h.CertificateConverted
    | h.CertificateSuspended
    | h.CertificateReinstated
    | h.CertificateWithdrawn
)


def _effective(entry: _Later) -> dict[str, JSON]:
    return {
        "certificate_id": entry.certificate_id,
        "effective_on": entry.effective_on.isoformat(),
    }


def _decision(entry: h.Entry, command: str, note: str, fields: dict[str, JSON]) -> Step:
    return Step(entry.recorded_on, "audits", command, fields, note)
