"""What is booked late is shared between what is still there and what has left since its day, by
hand: documents, stock and what was told otherwise make up the metal that came, whoever came late.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from contracts.coc import PoolClosed
from contracts.coc_corrections import PoolCorrected
from contracts.coc_late import LateShared
from contracts.custody import Account, Carried
from services.coc_ledger.accounting.accounts import Amount
from services.coc_ledger.pools.state import Pool
from tests.rules.coc.given import KEY, balanced
from tests.rules.coc.world import YEAR, World

DAY = date(2026, 3, 9)
TOPICS = ("responsible_sourcing", "anti_corruption", "human_rights", "conflict_affected_areas")
HERE = KEY.model_copy(update={"scope_id": "A"})
THERE = KEY.model_copy(update={"scope_id": "B"})


def world() -> World:
    """Two scopes whose supplier of scrap was looked at."""
    made = World(date(2026, 6, 1))
    for scope in ("A", "B"):
        made.send(
            "record_due_diligence",
            scope_id=scope,
            member_id=scope,
            supplier_id="YARD",
            topics=TOPICS,
            performed_on=YEAR,
        )
    return made


def book(world: World, command: str, movement_id: str, day: date = DAY, **said: Any) -> None:
    where = {"scope_id": "A", "member_id": "A", "stage": "aluminium", **said}
    world.send(command, movement_id=movement_id, day=day, **where)
    world.settle()


def came(
    world: World, movement_id: str, kg: int, per_kg: str, day: date = DAY, **said: Any
) -> None:
    """Post-consumer scrap with a footprint."""
    scrap = {"origin": "post_consumer_scrap", "origin_ref": "note-1", "supplier_id": "YARD"}
    told = {"footprint": {"intensity_kgco2e_per_kg": per_kg}, **scrap, **said}
    book(world, "receive_material", movement_id, day, mass_kg=kg, **told)


def left(world: World, movement_id: str, kg: int, day: date = DAY, **said: Any) -> None:
    book(world, "ship_material", movement_id, day, mass_kg=kg, **said)


def sold(world: World, number: str, kg: int, day: date = DAY, **said: Any) -> Carried:
    """A document, and what its lot carries."""
    return world.sell(number, said.get("scope_id", "A"), kg, day, **said).carried


def confirmed(world: World, number: str, kg: int) -> None:
    told = {"received_kg": kg, "received_on": DAY}
    world.send("confirm_document", number=number, member_id="B", **told)
    world.settle()


def arrived(carried: Carried) -> Decimal:
    """What a lot brought along, without a step of which nothing is known."""
    return carried.emission_kgco2e + carried.partial_kgco2e


def stock(pool: Pool) -> Amount:
    return pool.books[Account.STOCK]


def close(world: World) -> None:
    """The year is over, and closed."""
    world.today = date(2027, 1, 20)
    world.send("close_period", scope_id="A", member_id="A", stage="aluminium", day=DAY)
    world.settle()


def last_remarks(world: World) -> list[str]:
    """What the last word of the year's close says of what came late."""
    closes = [
        one.event for one in world.desk.log if isinstance(one.event, PoolClosed | PoolCorrected)
    ]
    return [one.sentence for one in closes[-1].remarks if one.rule == "5.7"]


def told_before_emissions() -> World:
    """D-1 claims 900 t of 1 t CO2e/t, and tells them so; then the month's emissions come."""
    here = world()
    came(here, "IN", 1_000_000, "1")
    left(here, "OUT-1", 900_000)
    sold(here, "D-1", 900_000)
    book(here, "book_process_emissions", "STEP", emission_kgco2e=Decimal(1_000_000))
    return here


# --- c: emissions of the step, booked after the metal was shipped ---


def test_process_emissions_that_come_late_are_on_all_that_left_since() -> None:
    """1,000 t at 1 t CO2e/t, of which 900 have left; the month's emissions are 1,000 t: each tonne
    has 2, those that left as well as those that are there."""
    here = world()
    came(here, "IN", 1_000_000, "1")
    left(here, "OUT-1", 900_000)
    book(here, "book_process_emissions", "STEP", emission_kgco2e=Decimal(1_000_000))
    assert arrived(sold(here, "D-1", 900_000)) == 2 * 900_000
    left(here, "OUT-2", 100_000)
    assert arrived(sold(here, "D-2", 100_000)) == 2 * 100_000
    assert not any(here.pool(HERE).told_otherwise)


def test_a_month_of_emissions_is_on_all_that_left_in_it_and_no_more() -> None:
    """1,000 t come on 1 March, 400 leave on the 2nd; 500 more on the 20th, 600 leave on the 21st.
    1,500 t CO2e of March and 1,000 of April: March's are on 1,000 + 500 t, April's on 500."""
    here = world()
    first, second, third = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 21)
    came(here, "IN-1", 1_000_000, "0", first)
    left(here, "OUT-1", 400_000, second)
    came(here, "IN-2", 500_000, "0", date(2026, 3, 20))
    left(here, "OUT-2", 600_000, third)
    for day, much in ((date(2026, 3, 31), 1_500_000), (date(2026, 4, 30), 1_000_000)):
        book(here, "book_process_emissions", f"STEP-{much}", day, emission_kgco2e=Decimal(much))
    pool = here.pool(HERE)
    assert pool.books[Account.OUTFLOW].emission_g == 1_000_000_000
    assert stock(pool).emission_g == 500_000_000 + 1_000_000_000


def test_what_documents_told_before_stands_apart_and_falls_on_no_other_lot() -> None:
    here = world()
    came(here, "IN", 1_000_000, "1")
    left(here, "OUT-1", 900_000)
    assert arrived(sold(here, "D-1", 900_000)) == 900_000
    book(here, "book_process_emissions", "STEP", emission_kgco2e=Decimal(1_000_000))
    assert here.pool(HERE).told_otherwise == Amount(emission_g=900_000_000)
    row = here.reader.row("pools", HERE.key)
    assert row.told_days == ((DAY.isoformat(), 900_000, 0, 900_000_000, 0, 0, 0),)
    left(here, "OUT-2", 100_000)
    assert arrived(sold(here, "D-2", 100_000)) == 2 * 100_000
    assert balanced(here.pool(HERE))


def test_a_correction_of_the_document_takes_the_average_that_holds_then() -> None:
    here = world()
    came(here, "IN", 1_000_000, "1")
    left(here, "OUT-1", 900_000)
    sold(here, "D-1", 900_000)
    book(here, "book_process_emissions", "STEP", emission_kgco2e=Decimal(1_000_000))
    again = sold(here, "D-2", 900_000, replaces="D-1", correction_reason="footprint")
    assert arrived(again) == 2 * 900_000
    assert here.pool(HERE).told_otherwise == Amount()


# --- b: a mistyped intensity ---


def test_what_is_shared_twice_is_split_once_between_known_and_unknown_metal() -> None:
    """Of half the metal nothing is known, and when the month's emissions come all of it has left:
    they are split when they are shared, and a correction that shares again finds them so."""
    here = world()
    came(here, "KNOWN", 500_000, "1")
    came(here, "UNKNOWN", 500_000, "1", footprint={})
    left(here, "OUT-1", 1_000_000)
    sold(here, "D-1", 900_000)
    book(here, "book_process_emissions", "STEP", emission_kgco2e=Decimal(1_000_000))
    sold(here, "D-2", 900_000, replaces="D-1", correction_reason="footprint")
    told = here.pool(HERE).told_otherwise
    assert not any(told), told
    assert balanced(here.pool(HERE))


def test_a_mistyped_intensity_is_put_right_in_what_has_left_too() -> None:
    """160 in place of 16: reversed and booked anew after half of it had left."""
    here = world()
    came(here, "IN", 1_000_000, "160")
    left(here, "OUT-1", 500_000)
    book(here, "reverse_movement", "BACK", reverses="IN")
    came(here, "IN-2", 1_000_000, "16")
    left(here, "OUT-2", 100_000)
    assert arrived(sold(here, "D-1", 100_000)) == 16 * 100_000
    assert arrived(sold(here, "D-2", 500_000)) == 16 * 500_000
    pool = here.pool(HERE)
    assert stock(pool) == Amount(400_000, 400_000, 6_400_000_000, 0, 400_000)
    assert not any(pool.told_otherwise)


def test_a_document_that_told_the_mistyped_one_leaves_the_stock_as_it_should_be() -> None:
    here = world()
    came(here, "IN", 1_000_000, "160")
    left(here, "OUT-1", 500_000)
    sold(here, "D-1", 500_000)
    book(here, "reverse_movement", "BACK", reverses="IN")
    came(here, "IN-2", 1_000_000, "16")
    pool = here.pool(HERE)
    assert stock(pool) == Amount(500_000, 500_000, 8_000_000_000, 0, 500_000)
    assert pool.told_otherwise == Amount(emission_g=(16 - 160) * 500_000_000)
    assert balanced(pool)


# --- a: opening stock that comes when the period before is closed ---


def test_opening_stock_that_comes_late_is_in_the_lots_of_its_first_days() -> None:
    """Of 400 kg at 5.5, 75 % of them scrap, 200 are left; 100 kg of scrap at 4 come in the new
    year, of which 150 leave before the old one is closed: all metal has 1,500 / 300 = 5."""
    here = world()
    came(here, "IN-1", 300, "4")
    bought: dict[str, Any] = {"origin": "non_coc", "origin_ref": None}
    came(here, "IN-2", 100, "10", **bought)
    left(here, "OUT-1", 200)
    january = date(2027, 1, 9)
    here.today = date(2027, 1, 20)
    came(here, "IN-3", 100, "4", january)
    left(here, "OUT-2", 60, january)
    first = sold(here, "D-1", 60, january)
    left(here, "OUT-3", 90, january)
    here.send("close_period", scope_id="A", member_id="A", stage="aluminium", day=DAY)
    here.settle()
    pool = here.pool(HERE.model_copy(update={"period": date(2027, 1, 1)}))
    assert (int(arrived(first)), first.post_kg) == (240, 60)
    assert stock(pool) == Amount(150, 150, 750_000, 0, 125)
    assert pool.books[Account.OUTFLOW] == Amount(90, 90, 450_000, 0, 75)
    assert pool.told_otherwise == Amount(emission_g=60_000, post_kg=-10)
    then = sold(here, "D-2", 90, january)
    assert (int(arrived(then)), then.post_kg) == (450, 75)


def test_what_left_before_there_was_any_has_its_part_of_what_comes_in_the_next_period() -> None:
    """50 kg more left than there were; of 200 kg of scrap that come in the new year 150 are left,
    and no more of them is scrap than they are."""
    here = world()
    left(here, "OUT-1", 50)
    here.today = date(2027, 1, 20)
    here.send("close_period", scope_id="A", member_id="A", stage="aluminium", day=DAY)
    here.settle()
    came(here, "IN-1", 200, "4", date(2027, 1, 9))
    pool = here.pool(HERE.model_copy(update={"period": date(2027, 1, 1)}))
    assert stock(pool) == Amount(150, 150, 600_000, 0, 150)
    assert pool.told_otherwise == Amount(0, 50, 200_000, 0, 50)
    assert balanced(pool)


def test_what_remains_is_told_at_the_close_and_not_carried_on() -> None:
    here = world()
    came(here, "IN", 1_000_000, "1")
    left(here, "OUT-1", 900_000)
    sold(here, "D-1", 900_000)
    book(here, "book_process_emissions", "STEP", emission_kgco2e=Decimal(1_000_000))
    here.today = date(2027, 1, 20)
    here.send("close_period", scope_id="A", member_id="A", stage="aluminium", day=DAY)
    here.settle()
    [closed] = [one.event for one in here.desk.log if isinstance(one.event, PoolClosed)]
    assert [(one.rule, one.severity) for one in closed.remarks] == [("5.7", "info")]
    assert "+900000 kg CO2e" in closed.remarks[0].sentence
    after = here.pool(HERE.model_copy(update={"period": date(2027, 1, 1)}))
    assert stock(after).emission_g == 200_000_000
    assert not any(after.told_otherwise)


# --- d: a received document is corrected ---


def test_a_claim_that_is_given_up_behind_the_close_settles_what_it_was_told() -> None:
    """As it does before: the books, and what the close finds, are those of who gave it up in
    time."""
    late, early = told_before_emissions(), told_before_emissions()
    close(late)
    for here in (late, early):
        here.send("withdraw_document", number="D-1", member_id="A", reason="mistake")
        here.settle()
    close(early)
    mine, right = late.pool(HERE), early.pool(HERE)
    assert (mine.books, mine.told_otherwise) == (right.books, Amount())
    rows = [here.reader.row("pools", HERE.key) for here in (late, early)]
    assert [(one.carrying["outflow"], one.late) for one in rows] == [
        (rows[1].carrying["outflow"], False)
    ] * 2
    assert last_remarks(late) == last_remarks(early) == []


def test_what_a_late_correction_keeps_of_a_claim_is_all_that_the_close_still_tells() -> None:
    here = told_before_emissions()
    close(here)
    assert [one[:12] for one in last_remarks(here)] == ["Lots that ha"]
    sold(here, "D-2", 1000, here.today, replaces="D-1", correction_reason="weighed")
    assert here.pool(HERE).told_otherwise == Amount(emission_g=1_000_000)
    [remark] = last_remarks(here)
    assert "should have told +1000 kg CO2e" in remark
    assert balanced(here.pool(HERE))


def test_a_received_document_that_is_corrected_moves_no_last_tonne() -> None:
    """100 t at 2 arrived, 99 of them went on and were told so; the correction says 11."""
    here = world()
    came(here, "IN-1", 100_000, "2")
    left(here, "OUT-1", 100_000)
    sold(here, "D-1", 100_000)
    confirmed(here, "D-1", 100_000)
    buyer: dict[str, Any] = {"scope_id": "B", "member_id": "B"}
    left(here, "THEIRS", 99_000, **buyer)
    sold(here, "D-9", 99_000, **buyer)
    came(here, "IN-2", 100_000, "20")
    left(here, "OUT-2", 100_000)
    again = sold(here, "D-2", 100_000, replaces="D-1", correction_reason="address")
    confirmed(here, "D-2", 100_000)
    assert arrived(again) == 11 * 100_000
    pool = here.pool(THERE)
    assert (stock(pool).kg, stock(pool).emission_g + stock(pool).partial_g) == (1_000, 11_000_000)
    told = pool.told_otherwise
    assert told.emission_g + told.partial_g == (11 - 2) * 99_000_000


# --- what comes in time ---


def test_what_comes_in_the_order_of_days_is_booked_as_ever() -> None:
    here = world()
    for number in range(5):
        day = date(2026, 3, 10 + number)
        came(here, f"IN-{number}", 1_000, str(number), day)
        left(here, f"OUT-{number}", 900, day)
        came(here, f"MORE-{number}", 10, "7", day)
    assert not [one for one in here.desk.log if isinstance(one.event, LateShared)]


def test_nothing_is_told_to_be_known_or_recycled_beyond_the_metal() -> None:
    """The receipt that both lots came from is taken back: nothing is known of either."""
    here = world()
    came(here, "IN-1", 100, "4", date(2026, 3, 1))
    left(here, "OUT-1", 50, date(2026, 3, 2))
    book(here, "receive_material", "IN-2", date(2026, 3, 3), mass_kg=100, origin="non_coc")
    book(here, "reverse_movement", "BACK", date(2026, 3, 1), reverses="IN-1")
    pool = here.pool(HERE)
    assert stock(pool) == Amount(50)
    assert pool.books[Account.OUTFLOW] == Amount(50)


def test_emissions_booked_anew_are_on_all_that_those_taken_back_were_on() -> None:
    """500 kg leave between the wrong booking and the right one, or before both: it is all one."""
    told = []
    for wrong in (True, False):
        made = world()
        came(made, "IN", 1000, "4", date(2026, 3, 1))
        left(made, "OUT", 500, date(2026, 3, 2))
        if wrong:
            book(made, "book_process_emissions", "NO", date(2026, 3, 3), emission_kgco2e="842")
            book(made, "reverse_movement", "BACK", date(2026, 3, 3), reverses="NO")
        book(made, "book_process_emissions", "STEP", date(2026, 3, 4), emission_kgco2e="1000")
        told.append(made.pool(HERE).books)
    assert told[0][Account.STOCK] == told[1][Account.STOCK]
    assert told[0][Account.OUTFLOW] == told[1][Account.OUTFLOW]
    assert told[0][Account.STOCK].emission_g == 500 * 5000
