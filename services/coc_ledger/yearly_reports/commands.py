"""What may be asked of a scope's yearly reports: by its member, by ASI, by certificates. Pure."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.coc_reports import StageFigures, Version, Year
from contracts.custody import Digest, Position, ScopeId
from contracts.values import CertificateId, Id, MemberId, PersonRef, Value
from infra.decider import Command
from services.coc_ledger.evidence import ScopeEvidence


class Figures(Value):
    """A scope's figures of a year as the books have them now."""

    stages: tuple[StageFigures, ...]
    figures_hash: Digest
    books_position: Position


class Covered(Value):
    """A CoC certificate over the scope, from its first day through its last."""

    certificate_id: CertificateId
    first: date
    last: date


class ReportCommand(Command):
    """Base of all commands to `coc_report/<scope>`."""

    scope_id: ScopeId

    @property
    def stream(self) -> str:
        return f"coc_report/{self.scope_id}"


class PrepareReport(ReportCommand):
    """Take the figures of a calendar year from the books, as a version that can be submitted."""

    NAME: ClassVar[str] = "prepare_report"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "scope", "figures"})
    member_id: MemberId
    year: Year
    scope: ScopeEvidence | None = None
    figures: Figures


class SubmitReport(ReportCommand):
    """Report a version that was prepared. Its figures are still those of the books."""

    NAME: ClassVar[str] = "submit_report"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "scope", "figures", "submitted_by"})
    member_id: MemberId
    year: Year
    version: Version
    scope: ScopeEvidence | None = None
    figures: Figures
    submitted_by: PersonRef


class AcceptReport(ReportCommand):
    """Take the version that was submitted for the report of the year."""

    NAME: ClassVar[str] = "accept_report"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "approver"})
    year: Year
    version: Version
    approver: PersonRef


class ReturnReport(ReportCommand):
    """Give back the version that was submitted, with reasons."""

    NAME: ClassVar[str] = "return_report"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "approver"})
    year: Year
    version: Version
    reasons: Annotated[tuple[Id, ...], Field(min_length=1, max_length=20)]
    approver: PersonRef


class NoteReporting(ReportCommand):
    """Internal: which CoC certificates cover the scope. No year before `first_year` is asked for,
    and none that begins on or after `ends_before`. A year whose last day for the report was over on
    `opened_on` has as long as others from that day on. Said again when that changes."""

    NAME: ClassVar[str] = "note_reporting"
    FILLED: ClassVar[frozenset[str]] = frozenset()
    member_id: MemberId
    covers: tuple[Covered, ...]
    first_year: int
    opened_on: date | None = None
    ends_before: date | None
