"""The yearly report to ASI: what a CoC scope took in and gave out in a calendar year.

Source: sources.md 5.8. Stream `coc_report/<scope>` of `coc_ledger`. A version is prepared from the
books, submitted by a person, and accepted or returned by ASI. Nothing is edited: what was wrong is
corrected by a later version, and all of them stay. Every date is a UTC day.
"""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from .custody import Digest, Position, ScopeId, SignedMass, Stage
from .envelope import Event
from .values import Activity, CertificateId, Id, MemberId, PersonRef, PlainDecimal, Value

Year = Annotated[int, Field(ge=2010, le=2100)]
Version = Annotated[int, Field(ge=1)]


class ActivityFigures(Value):
    """A supply-chain activity at a stage of a scope in a calendar year, in kilograms. Activities of
    one stage share a pool: each has what movements told of it, and a last line without `activity`
    has the rest, which nobody told apart. One that has the pool for itself has all of it."""

    activity: Activity | None
    inflow_kg: SignedMass
    input_coc_kg: SignedMass
    output_kg: SignedMass
    output_coc_kg: SignedMass
    scrap_kg: SignedMass
    losses_kg: SignedMass
    unexplained_kg: SignedMass
    stock_change_kg: SignedMass


class StageFigures(Value):
    """A stage of a scope in a calendar year, in kilograms, and circularity indicators as fractions
    (none where there is no whole). Corrections of an earlier year can make a mass negative.
    `scrap_kg` is the scrap that left, claimed by a document or not; versions that do not tell it
    count what was not claimed alone in `process_scrap_rate`."""

    stage: Stage
    activities: tuple[Activity, ...]
    inflow_kg: SignedMass
    input_coc_kg: SignedMass
    eligible_scrap_kg: SignedMass
    non_coc_kg: SignedMass
    from_earlier_stage_kg: SignedMass
    output_kg: SignedMass
    output_coc_kg: SignedMass
    output_non_coc_kg: SignedMass
    scrap_not_claimed_kg: SignedMass
    losses_kg: SignedMass
    unexplained_kg: SignedMass
    stock_change_kg: SignedMass
    coc_share_of_input: PlainDecimal | None
    recycled_content: PlainDecimal | None
    post_consumer_content: PlainDecimal | None
    process_scrap_rate: PlainDecimal | None
    metal_yield: PlainDecimal | None
    scrap_kg: SignedMass | None = None
    by_activity: Annotated[tuple[ActivityFigures, ...], Field(max_length=20)] = ()


class ReportExpected(Event):
    """A scope has to report a calendar year by `due_on`, since a certificate covered it in it."""

    TYPE: ClassVar[str] = "coc.report_expected.v1"
    scope_id: ScopeId
    member_id: MemberId
    year: Year
    certificate_id: CertificateId
    due_on: date
    expected_on: date
    policy_id: Id


class ReportExcused(Event):
    """No longer expected: no certificate covered the scope in that year after all."""

    TYPE: ClassVar[str] = "coc.report_excused.v1"
    scope_id: ScopeId
    member_id: MemberId
    year: Year
    due_on: date
    excused_on: date


class ReportPrepared(Event):
    """The figures of a year as the books had them through `books_position`, the last event of the
    ledger that they count. `figures_hash` is the SHA-256 of `stages` as canonical JSON."""

    TYPE: ClassVar[str] = "coc.report_prepared.v1"
    scope_id: ScopeId
    member_id: MemberId
    year: Year
    version: Version
    stages: Annotated[tuple[StageFigures, ...], Field(min_length=1, max_length=10)]
    figures_hash: Digest
    books_position: Position
    prepared_on: date


class ReportSubmitted(Event):
    """A person stands for a version and reports it; `corrects` is the version that ASI had accepted
    before. `due_on` is the last day for it, where it was expected."""

    TYPE: ClassVar[str] = "coc.report_submitted.v1"
    scope_id: ScopeId
    member_id: MemberId
    year: Year
    version: Version
    figures_hash: Digest
    books_position: Position
    corrects: Version | None
    due_on: date | None
    submitted_on: date
    submitted_by: PersonRef


class ReportReturned(Event):
    """ASI gives a version back, with reasons; a later one answers them, or the same with words."""

    TYPE: ClassVar[str] = "coc.report_returned.v1"
    scope_id: ScopeId
    member_id: MemberId
    year: Year
    version: Version
    reasons: Annotated[tuple[Id, ...], Field(min_length=1, max_length=20)]
    due_on: date | None
    returned_on: date
    approver: PersonRef


class ReportAccepted(Event):
    """ASI has taken a version for the scope's report of the year."""

    TYPE: ClassVar[str] = "coc.report_accepted.v1"
    scope_id: ScopeId
    member_id: MemberId
    year: Year
    version: Version
    figures_hash: Digest
    accepted_on: date
    approver: PersonRef


class ReportOverdue(Event):
    """The last day passed without a report; `overdue_on` is the first day after it."""

    TYPE: ClassVar[str] = "coc.report_overdue.v1"
    scope_id: ScopeId
    member_id: MemberId
    year: Year
    due_on: date
    overdue_on: date


EVENTS: tuple[type[Event], ...] = (
    ReportExpected,
    ReportExcused,
    ReportPrepared,
    ReportSubmitted,
    ReportReturned,
    ReportAccepted,
    ReportOverdue,
)
