"""What went on into the next stage as CoC is checked again when certificates tell otherwise of its
day: as if it had been known when it was booked, and back where it was covered after all.
"""

from datetime import date
from typing import Any

import pytest

from contracts.certification import CertificateStatusCorrected
from contracts.coc import MovementBooked, ScopeReinstated, ScopeSuspended
from contracts.coc_corrections import BalanceCorrected, PoolCorrected
from contracts.custody import Account, MovementKind, PoolKey, Stage
from contracts.values import CertificationStatus, Standard
from services.coc_ledger.exports.epcis import epcis_document
from services.coc_ledger.pools.stage_rows import STAGE_CHECKS
from services.coc_ledger.traces.passage_rows import PASSAGES
from tests.rules.coc.given import balanced, kg
from tests.rules.coc.test_stage_reversal import (
    AFTER,
    DAY,
    attempt,
    key,
    refinery,
    send,
    sold,
)
from tests.rules.coc.world import YEAR, World

COC, PS = Standard.CHAIN_OF_CUSTODY, Standard.PERFORMANCE
FULL, SUSPENDED = CertificationStatus.CERTIFIED_FULL, CertificationStatus.SUSPENDED
BEFORE, SINCE = date(2026, 2, 1), date(2026, 2, 3)
STAGES = (Stage.BAUXITE, Stage.ALUMINA)


def told(
    world: World,
    status: CertificationStatus,
    on: date = BEFORE,
    standard: Standard = COC,
    *,
    settled: bool = True,
) -> World:
    """A certificate of A's has another status from a day on than had been told."""
    world.tell(
        CertificateStatusCorrected(
            certificate_id=f"CA-{standard.value}", member_id="A", effective_on=on, status=status
        )
    )
    if settled:
        world.settle()
    return world


def masses(world: World, period: date = YEAR) -> list[dict[Account, int]]:
    """What both pools hold, by account, without what is empty."""
    pools = [world.pool(key(stage, period=period)) for stage in STAGES]
    assert all(balanced(pool) for pool in pools)
    return [{name: one.kg for name, one in pool.books.items() if one.kg} for pool in pools]


def grams(world: World) -> int:
    """What all that lies in the pools, or left them, carries."""
    held = (Account.STOCK, Account.OUTFLOW, Account.OUTPUT_COC)
    pools = [world.pool(key(stage)) for stage in STAGES]
    return sum(pool.books[name].emission_g for pool in pools for name in held if name in pool.books)


def corrections(world: World) -> list[MovementBooked]:
    events = [one.event for one in world.desk.log]
    return [one for one in events if isinstance(one, MovementBooked) and one.corrects]


def non_coc_from_the_start() -> World:
    """The same refinery, whose clerk knew that nothing was covered."""
    world = refinery()
    send(world, "reverse_movement", "bauxite", "BACK", reverses="T")
    send(world, "change_stage", "bauxite", "T-2", mass_kg=2847, coc_kg=0)
    return world


@pytest.mark.parametrize("standard", [COC, PS])
def test_a_change_of_stage_that_was_not_covered_is_as_if_that_had_been_known(
    standard: Standard,
) -> None:
    world = refinery()
    carried = grams(world)
    told(world, SUSPENDED, standard=standard)
    assert masses(world) == masses(non_coc_from_the_start())
    assert kg(world.pool(key(Stage.ALUMINA)), Account.NON_COC) == -1000
    assert grams(world) == carried, "nothing of the footprint is lost"


def test_both_sides_say_of_which_day_and_why() -> None:
    world = told(refinery(), SUSPENDED)
    first, second = corrections(world)
    assert [one.day for one in (first, second)] == [DAY, DAY]
    assert [one.kind for one in (first, second)] == [MovementKind.RECLASSIFICATION] * 2
    assert (first.corrects, second.corrects) == ("T", "stage:bauxite:T")
    assert [one.sentence for one in first.remarks] == [
        "Booked as non-CoC: issuer-coc-certificate-not-valid."
    ]
    assert first.evidence is not None
    assert not first.evidence.holds(COC)


def test_news_that_it_was_covered_after_all_puts_it_back() -> None:
    before = masses(refinery())
    world = told(told(refinery(), SUSPENDED), FULL)
    assert masses(world) == before
    assert len(corrections(world)) == 4
    told(world, SUSPENDED)
    assert masses(world) == masses(non_coc_from_the_start()), "and away again"


def test_news_of_a_later_day_changes_nothing() -> None:
    world = told(refinery(), SUSPENDED, SINCE)
    assert corrections(world) == []


def test_the_same_news_twice_is_booked_once() -> None:
    world = refinery()
    told(world, SUSPENDED, settled=False)
    told(world, SUSPENDED, standard=PS)
    told(world, SUSPENDED)
    assert len(corrections(world)) == 2


def test_news_that_comes_while_the_change_is_on_its_way_is_not_missed() -> None:
    """Booked, but not read yet, when the news is read."""
    world = refinery()
    where = {"scope_id": "R", "member_id": "A", "stage": "bauxite", "day": DAY}
    world.send("change_stage", movement_id="T-9", mass_kg=2847, coc_kg=2847, **where)
    told(world, SUSPENDED)
    assert {one.corrects for one in corrections(world)} >= {"T-9", "stage:bauxite:T-9"}
    assert kg(world.pool(key(Stage.ALUMINA)), Account.INPUT_COC) == 0


def test_news_that_changes_its_mind_in_one_breath_ends_where_it_ends() -> None:
    world = told(refinery(), SUSPENDED, settled=False)
    told(world, FULL)
    assert masses(world) == masses(refinery())


def suspended(world: World, day: date) -> World:
    """The clock was late: the scope is suspended from a day that is over."""
    event = ScopeSuspended(
        scope_id="R", member_id="A", effective_on=day, because="ps_not_achieved", facility_id=None
    )
    world.tell(event, "coc_ledger")
    world.settle()
    return world


def test_a_suspension_of_the_scope_that_is_dated_back_does_the_same() -> None:
    world = suspended(refinery(), DAY)
    assert masses(world) == masses(non_coc_from_the_start())
    assert corrections(world)[0].remarks[0].sentence.endswith("issuer-scope-suspended.")
    world.tell(ScopeReinstated(scope_id="R", member_id="A", effective_on=DAY), "coc_ledger")
    world.settle()
    assert masses(world) == masses(refinery())


def test_a_suspension_of_a_later_day_leaves_it() -> None:
    world = suspended(refinery(), SINCE)
    assert corrections(world) == []


def test_the_product_that_was_sold_as_coc_is_short_then_and_nothing_more_is_sold() -> None:
    world = refinery()
    assert world.attempt("issue_document", **sold("D-1", 500)) == ""
    world.settle()
    told(world, SUSPENDED)
    told(world, FULL, SINCE)
    assert kg(world.pool(key(Stage.ALUMINA)), Account.OUTPUT_COC) == 500
    assert world.attempt("issue_document", **sold("D-2", 1)) == "claim-not-covered"


def test_rows_are_the_same_in_whatever_order_the_two_pools_are_read() -> None:
    """Each is a stream of its own: a rebuild may read the one before the other."""
    world = told(told(refinery(), SUSPENDED), FULL)
    told(world, SUSPENDED)
    send(world, "change_stage", "bauxite", "T-2", mass_kg=2847)
    send(world, "reverse_movement", "bauxite", "BACK-2", reverses="T-2")
    [kept] = [one for one in world.reader.rows["stage_checks"].values() if one]
    ours = [one for one in world.desk.log if one.envelope.stream.startswith("pool/R:")]
    orders = [
        sorted(ours, key=lambda one: one.envelope.stream, reverse=back) for back in (False, True)
    ]
    for order in orders:
        rows: dict[str, Any] = {}
        for one in order:
            for name in STAGE_CHECKS.keys(one):
                rows[name] = STAGE_CHECKS.evolve(name, rows.get(name), one)
        assert [one for one in rows.values() if one] == [kept]
    assert (kept.as_coc, kept.entered_as_coc, kept.checks) == (False, False, 3)


def test_a_change_that_is_taken_back_leaves_no_row_in_either_order() -> None:
    world = refinery()
    send(world, "reverse_movement", "bauxite", "BACK", reverses="T")
    ours = [one for one in world.desk.log if one.envelope.stream.startswith("pool/R:")]
    for back in (False, True):
        rows: dict[str, Any] = {}
        for one in sorted(ours, key=lambda one: one.envelope.stream, reverse=back):
            for name in STAGE_CHECKS.keys(one):
                rows[name] = STAGE_CHECKS.evolve(name, rows.get(name), one)
        assert [one for one in rows.values() if one] == []


# --- taken back ---


def test_taken_back_after_a_correction_it_leaves_nothing_behind() -> None:
    world = told(refinery(), SUSPENDED)
    send(world, "reverse_movement", "bauxite", "BACK", reverses="T")
    plain = refinery()
    send(plain, "reverse_movement", "bauxite", "BACK", reverses="T")
    assert masses(world) == masses(plain)
    told(world, FULL)
    assert masses(world) == masses(plain), "what never was is not put back"


def test_taken_back_it_is_not_corrected() -> None:
    world = refinery()
    where = {"scope_id": "R", "member_id": "A", "stage": "bauxite", "day": DAY}
    world.send("reverse_movement", movement_id="BACK", reverses="T", **where)
    told(world, SUSPENDED)
    assert corrections(world) == []


# --- closed periods ---


def close(world: World, stage: str) -> None:
    world.send("close_period", stage=stage, scope_id="R", member_id="A", day=DAY)
    world.settle()


def closed(world: World) -> World:
    world.today = AFTER
    for stage in ("bauxite", "alumina"):
        close(world, stage)
    return world


def left(world: World) -> list[Any]:
    """What the next periods got, and what both closes say."""
    rows = [world.reader.row("pools", key(stage).key) for stage in STAGES]
    after = [world.pool(key(stage, period=date(2027, 1, 1))) for stage in STAGES]
    names = ("balance_kg", "input_kg", "designated_kg", "max_output_kg", "expired_kg")
    return [
        masses(world),
        [{name: row.closing[name] for name in names} for row in rows],
        [(one.carried_kg, one.owed_kg, one.blocked, kg(one, Account.STOCK)) for one in after],
    ]


def test_a_closed_period_is_corrected_and_what_it_left_follows() -> None:
    """Not booked in the next one: it is a movement of the scope's own (decision 0007)."""
    world = told(closed(refinery()), SUSPENDED)
    assert left(world) == left(closed(told(refinery(), SUSPENDED)))
    events = [one.event for one in world.desk.log]
    assert [one.pool.stage for one in events if isinstance(one, PoolCorrected)] == list(STAGES)
    assert [one.reason for one in events if isinstance(one, BalanceCorrected)] == [
        "not-covered"
    ] * 2
    told(world, FULL)
    assert left(world) == left(closed(refinery()))


def test_an_entry_that_found_its_period_closed_is_corrected_where_it_was_booked() -> None:
    world = refinery()
    world.today = AFTER
    close(world, "alumina")
    send(world, "change_stage", "bauxite", "LATE", mass_kg=2847, coc_kg=2847)
    after = key(Stage.ALUMINA, period=date(2027, 1, 1))
    assert kg(world.pool(after), Account.INPUT_COC) == -1000
    told(world, SUSPENDED)
    assert (kg(world.pool(after), Account.INPUT_COC), kg(world.pool(after), Account.NON_COC)) == (
        0,
        -1000,
    )
    assert all(balanced(pool) for pool in world.pools().values())


# --- what is read from it ---


def test_a_trace_and_the_rows_find_no_coc_metal_that_passed() -> None:
    world = told(refinery(), SUSPENDED)
    assert [one for one in world.reader.rows["pool_passages"].values() if one] == []
    row = world.reader.row("pools", key(Stage.ALUMINA).key)
    assert row.sources.get("earlier_stage", 0) == 0
    told(world, FULL)
    [passed] = [one for one in world.reader.rows["pool_passages"].values() if one]
    assert (passed.left_kg, passed.kg, passed.came_on) == (2847, 1000, DAY)


def test_a_passage_that_came_back_before_its_entry_had_followed_is_whole() -> None:
    """The first pool is right again before the second one was told that it was wrong."""
    world = refinery()
    [kept] = [one for one in world.reader.rows["pool_passages"].values() if one]
    told(told(world, SUSPENDED), FULL)
    out, into, out_again, into_again = corrections(world)
    row = kept
    for event in (out, out_again, into, into_again):
        recorded = next(one for one in world.desk.log if one.event is event)
        row = PASSAGES.evolve(kept.key, row, recorded)
    assert row._replace(told_on=kept.told_on) == kept


def test_epcis_tells_that_it_does_not_conform() -> None:
    world = told(refinery(), SUSPENDED)
    for stage, mass in zip(STAGES, (2847, 1000), strict=True):
        ours = [one for one in world.desk.log if one.envelope.stream == key(stage).stream]
        made: dict[str, Any] = epcis_document(
            ours, "https://castmark.test", ours[-1].envelope.recorded_at, ()
        )
        [seen] = [
            one
            for one in made["epcisBody"]["eventList"]
            if one.get("disposition") == "non_conformant"
        ]
        assert [one["quantity"] for one in seen["quantityList"]] == [mass]


def test_a_change_that_is_booked_afterwards_asks_for_certificates_itself() -> None:
    world = told(refinery(), SUSPENDED)
    slug = attempt(world, "change_stage", "bauxite", "T-2", mass_kg=2847, coc_kg=1)
    assert slug == "coc-certificate-not-valid"


def test_a_change_of_before_evidence_was_kept_is_checked_by_its_entity() -> None:
    world = refinery()
    [made] = [one for one in world.desk.log if getattr(one.event, "movement_id", "") == "T"]
    old = made.event.model_copy(update={"evidence": None, "movement_id": "OLD"})
    world.reader.apply(made._replace(event=old))
    told(world, SUSPENDED)
    assert "OLD" in {one.corrects for one in corrections(world)}


def test_pools_of_another_scope_are_left_alone() -> None:
    world = refinery()
    before = world.pool(PoolKey(scope_id="B", stage=Stage.ALUMINIUM, period=YEAR))
    told(world, SUSPENDED)
    assert world.pool(PoolKey(scope_id="B", stage=Stage.ALUMINIUM, period=YEAR)) == before
