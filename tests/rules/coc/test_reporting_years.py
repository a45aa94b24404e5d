"""Which years a scope is to report: those of its accounts that its entity's certificates cover,
whichever is heard of last."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from contracts import certification, coc
from contracts.coc_reports import ReportExcused, ReportExpected, ReportOverdue
from contracts.envelope import Recorded
from contracts.values import Activity, CertificateType, CertificationStatus, Standard
from infra.decider import Command, Lookup
from services.coc_ledger.rows import PROJECTIONS
from services.coc_ledger.scopes.certificates import CERTIFICATES, CertificateRow
from services.coc_ledger.yearly_reports import report
from services.coc_ledger.yearly_reports.commands import NoteReporting
from services.coc_ledger.yearly_reports.reactions import note_reporting, years_of_accounts
from tests.rules.coc.given import KEY, POLICIES
from tests.rules.coc.test_report import (
    DAY,
    DUE,
    EXPECTED,
    FROM,
    JANUARY,
    ON,
    SCOPE,
    TO,
    YEAR,
    cover,
    note,
    noted,
    prepared,
    reports,
    tick,
)
from tests.rules.coc.told import recorded


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
