"""The yearly report: expected by certificates, prepared from the books, submitted, accepted, never
edited."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from contracts import certification, coc
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
from contracts.envelope import Recorded
from contracts.values import Activity, CertificateType, CertificationStatus, Standard
from infra.decider import Command, Lookup, Tick
from services.coc_ledger.rows import PROJECTIONS
from services.coc_ledger.scopes.certificates import CERTIFICATES, CertificateRow
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
from services.coc_ledger.yearly_reports.reactions import note_reporting, years_of_accounts
from services.coc_ledger.yearly_reports.report import ReportingNoted
from services.coc_ledger.yearly_reports.rows import REPORTS
from tests.rules.coc.given import KEY, POLICIES, POLICY, scope_seen
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


# --- reactions and rows ---


def granted(first: date = FROM) -> certification.CertificateGranted:
    """A certificate of the scope's entity."""
    return certification.CertificateGranted(
        certificate_id="C-1",
        member_id="M-1",
        entity_id="E-1",
        standard=Standard.CHAIN_OF_CUSTODY,
        certificate_type=CertificateType.FULL,
        facilities=("F-1",),
        valid_from=first,
        valid_to=TO,
        status=CertificationStatus.CERTIFIED_FULL,
        replaces=None,
    )


def scope_opened(starts_on: date, on: date = FROM) -> coc.ScopeOpened:
    """A scope that keeps accounts from a day on."""
    return coc.ScopeOpened(
        **SCOPE,
        entity_id="E-1",
        name="Works",
        address="1 Main Street",
        facilities=("F-1",),
        activities=(Activity.CASTHOUSE,),
        starts_on=starts_on,
        months=12,
        opened_on=on,
        evidence=scope_checked(),
        ps_due_on=None,
        policy_id="coc-1",
    )


def test_certificates_and_scopes_make_the_same_whichever_is_heard_of_last() -> None:
    grant, opened = granted(), scope_opened(FROM.replace(month=1, day=1))
    gone = certification.CertificateWithdrawn(
        certificate_id="C-1",
        member_id="M-1",
        effective_on=ON,
        status=CertificationStatus.WITHDRAWN,
    )
    on = date(2026, 3, 10)
    assert heard(grant, opened) == [note(cover(), on=on)]
    assert heard(opened, grant) == [note(cover(), on=on)]
    assert heard(grant, opened, gone) == [note(cover(FROM, ON - DAY), on=on)]
    began = coc.PoolOpened(pool=KEY, member_id="M-1", ends_on=TO, policy_id="coc-1")
    for later in (began, prepared()):
        assert heard(grant, opened, later) == [note(cover(), on=on)], "without other news"


def scope_checked() -> Any:
    return {"entity_id": "E-1", "day": FROM, "known_through_position": 7}


def known(*events: Any) -> tuple[list[Recorded], Lookup]:
    """Some events, and the rows that they make."""
    rows: dict[str, dict[str, Any]] = {"scopes": {}, "certificates": {}}
    scopes = next(one for one in PROJECTIONS if one.name == "scopes")
    told = recorded(*events)
    for event in told:
        for projection in (scopes, CERTIFICATES):
            kept = rows[projection.name]
            for key in projection.keys(event):
                kept[key] = projection.evolve(key, kept.get(key), event)

    def lookup(name: str, key: Any) -> Any:
        if isinstance(key, str):
            return rows[name].get(key)
        return [row for row in rows[name].values() if row.entity_id == key["entity_id"]]

    return told, lookup


def heard(*events: Any) -> list[Command]:
    """What the last of some events makes the reaction ask."""
    told, lookup = known(*events)
    return list(note_reporting(told[-1], lookup))


def test_no_year_before_the_accounts_is_asked_for_though_the_scope_was_open() -> None:
    (asked,) = heard(granted(), scope_opened(JANUARY, on=FROM))
    assert isinstance(asked, NoteReporting)
    assert asked.first_year == JANUARY.year > FROM.year
    state = reports.given(noted(asked)).state
    assert report.due(state) == {"report_expected:2026": date(2026, 12, 31)}


def test_years_of_accounts_from_before_the_scope_was_opened_are_asked_for() -> None:
    """Where the day for a report was over by then, there is as much time from then on."""
    opened_on = date(2026, 2, 2)
    (asked,) = heard(granted(date(2023, 6, 1)), scope_opened(date(2024, 1, 1), on=opened_on))
    assert isinstance(asked, NoteReporting)
    found = reports.given(noted(asked))
    told = []
    for year in (2024, 2025):
        (event,) = report.decide(tick(f"report_expected:{year}", opened_on), found.state, POLICIES)
        assert isinstance(event, ReportExpected)
        told.append((event.year, event.expected_on, event.due_on))
        found = found.given(event)
    assert told == [
        (2024, opened_on, date(2026, 8, 1)),
        (2025, date(2026, 1, 1), date(2026, 6, 30)),
    ]
    assert "report_expected:2023" not in report.due(reports.given(noted(asked)).state)


def test_what_an_earlier_build_asked_for_beyond_the_accounts_is_excused_and_ends() -> None:
    """It took the first year from the day on which the scope was opened."""
    before = noted(note(cover())).model_copy(update={"opened_on": None})
    overdue = ReportOverdue(**YEAR, due_on=DUE, overdue_on=DUE + DAY)
    stood = reports.given(before, EXPECTED, overdue)
    _, rows = known(granted(), scope_opened(JANUARY, on=FROM))
    today = date(2026, 9, 1)
    (asked,) = years_of_accounts(today, [rows("scopes", "S-1")], held(rows))
    assert isinstance(asked, NoteReporting)
    excused = ReportExcused(**YEAR, due_on=DUE, excused_on=today)
    after = stood.when(asked).then(noted(asked), excused)
    assert report.due(after.state) == {"report_expected:2026": date(2026, 12, 31)}
    after.and_when(asked).nothing()


def test_scopes_whose_accounts_began_in_the_year_of_their_opening_are_left_alone() -> None:
    _, rows = known(granted(), scope_opened(FROM.replace(month=1, day=1)))
    assert years_of_accounts(ON, [rows("scopes", "S-1")], held(rows)) == []


def held(rows: Lookup) -> Callable[[str], Sequence[CertificateRow]]:
    """The certificates of an entity."""
    return lambda entity_id: rows("certificates", {"entity_id": entity_id})


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
