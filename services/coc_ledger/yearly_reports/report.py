"""A scope's yearly reports to ASI. A decider, stream `coc_report/<scope>`.

    expected -> prepared from the books -> submitted by a person -> accepted, or returned
    -> corrected by a later version, never by an edit

A calendar year in which a Chain of Custody certificate covered the scope is expected from the day
after its end; by which day is a figure of the policy, and that the day has passed is said by the
clock. Years are those of the accounts: none before the first period is asked for, and one of which
the day was over when the scope was opened here has the policy's months from then on. A version can
be submitted while its figures are those of the books, and as long as it is the last one. Rules:
sources.md 5.8.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import ClassVar, NamedTuple, assert_never

from dateutil.relativedelta import relativedelta

from contracts.coc_reports import (
    ReportAccepted,
    ReportExcused,
    ReportExpected,
    ReportOverdue,
    ReportPrepared,
    ReportReturned,
    ReportSubmitted,
)
from contracts.custody import ScopeId
from contracts.envelope import Event
from contracts.values import MemberId
from infra.decider import Tick
from infra.errors import Refused
from infra.policy import Policies, Policy
from services.coc_ledger.evidence import check_scope

from .commands import (
    AcceptReport,
    Covered,
    NoteReporting,
    PrepareReport,
    ReturnReport,
    SubmitReport,
)

EXPECT, OVERDUE = "report_expected", "report_overdue"
ONE_DAY = timedelta(days=1)


class ReportingNoted(Event):
    """Private: which certificates cover the scope, and which years they make it report."""

    TYPE: ClassVar[str] = "coc.reporting_noted.v1"
    scope_id: ScopeId
    member_id: MemberId
    covers: tuple[Covered, ...]
    first_year: int
    opened_on: date | None = None
    ends_before: date | None
    noted_on: date


class Year(NamedTuple):
    """A year as it stands. Versions count from 1, 0 is none: `submitted` lies with ASI, `accepted`
    is the one that ASI has taken last. `hash` and `position` are of the last version prepared,
    `submitted_hash` of the one submitted."""

    due_on: date | None = None
    overdue: bool = False
    version: int = 0
    hash: str = ""
    position: int = 0
    submitted: int = 0
    submitted_hash: str = ""
    accepted: int = 0


class Reports(NamedTuple):
    """The fold of a scope's stream."""

    member_id: str = ""
    noted: ReportingNoted | None = None
    years: Mapping[int, Year] = {}


INITIAL = Reports()
NEW = Year()

ReportEvent = (
    ReportingNoted
    | ReportExpected
    | ReportExcused
    | ReportPrepared
    | ReportSubmitted
    | ReportReturned
    | ReportAccepted
    | ReportOverdue
)
AnyCommand = NoteReporting | PrepareReport | SubmitReport | AcceptReport | ReturnReport | Tick


def decide(command: AnyCommand, state: Reports, policies: Policies) -> Sequence[ReportEvent]:
    """Events of a command; raises Refused."""
    match command:
        case NoteReporting():
            return _note(command, state)
        case PrepareReport():
            return _prepare(command, state)
        case SubmitReport():
            return _submit(command, state)
        case AcceptReport():
            return _accept(command, state)
        case ReturnReport():
            return _return(command, state)
        case Tick():
            return _tick(command, state, policies)
        case _:
            assert_never(command)


def evolve(state: Reports, event: ReportEvent) -> Reports:
    """The reports after an event."""
    if isinstance(event, ReportingNoted):
        return state._replace(member_id=event.member_id, noted=event)
    year = state.years.get(event.year, NEW)
    changed = {**state.years, event.year: _evolved(year, event)}
    return state._replace(member_id=event.member_id, years=changed)


def due(state: Reports) -> Mapping[str, date]:
    """The days after which a year is expected, and after which it is overdue."""
    days = {f"{EXPECT}:{year}": date(year, 12, 31) for year in _next_year(state)}
    for number, year in state.years.items():
        if year.due_on is not None and not year.overdue and not _answered(year):
            days[f"{OVERDUE}:{number}"] = year.due_on
    return days


def _evolved(year: Year, event: ReportEvent) -> Year:
    match event:
        case ReportExpected():
            return year._replace(due_on=event.due_on)
        case ReportExcused():
            return year._replace(due_on=None, overdue=False)
        case ReportPrepared():
            return year._replace(
                version=event.version, hash=event.figures_hash, position=event.books_position
            )
        case ReportSubmitted():
            return year._replace(submitted=event.version, submitted_hash=event.figures_hash)
        case ReportReturned():
            return year._replace(submitted=0)
        case ReportAccepted():
            return year._replace(submitted=0, accepted=event.version)
        case ReportOverdue():
            return year._replace(overdue=True)
        case ReportingNoted():
            return year
        case _:
            assert_never(event)


def _answered(year: Year) -> bool:
    """Whether ASI has, or had, what it waits for."""
    return bool(year.submitted or year.accepted)


def _next_year(state: Reports) -> Iterator[int]:
    """The first year to report that is neither expected nor reported yet."""
    noted = state.noted
    if noted is None:
        return
    years = sorted(
        {year for one in noted.covers for year in range(one.first.year, one.last.year + 1)}
    )
    for number in years:
        year = state.years.get(number, NEW)
        if _asked(number, noted) and year.due_on is None and not _answered(year):
            yield number
            return


def _asked(year: int, noted: ReportingNoted) -> bool:
    ended = noted.ends_before is not None and date(year, 1, 1) >= noted.ends_before
    return year >= noted.first_year and not ended


def _certificate(year: int, noted: ReportingNoted) -> str | None:
    """The certificate by which a year is asked for; of several the one that ends last."""
    found = [
        (one.last, one.certificate_id)
        for one in noted.covers
        if one.first.year <= year <= one.last.year and _asked(year, noted)
    ]
    return max(found)[1] if found else None


# --- what is asked for ---


def _note(command: NoteReporting, state: Reports) -> Sequence[ReportEvent]:
    noted = ReportingNoted(
        scope_id=command.scope_id,
        member_id=command.member_id,
        covers=command.covers,
        first_year=command.first_year,
        opened_on=command.opened_on,
        ends_before=command.ends_before,
        noted_on=command.on,
    )
    before = state.noted
    if before is not None and before.model_copy(update={"noted_on": command.on}) == noted:
        return []
    excused = [
        ReportExcused(
            scope_id=command.scope_id,
            member_id=command.member_id,
            year=number,
            due_on=year.due_on,
            excused_on=command.on,
        )
        for number, year in sorted(state.years.items())
        if year.due_on and not _answered(year) and _certificate(number, noted) is None
    ]
    return [noted, *excused]


def _tick(command: Tick, state: Reports, policies: Policies) -> Sequence[ReportEvent]:
    day = due(state).get(command.rule)
    noted = state.noted
    if day is None or command.on < day or noted is None:
        return []
    rule, _, text = command.rule.partition(":")
    number = int(text)
    if rule == OVERDUE:
        return [
            ReportOverdue(
                scope_id=noted.scope_id,
                member_id=noted.member_id,
                year=number,
                due_on=day,
                overdue_on=day + ONE_DAY,
            )
        ]
    certificate_id = _certificate(number, noted)
    if certificate_id is None:
        return []
    expected_on = date(number + 1, 1, 1)
    policy = policies.on(expected_on)
    if noted.opened_on is not None and _due_on(expected_on, policy) < noted.opened_on:
        expected_on = noted.opened_on
        policy = policies.on(expected_on)
    return [
        ReportExpected(
            scope_id=noted.scope_id,
            member_id=noted.member_id,
            year=number,
            certificate_id=certificate_id,
            due_on=_due_on(expected_on, policy),
            expected_on=expected_on,
            policy_id=policy.policy_id,
        )
    ]


def _due_on(expected_on: date, policy: Policy) -> date:
    """The last day for a report that is expected from a day on."""
    return expected_on + relativedelta(months=policy.integer("report.due_months")) - ONE_DAY


# --- versions ---


def _prepare(command: PrepareReport, state: Reports) -> Sequence[ReportEvent]:
    scope = check_scope(command.scope, command.scope_id, command.member_id)
    if command.year >= command.on.year:
        raise Refused(
            "year-not-over",
            f"{command.year} is not over: a calendar year is reported when it is.",
            year=command.year,
            today=command.on,
        )
    if scope.period is None:
        raise Refused(
            "before-first-period",
            f"Scope {command.scope_id} kept no accounts in {command.year}.",
            scope_id=command.scope_id,
            year=command.year,
        )
    figures = command.figures
    year = state.years.get(command.year, NEW)
    if year.hash == figures.figures_hash:
        return []
    return [
        ReportPrepared(
            scope_id=command.scope_id,
            member_id=command.member_id,
            year=command.year,
            version=year.version + 1,
            stages=figures.stages,
            figures_hash=figures.figures_hash,
            books_position=figures.books_position,
            prepared_on=command.on,
        )
    ]


def _submit(command: SubmitReport, state: Reports) -> Sequence[ReportEvent]:
    check_scope(command.scope, command.scope_id, command.member_id)
    year = state.years.get(command.year, NEW)
    if command.version in (year.submitted, year.accepted):
        return []
    if command.version != year.version:
        raise Refused(
            "report-not-prepared",
            f"The last version prepared of {command.year} is {year.version}, and that one can be"
            f" submitted; not {command.version}."
            if year.version
            else f"Nothing was prepared of {command.year}: prepare the report first.",
            year=command.year,
            version=command.version,
            last=year.version,
        )
    if command.figures.figures_hash != year.hash:
        raise Refused(
            "figures-changed",
            f"The books of {command.year} have changed since version {year.version} was prepared:"
            " prepare another one and look at it.",
            year=command.year,
            version=year.version,
            books_position=command.figures.books_position,
        )
    return [
        ReportSubmitted(
            scope_id=command.scope_id,
            member_id=command.member_id,
            year=command.year,
            version=year.version,
            figures_hash=year.hash,
            books_position=year.position,
            corrects=year.accepted or None,
            due_on=year.due_on,
            submitted_on=command.on,
            submitted_by=command.submitted_by,
        )
    ]


def _accept(command: AcceptReport, state: Reports) -> Sequence[ReportEvent]:
    year = state.years.get(command.year, NEW)
    if command.version == year.accepted:
        return []
    _check_submitted(command, year)
    return [
        ReportAccepted(
            scope_id=command.scope_id,
            member_id=state.member_id,
            year=command.year,
            version=command.version,
            figures_hash=year.submitted_hash,
            accepted_on=command.on,
            approver=command.approver,
        )
    ]


def _return(command: ReturnReport, state: Reports) -> Sequence[ReportEvent]:
    year = state.years.get(command.year, NEW)
    _check_submitted(command, year)
    return [
        ReportReturned(
            scope_id=command.scope_id,
            member_id=state.member_id,
            year=command.year,
            version=command.version,
            reasons=tuple(sorted(set(command.reasons))),
            due_on=year.due_on,
            returned_on=command.on,
            approver=command.approver,
        )
    ]


def _check_submitted(command: AcceptReport | ReturnReport, year: Year) -> None:
    if command.version != year.submitted:
        lies = f"version {year.submitted} does" if year.submitted else "none does"
        raise Refused(
            "report-not-submitted",
            f"Version {command.version} of {command.year} does not lie with ASI: {lies}.",
            year=command.year,
            version=command.version,
            submitted=year.submitted or None,
        )
