"""Deadline kinds of the chain of custody. Pure. Rules: sources.md 5.4, 5.6, 5.7, 5.8.

Confirmations have one deadline for each scope, not for each document: a rolling mill gets hundreds
of documents a day, and a board with a line for each would show nothing else. The line is about the
oldest that waits and says how many do; the ledger lists them.
"""

from collections.abc import Sequence
from typing import Any

from contracts import coc, coc_reports
from contracts.coc_calendar import PoolShortened
from contracts.coc_corrections import BalanceCorrected, PoolCorrected
from contracts.coc_documents import (
    DocumentConfirmed,
    DocumentDisputed,
    DocumentEnded,
    DocumentIssued,
    DocumentLapsed,
)
from contracts.coc_periods import OverdraftForeseen, OverdraftMadeGood
from contracts.coc_scopes import PsObligationEnded

from . import custody_parts as parts
from .deadline_kind import DeadlineKind, Step
from .duty_parts import told_by_own


def _year(event: Any) -> Sequence[str]:
    return (f"{event.scope_id}~{event.year}",)


def _pool(event: Any) -> Sequence[str]:
    return (event.pool.key,)


def _scope(event: coc.ScopeOpened) -> Sequence[str]:
    return (event.scope_id,)


def _facility(event: Any) -> Sequence[str]:
    """Of an added facility, or of the whole scope where none is named."""
    return (f"{event.scope_id}~{event.facility_id}" if event.facility_id else event.scope_id,)


def _waiting(event: DocumentIssued) -> Sequence[str]:
    return (event.awaited.scope_id,)


def _answered(event: Any) -> Sequence[str]:
    return () if event.answers is None else (event.answers.scope_id,)


CUSTODY_KINDS: tuple[DeadlineKind, ...] = (
    DeadlineKind(
        name="coc_yearly_report",
        title="Chain of Custody: yearly report",
        rule="A certified scope reports what it took in and gave out in a calendar year to ASI;"
        " by which day is not published.",
        source="rule 5.8 [A31]",
        evidence="unverified",
        owner="member",
        subject="coc_scope",
        policy_of="coc_ledger",
        figures=("report.due_months",),
        decided_by="coc_ledger",
        needs_audit=False,
        own={
            coc_reports.ReportExpected: Step(_year, parts.report_expected),
            coc_reports.ReportSubmitted: Step(_year, parts.report_submitted),
            coc_reports.ReportReturned: Step(_year, parts.report_returned),
            coc_reports.ReportAccepted: Step(_year, parts.report_accepted),
            coc_reports.ReportOverdue: Step(_year, parts.report_overdue),
            coc_reports.ReportExcused: Step(_year, parts.report_excused),
        },
        others={},
        derive=told_by_own,
    ),
    DeadlineKind(
        name="coc_overdraft",
        title="Chain of Custody: overdraft to be made good",
        rule="What was claimed ahead of input in one period is made good by the end of the next,"
        " whether its own books are closed or not; the close of the next period shows it. Where the"
        " scope goes over into another one that day stays.",
        source="rule 5.4",
        evidence="unverified",
        owner="member",
        subject="pool",
        policy_of="coc_ledger",
        figures=(
            "overdraft.percent_of_input",
            "overdraft.needs_case",
            "period.months_at_most",
            "transfer.keeps_last_day",
        ),
        decided_by="coc_ledger",
        needs_audit=False,
        own={
            coc.PoolOpened: Step(_pool, parts.pool_opened),
            PoolShortened: Step(_pool, parts.pool_shortened),
            OverdraftForeseen: Step(_pool, parts.overdraft_foreseen),
            OverdraftMadeGood: Step(_pool, parts.overdraft_made_good),
            coc.BalanceCarried: Step(_pool, parts.balance_carried),
            coc.PoolClosed: Step(_pool, parts.pool_closed),
            BalanceCorrected: Step(_pool, parts.balance_corrected),
            PoolCorrected: Step(_pool, parts.pool_corrected),
        },
        others={},
        derive=parts.overdraft,
    ),
    DeadlineKind(
        name="coc_period_close",
        title="Chain of Custody: accounting period to be closed",
        rule="When a period is over its books are closed: only then is it told what is carried on,"
        " what expires, what is owed and what the rules find. Nobody closes it but its owner.",
        source="rule 5.4",
        evidence="design",
        owner="member",
        subject="pool",
        policy_of="coc_ledger",
        figures=("period.close_days", "period.months_at_most"),
        decided_by="coc_ledger",
        needs_audit=False,
        own={
            coc.PoolOpened: Step(_pool, parts.to_close),
            PoolShortened: Step(_pool, parts.close_earlier),
            coc.PoolClosed: Step(_pool, parts.was_closed),
        },
        others={},
        derive=told_by_own,
    ),
    DeadlineKind(
        name="coc_needs_ps",
        title="Chain of Custody: Performance Standard to follow",
        rule="Behind the casthouse Chain of Custody may come first: the Performance Standard"
        " follows by the membership's own deadline; where an entity is certified to it already,"
        " for a facility added later within a year. Else Chain of Custody is suspended.",
        source="rule 5.6 [A33]",
        evidence="verified",
        owner="member",
        subject="coc_scope",
        policy_of="coc_ledger",
        figures=("ps_later.years_from_joining", "ps_later.years_for_added_facility"),
        decided_by="coc_ledger",
        needs_audit=False,
        own={
            coc.ScopeOpened: Step(_scope, parts.ps_to_follow),
            coc.ScopeFacilityAdded: Step(_facility, parts.ps_to_follow),
            coc.ScopeFacilityLeft: Step(_facility, parts.left),
            coc.PsObligationMet: Step(_facility, parts.ps_followed),
            PsObligationEnded: Step(_facility, parts.left),
            coc.ScopeSuspended: Step(_facility, parts.scope_suspended),
        },
        others={},
        derive=told_by_own,
    ),
    DeadlineKind(
        name="coc_confirmation",
        title="Chain of Custody: deliveries to be confirmed",
        rule="A buyer confirms or disputes a delivery within some weeks of its document's day, or"
        " of the day on which that was stated where it came later, or the document lapses. For a"
        " buyer without accounts here the seller sees to it.",
        source="rule 5.7",
        evidence="design",
        owner="member",
        subject="coc_scope",
        policy_of="coc_ledger",
        figures=("document.confirm_days",),
        decided_by="coc_ledger",
        needs_audit=False,
        own={
            DocumentIssued: Step(_waiting, parts.document_issued),
            DocumentConfirmed: Step(_answered, parts.document_answered),
            DocumentDisputed: Step(_answered, parts.document_answered),
            DocumentLapsed: Step(_answered, parts.document_answered),
            DocumentEnded: Step(_answered, parts.document_answered),
        },
        others={},
        derive=parts.confirmations,
    ),
)
