"""Scrap of manufacturing that comes by a document is pre-consumer scrap at its receiver, as where
it comes without one; what its seller's pool took in stays told of its metal."""

from datetime import date
from decimal import Decimal
from typing import Any

from contracts import certification
from contracts.custody import Account, Carried, ClaimPart, Lot, PoolKey
from contracts.values import CertificationStatus
from services.coc_ledger.accounting.accounts import Amount
from services.coc_ledger.accounting.accounts import held as held_in
from services.coc_ledger.documents.paper import Became, paper
from services.coc_ledger.documents.shown import stated, to_customer
from services.coc_ledger.exports.epcis import epcis_document
from tests.rules.coc.given import balanced
from tests.rules.coc.test_periods_and_orders import KEY, document, send, stocked
from tests.rules.coc.world import World

BUYER = KEY.model_copy(update={"scope_id": "B"})
SCRAP = {"material": "coc_preconsumer_scrap"}


def sold() -> World:
    """30 kg of scrap, out of a pool that took in post-consumer scrap and metal of no origin."""
    world = stocked()
    send(world, document("D-1", 20, **SCRAP))
    world.settle()
    return world


def received(world: World) -> World:
    world.send(
        "confirm_document",
        number="D-1",
        member_id="B",
        received_kg=20,
        received_on=date(2026, 5, 25),
    )
    world.settle()
    return world


def stock(world: World, pool: PoolKey = BUYER) -> Amount:
    assert all(map(balanced, world.pools().values()))
    return held_in(world.pool(pool).books, Account.STOCK)


def test_scrap_by_a_document_is_pre_consumer_scrap_at_its_receiver() -> None:
    world = received(sold())
    issued = world.documents()["D-1"].issued
    assert issued is not None
    assert (issued.carried.pre_kg, issued.carried.post_kg) == (0, 13), "of the seller's metal"
    said = issued.supplement
    assert said.pre_consumer_percent == Decimal(100), "of the scrap"
    assert said.post_consumer_percent == Decimal(0)
    got = stock(world)
    assert (got.kg, got.pre_kg, got.post_kg) == (20, 20, 0)
    bought = held_in(world.pool(BUYER).books, Account.INPUT_PRE_CONSUMER)
    assert (bought.kg, bought.pre_kg, bought.post_kg) == (-20, -20, 0)


def test_nobody_but_the_seller_is_told_of_what_its_metal_was_made() -> None:
    """Neither by the document, nor on paper, nor in EPCIS: 13 kg of post-consumer scrap are the
    seller's recipe. Older documents told its shares themselves."""
    world = sold()
    issued = world.documents()["D-1"].issued
    assert issued is not None
    older = issued.supplement.model_copy(update={"post_consumer_percent": Decimal(65)})
    for one in (issued, issued.model_copy(update={"supplement": older})):
        told = stated(one)
        assert (told.carried.pre_kg, told.carried.post_kg) == (20, 0)
        assert told.supplement == issued.supplement
        said = paper(told, Became("issued"), "x").sections
        lines = [line for section in said for line in section.lines]
        assert [value for name, value in lines if "scrap" in value] == [
            "CoC pre-consumer scrap",
            "all of it is pre-consumer scrap",
        ]
        assert "Post-consumer scrap in it" not in dict(lines)
    [recorded] = [one for one in world.desk.log if one.event == issued]
    made = epcis_document([recorded], "https://x", recorded.envelope.recorded_at)
    body: Any = made["epcisBody"]
    [event] = body["eventList"]
    assert (event["castmark:preConsumerKg"], event["castmark:postConsumerKg"]) == (20, 0)


def test_its_customers_row_tells_no_more() -> None:
    world = sold()
    row = world.reader.row("documents", "D-1")
    assert row.document["carried"]["post_kg"] == 13
    theirs = to_customer(row)
    assert theirs.document["carried"]["post_kg"] == 0
    assert theirs._replace(document={}) == row._replace(document={})


def test_the_check_that_answers_a_buyer_tells_no_more() -> None:
    checked = received(sold()).documents()["D-1"].checked
    assert checked is not None
    for told in (checked.claimed, checked.carried):
        assert (told.pre_kg, told.post_kg) == (20, 0)


def test_of_a_corrections_parts_the_customer_is_told_where_they_lie_alone() -> None:
    part = ClaimPart(pool=KEY, kg=5, day=date(2026, 5, 1), carried=Carried(post_kg=5))
    issued = sold().documents()["D-1"].issued
    assert issued is not None
    corrected = issued.model_copy(update={"from_closed": (part,), "lot": Lot.PRODUCT})
    told = stated(corrected)
    assert told.from_closed == (ClaimPart(pool=KEY, kg=5),)
    assert told.carried == issued.carried


def test_nothing_of_it_is_left_when_the_document_is_replaced() -> None:
    world = received(sold())
    more = {"replaces": "D-1", "correction_reason": "weight", "day": date(2026, 5, 30)}
    send(world, document("D-2", 19, **SCRAP, **more))
    world.settle()
    assert stock(world) == Amount()
    world.send(
        "confirm_document",
        number="D-2",
        member_id="B",
        received_kg=19,
        received_on=date(2026, 5, 25),
    )
    world.settle()
    assert stock(world)[3:5] == (19, 0)


def test_a_document_that_fails_its_check_is_not_believed_to_be_of_scrap() -> None:
    world = sold()
    suspended = certification.CertificateSuspended(
        certificate_id="CA-CoC",
        member_id="A",
        effective_on=date(2026, 5, 1),
        status=CertificationStatus.SUSPENDED,
    )
    world.tell(suspended)
    world.settle()
    got = stock(received(world))
    assert (got.kg, got.pre_kg, got.post_kg) == (20, 0, 13)
