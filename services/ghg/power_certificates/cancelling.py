"""What the server looks up of certificates for power: who holds those that a facility-year uses."""

from collections.abc import Mapping, Sequence
from datetime import date

from infra.decider import Command
from infra.errors import Refused
from infra.policy import Policies
from services.ghg.queries import Queries
from services.ghg.results import facility_year
from services.ghg.results.commands import PublishDisclosure, SubmitForVerification
from services.ghg.results.state import FacilityYear

from .power_certificate import (
    ClaimPowerCertificate,
    Holding,
    PowerCertificate,
    certificates_of,
    stream_of,
    used_elsewhere,
)

CLAIMING: tuple[type[Command], ...] = (SubmitForVerification, PublishDisclosure)


class Cancelling:
    """Reads claims and what they rest on; every call may wait for the database."""

    def __init__(self, queries: Queries, policies: Policies) -> None:
        self._queries = queries
        self._policies = policies

    def claims(
        self, command: type[Command], fields: Mapping[str, object], on: date
    ) -> Sequence[ClaimPowerCertificate] | None:
        """What has to be stored before a result is submitted or disclosed; None where that would be
        refused: nothing is claimed for what cannot be, and the writer says why, or repeats what it
        answered before. Refused `certificate-used-elsewhere` before anything is claimed."""
        if command not in CLAIMING:
            return ()
        wanted = command.model_validate({"on": on, **fields})
        assert isinstance(wanted, (SubmitForVerification, PublishDisclosure))
        state: FacilityYear = self._queries.reader.state(wanted.stream)
        try:
            events = facility_year.decide(wanted, state, self._policies)
        except Refused:
            return None
        if not events:
            return ()
        holding = Holding(
            facility_id=wanted.facility_id,
            year=wanted.year,
            data_version=state.results[wanted.result - 1].data_version,
        )
        found = [
            ClaimPowerCertificate(
                on=on, certificate_id=one, claimed_by=holding, lapsed=self._lapsed(one, holding)
            )
            for one in self._used(holding)
        ]
        if taken := self._taken(found):
            raise used_elsewhere(taken)
        return found

    def elsewhere(
        self, certificates: Sequence[str], holding: Holding, member_id: str
    ) -> Mapping[str, str]:
        """Those of some certificates that another facility-year holds, each with that one where it
        is the member's own, and with nothing where it is not the member's to know."""
        asked = [
            ClaimPowerCertificate(
                on=date.min,
                certificate_id=one,
                claimed_by=holding,
                lapsed=self._lapsed(one, holding),
            )
            for one in certificates
        ]
        return {
            one: self._told(holder, member_id)
            for one in self._taken(asked)
            if (holder := self._holder(one)) is not None
        }

    def named(
        self, certificates: Sequence[str], holding: Holding, member_id: str
    ) -> Mapping[str, Sequence[str]]:
        """Those that the present data of other facility-years name as well, told the same way; who
        holds one is not among them."""
        found: dict[str, Sequence[str]] = {}
        for certificate in certificates:
            state: PowerCertificate = self._queries.reader.state(stream_of(certificate))
            held = state.holder.facility_year if state.holder is not None else ""
            others = [
                self._told(one, member_id)
                for one in state.named
                if one.facility_year not in (holding.facility_year, held)
                and self._year(one).sealed_as(one.data_version)
            ]
            if others:
                found[certificate] = sorted(set(others), reverse=True)
        return found

    def _told(self, other: Holding, member_id: str) -> str:
        sealed = self._year(other).sealed
        return other.facility_year if sealed and sealed.member_id == member_id else ""

    def _year(self, of: Holding) -> FacilityYear:
        state: FacilityYear = self._queries.reader.state(f"facility_year/{of.facility_year}")
        return state

    def _taken(self, claims: Sequence[ClaimPowerCertificate]) -> list[str]:
        return [
            one.certificate_id
            for one in claims
            if (holder := self._holder(one.certificate_id)) is not None
            and holder.facility_year != one.claimed_by.facility_year
            and holder != one.lapsed
        ]

    def _lapsed(self, certificate_id: str, holding: Holding) -> Holding | None:
        """Another facility-year's claim, if neither its present data nor its last disclosure use
        the certificate. Older data cannot be submitted or disclosed any more, and newer ones would
        be claimed for anew, under another version: so this cannot turn wrong unseen."""
        holder = self._holder(certificate_id)
        if holder is None or holder.facility_year == holding.facility_year:
            return None
        state = self._year(holder)
        versions = {holder.data_version} if state.sealed is None else {state.sealed.data_version}
        if state.disclosed:
            versions.add(state.results[state.disclosed[-1] - 1].data_version)
        uses = any(
            certificate_id in self._used(holder.model_copy(update={"data_version": version}))
            for version in versions
        )
        return None if uses else holder

    def _holder(self, certificate_id: str) -> Holding | None:
        state: PowerCertificate = self._queries.reader.state(stream_of(certificate_id))
        return state.holder

    def _used(self, holding: Holding) -> Sequence[str]:
        stored = self._queries.version(holding.facility_id, holding.year, holding.data_version)
        return certificates_of(stored.inventory())
