"""How a certificate stands, as audits tell: what claims rest on, and whom an aggregate counts as
certified. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

from contracts import audits
from contracts.envelope import Event, Recorded
from contracts.values import CertificateId, MemberId, Standard, Value
from infra.decider import Lookup
from infra.readmodel import Projection

ONE_DAY = timedelta(days=1)
Ended = Literal["suspended", "withdrawn", "expired"]


class CertificateStanding(Value):
    """A certificate from `valid_from` through `valid_to`, with its last suspension, the end of that
    and the first day of a withdrawal, where there are such."""

    certificate_id: CertificateId
    member_id: MemberId
    standard: Standard
    valid_from: date
    valid_to: date
    suspended_on: date | None = None
    reinstated_on: date | None = None
    withdrawn_on: date | None = None

    def ended(self, on: date) -> tuple[Ended, date] | None:
        """Why it does not hold on a day, and from which day on; None when it holds, or has not
        begun."""
        if self.withdrawn_on is not None and self.withdrawn_on <= on:
            return "withdrawn", self.withdrawn_on
        if self.valid_to < on:
            return "expired", self.valid_to + ONE_DAY
        if self.suspended_on is not None and self.suspended_on <= on:
            back = self.reinstated_on
            if back is None or not self.suspended_on <= back <= on:
                return "suspended", self.suspended_on
        return None

    def holds(self, on: date) -> bool:
        """Whether it holds on a day."""
        return self.valid_from <= on and self.ended(on) is None

    def turns(self) -> Iterator[date]:
        """The days from which something else may hold."""
        yield self.valid_to + ONE_DAY
        for day in (self.suspended_on, self.reinstated_on, self.withdrawn_on):
            if day is not None:
                yield day


class StandingRow(NamedTuple):
    """A certificate as it stands, with the facilities that it covers."""

    certificate_id: str
    member_id: str
    standard: str
    certificate_type: str
    facilities: tuple[str, ...]
    valid_from: date
    valid_to: date
    suspended_on: date | None
    reinstated_on: date | None
    withdrawn_on: date | None


CERTIFICATE_EVENTS: frozenset[type[Event]] = frozenset(
    {
        audits.CertificateGranted,
        audits.CertificateConverted,
        audits.CertificateSuspended,
        audits.CertificateReinstated,
        audits.CertificateWithdrawn,
    }
)


def certificate_of(recorded: Recorded) -> str | None:
    """The certificate that an event of audits tells about."""
    match recorded.event:
        case (
            audits.CertificateGranted(certificate_id=certificate_id)
            | audits.CertificateConverted(certificate_id=certificate_id)
            | audits.CertificateSuspended(certificate_id=certificate_id)
            | audits.CertificateReinstated(certificate_id=certificate_id)
            | audits.CertificateWithdrawn(certificate_id=certificate_id)
        ):
            return certificate_id
        case _:
            return None


def standing_of(certificate_id: str, rows: Lookup) -> CertificateStanding | None:
    """How a certificate stands, from its row."""
    row: StandingRow | None = rows("standings", certificate_id) if certificate_id else None
    return None if row is None else from_row(row)


def from_row(row: StandingRow) -> CertificateStanding:
    """A row as evidence."""
    return CertificateStanding(
        certificate_id=row.certificate_id,
        member_id=row.member_id,
        standard=Standard(row.standard),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        suspended_on=row.suspended_on,
        reinstated_on=row.reinstated_on,
        withdrawn_on=row.withdrawn_on,
    )


def _keys(recorded: Recorded) -> Sequence[str]:
    certificate_id = certificate_of(recorded)
    return () if certificate_id is None else (certificate_id,)


def _evolve(key: str, row: StandingRow | None, recorded: Recorded) -> StandingRow | None:
    event = recorded.event
    if isinstance(event, audits.CertificateGranted):
        return StandingRow(
            certificate_id=event.certificate_id,
            member_id=event.member_id,
            standard=event.standard.value,
            certificate_type=event.certificate_type.value,
            facilities=event.facilities,
            valid_from=event.valid_from,
            valid_to=event.valid_to,
            suspended_on=None,
            reinstated_on=None,
            withdrawn_on=None,
        )
    if row is None:
        return None
    match event:
        case audits.CertificateConverted():
            return row._replace(valid_to=event.valid_to, certificate_type="full")
        case audits.CertificateSuspended():
            return row._replace(suspended_on=event.effective_on, reinstated_on=None)
        case audits.CertificateReinstated():
            return row._replace(reinstated_on=event.effective_on)
        case audits.CertificateWithdrawn():
            return row._replace(withdrawn_on=event.effective_on)
        case _:
            return row


STANDINGS = Projection(
    "standings", 1, StandingRow, _keys, _evolve, (("member_id",),), CERTIFICATE_EVENTS
)
