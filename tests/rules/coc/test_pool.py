"""A pool by its commands: what is booked, what may be claimed, what a closed period passes on."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from contracts.coc import (
    BalanceCarried,
    DesignationReleased,
    MovementBooked,
    OutputDesignated,
    PoolClosed,
    PoolOpened,
)
from contracts.coc_corrections import PoolCorrected
from contracts.custody import Account, Carried, Lot, Origin, Stage
from contracts.values import Standard
from services.coc_ledger.evidence import PoolKnown, ReplacedClaim, Stake
from services.coc_ledger.pools.commands import (
    ApplyChange,
    BookLoss,
    BookProcessEmissions,
    Carry,
    ChangeStage,
    ClosePeriod,
    CountStock,
    DeclareOverdraftCase,
    DeliveryChange,
    ReverseMovement,
)
from services.coc_ledger.pools.deferred import ChangeDeferred
from services.coc_ledger.pools.recent import PAGES, PER_PAGE
from tests.rules.coc.given import (
    DAY,
    KEY,
    NEXT,
    NOTHING_SEEN,
    TODAY,
    TONNE,
    balanced,
    claim,
    kg,
    movement,
    pools,
    receive,
    scope_seen,
    scrap,
    seen,
    ship,
    w11,
    where,
)

AFTER = date(2027, 1, 4)
CLOSE = ClosePeriod(**where(on=AFTER))


def test_the_first_booking_opens_the_pool_of_its_day() -> None:
    opened, booked = pools.when(receive("IN-1", 100)).events
    assert isinstance(opened, PoolOpened)
    assert opened.pool == KEY
    assert isinstance(booked, MovementBooked)
    assert [(one.account, one.kg) for one in booked.entries] == [
        (Account.NON_COC, -100),
        (Account.STOCK, 100),
    ]


def test_four_thousand_nine_hundred_tonnes_may_be_claimed_and_no_kilogram_more() -> None:
    """W11 in the ledger."""
    booked = pools.when(*w11())
    most = 4900 * TONNE
    booked.and_when(claim("D-1", most + 1)).refused("claim-not-covered", available_kg=most)
    done = booked.and_when(claim("D-1", most))
    assert isinstance(done.events[0], OutputDesignated)
    assert (kg(done.state, Account.OUTPUT_COC), balanced(done.state)) == (most, True)
    done.and_when(claim("D-2", 1)).refused("claim-not-covered", available_kg=0)


def test_two_callers_who_want_the_last_tonne_meet_in_one_stream() -> None:
    booked = pools.when(*w11(), claim("D-1", 4899 * TONNE), claim("D-2", TONNE))
    booked.and_when(claim("D-3", TONNE)).refused("claim-not-covered")


def test_a_claim_is_covered_on_its_own_day_too() -> None:
    """Metal that came in later covers nothing that was sold before."""
    early = date(2026, 2, 1)
    booked = pools.when(ship("OUT-0", 10, day=early), *w11())
    booked.and_when(claim("D-1", 5, day=early)).refused("claim-not-covered", available_kg=0)


def test_a_lot_has_to_leave_before_a_document_claims_it() -> None:
    stocked = pools.when(scrap("IN-1", 100), ship("OUT-1", 10))
    stocked.and_when(claim("D-1", 11)).refused("lot-not-shipped", shipped_kg=10)


def test_the_same_again_is_booked_once_and_another_under_its_id_is_refused() -> None:
    booked = pools.when(receive("IN-1", 100))
    booked.and_when(receive("IN-1", 100)).nothing()
    booked.and_when(receive("IN-1", 101)).refused("movement-id-used")
    claimed = pools.when(*w11(), claim("D-1", 7))
    claimed.and_when(claim("D-1", 7)).nothing()
    claimed.and_when(claim("D-1", 8)).refused("document-number-used")


def test_an_id_that_the_state_forgot_is_known_from_rows_or_waited_for() -> None:
    many = [
        receive(f"IN-{number}", 1, known=PoolKnown(through=number))
        for number in range(PER_PAGE * (PAGES + 2))
    ]
    full = pools.when(*many)
    assert full.state.recent.forgotten > 0
    full.and_when(receive("IN-0", 1)).refused("ledger-ahead")
    first = pools.when(many[0]).events[1]
    assert isinstance(first, MovementBooked)
    row = movement(first)
    known = PoolKnown(through=full.state.version, movement=row)
    full.and_when(receive("IN-0", 1, known=known)).nothing()
    full.and_when(receive("IN-0", 2, known=known)).refused("movement-id-used")


def test_a_reversal_takes_a_movement_back_to_the_gram_and_once() -> None:
    told = {"intensity_kgco2e_per_kg": "1.2345"}
    before = pools.when(scrap("IN-1", 999))
    booked = before.and_when(receive("IN-2", 100, footprint=told))
    event = booked.events[0]
    row = movement(event)
    back = ReverseMovement(
        movement_id="BACK", reverses="IN-2", **where(known=PoolKnown(reversed=row))
    )
    done = booked.and_when(back)
    held = {account: one for account, one in done.state.books.items() if any(one)}
    assert held == {account: one for account, one in before.state.books.items() if any(one)}
    again = back.model_copy(update={"movement_id": "BACK-2"})
    done.and_when(again).refused("movement-reversed", reversed_by="BACK")
    unseen = again.model_copy(update={"known": PoolKnown()})
    booked.and_when(unseen).refused("ledger-ahead")


def test_a_shipment_that_a_document_claims_is_not_taken_back() -> None:
    booked = pools.when(scrap("IN-1", 100), ship("OUT-1", 80))
    event = booked.events[-1]
    row = movement(event)
    back = ReverseMovement(
        movement_id="BACK", reverses="OUT-1", **where(known=PoolKnown(reversed=row))
    )
    booked.and_when(claim("D-1", 10), back).refused("lot-claimed")


@pytest.mark.parametrize(
    ("changed", "slug"),
    [
        ({"checked": NOTHING_SEEN}, "coc-certificate-not-valid"),
        ({"checked": seen(Standard.CHAIN_OF_CUSTODY)}, "ps-certificate-needed"),
        ({"behind_s": 61}, "certificates-not-known-yet"),
        ({"scope": scope_seen(suspended_from=DAY)}, "coc-suspended"),
        ({"scope": scope_seen(ends_before=DAY)}, "scope-transferred"),
        ({"scope": scope_seen(member_id="M-2")}, "unknown-scope"),
        ({"scope": scope_seen(stages=(Stage.ALUMINA,))}, "stage-not-in-scope"),
        ({"day": date(2026, 6, 2)}, "day-ahead"),
    ],
)
def test_who_may_not_claim_is_told_why(changed: dict[str, object], slug: str) -> None:
    pools.when(*w11()).and_when(claim("D-1", 1, **changed)).refused(slug)


def test_behind_the_casthouse_the_performance_standard_may_follow() -> None:
    changed = {"checked": seen(Standard.CHAIN_OF_CUSTODY), "scope": scope_seen(ps_pending=True)}
    done = pools.when(*w11()).and_when(claim("D-1", 1, **changed))
    assert isinstance(done.events[0], OutputDesignated)


@pytest.mark.parametrize(
    ("changed", "coc_kg", "rule"),
    [
        ({}, 100, None),
        ({"origin_ref": None}, 0, "R-05"),
        ({"diligence": ()}, 0, "R-28"),
    ],
)
def test_scrap_counts_with_its_origin_and_its_supplier_known(
    changed: dict[str, object], coc_kg: int, rule: str | None
) -> None:
    event = pools.when(scrap("IN-1", 100, **changed)).events[-1]
    assert isinstance(event, MovementBooked)
    assert event.coc_kg == coc_kg
    assert [one.rule for one in event.remarks] == ([rule] if rule else [])


def test_pre_consumer_scrap_counts_only_by_a_document() -> None:
    event = pools.when(receive("IN-1", 100, Origin.PRE_CONSUMER)).events[-1]
    assert isinstance(event, MovementBooked)
    assert (event.coc_kg, event.entries[0].account) == (0, Account.NON_COC)
    assert event.entries[0].pre_kg == -100


def test_what_a_lot_carries_is_conserved_through_losses_and_process_emissions() -> None:
    done = pools.when(
        scrap("IN-1", 1000, footprint={"intensity_kgco2e_per_kg": "0.5"}),
        receive("IN-2", 1000, footprint={"intensity_kgco2e_per_kg": "16"}),
        BookProcessEmissions(movement_id="P", emission_kgco2e=Decimal("123.456"), **where()),
        BookLoss(movement_id="L", mass_kg=100, **where()),
        ship("OUT-1", 1900),
        claim("D-1", 700),
    )
    assert balanced(done.state)
    event = done.events[0]
    assert isinstance(event, OutputDesignated)
    total = 1000 * 500 + 1000 * 16_000 + 123_456
    share = int(event.carried.emission_kgco2e * 1000)
    assert share == total * 700 // 1900
    rest = done.state.books[Account.OUTFLOW].emission_g
    assert share + rest == total, "losses carry nothing away"


def test_a_count_says_what_cannot_be_explained() -> None:
    done = pools.when(receive("IN-1", 1000), CountStock(movement_id="C", counted_kg=980, **where()))
    assert kg(done.state, Account.UNEXPLAINED) == 20
    closed = done.and_when(CLOSE).events[0]
    assert isinstance(closed, PoolClosed)
    assert [one.rule for one in closed.remarks] == ["R-34"]


def test_a_change_of_stage_is_a_claim_and_has_a_plausible_yield() -> None:
    alumina = scope_seen(stages=(Stage.ALUMINA, Stage.ALUMINIUM))
    at = where(stage=Stage.ALUMINA, scope=alumina)
    delivery = DeliveryChange(
        movement_id="document:1:X",
        action="book",
        day=DAY,
        received_kg=1928,
        coc_kg=964,
        carried=Carried(),
    )
    pool = KEY.model_copy(update={"stage": Stage.ALUMINA})
    start = pools.when(
        ApplyChange(
            on=TODAY, pool=pool, member_id="M-1", ends_on=date(2026, 12, 31), delivery=delivery
        )
    )
    use = ChangeStage(movement_id="USE", mass_kg=1928, coc_kg=964, checked=seen(), **at)
    event = start.and_when(use).events[0]
    assert isinstance(event, MovementBooked)
    assert (event.produced_kg, event.produced_coc_kg) == (1000, 500)
    more = use.model_copy(update={"coc_kg": 965})
    start.and_when(more).refused("claim-not-covered", available_kg=964)
    odd = use.model_copy(update={"produced_kg": 1300})
    start.and_when(odd).refused("yield-implausible", usual_kg=1000)


def test_a_partner_without_control_takes_no_more_than_its_share() -> None:
    stake = Stake(holder_scope_id="S-9", share_percent=Decimal(25))
    partner = {
        "scope": scope_seen(stakes=(stake,)),
        "customer_scope_id": "S-9",
        "customer_seen": seen(Standard.PERFORMANCE, entity="E-9"),
    }
    booked = pools.when(scrap("IN-1", 100), ship("OUT-1", 100), claim("D-1", 20, **partner))
    booked.and_when(claim("D-2", 6, **partner)).refused("share-exceeded", limit_kg=25)
    assert booked.and_when(claim("D-2", 5, **partner)).events
    old = ReplacedClaim(
        number="D-1",
        pool=KEY,
        mass_kg=20,
        lot=Lot.PRODUCT,
        carried=Carried(),
        designated=True,
        day=DAY,
    )
    corrected = booked.and_when(claim("D-2", 25, replaced=old, **partner))
    corrected.and_when(claim("D-3", 1, **partner)).refused("share-exceeded", taken_kg=25)


def test_a_partner_without_control_is_certified_to_the_performance_standard_itself() -> None:
    stake = Stake(holder_scope_id="S-9", share_percent=Decimal(25))
    booked = pools.when(scrap("IN-1", 100), ship("OUT-1", 100))
    partner: dict[str, Any] = {"scope": scope_seen(stakes=(stake,)), "customer_scope_id": "S-9"}
    for known in (None, seen(Standard.CHAIN_OF_CUSTODY, entity="E-9")):
        partner["customer_seen"] = known
        booked.and_when(claim("D-1", 20, **partner)).refused("holder-ps-certificate-needed")
        booked.and_when(claim("D-1", 20, **{**partner, "customer_scope_id": "S-8"}))


def test_a_correction_in_the_open_period_gives_the_old_claim_back_first() -> None:
    first = pools.when(*w11(), claim("D-1", 4900 * TONNE))
    event = first.events[0]
    assert isinstance(event, OutputDesignated)
    old = ReplacedClaim(
        number="D-1",
        pool=KEY,
        mass_kg=event.mass_kg,
        lot=Lot.PRODUCT,
        carried=event.carried,
        designated=True,
        day=event.day,
    )
    done = first.and_when(claim("D-2", 4000 * TONNE, replaced=old))
    released, made = done.events
    assert isinstance(released, DesignationReleased)
    assert isinstance(made, OutputDesignated)
    assert (kg(done.state, Account.OUTPUT_COC), balanced(done.state)) == (4000 * TONNE, True)


@pytest.mark.parametrize(("new_kg", "moved", "freed"), [(60, 10, 0), (45, 0, 5), (50, 0, 0)])
def test_a_correction_claims_more_in_the_present_period_and_frees_less_in_the_closed_one(
    new_kg: int, moved: int, freed: int
) -> None:
    carried = Carried(known_kg=50, emission_kgco2e=Decimal(25), post_kg=50)
    past = KEY.model_copy(update={"period": date(2025, 1, 1)})
    old = ReplacedClaim(
        number="D-1",
        pool=past,
        mass_kg=50,
        lot=Lot.PRODUCT,
        carried=carried,
        designated=True,
        day=date(2025, 5, 1),
    )
    start = pools.when(scrap("IN-1", 100), ship("OUT-1", 100))
    done = start.and_when(claim("D-2", new_kg, replaced=old))
    assert kg(done.state, Account.OUTPUT_COC) == moved
    assert balanced(done.state)
    made = done.events[-1]
    assert isinstance(made, OutputDesignated)
    assert [(one.pool, one.kg) for one in made.freed] == [(past, freed)] * bool(freed)


def test_a_closed_period_refuses_clerks_and_passes_on_what_has_happened() -> None:
    closed = pools.when(*w11(), claim("D-1", 900 * TONNE), CLOSE)
    event = closed.events[0]
    assert isinstance(event, PoolClosed)
    assert (event.balance_kg, event.max_output_kg) == (4000 * TONNE, 4900 * TONNE)
    closed.and_when(CLOSE).nothing()
    closed.and_when(ship("OUT-9", 1, on=AFTER)).refused("period-closed")
    change = DeliveryChange(
        movement_id="document:1:X",
        action="book",
        day=DAY,
        received_kg=9,
        coc_kg=9,
        carried=Carried(),
    )
    late = ApplyChange(
        on=AFTER, pool=KEY, member_id="M-1", ends_on=date(2026, 12, 31), delivery=change
    )
    [deferred] = closed.and_when(late).events
    assert isinstance(deferred, ChangeDeferred)
    assert (deferred.to.period, deferred.late_for) == (NEXT, DAY)
    onward = late.model_copy(
        update={"pool": deferred.to, "late_for": DAY, "ends_on": date(2027, 12, 31)}
    )
    opened, booked = pools.when(onward).events
    assert isinstance(opened, PoolOpened)
    assert isinstance(booked, MovementBooked)
    assert (booked.day, booked.late_for) == (NEXT, DAY)


def test_a_period_is_closed_when_it_is_over() -> None:
    early = ClosePeriod(**where(on=date(2026, 12, 31)))
    pools.when(receive("IN-1", 1)).and_when(early).refused("period-not-over")
    pools.when(CLOSE).refused("unknown-pool")


def test_a_balance_serves_the_next_period_and_a_late_one_has_expired() -> None:
    carry = Carry(from_pool=KEY, balance_kg=70, owed_kg=0, blocked=False, stock=())
    pool = KEY.model_copy(update={"period": NEXT})
    brought = ApplyChange(
        on=AFTER, pool=pool, member_id="M-1", ends_on=date(2027, 12, 31), carry=carry
    )
    now: dict[str, Any] = {
        "on": AFTER,
        "day": AFTER,
        "scope": scope_seen(period=NEXT, ends_on=date(2027, 12, 31), next_period=date(2028, 1, 1)),
    }
    start = pools.when(receive("IN-1", 100, **now), ship("OUT-1", 100, **now), brought)
    assert isinstance(start.events[0], BalanceCarried)
    start.and_when(claim("D-1", 71, **now)).refused("claim-not-covered", available_kg=70)
    assert start.and_when(claim("D-1", 70, **now)).events
    closed = start.and_when(ClosePeriod(**where(**{**now, "on": date(2028, 1, 2)})))
    event = closed.events[0]
    assert isinstance(event, PoolClosed)
    assert (event.expired_kg, event.balance_kg) == (70, 0)
    [_, late] = closed.and_when(brought).events
    assert isinstance(late, PoolCorrected)
    assert (late.expired_kg, late.balance_kg, late.balance_change_kg) == (140, 0, 0)


def test_an_overdraft_is_for_a_declared_case_and_blocks_until_it_is_made_good() -> None:
    booked = pools.when(*w11())
    case = DeclareOverdraftCase(reason="flood", **where())
    done = booked.and_when(case, claim("D-1", 5900 * TONNE))
    event = done.events[0]
    assert isinstance(event, OutputDesignated)
    assert event.overdraft_kg == 1000 * TONNE
    closed = done.and_when(CLOSE).events[0]
    assert isinstance(closed, PoolClosed)
    assert (closed.owed_kg, closed.remarks) == (1000 * TONNE, ())
    done.and_when(case).nothing()
