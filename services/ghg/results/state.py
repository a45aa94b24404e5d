"""What the stream of a facility-year remembers, and how its events change that. Pure.

Small whatever the year held: chunks and findings stay in their events.
"""

from typing import ClassVar, NamedTuple, assert_never

from contracts.envelope import Event
from contracts.ghg import (
    ActivitySealed,
    DisclosurePublished,
    Number,
    ResultCalculated,
    ResultReturned,
    ResultSubmitted,
    ResultVerified,
    SubmissionWithdrawn,
    Year,
)
from contracts.values import FacilityId, Id
from infra.errors import Refused
from services.ghg.evidence import AnswerReplaced, Calculated


class ActivityRecorded(Event):
    """Private: a chunk of a version of the data. `number` counts the chunks from 1; `rows` is one
    text, a row a line with a tab between its cells (`packing`)."""

    TYPE: ClassVar[str] = "ghg.activity_recorded.v1"
    facility_id: FacilityId
    year: Year
    data_version: Number
    number: Number
    columns: tuple[str, ...]
    rows: str


class PowerCertificatesNamed(Event):
    """Private: a version of the data names these certificates for power."""

    TYPE: ClassVar[str] = "ghg.power_certificates_named.v1"
    facility_id: FacilityId
    year: Year
    data_version: Number
    certificates: tuple[Id, ...]


class SupplierAnswersReplaced(Event):
    """Private: in a version of the data these answers of suppliers, which were taken before, do not
    stand any more. Who submits data hears of it by this event, which the answer holds."""

    TYPE: ClassVar[str] = "ghg.supplier_answers_replaced.v1"
    facility_id: FacilityId
    year: Year
    data_version: Number
    replaced: tuple[AnswerReplaced, ...]


class Kept(NamedTuple):
    """What the stream remembers of a result; the rest is in its event."""

    data_version: int
    pinned: tuple[str, ...]
    working_hash: str
    blocking: tuple[str, ...]


class FacilityYear(NamedTuple):
    """The stream's state. `results` are in order of their numbers, `disclosed` the results that
    were disclosed, in that order; `submitted` lies with a verifier; `stands` is the result by
    which the year is judged (`standing`), 0 before the first. `parties` are the members and
    entities whose data these are or were, and who gave results of them to a verifier."""

    sealed: ActivitySealed | None = None
    results: tuple[Kept, ...] = ()
    submitted: ResultSubmitted | None = None
    verified: tuple[ResultVerified, ...] = ()
    disclosed: tuple[int, ...] = ()
    parties: frozenset[str] = frozenset()
    stands: int = 0

    def sealed_as(self, data_version: int) -> bool:
        """Whether that is the version that holds."""
        return self.sealed is not None and self.sealed.data_version == data_version

    @property
    def settled(self) -> bool:
        """Whether what stands is of the data that hold, and lies with a verifier or was verified:
        no calculation of the same data takes its place."""
        if not self.stands or not self.sealed_as(self.results[self.stands - 1].data_version):
            return False
        lies = self.submitted is not None and self.submitted.result == self.stands
        return lies or any(one.result == self.stands for one in self.verified)


INITIAL = FacilityYear()

FacilityYearEvent = (
    ActivityRecorded
    | PowerCertificatesNamed
    | SupplierAnswersReplaced
    | ActivitySealed
    | ResultCalculated
    | ResultSubmitted
    | ResultVerified
    | ResultReturned
    | SubmissionWithdrawn
    | DisclosurePublished
)


def evolve(state: FacilityYear, event: FacilityYearEvent) -> FacilityYear:
    """The facility-year after an event."""
    match event:
        case ActivityRecorded() | PowerCertificatesNamed() | SupplierAnswersReplaced():
            return state
        case ActivitySealed():
            parties = state.parties | {event.member_id, event.entity_id}
            return state._replace(sealed=event, parties=parties)
        case ResultCalculated():
            stands = state.stands if state.settled else event.result
            return state._replace(results=(*state.results, kept_of(event)), stands=stands)
        case ResultSubmitted():
            parties = state.parties | {event.member_id}
            return state._replace(submitted=event, parties=parties, stands=event.result)
        case ResultVerified():
            return state._replace(submitted=None, verified=(*state.verified, event))
        case ResultReturned() | SubmissionWithdrawn():
            return state._replace(submitted=None)
        case DisclosurePublished():
            disclosed = (*state.disclosed, event.result)
            return state._replace(disclosed=disclosed, stands=event.result)
        case _:
            assert_never(event)


def kept_of(result: ResultCalculated | Calculated) -> Kept:
    """What is remembered of a result."""
    pinned = (
        result.gwp_set,
        result.pfc_set,
        *result.factor_sets,
        result.policy_id,
        result.engine,
    )
    return Kept(result.data_version, pinned, result.working_hash, result.blocking)


def kept_result(state: FacilityYear, result: int) -> Kept:
    """A result by its number; refused `unknown-result`."""
    if not 1 <= result <= len(state.results):
        raise Refused(
            "unknown-result",
            f"there are {len(state.results)} results for this facility and year, and no number"
            f" {result}.",
            result=result,
        )
    return state.results[result - 1]
