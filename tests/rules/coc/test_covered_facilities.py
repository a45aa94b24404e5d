"""What a certificate covers: whose facilities a scope may hold, which certificates count for it,
and what a suspension that came late does to documents that were checked before.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from contracts import certification
from contracts.coc import MovementBooked, ScopeFacilityAdded, ScopeOpened
from contracts.coc_documents import DocumentChecked, DocumentIssued
from contracts.custody import PoolKey, Stage
from contracts.facilities import EntityRegistered, FacilityTransferred
from contracts.membership import MemberJoined
from contracts.values import Activity, CertificationStatus, MembershipClass, Standard
from services.coc_ledger.accounting.booking import inflow
from services.coc_ledger.knowledge import checked_of, scope_on
from services.coc_ledger.scopes import state as scope_state
from services.coc_ledger.scopes.scope import due
from tests.rules.coc.given import POLICY, scope_seen, scrap
from tests.rules.coc.results import both
from tests.rules.coc.world import YEAR, World, granted, registered

TODAY = date(2026, 6, 1)
COC, PS = Standard.CHAIN_OF_CUSTODY, Standard.PERFORMANCE
MILL = Activity.SEMI_FABRICATION
TOPICS = ("responsible_sourcing", "anti_corruption", "human_rights", "conflict_affected_areas")


@pytest.fixture
def world() -> World:
    return World(TODAY)


def asked(scope_id: str, *facilities: str, **changed: Any) -> Mapping[str, Any]:
    """A scope of A's with some facilities."""
    return {
        "scope_id": scope_id,
        "member_id": "A",
        "entity_id": "EA",
        "name": scope_id,
        "address": "1 Main Street",
        "facilities": facilities,
        "activities": ("casthouse",),
        "starts_on": YEAR,
        **changed,
    }


def certified(
    world: World, standard: Standard, *facilities: str, since: date = YEAR, member: str = "A"
) -> str:
    """One more certificate of a member's entity."""
    name = f"C{member}-{standard.value}-{len(world.public)}"
    told = {"certificate_id": name, "facilities": facilities, "valid_from": since}
    world.tell(granted(member, standard).model_copy(update=told))
    world.settle()
    return name


def withdrawn(world: World, certificate_id: str, on: date, member: str = "A") -> None:
    world.tell(
        certification.CertificateWithdrawn(
            certificate_id=certificate_id,
            member_id=member,
            effective_on=on,
            status=CertificationStatus.WITHDRAWN,
        )
    )
    world.settle()


def has(world: World, facility_id: str, activity: Activity = MILL, member: str = "A") -> None:
    """Membership tells of one more facility."""
    world.tell(registered(facility_id, member, activity), "membership")
    world.settle()


def ready(world: World, scope_id: str, member_id: str, kg: int = 1000) -> Mapping[str, Any]:
    """Metal that counts came in and left; what every command of the pool says."""
    own = {"scope_id": scope_id, "member_id": member_id}
    world.send("record_due_diligence", **own, supplier_id="YARD", topics=TOPICS, performed_on=YEAR)
    world.settle()
    where = {**own, "stage": "aluminium", "day": date(2026, 3, 1)}
    bought = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}
    world.send("receive_material", **where, movement_id="IN", mass_kg=kg, **bought)
    world.send("ship_material", **where, movement_id="OUT", mass_kg=kg)
    world.settle()
    return where


def document(
    scope_id: str, member_id: str, day: date, number: str = "D-1", to: str = "B"
) -> Mapping[str, Any]:
    return {
        "number": number,
        "member_id": member_id,
        "scope_id": scope_id,
        "day": day,
        "customer": {"name": to, "address": "x", "scope_id": to},
        "responsible": "person-1",
        "statement": "asi_coc_mass_balance",
        "material": "coc_casthouse_product",
        "mass_kg": 100,
        "total_mass_kg": 100,
    }


def issued(world: World, number: str = "D-1") -> DocumentIssued:
    found = world.documents()[number].issued
    assert found is not None
    return found


def checked(world: World, number: str = "D-1") -> DocumentChecked:
    found = world.documents()[number].checked
    assert found is not None
    return found


def events(world: World, kind: type[Any]) -> list[Any]:
    return [one.event for one in world.desk.log if isinstance(one.event, kind)]


# --- whose facilities ---


@pytest.mark.parametrize("facility_id", ["F-B", "F-nobody"])
def test_no_scope_opens_with_a_facility_of_others_or_of_nobody(
    world: World, facility_id: str
) -> None:
    """Both are answered alike: nobody learns what others have."""
    certified(world, COC, facility_id)
    assert world.attempt("open_scope", **asked("SPY", "F-1", facility_id)) == (
        "facility-not-of-entity"
    )
    added = {"scope_id": "A", "member_id": "A", "facility_id": facility_id}
    slug = world.attempt("add_scope_facility", **added, activities=("casthouse",))
    assert slug == "facility-not-of-entity"


def test_the_event_says_how_far_membership_was_known(world: World) -> None:
    [first, _] = events(world, ScopeOpened)
    told = world.public[first.facilities_known_through - 1].event
    assert told == registered("F-1", "A")


def test_a_result_of_another_member_is_told_in_no_document(world: World) -> None:
    """Not even where the facility came from that member, or nobody asked whose it is."""
    for event in both("F-1", member="B"):
        world.tell(event, "ghg")
    world.settle()
    ready(world, "A", "A")
    world.send("issue_document", **document("A", "A", TODAY))
    step = issued(world).supplement.step
    assert step is not None
    assert (step.how, step.results) == ("unknown", ())


def test_a_facility_that_went_to_another_entity_enters_no_scope(world: World) -> None:
    has(world, "F-9")
    gone = FacilityTransferred(
        facility_id="F-9",
        transfer_id="T-1",
        from_entity_id="EA",
        from_member_id="A",
        entity_id="EB",
        member_id="B",
        effective_on=YEAR,
    )
    world.tell(gone, "membership")
    world.settle()
    assert world.attempt("open_scope", **asked("S-9", "F-9")) == "facility-not-of-entity"


# --- the Performance Standard, facility by facility ---


def test_a_smelter_that_no_certificate_of_the_standard_covers_opens_no_scope(world: World) -> None:
    has(world, "F-99", Activity.SMELTING)
    certified(world, COC, "F-99")
    for activities in (("smelting",), ("semi_fabrication",)):
        opening = asked("X", "F-1", "F-99", activities=activities)
        assert world.attempt("open_scope", **opening) == "ps-certificate-needed"


def test_no_scope_opens_with_a_facility_that_no_chain_of_custody_certificate_names(
    world: World,
) -> None:
    has(world, "F-98")
    certified(world, PS, "F-98")
    opening = asked("X", "F-98", activities=("semi_fabrication",))
    assert world.attempt("open_scope", **opening) == "coc-certificate-not-of-facility"


def test_a_mill_has_its_year_from_the_grant_whether_a_scope_opens_with_it_or_gets_it(
    world: World,
) -> None:
    for one in ("F-97", "F-98"):
        has(world, one)
        certified(world, COC, one, since=date(2026, 2, 10))
    world.certify("F-X", "A")
    world.send("open_scope", **asked("X", "F-X", "F-98", activities=("semi_fabrication",)))
    told = {"facility_id": "F-97", "activities": ("semi_fabrication",)}
    world.send("add_scope_facility", scope_id="A", member_id="A", **told)
    days = [one.ps_due_on for one in events(world, ScopeFacilityAdded)]
    assert days == [date(2027, 2, 10)] * 2
    assert due(world.desk.state("coc_scope/X")) == {"ps_due:F-98": date(2027, 2, 10)}
    assert world.desk.state("coc_scope/X").facilities == ("F-X", "F-98")


def test_a_year_that_is_over_is_not_given_again_by_another_scope(world: World) -> None:
    has(world, "F-98")
    certified(world, COC, "F-98", since=date(2025, 5, 31))
    opening = asked("X", "F-98", activities=("semi_fabrication",))
    assert world.attempt("open_scope", **opening) == "ps-certificate-overdue"


def new_member(world: World, *facilities: str) -> None:
    """C, behind the casthouse, joined two years before 10 May 2026, with Chain of Custody alone."""
    entity = EntityRegistered(
        entity_id="EC", member_id="C", name="C", country="DE", registered_on=YEAR
    )
    joined = MemberJoined(
        member_id="C",
        name="C",
        country="DE",
        membership_class=MembershipClass.PRODUCTION_AND_TRANSFORMATION,
        activities=(MILL,),
        fee_level="small",
        joined_on=date(2024, 5, 10),
    )
    world.tell(entity, "membership")
    world.tell(joined, "membership")
    for one in facilities:
        has(world, one, member="C")
    certified(world, COC, *facilities, member="C")
    world.send(
        "open_scope",
        **asked("C", *facilities, member_id="C", entity_id="EC", activities=(MILL.value,)),
    )
    world.settle()


def test_one_covered_facility_does_not_meet_the_duty_of_the_whole() -> None:
    world = World(date(2026, 3, 1))
    new_member(world, "F-C", "F-D")
    certified(world, PS, "F-C", member="C")
    state = world.desk.state("coc_scope/C")
    assert due(state) == {"ps_due:": date(2026, 5, 10)}
    certified(world, PS, "F-D", member="C")
    assert due(world.desk.state("coc_scope/C")) == {}


def test_one_year_is_for_who_is_certified_to_the_standard_others_have_the_memberships_time() -> (
    None
):
    """A mill without any is due with its membership, opened with a facility or given it later."""
    world = World(date(2026, 3, 1))
    new_member(world, "F-C")
    has(world, "F-D", member="C")
    certified(world, COC, "F-D", member="C", since=date(2025, 4, 1))
    more = {"scope_id": "C", "member_id": "C", "facility_id": "F-D", "activities": (MILL.value,)}
    world.send("add_scope_facility", **more)
    world.settle()
    dues = {"ps_due:": date(2026, 5, 10), "ps_due:F-D": date(2026, 5, 10)}
    assert due(world.desk.state("coc_scope/C")) == dues
    has(world, "F-E", member="C")
    certified(world, COC, "F-E", member="C", since=date(2026, 3, 1))
    certified(world, PS, "F-C", member="C")
    world.send("add_scope_facility", **{**more, "facility_id": "F-E"})
    dues = {"ps_due:F-D": date(2026, 5, 10), "ps_due:F-E": date(2027, 3, 1)}
    assert due(world.desk.state("coc_scope/C")) == dues


def test_who_is_not_certified_to_the_standard_when_its_time_is_over_adds_no_facility() -> None:
    world = World(date(2026, 3, 1))
    new_member(world, "F-C")
    has(world, "F-D", member="C")
    certified(world, COC, "F-D", member="C")
    more = {"scope_id": "C", "member_id": "C", "facility_id": "F-D", "activities": (MILL.value,)}
    world.today = date(2026, 5, 11)
    assert world.attempt("add_scope_facility", **more) == "ps-certificate-overdue"


# --- which certificates count ---


def test_a_certificate_of_another_facility_covers_no_claim(world: World) -> None:
    ready(world, "A", "A")
    certified(world, COC, "F-2")
    withdrawn(world, "CA-CoC", date(2026, 5, 1))
    claimed = document("A", "A", TODAY)
    assert world.attempt("issue_document", **claimed) == "coc-certificate-not-valid"


def test_a_document_names_the_certificate_that_covers_its_facilities(world: World) -> None:
    ready(world, "A", "A")
    told = granted("A", COC).model_copy(
        update={"certificate_id": "AA-first", "facilities": ("F-2",)}
    )
    world.tell(told)
    world.settle()
    world.send("issue_document", **document("A", "A", TODAY))
    assert issued(world).certificate_id == "CA-CoC"


def test_a_withdrawal_fails_the_check_though_another_facility_is_certified(world: World) -> None:
    ready(world, "A", "A")
    certified(world, COC, "F-2")
    world.send("issue_document", **document("A", "A", TODAY))
    got = {"member_id": "B", "received_kg": 100, "received_on": TODAY}
    world.send("confirm_document", number="D-1", **got)
    world.settle()
    assert checked(world).passed
    withdrawn(world, "CA-CoC", date(2026, 5, 1))
    assert checked(world).reasons == ("issuer-coc-certificate-not-valid",)


def test_a_change_of_stage_claims_nothing_without_a_certificate(world: World) -> None:
    has(world, "F-9", Activity.ALUMINA_REFINING)
    coc = certified(world, COC, "F-9")
    certified(world, PS, "F-9")
    world.send("open_scope", **asked("R", "F-9", activities=("bauxite_mining", "alumina_refining")))
    where = {"scope_id": "R", "member_id": "A", "stage": "bauxite"}
    day = {"day": date(2026, 2, 1)}
    world.send(
        "receive_material", **where, **day, movement_id="1", mass_kg=28470, origin="own_mine"
    )
    world.settle()
    withdrawn(world, coc, date(2026, 3, 1))
    use = {**where, "day": date(2026, 4, 1), "mass_kg": 2847}
    claimed = world.attempt("change_stage", movement_id="2", coc_kg=2847, **use)
    assert claimed == "coc-certificate-not-valid"
    assert world.attempt("change_stage", movement_id="3", **use) == "", "what happened is booked"
    [*_, last] = events(world, MovementBooked)
    assert (last.movement_id, last.coc_kg) == ("3", 0)


# --- where eligible scrap enters ---


def test_post_consumer_scrap_of_a_rolling_mill_does_not_count(world: World) -> None:
    """Nobody re-melts there: it is booked, as non-CoC, and told why and how sure that is."""
    has(world, "F-98")
    for standard in (COC, PS):
        certified(world, standard, "F-98")
    world.send("open_scope", **asked("Y", "F-98", activities=(MILL.value,)))
    ready(world, "Y", "A")
    [came] = [one for one in events(world, MovementBooked) if one.movement_id == "IN"]
    [remark] = came.remarks
    assert (came.coc_kg, remark.rule) == (0, "5.5")
    assert "unverified" in remark.sentence
    assert world.pool(PoolKey(scope_id="Y", stage=Stage.ALUMINIUM, period=YEAR)).books


def test_scrap_for_a_mill_does_not_count_in_a_scope_that_also_casts() -> None:
    """A movement may name its activity: that one is asked; else the whole scope."""
    both_of = scope_seen(activities=(Activity.CASTHOUSE, MILL))
    for activity, counts in ((None, True), (Activity.CASTHOUSE, True), (MILL, False)):
        came = scrap("M-1", 10, scope=both_of, activity=activity)
        assert inflow(came, POLICY).counts is counts


def test_a_scope_that_was_opened_before_its_facilities_were_asked_about_keeps_working(
    world: World,
) -> None:
    """Any certificate of its entity to the Performance Standard counts, as it did then."""
    [opened, _] = events(world, ScopeOpened)
    before = opened.model_copy(update={"facilities_known_through": None})
    seen = scope_state.evidence(scope_state.evolve(scope_state.INITIAL, before), TODAY)
    now = world.known()
    own = scope_on("A", TODAY, now)
    assert seen is not None
    assert own is not None
    certified(world, PS, "F-7")
    withdrawn(world, "CA-PS", YEAR)
    assert checked_of(seen, TODAY, now).holds(PS)
    assert not checked_of(own, TODAY, now).holds(PS)
