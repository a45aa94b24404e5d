"""What the world has been told of a certificate. A decider, public stream `certificate/<id>`.

Nothing is told twice: what already holds publicly is passed over, so a repeat, or an event that
changed nothing, is silent. The clock tells the expiry, which nobody else says: it is due on the
last valid day, rests on the silence of `audit_scheduling`, and moves with a conversion.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import ClassVar, NamedTuple, assert_never

from contracts.certification import (
    CertificateConverted,
    CertificateExpired,
    CertificateGranted,
    CertificateReinstated,
    CertificateStatusCorrected,
    CertificateSuspended,
    CertificateWithdrawn,
)
from contracts.values import CertificateId, CertificationStatus, MemberId
from infra.decider import Command, Tick
from infra.errors import Refused
from infra.policy import Policies

from .status import Terms, status_by

EXPIRE = "expire"
ONE_DAY = timedelta(days=1)

Told = (
    CertificateGranted
    | CertificateConverted
    | CertificateSuspended
    | CertificateReinstated
    | CertificateWithdrawn
)
PublicEvent = Told | CertificateExpired | CertificateStatusCorrected


class PublishCertificate(Command):
    """Tell the world what audits said, if it does not know yet."""

    NAME: ClassVar[str] = "publish_certificate"
    event: Told

    @property
    def stream(self) -> str:
        return f"certificate/{self.event.certificate_id}"


class CorrectCertificate(Command):
    """Publish today's status of a certificate where it differs from what was told so far, as
    after a rebuild with mended rules. `told` is how many events had been told of it when the facts
    were read that the status follows from: those and the events are written together, so what was
    told since came of facts that the status does not know."""

    NAME: ClassVar[str] = "correct_certificate"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "status", "told"})
    certificate_id: CertificateId
    status: CertificationStatus
    told: int | None = None

    @property
    def stream(self) -> str:
        return f"certificate/{self.certificate_id}"


class Publication(NamedTuple):
    """What was told, in `told` events. `corrected` overrides the terms until something else
    happens."""

    member_id: MemberId = ""
    terms: Terms | None = None
    expired: bool = False
    corrected: CertificationStatus | None = None
    told: int = 0

    def status(self, on: date) -> CertificationStatus:
        """The status on a day, to somebody who has read all that was told."""
        if self.corrected is not None:
            return self.corrected
        return CertificationStatus.NONE if self.terms is None else status_by(self.terms, on)


INITIAL = Publication()

AnyCommand = PublishCertificate | CorrectCertificate | Tick


def decide(command: AnyCommand, state: Publication, policies: Policies) -> Sequence[PublicEvent]:
    """Events of a command; raises Refused."""
    match command:
        case PublishCertificate():
            return [] if _known(command.event, state) else [command.event]
        case CorrectCertificate():
            terms = _terms(state, command.certificate_id)
            return _correct(command, state, terms)
        case Tick():
            return _expire(command, state)
        case _:
            assert_never(command)


def evolve(state: Publication, event: PublicEvent) -> Publication:
    """What is public after an event."""
    return _evolved(state, event)._replace(told=state.told + 1)


def _evolved(state: Publication, event: PublicEvent) -> Publication:
    terms = state.terms
    match event:
        case CertificateGranted():
            terms = Terms(event.certificate_type, event.valid_from, event.valid_to, False, False)
            return Publication(event.member_id, terms)
        case CertificateExpired():
            return state._replace(expired=True, corrected=None)
        case CertificateStatusCorrected():
            return state._replace(corrected=event.status)
        case _ if terms is None:
            return state
        case CertificateConverted():
            later = event.valid_to > terms.valid_to
            terms = terms._replace(certificate_type=event.certificate_type, valid_to=event.valid_to)
            return Publication(state.member_id, terms, state.expired and not later)
        case CertificateSuspended():
            terms = terms._replace(suspended=True)
        case CertificateReinstated():
            terms = terms._replace(suspended=False)
        case CertificateWithdrawn():
            terms = terms._replace(withdrawn=True)
        case _:
            assert_never(event)
    return state._replace(terms=terms, corrected=None)


def due(state: Publication) -> Mapping[str, date]:
    """The clock asks on the last valid day, until it has told, or nothing is left to expire."""
    if state.terms is None or state.terms.withdrawn or state.expired:
        return {}
    return {EXPIRE: state.terms.valid_to}


def _known(event: Told, state: Publication) -> bool:
    """Whether the world knows already."""
    if isinstance(event, CertificateGranted):
        return state.terms is not None
    terms = _terms(state, event.certificate_id)
    match event:
        case CertificateConverted():
            told = (event.certificate_type, event.valid_to)
            return told == (terms.certificate_type, terms.valid_to)
        case CertificateSuspended():
            return terms.suspended
        case CertificateReinstated():
            return not terms.suspended
        case CertificateWithdrawn():
            return terms.withdrawn
        case _:
            assert_never(event)


def _terms(state: Publication, certificate_id: CertificateId) -> Terms:
    if state.terms is None:
        raise Refused(
            "certificate-not-published",
            f"the world knows no certificate {certificate_id}: its grant comes first.",
            certificate_id=certificate_id,
        )
    return state.terms


def _correct(
    command: CorrectCertificate, state: Publication, terms: Terms
) -> Sequence[CertificateStatusCorrected]:
    if command.told not in (None, state.told):
        raise Refused(
            "certificate-just-changed",
            f"Something else was told of certificate {command.certificate_id} while its status was"
            " worked out: look at it, and send the same again if it is still wrong.",
            certificate_id=command.certificate_id,
        )
    if command.status == state.status(command.on):
        return []
    return [
        CertificateStatusCorrected(
            certificate_id=command.certificate_id,
            member_id=state.member_id,
            effective_on=command.on,
            status=command.status,
        )
    ]


def _expire(tick: Tick, state: Publication) -> Sequence[CertificateExpired]:
    last_day = due(state).get(tick.rule)
    if last_day is None or tick.on < last_day:
        return []
    return [
        CertificateExpired(
            certificate_id=tick.target.partition("/")[2],
            member_id=state.member_id,
            effective_on=last_day + ONE_DAY,
            status=CertificationStatus.EXPIRED,
        )
    ]
