"""A correction of a document of a closed period is traced to where its claim was made, and with the
difference only to where it is booked."""

from collections.abc import Mapping
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as some

from contracts.certification import CertificateReinstated, CertificateSuspended
from contracts.coc import OutputDesignated
from contracts.values import CertificationStatus
from services.coc_ledger.traces.trace import WHOLE, Node
from tests.rules.coc.test_lineage import book, confirm, issue, pairs, said, sold, traced
from tests.rules.coc.test_periods_and_orders import close, document, send
from tests.rules.coc.world import World

ERROR, PRESENT = "A:aluminium:2026-01-01", "A:aluminium:2027-01-01"
THEIRS = "B:aluminium:2027-01-01"
CORRECTED = date(2027, 1, 5)


def corrected(*masses: int, fails: bool = False, present: int = 300) -> World:
    """D-1 of 500 kg, closed, and then replaced by D-2 (by D-3 ...) of other masses; the last one is
    confirmed. In the `present` period so many kg of scrap come in. `fails`: before it is replaced,
    D-1 fails its check after all."""
    world = sold()
    book(world, "B", "aluminium", "ship_material", 500, date(2026, 5, 26))
    world.today = date(2027, 1, 10)
    close(world)
    scrap = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-2"}
    book(world, "A", "aluminium", "receive_material", present, CORRECTED, **scrap)
    book(world, "A", "aluminium", "ship_material", present, CORRECTED)
    if fails:
        change = {"certificate_id": "CA-CoC", "member_id": "A"}
        full, none = CertificationStatus.CERTIFIED_FULL, CertificationStatus.SUSPENDED
        gone, back = date(2026, 5, 1), date(2027, 1, 1)
        world.tell(CertificateSuspended(**change, effective_on=gone, status=none))
        world.settle()
        world.tell(CertificateReinstated(**change, effective_on=back, status=full))
        world.settle()
    for at, kg in enumerate(masses, start=2):
        more = {"replaces": f"D-{at - 1}", "correction_reason": "weighed", "day": CORRECTED}
        send(world, document(f"D-{at}", kg, **more))
        world.settle()
    confirm(world, f"D-{len(masses) + 1}", masses[-1], CORRECTED)
    return world


def by_pool(nodes: list[Node], level: int = 1) -> Mapping[str | None, int]:
    """The parts of a level's nodes that are documents, by pool."""
    return {one.pool: one.parts for one in nodes if one.document and one.level == level}


def from_pools(world: World, number: str) -> Mapping[str, int]:
    """What of a document is found going up to it: the parts at the buyer, by the pool they came
    from."""
    book(world, "B", "aluminium", "ship_material", 100, CORRECTED)
    customer = {"name": "A", "address": "x", "scope_id": "A"}
    onward = {"member_id": "B", "scope_id": "B", "customer": customer, "day": CORRECTED}
    send(world, document("D-9", 100, **onward))
    world.settle()
    found = by_pool([one for one in traced(world, "up", "D-9") if one.document == number])
    return {pool: parts for pool, parts in found.items() if pool}


def test_what_stays_of_a_claim_comes_from_the_closed_pool_and_the_rest_from_the_present() -> None:
    world = corrected(600)
    assert from_pools(world, "D-2") == {ERROR: WHOLE * 5 // 6, PRESENT: WHOLE // 6 + 1}
    up = traced(world, "up", "D-2")
    assert sum(one.parts for one in up if one.final) == WHOLE
    assert {one.kind for one in up} == {"post_consumer_scrap", "carried"}


def test_a_smaller_correction_comes_from_the_closed_pool_alone() -> None:
    world = corrected(400)
    assert from_pools(world, "D-2") == {ERROR: WHOLE}
    assert said(traced(world, "up", "D-2")) == [("post_consumer_scrap", None, None)]


def test_a_correction_of_a_correction_keeps_what_came_from_the_closed_pool() -> None:
    world = corrected(600, 550)
    parts = from_pools(world, "D-3")
    assert sum(parts.values()) == WHOLE
    assert parts[ERROR] * 55 // WHOLE == 50
    [*_, event] = [one.event for one in world.desk.log if one.envelope.stream.startswith("pool/A")]
    assert isinstance(event, OutputDesignated)
    assert [(one.pool.key, one.kg) for one in event.from_closed] == [(ERROR, 500)]


def test_what_failed_its_check_was_given_back_and_is_claimed_anew_in_the_present() -> None:
    world = corrected(200, fails=True)
    assert from_pools(world, "D-2") == {PRESENT: WHOLE}


def test_a_document_behind_it_finds_the_correction_through_both_pools() -> None:
    """B sells on what it bought, closes, and corrects: 300 kg of it were claimed in the closed
    period, 50 kg of what was carried."""
    world = sold()
    book(world, "B", "aluminium", "ship_material", 500, date(2026, 5, 26))
    between = ("B", "A")
    issue(world, "D-5", between, "coc_casthouse_product", 300, date(2026, 5, 27))
    world.today = date(2027, 1, 10)
    close(world, "B")
    book(world, "B", "aluminium", "ship_material", 100, CORRECTED)
    more = {"replaces": "D-5", "correction_reason": "weighed"}
    assert issue(world, "D-6", between, "coc_casthouse_product", 350, CORRECTED, **more) == ""
    down = [one for one in traced(world, "down", "D-1") if one.document == "D-6"]
    assert [(one.level, one.parts) for one in down] == [(1, WHOLE * 3 // 5), (2, WHOLE // 10)]
    up = [one for one in traced(world, "up", "D-6") if one.document == "D-1"]
    assert [one.level for one in up] == [1, 2]
    assert sum(one.parts for one in up) == WHOLE
    assert pairs(world, "up", None) == pairs(world, "down", None)


@settings(max_examples=25, deadline=None)
@given(some.lists(some.integers(1, 780), min_size=1, max_size=3), some.integers(-5, 400))
def test_corrections_say_the_same_pairs_both_ways_on_every_day(
    masses: list[int], after: int
) -> None:
    world = corrected(*masses, present=3000)
    for on in (None, date(2026, 12, 31), CORRECTED + timedelta(days=after)):
        assert pairs(world, "up", on) == pairs(world, "down", on)
        for number in world.documents():
            for way in ("up", "down"):
                parts = sum(one.parts for one in traced(world, way, number, on) if one.final)
                assert parts == WHOLE
