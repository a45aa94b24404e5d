"""The yearly report: expected by certificates, prepared from the books, submitted, accepted, never
edited."""

from datetime import date, timedelta
from typing import Any

import pytest

from contracts.coc_reports import (
    ReportAccepted,
    ReportExcused,
    ReportExpected,
    ReportOverdue,
    ReportPrepared,
    ReportReturned,
    ReportSubmitted,
    StageFigures,
)
from contracts.custody import Stage
from contracts.values import Activity
from infra.decider import Command, Tick
from services.coc_ledger.yearly_reports import report, yearly
from services.coc_ledger.yearly_reports.commands import (
    AcceptReport,
    Covered,
    Figures,
    NoteReporting,
    PrepareReport,
    ReturnReport,
    SubmitReport,
)
from services.coc_ledger.yearly_reports.report import ReportingNoted
from services.coc_ledger.yearly_reports.rows import REPORTS
from tests.rules.coc.given import POLICIES, POLICY, scope_seen
from tests.rules.coc.told import recorded
from tests.rules.spec import Spec

SCOPE: Any = {"scope_id": "S-1", "member_id": "M-1"}
YEAR: Any = {**SCOPE, "year": 2025}
FROM, TO = date(2025, 3, 1), date(2028, 2, 29)
JANUARY, DUE = date(2026, 1, 1), date(2026, 6, 30)
ON = date(2026, 4, 1)
DAY = timedelta(days=1)
reports = Spec(report, POLICIES)
LINE = yearly.report_line("S-1", 2025, Stage.ALUMINIUM, (Activity.CASTHOUSE,), yearly.NOTHING)
STAGE = StageFigures.model_validate(
    {name: value for name, value in LINE._asdict().items() if name in StageFigures.model_fields}
)


def cover(first: date = FROM, last: date = TO, certificate_id: str = "C-1") -> Covered:
    return Covered(certificate_id=certificate_id, first=first, last=last)


def note(*covers: Covered, on: date = FROM, ends_before: date | None = None) -> NoteReporting:
    return NoteReporting(
        on=on,
        **SCOPE,
        covers=covers,
        first_year=FROM.year,
        opened_on=FROM,
        ends_before=ends_before,
    )


def noted(asked: NoteReporting) -> ReportingNoted:
    fields = asked.model_dump(exclude={"on"})
    return ReportingNoted.model_validate({**fields, "noted_on": asked.on})


def figures(said: int = 1) -> Figures:
    """What the books say; another number, another thing."""
    return Figures(stages=(STAGE,), figures_hash=f"{said:064x}", books_position=100 + said)


def prepare(said: int = 1, **changed: Any) -> PrepareReport:
    fields = {"on": ON, **YEAR, "scope": scope_seen(), "figures": figures(said), **changed}
    return PrepareReport.model_validate(fields)


def submit(version: int = 1, said: int = 1, **changed: Any) -> SubmitReport:
    fields = {
        "on": ON,
        **YEAR,
        "version": version,
        "scope": scope_seen(),
        "figures": figures(said),
        "submitted_by": "person:1",
        **changed,
    }
    return SubmitReport.model_validate(fields)


def accept(version: int = 1) -> AcceptReport:
    return AcceptReport(on=ON, scope_id="S-1", year=2025, version=version, approver="person:2")


def give_back(version: int = 1, on: date = ON) -> ReturnReport:
    return ReturnReport(
        on=on,
        scope_id="S-1",
        year=2025,
        version=version,
        reasons=("stock-unclear",),
        approver="person:2",
    )


def tick(rule: str, on: date) -> Tick:
    return Tick(on=on, target="coc_report/S-1", rule=rule)


EXPECTED = ReportExpected(
    **YEAR,
    certificate_id="C-1",
    due_on=DUE,
    expected_on=JANUARY,
    policy_id=POLICY.policy_id,
)
COVERED = reports.given(noted(note(cover())))
ASKED = COVERED.given(EXPECTED)


def prepared(version: int = 1, said: int = 1) -> ReportPrepared:
    return ReportPrepared(
        **YEAR,
        version=version,
        stages=(STAGE,),
        figures_hash=f"{said:064x}",
        books_position=100 + said,
        prepared_on=ON,
    )


def submitted(version: int = 1, said: int = 1, corrects: int | None = None) -> ReportSubmitted:
    return ReportSubmitted(
        **YEAR,
        version=version,
        figures_hash=f"{said:064x}",
        books_position=100 + said,
        corrects=corrects,
        due_on=DUE,
        submitted_on=ON,
        submitted_by="person:1",
    )


def accepted(version: int = 1, said: int = 1) -> ReportAccepted:
    return ReportAccepted(
        **YEAR,
        version=version,
        figures_hash=f"{said:064x}",
        accepted_on=ON,
        approver="person:2",
    )


# --- what is asked for ---


def test_a_covered_year_is_expected_from_the_day_after_its_end() -> None:
    reports.when(note(cover())).then(noted(note(cover())))
    COVERED.when(note(cover())).nothing()
    assert report.due(COVERED.state) == {"report_expected:2025": date(2025, 12, 31)}
    COVERED.when(tick("report_expected:2025", date(2025, 12, 31))).then(EXPECTED)
    assert report.due(ASKED.state) == {
        "report_expected:2026": date(2026, 12, 31),
        "report_overdue:2025": DUE,
    }


def test_neither_years_before_the_scope_nor_behind_its_end_are_asked_for() -> None:
    old = note(cover(date(2020, 1, 1), TO), ends_before=date(2026, 1, 1))
    state = reports.given(noted(old)).state
    assert report.due(state) == {"report_expected:2025": date(2025, 12, 31)}
    assert report.due(reports.given(noted(old), EXPECTED).state) == {"report_overdue:2025": DUE}


def test_that_it_is_overdue_is_said_once() -> None:
    overdue = ReportOverdue(**YEAR, due_on=DUE, overdue_on=DUE + DAY)
    ASKED.when(tick("report_overdue:2025", DUE)).then(overdue)
    ASKED.given(overdue).when(tick("report_overdue:2025", DUE)).nothing()
    ASKED.given(prepared(), submitted()).when(tick("report_overdue:2025", DUE)).nothing()


def test_without_a_certificate_a_year_is_excused_and_asked_for_again_with_one() -> None:
    gone = note(on=ON)
    excused = ReportExcused(**YEAR, due_on=DUE, excused_on=ON)
    after = ASKED.when(gone).then(noted(gone), excused)
    assert report.due(after.state) == {}
    again = after.and_when(note(cover(), on=ON))
    assert report.due(again.state) == {"report_expected:2025": date(2025, 12, 31)}


# --- versions ---


def test_a_version_is_taken_from_the_books_once_for_what_they_say() -> None:
    ASKED.when(prepare()).then(prepared())
    ASKED.given(prepared()).when(prepare()).nothing()
    ASKED.given(prepared()).when(prepare(2)).then(prepared(2, 2))


@pytest.mark.parametrize(
    ("asked", "slug"),
    [
        (prepare(year=2026), "year-not-over"),
        (prepare(scope=scope_seen(period=None)), "before-first-period"),
        (prepare(scope=None), "unknown-scope"),
        (prepare(member_id="M-9"), "unknown-scope"),
        (submit(), "report-not-prepared"),
        (submit(member_id="M-9"), "unknown-scope"),
        (accept(), "report-not-submitted"),
        (give_back(), "report-not-submitted"),
    ],
)
def test_what_is_not_there_is_refused(asked: Command, slug: str) -> None:
    ASKED.when(asked).refused(slug)


def test_a_person_submits_the_last_version_while_the_books_still_say_so() -> None:
    first = ASKED.given(prepared())
    first.when(submit()).then(submitted()).and_when(submit()).nothing()
    first.when(submit(1, said=2)).refused("figures-changed", books_position=102)
    first.given(prepared(2, 2)).when(submit(1, said=2)).refused("report-not-prepared", last=2)


def test_what_was_accepted_is_corrected_by_a_later_version() -> None:
    one = ASKED.given(prepared(), submitted())
    one.when(accept()).then(accepted()).and_when(accept()).nothing()
    two = one.given(accepted(), prepared(2, 2))
    two.when(submit(2, 2)).then(submitted(2, 2, corrects=1)).and_when(accept(2)).then(
        accepted(2, 2)
    )
    two.when(give_back(1)).refused("report-not-submitted")


def test_the_version_that_was_submitted_is_accepted_whatever_was_prepared_since() -> None:
    ASKED.given(prepared(), submitted(), prepared(2, 2)).when(accept()).then(accepted())


def test_a_report_that_is_returned_is_waited_for_again() -> None:
    returned = ReportReturned(
        **YEAR,
        version=1,
        reasons=("stock-unclear",),
        due_on=DUE,
        returned_on=ON,
        approver="person:2",
    )
    back = ASKED.given(prepared(), submitted()).when(give_back()).then(returned)
    assert report.due(back.state)["report_overdue:2025"] == DUE
    back.and_when(submit()).then(submitted())
    taken = ASKED.given(prepared(), submitted(), accepted(), prepared(2, 2), submitted(2, 2, 1))
    assert "report_overdue:2025" not in report.due(taken.when(give_back(2)).state)


# --- rows ---


def test_a_row_tells_how_a_year_stands() -> None:
    told = recorded(
        EXPECTED,
        prepared(),
        ReportOverdue(**YEAR, due_on=DUE, overdue_on=DUE + DAY),
        submitted(),
        accepted(),
        prepared(2, 2),
    )
    row = None
    states = []
    for event in told:
        (key,) = REPORTS.keys(event)
        row = REPORTS.evolve(key, row, event)
        states.append(row.state)
    assert states == ["expected", "prepared", "prepared", "submitted", "accepted", "accepted"]
    assert row is not None
    assert (row.key, row.overdue, row.version, row.accepted) == ("S-1:2025", True, 2, 1)
