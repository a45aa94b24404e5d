"""Which supply-chain activity a document is of, on both sides: named where several share the pool,
inferred where there is one, and told in the yearly report of each scope."""

from datetime import date
from typing import Any

import pytest

from contracts.canonical import canonical_json
from contracts.coc_documents import DocumentChecked, DocumentConfirmed, DocumentEnded
from contracts.custody import PoolKey, Stage
from contracts.values import Activity
from infra.decider import derived_id
from infra.errors import Refused
from services.coc_ledger.documents import issuing
from services.coc_ledger.documents.commands import SupersedeDocument
from services.coc_ledger.documents.words import LOOKED_UP, digest_of
from services.coc_ledger.yearly_reports import yearly
from tests.rules.coc.given import TODAY, scope_seen
from tests.rules.coc.test_document import BUYER, confirm, issue, issued
from tests.rules.coc.world import YEAR, World

TWO = (Activity.SMELTING, Activity.CASTHOUSE)


def test_each_side_names_its_activity_where_several_share_the_pool() -> None:
    """And what becomes of a document tells both again, so that both ledgers can follow."""
    sells = issued(scope=scope_seen(activities=TWO), activity=Activity.SMELTING)
    buys = confirm(scope=BUYER.model_copy(update={"activities": TWO}), activity=Activity.CASTHOUSE)
    gone = SupersedeDocument(on=TODAY, number="D-1", by="D-2", reason="typo")
    [confirmed, checked] = sells.and_when(buys).events
    assert isinstance(confirmed, DocumentConfirmed)
    assert isinstance(checked, DocumentChecked)
    [ended] = sells.and_when(buys, gone).events
    assert isinstance(ended, DocumentEnded)
    assert confirmed.activity is Activity.CASTHOUSE
    for one in (checked, ended):
        assert (one.activity, one.receiver_activity) == TWO


def test_an_activity_is_inferred_where_the_pool_has_only_one() -> None:
    [event, _] = issued().and_when(confirm()).events
    assert isinstance(event, DocumentConfirmed)
    assert event.activity is Activity.CASTHOUSE
    shared = confirm(scope=BUYER.model_copy(update={"activities": TWO}))
    [event, _] = issued().and_when(shared).events
    assert isinstance(event, DocumentConfirmed)
    assert event.activity is None, "several share the pool: it is not guessed"


@pytest.mark.parametrize("activity", [Activity.SEMI_FABRICATION, Activity.ALUMINA_REFINING])
def test_an_activity_that_a_side_does_not_do_there_is_refused(activity: Activity) -> None:
    does = (*TWO, Activity.ALUMINA_REFINING)
    with pytest.raises(Refused) as refused:
        issuing.drafting(issue(scope=scope_seen(activities=does), activity=activity))
    assert refused.value.slug == "activity-not-of-scope"
    theirs = confirm(scope=BUYER.model_copy(update={"activities": does}), activity=activity)
    issued().and_when(theirs).refused("activity-not-of-scope", activity=activity.value)


def test_words_without_an_activity_are_known_again_as_before_one_could_be_named() -> None:
    _, plain = issuing.drafting(issue())
    _, named = issuing.drafting(issue(activity=Activity.CASTHOUSE))
    before = canonical_json(plain.draft, without=(*LOOKED_UP, "activity"))
    assert digest_of(plain.draft) == derived_id(before.decode()) != digest_of(named.draft)


def test_sent_again_with_another_activity_it_is_another_document() -> None:
    does = scope_seen(activities=TWO)
    named = issue(scope=does, activity=Activity.SMELTING)
    once = issued(scope=does, activity=Activity.SMELTING)
    once.and_when(named).nothing()
    once.and_when(issue(scope=does)).nothing()
    once.and_when(issue(scope=does, activity=Activity.CASTHOUSE)).refused("document-number-used")
    buyer = BUYER.model_copy(update={"activities": TWO})
    taken = once.and_when(confirm(scope=buyer, activity=Activity.SMELTING))
    taken.and_when(confirm(scope=buyer)).nothing()
    other = taken.and_when(confirm(scope=buyer, activity=Activity.CASTHOUSE))
    assert other.refusal is not None
    assert other.refusal.slug == "document-confirmed"


DAY = date(2026, 3, 9)


def sharing() -> World:
    """A seller and a buyer, each with a smelter and a casthouse, and 1,000 kg that were shipped, of
    them 100 kg of scrap."""
    world = World(date(2026, 6, 1))
    for name in ("A", "B"):
        world.certify(f"F-{name}2", name)
        world.send(
            "open_scope",
            scope_id=f"{name}2",
            member_id=name,
            entity_id=f"E{name}",
            name="Works",
            address="1 Main Street",
            facilities=(f"F-{name}2",),
            activities=("smelting", "casthouse"),
            starts_on=YEAR,
        )
    world.settle()
    at = {"scope_id": "A2", "member_id": "A", "day": DAY, "stage": "aluminium"}
    cast = {"activity": "casthouse", **at}
    topics = ("responsible_sourcing", "anti_corruption", "human_rights")
    world.send(
        "record_due_diligence",
        scope_id="A2",
        member_id="A",
        supplier_id="YARD",
        topics=(*topics, "conflict_affected_areas"),
        performed_on=YEAR,
    )
    scrap = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}
    world.send("receive_material", movement_id="IN", mass_kg=2000, **scrap, **cast)
    world.send("ship_material", movement_id="OUT-1", mass_kg=900, **cast)
    world.send("ship_material", movement_id="OUT-2", mass_kg=100, lot="scrap", **cast)
    world.settle()
    return world


def sell(world: World, number: str, kg: int, **more: Any) -> None:
    """A document from one to the other."""
    world.send(
        "issue_document",
        **{
            "number": number,
            "member_id": "A",
            "scope_id": "A2",
            "day": DAY,
            "customer": {"name": "Mill", "address": "2 Main Street", "scope_id": "B2"},
            "responsible": "person-1",
            "statement": "asi_coc_mass_balance",
            "material": "coc_casthouse_product",
            "mass_kg": kg,
            "total_mass_kg": kg,
            **more,
        },
    )
    world.settle()


def take(world: World, number: str, kg: int, **more: Any) -> None:
    """The buyer confirms it."""
    world.send(
        "confirm_document", number=number, member_id="B", received_kg=kg, received_on=DAY, **more
    )
    world.settle()


def told(world: World, scope_id: str) -> dict[str | None, yearly.ActivityLine]:
    """The lines of a scope's aluminium in the yearly report, by activity."""
    pool = PoolKey(scope_id=scope_id, stage=Stage.ALUMINIUM, period=YEAR)
    sums = yearly.NOTHING
    for one in world.desk.log:
        if getattr(one.event, "pool", None) == pool:
            sums = yearly.added(sums, one.event)
    whole = yearly.report_line(scope_id, 2026, Stage.ALUMINIUM, TWO, sums)
    lines = yearly.activity_lines(whole, sums)
    for name in yearly.MASSES:
        assert sum(getattr(line, name) for line in lines) == getattr(whole, name), name
    return {line.activity: line for line in lines}


def test_the_report_tells_claims_and_deliveries_of_their_activities() -> None:
    world = sharing()
    sell(world, "D-1", 500, activity="casthouse")
    sell(world, "D-2", 60, activity="casthouse", material="coc_preconsumer_scrap")
    sell(world, "D-3", 300)
    take(world, "D-1", 500, activity="smelting")
    take(world, "D-3", 300)
    sold, bought = told(world, "A2"), told(world, "B2")
    assert sold["casthouse"].output_coc_kg == 560
    assert sold["casthouse"].output_kg == 1000
    assert sold["casthouse"].scrap_kg == 100, "what was shipped as scrap, claimed or not"
    assert sold[None].output_coc_kg == 300, "named by nobody"
    assert (bought["smelting"].inflow_kg, bought["smelting"].input_coc_kg) == (500, 500)
    assert bought[None].inflow_kg == 300


def test_what_becomes_of_a_document_stays_with_its_activities() -> None:
    """Withdrawn, and replaced: nothing is left where nothing holds any more."""
    world = sharing()
    sell(world, "D-1", 500, activity="casthouse")
    world.send("withdraw_document", number="D-1", member_id="A", reason="typo")
    sell(world, "D-2", 400, activity="casthouse")
    take(world, "D-2", 400, activity="smelting")
    sell(world, "D-3", 300, activity="smelting", replaces="D-2", correction_reason="weighed")
    sold, bought = told(world, "A2"), told(world, "B2")
    assert sold["casthouse"].output_coc_kg == 0
    assert (sold["smelting"].output_coc_kg, sold["smelting"].output_kg) == (300, 0)
    assert bought["smelting"].inflow_kg == bought["smelting"].input_coc_kg == 0
