"""What the chain of custody tells of scopes, pools, reports and documents."""

from datetime import date, timedelta

from contracts import coc, coc_documents, coc_reports
from contracts.coc_calendar import PoolShortened
from contracts.coc_documents import Awaited
from contracts.coc_periods import OverdraftForeseen, OverdraftMadeGood
from contracts.coc_scopes import PsObligationEnded
from contracts.custody import Checked, Dated, PoolKey, Stage, Switched
from contracts.values import Activity
from tests.rules.coc import told

from .given import Happened

SCOPE = {"scope_id": "S1", "member_id": "M1"}
PERIOD = date(2026, 1, 1)
ENDS_ON = date(2026, 12, 31)
POOL = PoolKey(scope_id="S1", stage=Stage.ALUMINIUM, period=PERIOD)
BEFORE = PoolKey(scope_id="S1", stage=Stage.ALUMINIUM, period=date(2025, 1, 1))
SIXTY = timedelta(days=60)


# --- scopes ---


def scope_opened(on: date, ps_due_on: date | None) -> Happened:
    event = coc.ScopeOpened(
        scope_id="S1",
        member_id="M1",
        entity_id="E1",
        name="Mill",
        address="1 Main Street",
        facilities=("F1",),
        activities=(Activity.SEMI_FABRICATION,),
        starts_on=on,
        months=12,
        opened_on=on,
        evidence=Checked(entity_id="E1", day=on, known_through_position=7),
        ps_due_on=ps_due_on,
        policy_id="coc-1",
    )
    return Happened("coc_scope/S1", event, on)


def facility_added(on: date, ps_due_on: date | None) -> Happened:
    event = coc.ScopeFacilityAdded(
        scope_id="S1",
        member_id="M1",
        facility_id="F2",
        activities=(Activity.SEMI_FABRICATION,),
        added_on=on,
        evidence=Checked(entity_id="E1", day=on, known_through_position=7),
        ps_due_on=ps_due_on,
        policy_id="coc-1",
    )
    return Happened("coc_scope/S1", event, on)


def facility_left(on: date, facility_id: str = "F2") -> Happened:
    event = coc.ScopeFacilityLeft(
        scope_id="S1",
        member_id="M1",
        facility_id=facility_id,
        effective_on=on,
        because="transferred",
    )
    return Happened("coc_scope/S1", event, on)


def ps_ended(on: date, facility_id: str | None = None) -> Happened:
    event = PsObligationEnded(**SCOPE, facility_id=facility_id, effective_on=on)
    return Happened("coc_scope/S1", event, on)


def ps_met(on: date, facility_id: str | None = None) -> Happened:
    event = coc.PsObligationMet(
        scope_id="S1",
        member_id="M1",
        facility_id=facility_id,
        certificate_id="C1",
        effective_on=on,
    )
    return Happened("coc_scope/S1", event, on)


def scope_suspended(on: date, facility_id: str | None = None) -> Happened:
    event = coc.ScopeSuspended(
        scope_id="S1",
        member_id="M1",
        effective_on=on,
        because="ps_not_achieved",
        facility_id=facility_id,
    )
    return Happened("coc_scope/S1", event, on)


# --- pools ---


def pool_opened(on: date = PERIOD, close_by: date | None = None) -> Happened:
    event = coc.PoolOpened(
        pool=POOL, member_id="M1", ends_on=ENDS_ON, policy_id="coc-1", close_by=close_by
    )
    return Happened(POOL.stream, event, on)


def pool_shortened(ends_on: date, close_by: date, switched: Switched | None = None) -> Happened:
    event = PoolShortened(
        pool=POOL,
        member_id="M1",
        ends_on=ends_on,
        close_by=close_by,
        policy_id="coc-1",
        switched=switched,
    )
    return Happened(POOL.stream, event, PERIOD)


def carried(owed_kg: int, on: date = PERIOD, due: tuple[Dated, ...] = ()) -> Happened:
    event = coc.BalanceCarried(
        pool=POOL,
        member_id="M1",
        from_pool=BEFORE,
        balance_kg=0,
        owed_kg=owed_kg,
        blocked=False,
        entries=(),
        due=due,
    )
    return Happened(POOL.stream, event, on)


def foreseen(owed_kg: int, change_kg: int, on: date = PERIOD) -> Happened:
    event = OverdraftForeseen(
        pool=POOL,
        member_id="M1",
        from_pool=BEFORE,
        owed_kg=owed_kg,
        owed_change_kg=change_kg,
        stops=False,
        blocked=False,
    )
    return Happened(POOL.stream, event, on)


def made_good(
    on: date, missing_kg: int = 0, due_on: date | None = None, late_kg: int = 0
) -> Happened:
    """Of parts with days of their own `due_on` is the first that is open."""
    event = OverdraftMadeGood(
        pool=POOL,
        member_id="M1",
        owed_kg=500,
        missing_kg=missing_kg,
        on=on,
        due_on=due_on,
        late_kg=late_kg,
    )
    return Happened(POOL.stream, event, on)


def pool_closed(
    on: date,
    unmet_kg: int = 0,
    due: tuple[Dated, ...] = (),
    switched: Switched | None = None,
    late_kg: int = 0,
    ahead_kg: int | None = None,
) -> Happened:
    event = coc.PoolClosed(
        pool=POOL,
        member_id="M1",
        closed_on=on,
        ends_on=ENDS_ON,
        inflow_kg=10,
        input_kg=5,
        output_kg=10,
        designated_kg=5,
        max_output_kg=5,
        balance_kg=0,
        expired_kg=0,
        owed_kg=max(unmet_kg, sum(one.kg for one in due)),
        stock=(),
        remarks=(),
        next_period=ENDS_ON + timedelta(days=1),
        to_scope_id="S1",
        policy_id="coc-1",
        unmet_kg=unmet_kg,
        due=due,
        switched=switched,
        late_kg=late_kg,
        ahead_kg=ahead_kg,
    )
    return Happened(POOL.stream, event, on)


# --- yearly reports ---

REPORT = "coc_report/S1"
YEAR = {**SCOPE, "year": 2025}


def report_expected(on: date, due_on: date) -> Happened:
    said = {"certificate_id": "C1", "due_on": due_on, "expected_on": on, "policy_id": "coc-1"}
    return Happened(REPORT, coc_reports.ReportExpected.model_validate({**YEAR, **said}), on)


def report_submitted(on: date, version: int = 1) -> Happened:
    said = {
        "version": version,
        "figures_hash": "0f" * 32,
        "books_position": 7,
        "corrects": None,
        "due_on": None,
        "submitted_on": on,
        "submitted_by": "person:1",
    }
    return Happened(REPORT, coc_reports.ReportSubmitted.model_validate({**YEAR, **said}), on)


def report_returned(on: date, version: int = 1) -> Happened:
    said = {
        "version": version,
        "reasons": ("stock-unclear",),
        "due_on": None,
        "returned_on": on,
        "approver": "person:2",
    }
    return Happened(REPORT, coc_reports.ReportReturned.model_validate({**YEAR, **said}), on)


def report_accepted(on: date, version: int = 1) -> Happened:
    said = {
        "version": version,
        "figures_hash": "0f" * 32,
        "accepted_on": on,
        "approver": "person:2",
    }
    return Happened(REPORT, coc_reports.ReportAccepted.model_validate({**YEAR, **said}), on)


def report_overdue(due_on: date) -> Happened:
    over = due_on + timedelta(days=1)
    said = {"due_on": due_on, "overdue_on": over}
    return Happened(REPORT, coc_reports.ReportOverdue.model_validate({**YEAR, **said}), over)


def report_excused(due_on: date, on: date) -> Happened:
    said = {"due_on": due_on, "excused_on": on}
    return Happened(REPORT, coc_reports.ReportExcused.model_validate({**YEAR, **said}), on)


# --- documents ---


def issued(number: str, on: date, *, to_scope: bool = True) -> Happened:
    """A document to scope S1; or from it, to a buyer without accounts."""
    fields = {"issued_on": on, "confirm_by": on + SIXTY, "policy_id": "coc-1"}
    mine = told.CUSTOMER.model_copy(update={"scope_id": "S1"})
    nobody = told.CUSTOMER.model_copy(update={"scope_id": None})
    sides = (
        {"customer": mine, "customer_member_id": "M1"}
        if to_scope
        else {"customer": nobody, "customer_member_id": None, "member_id": "M1", "pool": POOL}
    )
    event = told.issued(number).model_copy(update={**fields, **sides})
    return Happened(f"coc_document/{number}", event, on)


def awaited(on: date) -> Awaited:
    """What an answer to a document of a day answers."""
    return Awaited(
        scope_id="S1", member_id="M1", issued_on=on, confirm_by=on + SIXTY, policy_id="coc-1"
    )


def confirmed(number: str, on: date, answers: Awaited | None) -> Happened:
    event = coc_documents.DocumentConfirmed(
        number=number,
        member_id="M2",
        customer_member_id="M1",
        receiver=POOL,
        receiver_ends_on=ENDS_ON,
        received_kg=1000,
        received_on=on,
        confirmed_on=on,
        answers=answers,
    )
    return Happened(f"coc_document/{number}", event, on)


def disputed(number: str, on: date, answers: Awaited | None) -> Happened:
    event = coc_documents.DocumentDisputed(
        number=number,
        member_id="M2",
        customer_member_id="M1",
        reason="weight",
        disputed_on=on,
        answers=answers,
    )
    return Happened(f"coc_document/{number}", event, on)


def lapsed(number: str, on: date, answers: Awaited | None) -> Happened:
    event = coc_documents.DocumentLapsed(
        number=number, member_id="M2", effective_on=on, answers=answers
    )
    return Happened(f"coc_document/{number}", event, on)


def ended(number: str, on: date, answers: Awaited | None) -> Happened:
    event = told.ended(number).model_copy(update={"ended_on": on, "answers": answers})
    return Happened(f"coc_document/{number}", event, on)
