"""A scope: who may open one, what the Performance Standard has to do by when, who goes with it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from contracts.coc import (
    PsObligationMet,
    ScopeFacilityAdded,
    ScopeOpened,
    ScopeReinstated,
    ScopeSuspended,
    ScopeTransferApproved,
)
from contracts.custody import Checked, Stage, Topic
from contracts.values import Activity, Standard
from infra.decider import Tick
from services.coc_ledger.evidence import Diligence, FacilityFound, stages_of
from services.coc_ledger.scopes.commands import (
    AddScopeFacility,
    ApproveScopeTransfer,
    ChangePeriod,
    ListContractor,
    ListJointVenture,
    NotePsCertificate,
    OpenScope,
    RecordDueDiligence,
)
from services.coc_ledger.scopes.entity_rules import (
    covers,
    missing_topics,
    stake_limit,
    supplier_faults,
)
from services.coc_ledger.scopes.scope import due, evidence
from tests.rules.coc.given import (
    DAY,
    LOOKED_AT,
    NEXT,
    NOTHING_SEEN,
    POLICY,
    TODAY,
    YEAR,
    scopes,
    seen,
)

COC = Standard.CHAIN_OF_CUSTODY
MILL = (Activity.SEMI_FABRICATION,)
CAST = (Activity.CASTHOUSE,)
OWN: dict[str, Any] = {"on": TODAY, "scope_id": "S-1", "member_id": "M-1"}


def found(*names: str, does: tuple[Activity, ...] = CAST) -> tuple[FacilityFound, ...]:
    """Facilities of the entity, as membership told them."""
    return tuple(
        FacilityFound(facility_id=one, entity_id="E-1", activities=does, position=5)
        for one in names
    )


def opening(**changed: Any) -> OpenScope:
    fields = {
        **OWN,
        "entity_id": "E-1",
        "name": "Works",
        "address": "1 Main Street",
        "facilities": ("F-1",),
        "activities": CAST,
        "starts_on": YEAR,
        "months": 12,
        "entity_member_id": "M-1",
        "joined_on": date(2025, 2, 1),
        "found": found("F-1", does=changed.get("activities", CAST)),
        "checked": COVERED,
        "behind_s": 0,
        **changed,
    }
    return OpenScope.model_validate(fields)


COVERED = seen(day=TODAY, facilities=("F-1",))
CHAIN_ALONE = seen(COC, day=TODAY, facilities=("F-1",))


def chain_over(*names: str, granted_on: date | None = None) -> Checked:
    """The Performance Standard covers the first facility, Chain of Custody all of them."""
    chain, ps = (COVERED.certificates[at] for at in (0, 1))
    told = {"facilities": names, "valid_from": granted_on}
    return COVERED.model_copy(update={"certificates": (chain.model_copy(update=told), ps)})


LATER = opening(activities=MILL, checked=CHAIN_ALONE)
"""Behind the casthouse, with the Performance Standard still to come."""


def test_a_certified_entity_opens_a_scope_once() -> None:
    opened = scopes.when(opening())
    assert isinstance(opened.events[0], ScopeOpened)
    opened.and_when(opening()).nothing()
    opened.and_when(opening(starts_on=DAY)).refused("scope-id-used")


def test_accounts_begin_a_longest_period_ahead_at_the_latest() -> None:
    latest = TODAY.replace(year=TODAY.year + 1)
    scopes.when(opening(starts_on=latest + timedelta(days=1))).refused(
        "first-period-too-far", latest=latest.isoformat()
    )
    scopes.when(opening(starts_on=date(2999, 1, 1))).refused("first-period-too-far")
    assert isinstance(scopes.when(opening(starts_on=latest)).events[0], ScopeOpened)


@pytest.mark.parametrize(
    ("changed", "slug"),
    [
        ({"checked": NOTHING_SEEN}, "coc-certificate-not-valid"),
        ({"checked": CHAIN_ALONE}, "ps-certificate-needed"),
        ({"entity_member_id": None}, "unknown-entity"),
        ({"behind_s": 99}, "certificates-not-known-yet"),
        (
            {"activities": MILL, "checked": CHAIN_ALONE, "joined_on": date(2023, 1, 1)},
            "ps-certificate-overdue",
        ),
    ],
)
def test_who_may_not_open_a_scope_is_told_why(changed: dict[str, Any], slug: str) -> None:
    scopes.when(opening(**changed)).refused(slug)


def test_behind_the_casthouse_the_standard_is_due_with_the_membership() -> None:
    opened = scopes.when(LATER)
    assert due(opened.state) == {"ps_due:": date(2027, 2, 1)}
    told = evidence(opened.state, DAY)
    assert told is not None
    assert told.ps_pending


def test_the_clock_suspends_on_the_first_missed_day_and_a_late_word_takes_it_back() -> None:
    last = date(2027, 2, 1)
    tick = Tick(on=last, target="coc_scope/S-1", rule="ps_due:")
    missed = scopes.when(LATER, tick)
    [event] = missed.events
    assert isinstance(event, ScopeSuspended)
    assert event.effective_on == last + timedelta(days=1)
    told = evidence(missed.state, NEXT)
    assert told is not None
    assert not told.suspended(last)
    assert told.suspended(event.effective_on)
    assert due(missed.state) == {}
    note = NotePsCertificate(
        **{**OWN, "on": date(2027, 3, 1)},
        certificate_id="C-1",
        facilities=("F-1",),
        effective_on=date(2027, 1, 15),
    )
    met, back = missed.and_when(note).events
    assert isinstance(met, PsObligationMet)
    assert isinstance(back, ScopeReinstated)
    assert back.effective_on == event.effective_on, "held in time: it was never suspended"


def add_mill(facility: str, day: date) -> AddScopeFacility:
    return AddScopeFacility(
        **{**OWN, "on": day},
        facility_id=facility,
        activities=MILL,
        found=found(facility, does=MILL),
        checked=chain_over("F-1", facility, granted_on=day),
        behind_s=0,
    )


def test_a_suspension_ends_once_nothing_is_overdue_whatever_is_due_later() -> None:
    first = add_mill("F-2", TODAY)
    both = scopes.when(opening(), first, add_mill("F-3", TODAY + timedelta(days=60)))
    days = due(both.state)
    late = Tick(on=days["ps_due:F-2"], target="coc_scope/S-1", rule="ps_due:F-2")
    missed = both.and_when(late)
    met_on = days["ps_due:F-2"] + timedelta(days=5)
    note = NotePsCertificate(
        **{**OWN, "on": met_on}, certificate_id="C-1", facilities=("F-2",), effective_on=met_on
    )
    again = missed.and_when(note)
    assert [type(event) for event in again.events] == [PsObligationMet, ScopeReinstated]
    assert due(again.state) == {"ps_due:F-3": days["ps_due:F-3"]}, "its own year still runs"
    too_late = note.model_copy(update={"on": days["ps_due:F-3"] + timedelta(days=1)})
    assert [type(event) for event in missed.and_when(too_late).events] == [PsObligationMet]


def test_what_else_is_missed_in_a_suspension_is_told_and_moves_no_first_day() -> None:
    both = scopes.when(
        opening(), add_mill("F-2", TODAY), add_mill("F-3", TODAY + timedelta(days=60))
    )
    first, second = due(both.state)["ps_due:F-2"], due(both.state)["ps_due:F-3"]
    missed = both.and_when(Tick(on=first, target="coc_scope/S-1", rule="ps_due:F-2"))
    assert due(missed.state) == {"ps_due:F-3": second}
    again = missed.and_when(Tick(on=second, target="coc_scope/S-1", rule="ps_due:F-3"))
    [event] = again.events
    assert isinstance(event, ScopeSuspended)
    assert (event.facility_id, event.effective_on) == ("F-3", second + timedelta(days=1))
    assert due(again.state) == {}
    told = evidence(again.state, second)
    assert told is not None
    assert told.suspended_from == first + timedelta(days=1)
    assert told.suspended(second)
    both_on = second + timedelta(days=9)
    note = NotePsCertificate(
        **{**OWN, "on": both_on},
        certificate_id="C-1",
        facilities=("F-2", "F-3"),
        effective_on=both_on,
    )
    after = again.and_when(note)
    assert [type(one) for one in after.events] == [
        PsObligationMet,
        PsObligationMet,
        ScopeReinstated,
    ]
    told = evidence(after.state, both_on)
    assert told is not None
    assert told.suspended(second + timedelta(days=3))
    assert not told.suspended(both_on)


def test_an_added_facility_has_a_year() -> None:
    add = AddScopeFacility(
        **OWN,
        facility_id="F-2",
        activities=MILL,
        found=found("F-2", does=MILL),
        checked=chain_over("F-1", "F-2"),
        behind_s=0,
    )
    added = scopes.when(opening(), add)
    [event] = added.events
    assert isinstance(event, ScopeFacilityAdded)
    assert event.ps_due_on == date(2027, 6, 1)
    assert due(added.state) == {"ps_due:F-2": date(2027, 6, 1)}
    cast = add.model_copy(update={"activities": CAST})
    scopes.when(opening(), cast).refused("ps-certificate-needed")
    covered = add.model_copy(update={"checked": seen(day=TODAY, facilities=("F-2",))})
    assert due(scopes.when(opening(), covered).state) == {}
    scopes.when(opening(), add, add).nothing()


def test_a_period_changes_on_a_day_to_come() -> None:
    opened = scopes.when(opening())
    opened.and_when(ChangePeriod(**OWN, starts_on=TODAY, months=6)).refused(
        "period-change-too-late"
    )
    changed = opened.and_when(ChangePeriod(**OWN, starts_on=date(2026, 10, 1), months=6))
    told = evidence(changed.state, DAY)
    assert told is not None
    assert (told.period, told.ends_on) == (YEAR, date(2026, 9, 30))


def test_contractors_and_partners_are_listed_under_conditions() -> None:
    opened = scopes.when(opening())
    hired: dict[str, Any] = {"contractor_id": "K-1", "name": "Melter", "keeps_records": True}
    good = ListContractor(**OWN, **hired, title_stays=True, risks_controlled=True)
    assert opened.and_when(good).state.contractors == ("K-1",)
    bad = good.model_copy(update={"title_stays": False})
    opened.and_when(bad).refused("contractor-not-eligible")
    known: dict[str, Any] = {**OWN, "holder_known": True}
    share = ListJointVenture(**known, holder_scope_id="S-9", share_percent=Decimal(60))
    listed = opened.and_when(share)
    other = share.model_copy(update={"holder_scope_id": "S-8"})
    listed.and_when(other).refused("shares-above-whole")
    itself = share.model_copy(update={"holder_scope_id": "S-1"})
    opened.and_when(itself).refused("share-of-itself")
    assert stake_limit(listed.state.stakes, "S-9", 101) == 60
    assert stake_limit(listed.state.stakes, "S-8", 101) is None


def test_due_diligence_is_dated_and_ends() -> None:
    record = RecordDueDiligence(
        **OWN, supplier_id="YARD", topics=(Topic.HUMAN_RIGHTS,), performed_on=YEAR
    )
    recorded = scopes.when(opening(), record)
    [kept] = recorded.state.diligence["YARD"]
    assert kept.valid_through == date(2028, 12, 31)
    recorded.and_when(record).nothing()
    ahead = record.model_copy(update={"performed_on": NEXT})
    scopes.when(opening(), ahead).refused("day-ahead")
    assert missing_topics([LOOKED_AT], DAY, POLICY) == ()
    assert missing_topics([LOOKED_AT], date(2027, 1, 2), POLICY) == tuple(Topic)
    part = Diligence(topics=(Topic.HUMAN_RIGHTS,), performed_on=YEAR, valid_through=NEXT)
    assert Topic.HUMAN_RIGHTS not in missing_topics([part], DAY, POLICY)


def test_a_scope_goes_over_on_a_day_to_come() -> None:
    opened = scopes.when(opening())
    to = ApproveScopeTransfer(
        **OWN, to_scope_id="S-2", effective_on=date(2026, 9, 1), approver="person-1", known_to=True
    )
    done = opened.and_when(to)
    assert isinstance(done.events[0], ScopeTransferApproved)
    done.and_when(to).nothing()
    done.and_when(to.model_copy(update={"to_scope_id": "S-3"})).refused("scope-transferred")
    opened.and_when(to.model_copy(update={"known_to": False})).refused("unknown-scope")
    opened.and_when(to.model_copy(update={"effective_on": TODAY})).refused("transfer-too-early")


def test_whose_metal_counts() -> None:
    """Rule 3: both standards; behind the casthouse one that says the other follows."""
    assert supplier_faults(seen(), ps_pending=False) == ()
    assert supplier_faults(seen(COC), ps_pending=True) == ()
    assert supplier_faults(seen(COC), ps_pending=False) == ("issuer-ps-certificate-not-valid",)
    faults = supplier_faults(NOTHING_SEEN, ps_pending=True)
    assert faults == ("issuer-coc-certificate-not-valid",)
    assert covers(seen(facilities=("F-1",)), "F-1")


def test_stages_follow_from_activities() -> None:
    assert stages_of((Activity.ALUMINA_REFINING,)) == {Stage.BAUXITE, Stage.ALUMINA}
    assert stages_of((Activity.SMELTING, Activity.CASTHOUSE)) == {Stage.ALUMINA, Stage.ALUMINIUM}
