"""A certificate for power: which facility's year it is cancelled for. A decider, stream
`power_certificate/<certificate>`.

    named in data -> claimed by a facility-year -> claimed again with newer data
                                                -> lapsed, and claimed by another one

Who claims first holds the whole certificate, whoever the member is; a lot that is divided has a
certificate for every part. A claim is stored before a result goes to a verifier or to the public,
so of two that ask at once one is refused. It lapses when neither the present data of the holder nor
what it last disclosed use the certificate; that is noticed when another one asks, who takes it
over. Data that name a certificate claim nothing: a draft that nobody has looked at must not keep
the one whose certificate it is from submitting. That it is named is remembered, so that each of
several drafts hears of it when it comes in. Source: sources.md 4.6, 8 (R-12).
"""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar, NamedTuple, assert_never

from contracts.envelope import Event
from contracts.ghg import Number, Year
from contracts.values import FacilityId, Id, Value
from infra.decider import Command
from infra.errors import Refused
from infra.policy import Policies
from services.ghg.activity.inventory import Inventory


class Holding(Value):
    """A facility-year, and the version of its data with which it claimed."""

    facility_id: FacilityId
    year: Year
    data_version: Number

    @property
    def facility_year(self) -> str:
        """As in its stream."""
        return f"{self.facility_id}:{self.year}"


class ClaimPowerCertificate(Command):
    """Ours, before a result is submitted or disclosed: the certificate is cancelled for its
    facility-year and for no other. `lapsed` is a claim that the server found to be without use: it
    holds nothing, unless its holder claimed again in the meantime."""

    NAME: ClassVar[str] = "claim_power_certificate"
    certificate_id: Id
    claimed_by: Holding
    lapsed: Holding | None = None

    @property
    def stream(self) -> str:
        return stream_of(self.certificate_id)


class NotePowerCertificateNamed(Command):
    """Ours, after data were stored: they name the certificate."""

    NAME: ClassVar[str] = "note_power_certificate_named"
    certificate_id: Id
    named_by: Holding

    @property
    def stream(self) -> str:
        return stream_of(self.certificate_id)


class PowerCertificateNamed(Event):
    """Private: a version of a facility-year's data names the certificate."""

    TYPE: ClassVar[str] = "ghg.power_certificate_named.v1"
    certificate_id: Id
    named_by: Holding
    named_on: date


class PowerCertificateClaimed(Event):
    """Private: the certificate is cancelled for this facility-year."""

    TYPE: ClassVar[str] = "ghg.power_certificate_claimed.v1"
    certificate_id: Id
    claimed_by: Holding
    claimed_on: date


class PowerCertificate(NamedTuple):
    """Who holds it; and which facility-years named it, each with the last version that did."""

    holder: Holding | None = None
    named: tuple[Holding, ...] = ()


INITIAL = PowerCertificate()
PowerCertificateEvent = PowerCertificateClaimed | PowerCertificateNamed


def decide(
    command: ClaimPowerCertificate | NotePowerCertificateNamed,
    state: PowerCertificate,
    policies: Policies,
) -> Sequence[PowerCertificateEvent]:
    """The claim, none if it is held like that already; refused `certificate-used-elsewhere`."""
    match command:
        case ClaimPowerCertificate():
            return _claim(command, state)
        case NotePowerCertificateNamed():
            return _name(command, state)
        case _:
            raise TypeError(f"a certificate for power takes no {command.NAME}")


def _name(
    command: NotePowerCertificateNamed, state: PowerCertificate
) -> Sequence[PowerCertificateNamed]:
    by = command.named_by
    if any(_same_year(one, by) and one.data_version >= by.data_version for one in state.named):
        return []
    return [
        PowerCertificateNamed(
            certificate_id=command.certificate_id, named_by=by, named_on=command.on
        )
    ]


def _claim(
    command: ClaimPowerCertificate, state: PowerCertificate
) -> Sequence[PowerCertificateClaimed]:
    holder, wanted = state.holder, command.claimed_by
    if holder is not None:
        if holder.facility_year == wanted.facility_year:
            if holder.data_version >= wanted.data_version:
                return []
        elif holder != command.lapsed:
            raise used_elsewhere([command.certificate_id])
    return [
        PowerCertificateClaimed(
            certificate_id=command.certificate_id, claimed_by=wanted, claimed_on=command.on
        )
    ]


def evolve(state: PowerCertificate, event: PowerCertificateEvent) -> PowerCertificate:
    """The certificate after a claim, or after data named it."""
    match event:
        case PowerCertificateClaimed():
            return state._replace(holder=event.claimed_by)
        case PowerCertificateNamed():
            others = (one for one in state.named if not _same_year(one, event.named_by))
            return state._replace(named=(*others, event.named_by))
        case _:
            assert_never(event)


def _same_year(one: Holding, other: Holding) -> bool:
    return one.facility_year == other.facility_year


def used_elsewhere(certificates: Sequence[str]) -> Refused:
    """The refusal. It does not say who holds them: that is not the asker's to know."""
    return Refused(
        "certificate-used-elsewhere",
        f"already cancelled for another facility or year: {', '.join(certificates)}. A certificate"
        " for power is cancelled once (R-12).",
        certificates=list(certificates),
    )


def certificate_of(spelled: str) -> str:
    """One certificate whatever the case of its letters."""
    return spelled.upper()


def stream_of(certificate_id: str) -> str:
    """The stream of a certificate."""
    return f"power_certificate/{certificate_of(certificate_id)}"


def certificates_of(inventory: Inventory) -> tuple[str, ...]:
    """The certificates that a version of activity data uses, in order."""
    used = {certificate_of(one) for datum in inventory.data for one, _ in datum.certificates}
    return tuple(sorted(used))
