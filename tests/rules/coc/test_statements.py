"""Statements and yearly reports are the ledger's own figures, line by line."""

import csv
import hashlib
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.coc import BalanceCarried, MovementBooked
from contracts.coc_movements import apart
from contracts.coc_reports import StageFigures
from contracts.custody import (
    Account,
    Entry,
    FootprintWords,
    Lot,
    Material,
    MovementKind,
    PoolKey,
    Stage,
)
from contracts.envelope import Event
from contracts.values import Activity
from infra.decider import Command
from services.coc_ledger.accounting.accounts import INFLOWS, NO_KGS, PLACE, posted_kg
from services.coc_ledger.accounting.balance import Terms, cover, figures, rule_of
from services.coc_ledger.evidence import PoolKnown
from services.coc_ledger.exports.statements import (
    COLUMNS,
    Before,
    Line,
    before_of,
    csv_of,
    harmless,
    last_lines,
    lines,
    moved_lines,
)
from services.coc_ledger.pools import pool
from services.coc_ledger.pools.commands import ReverseMovement
from services.coc_ledger.yearly_reports import report_before, yearly

from .given import POLICY, claim, pools, receive, ship, where
from .given import movement as seen_as
from .given import scrap as scrap_in
from .test_together import together
from .told import POOL, movement, receipt, recorded, shipment

TONNE = 1000
BEFORE = PoolKey(scope_id="S-1", stage=Stage.ALUMINIUM, period=date(2025, 1, 1))


def statement(*events: Event) -> list[Line]:
    return list(lines(recorded(*events), POLICY))


def carried(balance_kg: int, stock_kg: int) -> BalanceCarried:
    stock = (
        Entry(account=Account.OPENING, kg=-stock_kg),
        Entry(account=Account.STOCK, kg=stock_kg),
    )
    return BalanceCarried(
        pool=POOL,
        member_id="M-1",
        from_pool=BEFORE,
        balance_kg=balance_kg,
        owed_kg=0,
        blocked=False,
        entries=stock,
    )


def test_each_line_says_what_moved_and_what_stands_after_it() -> None:
    """W11 in small: half of the inflow is CoC, so half of the output may be claimed."""
    told = statement(
        carried(10, 40),
        receipt("R-1", 5_000),
        receipt("R-2", 5_000, Account.INPUT_POST_CONSUMER),
        shipment("O-1", 9_800),
    )

    assert [line.kind for line in told] == ["carried", "receipt", "receipt", "shipment"]
    assert [line.stock_kg for line in told] == [40, 5_040, 10_040, 240]
    assert [line.available_kg for line in told] == [10, 10, 10, 4_910]
    assert [line.known_kg for line in told] == [0, 0, 0, 0]
    assert (told[2].inflow_kg, told[2].input_kg, told[3].output_kg) == (5_000, 5_000, 9_800)


def test_a_line_says_what_its_metal_carries() -> None:
    told = {"intensity_kgco2e_per_kg": "4"}
    unknown = {"material": Material.CASTHOUSE_PRODUCT}
    taken = pools.when(scrap_in("IN", 100, footprint=told))
    shipped = taken.and_when(ship("OUT", 80))
    claimed = shipped.and_when(claim("D-1", 40, **unknown))
    found = statement(*taken.events, *shipped.events, *claimed.events)
    seen = {line.kind: (line.known_kg, line.emission_gco2e, line.partial_gco2e) for line in found}
    assert seen["shipment"] == (-80, -320_000, 0)
    assert seen["designation"] == (0, 0, 160_000)


def test_a_line_names_the_contractor_whose_works_the_metal_went_through() -> None:
    tolled = receipt("R-1", 10).model_copy(update={"contractor_id": "K-1"})
    assert [line.contractor for line in statement(tolled, receipt("R-2", 10))] == ["K-1", ""]


MOVES = st.lists(
    st.tuples(st.sampled_from([*INFLOWS, Account.OUTFLOW, Account.LOSSES]), st.integers(1, 9_999)),
    max_size=12,
)


def events_of(moves: Sequence[tuple[Account, int]]) -> list[MovementBooked]:
    made = []
    for number, (account, kg) in enumerate(moves):
        signed = -kg if account in INFLOWS else kg
        entries = ((account, signed), (Account.STOCK, -signed))
        made.append(movement(f"X-{number}", MovementKind.RECEIPT, *entries))
    return made


@given(MOVES)
def test_the_last_line_is_the_pool(moves: list[tuple[Account, int]]) -> None:
    events = events_of(moves)
    kgs = NO_KGS
    for event in events:
        kgs = posted_kg(kgs, event.entries)
    told = statement(*events)

    assert sum(line.inflow_kg for line in told) == figures(kgs).inflow_kg
    assert sum(line.losses_kg for line in told) == kgs[PLACE[Account.LOSSES]]
    if told:
        made = cover(figures(kgs), Terms(), rule_of(POLICY))
        assert told[-1].stock_kg == kgs[PLACE[Account.STOCK]]
        assert told[-1].available_kg == made.available_kg


@settings(max_examples=20)
@given(st.integers(1, 9), st.lists(st.integers(1, 12), max_size=4))
def test_bookings_are_told_page_by_page_however_many_came_together(
    limit: int, chunks: list[int]
) -> None:
    events: list[Event] = []
    for number, size in enumerate(chunks):
        rows = [ship(f"M-{number}-{at}", 1) for at in range(size)]
        events += together(rows, pool.INITIAL)[0][1:] if size > 1 else [receipt(f"R-{number}", 5)]
    records = recorded(*events)
    every = [line.movement for line in moved_lines(one for each in records for one in apart(each))]
    found: list[str] = []
    start: Before | None = Before(len(records) + 1)
    while start is not None:
        start = before_of(str(start))
        last = start.version if start.place else start.version - 1
        after = max(0, last - limit)
        page, start = last_lines(records[after:last], start, limit, more=after > 0)
        assert len(page) <= limit
        found += [line.movement for line in page]
    assert found == every[::-1]


def test_several_words_are_one_cell_as_people_write_them() -> None:
    assert harmless(("smelting", "casthouse")) == "smelting; casthouse"
    assert harmless(("=1", "a")) == "'=1; a"
    assert harmless(()) == ""


def test_a_table_holds_no_formula() -> None:
    assert [harmless(cell) for cell in ("=1+1", "+1", "-1", "@x", "\tx", "plain", -5, None)] == [
        "'=1+1",
        "'+1",
        "'-1",
        "'@x",
        "'\tx",
        "plain",
        -5,
        "",
    ]
    told = b"".join(csv_of(COLUMNS, statement(receipt("R-1", 5)))).decode()
    [row] = csv.DictReader(io.StringIO(told))
    assert (row["movement"], row["inflow_kg"]) == ("R-1", "5")


def year(*events: Event) -> yearly.ReportLine:
    sums = yearly.NOTHING
    for event in events:
        sums = yearly.added(sums, event)
    activities = (Activity.SMELTING, Activity.CASTHOUSE, Activity.ALUMINA_REFINING)
    return yearly.report_line("S-1", 2026, Stage.ALUMINIUM, activities, sums)


def scrap(kg: int) -> MovementBooked:
    entries = (
        Entry(account=Account.INPUT_POST_CONSUMER, kg=-kg, post_kg=-kg),
        Entry(account=Account.STOCK, kg=kg, post_kg=kg),
    )
    return receipt("R-9", kg).model_copy(update={"entries": entries})


def test_a_report_counts_what_came_and_left_and_how_much_of_it_was_recycled() -> None:
    lost = movement("L-1", MovementKind.LOSS, (Account.STOCK, -100), (Account.LOSSES, 100))
    found = year(receipt("R-1", 3_000), scrap(1_000), shipment("O-1", 3_400), lost)

    assert (found.inflow_kg, found.input_coc_kg, found.eligible_scrap_kg) == (4_000, 1_000, 1_000)
    assert (found.output_kg, found.losses_kg, found.stock_change_kg) == (3_400, 100, 500)
    assert found.recycled_content == found.post_consumer_content == Decimal("0.25")
    assert found.coc_share_of_input == Decimal("0.25")
    assert found.metal_yield == Decimal("0.971428"), "3400 of 3500, cut, never rounded up"


SCRAP_LEFT = (
    receive("R-1", 500),
    scrap_in("R-2", 500),
    ship("O-1", 900),
    ship("S-1", 30, Lot.SCRAP),
)
SOLD = claim("D-1", 20, lot=Lot.SCRAP)


def booked(*commands: Command) -> list[Event]:
    """The events of some commands to a pool."""
    events = list[Event]()
    for command in commands:
        made = pools.given(*events).when(command)
        assert made.refusal is None
        events += made.events
    return events


def test_scrap_that_is_sold_as_coc_was_generated_all_the_same() -> None:
    """What a document claims is an allocation: no indicator of what happened in the works moves."""
    before, sold = year(*booked(*SCRAP_LEFT)), year(*booked(*SCRAP_LEFT, SOLD))
    assert (before.process_scrap_rate, before.scrap_kg) == (Decimal("0.032258"), 30)
    assert sold == before._replace(output_coc_kg=20, output_non_coc_kg=910, scrap_not_claimed_kg=10)
    found = year(*booked(*SCRAP_LEFT, SOLD, claim("D-2", 400)))
    indicators = ("recycled_content", "process_scrap_rate", "metal_yield", "coc_share_of_input")
    assert [getattr(found, one) for one in indicators] == [
        getattr(before, one) for one in indicators
    ]


def test_scrap_that_was_taken_back_was_not_generated() -> None:
    left = booked(*SCRAP_LEFT)[-1]
    taken = ReverseMovement(
        movement_id="B-1",
        reverses="S-1",
        **where(known=PoolKnown(through=9, reversed=seen_as(left))),
    )
    found = year(*booked(*SCRAP_LEFT, taken))
    assert (found.scrap_kg, found.process_scrap_rate) == (0, Decimal(0))


def test_a_version_from_before_scrap_was_counted_whole_is_recognised() -> None:
    """By the hash that it was kept with: the books did not move on, the formula did."""
    line = year(*booked(*SCRAP_LEFT, SOLD))._asdict()
    now = StageFigures.model_validate(
        {one: line[one] for one in line if one in StageFigures.model_fields}
    )
    then = now.model_dump(mode="json", exclude={"scrap_kg", "by_activity"})
    then["process_scrap_rate"] = "0.010752"
    kept = orjson.dumps({"stages": [then]}, option=orjson.OPT_SORT_KEYS)
    assert str(now.process_scrap_rate) == "0.032258"
    assert report_before.figures_hash([now]) == hashlib.sha256(kept).hexdigest()


def test_a_report_names_the_activities_of_its_stage_alone() -> None:
    assert year().activities == ("smelting", "casthouse")


def test_metal_of_an_earlier_stage_is_told_apart() -> None:
    entries = ((Account.INPUT_COC, -700), (Account.NON_COC, -300), (Account.STOCK, 1_000))
    found = year(movement("stage:alumina:T", MovementKind.FROM_STAGE, *entries, coc_kg=700))
    assert (found.inflow_kg, found.from_earlier_stage_kg) == (1_000, 1_000)


def test_a_balance_carried_over_is_not_counted_twice() -> None:
    assert yearly.year_of(carried(10, 500)) is None
    assert year(carried(10, 500)).stock_change_kg == 0


@pytest.mark.parametrize("event", [receipt("R-1", 5), shipment("O-1", 5)])
def test_a_booking_counts_in_the_year_of_its_day(event: MovementBooked) -> None:
    assert yearly.year_of(event) == (POOL, 2026)


def test_nothing_is_a_share_of_nothing() -> None:
    assert year().recycled_content is None
    assert year().metal_yield is None


def test_a_line_says_what_proves_and_explains_metal_that_came_in() -> None:
    words = FootprintWords(method="iso-14067", verifier="V-9")
    came = receipt("M-1", 10).model_copy(update={"origin_ref": "note-7", "told": words})
    [line] = moved_lines(recorded(came))
    assert (line.origin_ref, line.told_method, line.told_verifier) == ("note-7", "iso-14067", "V-9")
    assert (line.told_boundary, line.told_period) == ("", "")
