"""Scrap of manufacturing that comes by a document is pre-consumer scrap at its receiver, as where
it comes without one; what its seller's pool took in stays told of its metal."""

from datetime import date

from contracts import certification
from contracts.custody import Account, PoolKey
from contracts.values import CertificationStatus
from services.coc_ledger.accounting.accounts import Amount
from services.coc_ledger.accounting.accounts import held as held_in
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
    got = stock(world)
    assert (got.kg, got.pre_kg, got.post_kg) == (20, 20, 0)
    bought = held_in(world.pool(BUYER).books, Account.INPUT_PRE_CONSUMER)
    assert (bought.kg, bought.pre_kg, bought.post_kg) == (-20, -20, 0)


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
