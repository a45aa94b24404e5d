"""A facility's calendar year: data, results, verification, disclosure. A decider, stream
`facility_year/<facility>:<year>`.

    data submitted -> calculated -> submitted to a verifier -> verified, or returned with points,
    or withdrawn before the verifier has answered
    -> disclosed -> corrected by a newer version, never by an edit

Data come whole: a version is some chunks and the seal over them. A calculation happens outside the
writer and comes in naming the version it is of; when that has moved on it is refused as stale.
Results stay beside each other for ever; which of them the year is judged by is in `standing`.
Rules: sources.md 3.3 (criterion 5.1), 8 (R-12, R-18, R-19); verification and disclosure are in
`verification`.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Literal

from contracts.ghg import ActivitySealed, ResultCalculated
from infra.errors import Refused
from infra.policy import Policies
from services.ghg.evidence import Calculated, owned

from . import verification
from .commands import (
    FacilityYearCommand,
    PublishDisclosure,
    Recalculate,
    RecordResult,
    ReturnResult,
    StoreActivity,
    SubmitForVerification,
    VerifyResult,
    WithdrawSubmission,
)
from .state import (
    INITIAL,
    ActivityRecorded,
    FacilityYear,
    FacilityYearEvent,
    Kept,
    PowerCertificatesNamed,
    SupplierAnswersReplaced,
    evolve,
    kept_of,
)

__all__ = ["INITIAL", "ActivityRecorded", "FacilityYear", "decide", "evolve"]

Because = Literal["data", "factors", "request"]


def decide(
    command: FacilityYearCommand, state: FacilityYear, policies: Policies
) -> Sequence[FacilityYearEvent]:
    """Events of a command; raises Refused."""
    match command:
        case StoreActivity():
            return _store(command, state)
        case RecordResult():
            return _record(command.calculated, command.because, command.on, state)
        case Recalculate():
            return _recalculate(command, state)
        case SubmitForVerification():
            return verification.submit(command, state, policies)
        case WithdrawSubmission():
            return verification.withdraw(command, state)
        case VerifyResult():
            return verification.verify(command, state, policies)
        case ReturnResult():
            return verification.give_back(command, state)
        case PublishDisclosure():
            return verification.publish(command, state, policies)
        case _:
            raise TypeError(f"a facility-year takes no {command.NAME}")


# --- data ---


def _store(command: StoreActivity, state: FacilityYear) -> Sequence[FacilityYearEvent]:
    facility = owned(command.facility_id, command.member_id, command.facility)
    _check_year(command, facility.closed_on)
    packed, before = command.packed, state.sealed
    sealed = ActivitySealed(
        facility_id=command.facility_id,
        member_id=facility.member_id,
        entity_id=facility.entity_id,
        location=facility.location,
        year=command.year,
        data_version=1 if before is None else before.data_version + 1,
        data_hash=packed.data_hash,
        chunks=len(packed.chunks),
        lines=packed.lines,
        submitted_on=command.on,
        prepared_by=command.prepared_by,
        pfc_measured_on=packed.pfc_measured_on,
        pfc_measurements=packed.pfc_measurements,
    )
    if before is not None and _same_data(before, sealed):
        return []
    if command.replaces is not None and command.replaces != sealed.data_version - 1:
        raise Refused(
            "stale-input",
            f"these data were made from version {command.replaces}; the present one is"
            f" {sealed.data_version - 1}. Look at it first.",
            calculated=command.replaces,
            present=sealed.data_version - 1,
        )
    chunks = [
        ActivityRecorded(
            facility_id=command.facility_id,
            year=command.year,
            data_version=sealed.data_version,
            number=number,
            columns=chunk.columns,
            rows=chunk.rows,
        )
        for number, chunk in enumerate(packed.chunks, start=1)
    ]
    whole = [*chunks, sealed, *_told(command, sealed)]
    if command.calculated is None:
        return whole
    calculated = command.calculated.model_copy(update={"data_version": sealed.data_version})
    result = _record(calculated, "data", command.on, state._replace(sealed=sealed))
    return [*whole, *result]


def _told(command: StoreActivity, sealed: ActivitySealed) -> Iterator[FacilityYearEvent]:
    """What is told of a version beside its data: the certificates for power that it names, and the
    suppliers' answers that it replaces."""
    if command.packed.certificates:
        yield PowerCertificatesNamed(
            facility_id=command.facility_id,
            year=command.year,
            data_version=sealed.data_version,
            certificates=command.packed.certificates,
        )
    if command.answers_replaced:
        yield SupplierAnswersReplaced(
            facility_id=command.facility_id,
            year=command.year,
            data_version=sealed.data_version,
            replaced=command.answers_replaced,
        )


def _same_data(before: ActivitySealed, now: ActivitySealed) -> bool:
    """Whether nothing that counts is new: whose the facility is moves with it. The same data sent
    again after the end of their year are new: only then do they say that they are all (R-26)."""
    last = date(now.year, 12, 31)
    return (before.submitted_on <= last) == (now.submitted_on <= last) and (
        before.data_hash,
        before.prepared_by,
        before.member_id,
        before.entity_id,
    ) == (
        now.data_hash,
        now.prepared_by,
        now.member_id,
        now.entity_id,
    )


def _check_year(command: StoreActivity, closed_on: date | None) -> None:
    if command.year > command.on.year:
        raise Refused(
            "year-not-begun",
            f"{command.year} has not begun: activity data are of a calendar year that has.",
            year=command.year,
            on=command.on,
        )
    if closed_on is not None and closed_on.year < command.year:
        raise Refused(
            "facility-closed",
            f"{command.facility_id} was closed on {closed_on}, before {command.year}.",
            facility_id=command.facility_id,
            closed_on=closed_on,
        )


# --- results ---


def _recalculate(command: Recalculate, state: FacilityYear) -> Sequence[FacilityYearEvent]:
    owned(command.facility_id, command.member_id, command.facility)
    if command.calculated is None:
        raise Refused(
            "unknown-activity",
            f"no activity data of {command.facility_id} and {command.year} were submitted.",
            facility_id=command.facility_id,
            year=command.year,
        )
    return _record(command.calculated, "request", command.on, state)


def _record(
    calculated: Calculated, because: Because, on: date, state: FacilityYear
) -> Sequence[FacilityYearEvent]:
    sealed = state.sealed
    if sealed is None or (calculated.data_version, calculated.data_hash) != (
        sealed.data_version,
        sealed.data_hash,
    ):
        raise Refused(
            "stale-input",
            f"this was calculated from version {calculated.data_version} of the data; the present"
            f" one is {sealed.data_version if sealed else 0}. Calculate again.",
            calculated=calculated.data_version,
            present=sealed.data_version if sealed else 0,
        )
    now = kept_of(calculated)
    same = {n for n, kept in enumerate(state.results, start=1) if _same_result(kept, now)}
    # Equal to one that does not stand is the way back to it: A, then B, then A ends in A.
    if state.stands in same or (same and state.settled):
        return []
    return [
        ResultCalculated(
            facility_id=sealed.facility_id,
            member_id=sealed.member_id,
            entity_id=sealed.entity_id,
            location=sealed.location,
            year=sealed.year,
            result=len(state.results) + 1,
            calculated_on=on,
            because=because,
            **{name: getattr(calculated, name) for name in Calculated.model_fields},
        )
    ]


def _same_result(one: Kept, other: Kept) -> bool:
    return one[:3] == other[:3]
