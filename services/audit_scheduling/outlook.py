"""What an audit leads to, for those who have to do it: the certificates that it is about, and the
day by which it is needed. Pure.

The duty behind a first certification is membership's, and public: it is not told here.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from contracts.values import AuditKind

from .rows import AuditRow, CertificateRow

SHOWN = ("certificate_id", "standard", "state", "certificate_type", "valid_from", "valid_to")
"""What whoever audits may know of a certificate: the public knows most of it."""


class Due(NamedTuple):
    """A day by which an audit is needed, and for what: a kind of deadline."""

    kind: str
    due_on: date


class Outlook(NamedTuple):
    """An audit with its certificates: the one that it is about, and the one that it led to."""

    audit: AuditRow
    due: Due | None
    certificates: tuple[CertificateRow, ...]

    def shown(self) -> dict[str, object]:
        """As the API tells it."""
        told = [{name: getattr(one, name) for name in SHOWN} for one in self.certificates]
        return {**self.audit._asdict(), "due": self.due, "certificates": told}


def named_in(audits: Iterable[AuditRow]) -> list[str]:
    """The ids of all certificates that audits are about, or led to."""
    return sorted({name for one in audits for name in (one.certificate_id, one.decided_by) if name})


def outlook_of(
    audit: AuditRow,
    certificates: Mapping[str, CertificateRow],
    concluded: Sequence[AuditRow],
) -> Outlook:
    """The outlook of an audit; `concluded` are the surveillance audits of its member."""
    names = dict.fromkeys(name for name in (audit.certificate_id, audit.decided_by) if name)
    found = tuple(certificates[name] for name in names if name in certificates)
    about = certificates.get(audit.certificate_id or "")
    due = _due(audit, about, concluded) if about and audit.state == "scheduled" else None
    return Outlook(audit, due, found)


def _due(audit: AuditRow, certificate: CertificateRow, concluded: Sequence[AuditRow]) -> Due | None:
    """The n-th surveillance audit is to be concluded by the n-th day; any other one while the
    certificate holds."""
    if audit.kind == AuditKind.SURVEILLANCE:
        done = sum(one.certificate_id == certificate.certificate_id for one in concluded)
        days = certificate.surveillance_due_on[done : done + 1]
        return Due("surveillance", date.fromisoformat(days[0])) if days else None
    if certificate.valid_to is None:
        return None
    provisional = audit.kind == AuditKind.PROVISIONAL_TRANSITION
    return Due(
        "provisional_conversion" if provisional else "certificate_expiry", certificate.valid_to
    )
