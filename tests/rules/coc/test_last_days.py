"""Once a last day that went over with a scope is gone by: changes of stage that are taken back, the
answer until when the rest serves, the trace, the calendar of a scope that went over (5.4, 5.6)."""

from datetime import date

import pytest

from contracts.coc import PoolClosed
from contracts.custody import PoolKey, Stage, Switched
from contracts.inventory import Severity
from services.coc_ledger import domain
from services.coc_ledger.accounting.period import ONE_DAY
from services.coc_ledger.scopes import scope
from services.coc_ledger.scopes.commands import ApproveScopeTransfer
from services.coc_ledger.traces.trace import WHOLE
from tests.rules.coc.test_balance_goes_over import (
    LAST,
    NEXT,
    SWITCH,
    at,
    claimed,
    closed,
    earned,
    gone_over,
    in_second_year,
    key_of,
    last_close,
    moved,
    opened,
    overdrawn,
    taken_back,
)
from tests.rules.coc.test_balance_on import told
from tests.rules.coc.test_going_over import approve
from tests.rules.coc.test_lineage import traced
from tests.rules.coc.test_periods_and_orders import EVERY
from tests.rules.coc.test_sellable import answer
from tests.rules.coc.test_stage_reversal import refinery, send, sold
from tests.rules.coc.world import YEAR, World, facility_of

USED_ON = date(2027, 8, 1)
"""A day on which what was carried still serves."""

# --- a change of stage is taken back ---


def refinery_gone_over() -> World:
    """600 kg of bauxite and 600 of alumina left R in 2026 without a claim; R went over into R4, in
    which what they leave serves through the end of 2027."""
    world = refinery()
    send(world, "ship_material", "bauxite", "OUT-B", mass_kg=600)
    both_closed(world, YEAR, date(2027, 1, 10))
    world.today = date(2027, 6, 1)
    world.certify(facility_of("R4"), "A")
    world.send(
        "open_scope",
        scope_id="R4",
        member_id="A",
        entity_id="EA",
        name="R4",
        address="1 Main Street",
        facilities=(facility_of("R4"),),
        activities=("bauxite_mining", "alumina_refining"),
        starts_on=SWITCH,
    )
    world.settle()
    sent = {"scope_id": "R", "member_id": "A", "to_scope_id": "R4", "effective_on": SWITCH}
    filled = domain.fill(ApproveScopeTransfer, sent, world.known(), world.today)
    asked = {**sent, **filled, "on": world.today, "approver": "person-1"}
    world.desk.handle(ApproveScopeTransfer.model_validate(asked), "R", "", world.today)
    world.settle()
    both_closed(world, date(2027, 1, 1), SWITCH)
    world.today = date(2028, 2, 1)
    return world


def both_closed(world: World, day: date, today: date) -> None:
    world.today = today
    world.end_periods(today)
    world.settle()
    for stage in ("bauxite", "alumina"):
        world.send("close_period", scope_id="R", member_id="A", stage=stage, day=day)
        world.settle()


def booked(world: World, command: str, stage: str, name: str, day: date, **more: object) -> str:
    where = {"scope_id": "R4", "member_id": "A", "stage": stage, "day": day}
    slug = world.attempt(command, movement_id=name, **where, **more)
    world.settle()
    return slug


def pool_of(stage: Stage) -> PoolKey:
    return PoolKey(scope_id="R4", stage=stage, period=SWITCH)


def test_a_change_of_stage_stays_where_claims_after_the_last_day_rest_on_its_product() -> None:
    """What lapsed since covers none of them."""
    world = refinery_gone_over()
    assert booked(world, "receive_material", "bauxite", "I", USED_ON, **MINED) == ""
    assert booked(world, "change_stage", "bauxite", "T", USED_ON, mass_kg=2847, coc_kg=2847) == ""
    assert booked(world, "ship_material", "alumina", "O", USED_ON, mass_kg=500) == ""
    assert world.attempt("issue_document", **{**sold("D-1", 500), **IN_FEBRUARY}) == ""
    world.settle()
    back = booked(world, "reverse_movement", "bauxite", "B", USED_ON, reverses="T")
    assert back == "claims-rest-on-it"
    assert told(world, world.today, pool_of(Stage.ALUMINA)).cover.shortfall_kg == 0
    world.send("withdraw_document", number="D-1", member_id="A", reason="mistake")
    world.settle()
    assert booked(world, "reverse_movement", "bauxite", "B", USED_ON, reverses="T") == ""


MINED = {"mass_kg": 10_000, "origin": "own_mine"}
IN_FEBRUARY = {"scope_id": "R4", "day": date(2028, 2, 1)}


def test_a_change_of_stage_stays_where_later_ones_rest_on_the_cover_that_it_left() -> None:
    """It had used what lapsed since, and its output covers a later one."""
    world = refinery_gone_over()
    for name, origin in (("I-1", "own_mine"), ("I-2", "non_coc")):
        given = {"mass_kg": 1000, "origin": origin}
        assert booked(world, "receive_material", "bauxite", name, USED_ON, **given) == ""
    assert booked(world, "change_stage", "bauxite", "T-1", USED_ON, mass_kg=1000, coc_kg=600) == ""
    assert booked(world, "change_stage", "bauxite", "T-2", NEXT, mass_kg=500, coc_kg=500) == ""
    back = booked(world, "reverse_movement", "bauxite", "B", USED_ON, reverses="T-1")
    assert back == "claims-rest-on-it"
    assert told(world, world.today, pool_of(Stage.BAUXITE)).cover.shortfall_kg == 0
    assert booked(world, "reverse_movement", "bauxite", "B", NEXT, reverses="T-2") == ""
    assert booked(world, "reverse_movement", "bauxite", "B-1", USED_ON, reverses="T-1") == ""
    assert told(world, LAST, pool_of(Stage.BAUXITE)).cover.carried_kg == 600


# --- until when the rest serves ---


def with_two_last_days() -> World:
    """620 kg serve in A4 through the end of 2027, and 300 through March 2028."""
    world = in_second_year()
    opened(world, "A5", date(2026, 4, 1))
    look = {"scope_id": "A5", "member_id": "A", "supplier_id": "YARD"}
    world.send("record_due_diligence", **look, topics=EVERY, performed_on=date(2026, 4, 5))
    moved(world, "receive_material", 300, at("A5", date(2026, 5, 1)))
    moved(world, "ship_material", 300, at("A5", date(2026, 5, 1)))
    closed(world, "A5", date(2026, 5, 1), date(2027, 6, 1))
    opened(world, "A4", SWITCH)
    gone_over(world, "A4")
    approve(world, "A5", "A4", USED_ON)
    closed(world, "A5", date(2027, 6, 1), USED_ON)
    world.today = date(2028, 5, 1)
    moved(world, "ship_material", 2000, at("A4", SWITCH))
    return world


def test_the_answer_says_until_when_the_rest_serves_once_a_part_that_was_used_has_lapsed() -> None:
    world, key, end = with_two_last_days(), key_of("A4", SWITCH), date(2028, 3, 31)
    assert claimed(world, "D-1", 600, LAST, "A4") == ""
    assert told(world, LAST, key).unused == ((LAST, 20), (end, 300))
    for day in (NEXT, end):
        assert told(world, day, key).unused == ((end, 300),)
        assert (answer(world, day, key).kg, answer(world, day, key).until) == (300, end)
    after = answer(world, end + ONE_DAY, key)
    assert (after.kg, after.until) == (0, date(2028, 6, 30))


def test_the_answer_of_a_day_before_the_balance_was_told_says_until_when_it_serves() -> None:
    """What a document of that day could claim by now, it could through that last day."""
    world, key = in_second_year(), key_of("A4", SWITCH)
    earned(world, 300)
    opened(world, "A4", SWITCH)
    approve(world, "A", "A4", SWITCH)
    closed(world, "A", date(2027, 1, 1), date(2028, 2, 1))
    moved(world, "ship_material", 2000, at("A4", SWITCH))
    then, after = answer(world, USED_ON, key), answer(world, NEXT, key)
    assert (then.kg, then.until) == (920, LAST)
    assert (after.kg, after.until) == (300, date(2028, 6, 30))


def test_a_part_that_documents_of_later_days_have_used_ends_no_answer() -> None:
    """The same may be claimed behind its last day: the answer of an earlier one says so."""
    world, key = with_two_last_days(), key_of("A4", SWITCH)
    assert claimed(world, "D-1", 620, LAST, "A4") == ""
    found = answer(world, USED_ON, key)
    assert (found.kg, found.until) == (300, date(2028, 3, 31))


# --- the trace ---


def test_a_trace_has_as_overdraft_what_a_balance_that_lapsed_before_did_not_cover() -> None:
    world = in_second_year()
    opened(world, "A4", SWITCH)
    gone_over(world, "A4")
    world.today = date(2028, 2, 1)
    look = {"scope_id": "A4", "member_id": "A", "supplier_id": "YARD"}
    world.send("record_due_diligence", **look, topics=EVERY, performed_on=USED_ON)
    world.send("declare_overdraft_case", **at("A4", world.today), reason="flood")
    moved(world, "receive_material", 1000, at("A4", world.today))
    moved(world, "ship_material", 1200, at("A4", world.today))
    moved(world, "ship_material", 300, at("A4", USED_ON))
    assert claimed(world, "D-1", 100, USED_ON, "A4") == ""
    assert claimed(world, "D-2", 1200, world.today, "A4") == ""
    assert told(world, world.today, key_of("A4", SWITCH)).cover.overdraft_used_kg == 200
    for day in (None, world.today):
        found = {one.kind: one.parts for one in traced(world, "up", "D-2", day)}
        assert found["overdraft"] == round(WHOLE * 200 / 1300)
    then = {one.kind: one.parts for one in traced(world, "up", "D-1", LAST)}
    assert (then["carried"], "overdraft" in then) == (WHOLE, False)


# --- the calendar of the scope that goes over ---


def change(world: World, first: date, months: int = 12) -> str:
    periods = {"scope_id": "A", "member_id": "A", "starts_on": first, "months": months}
    slug = world.attempt("change_period", **periods)
    world.settle()
    return slug


def test_a_scope_that_goes_over_has_no_other_periods_from_that_day_on() -> None:
    """Announced or gone: what it leaves keeps the days that it was told."""
    world, after = in_second_year(), "period-change-after-transfer"
    earned(world, 300)
    approve(world, "A", "A2", SWITCH)
    assert change(world, SWITCH) == change(world, date(2027, 10, 1)) == after
    closed(world, "A", date(2027, 1, 1), USED_ON)
    assert change(world, date(2027, 9, 1)) == after
    two = {LAST: 620, date(2028, 12, 31): 300}
    assert dict(world.pool(key_of("A2", date(2027, 1, 1))).lasting) == two


def test_before_it_goes_over_its_periods_change_and_the_days_with_them() -> None:
    world = in_second_year()
    approve(world, "A", "A2", SWITCH)
    assert change(world, date(2027, 6, 15), 6) == ""
    world.today = date(2027, 6, 20)
    moved(world, "book_loss", 1, at("A", world.today))
    switched = world.pool(key_of("A", date(2027, 6, 15))).switched
    assert switched == Switched(carried_until=date(2027, 12, 14), earned_until=date(2028, 6, 14))


def test_a_close_keeps_the_days_its_pool_was_told_where_the_calendar_changed_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As books are in which that was not refused yet."""
    monkeypatch.setattr(scope, "check_before_transfer", lambda starts_on, state: None)
    world = in_second_year()
    approve(world, "A", "A2", SWITCH)
    assert change(world, date(2027, 10, 1)) == ""
    closed(world, "A", date(2027, 1, 1), USED_ON)
    days = Switched(carried_until=LAST, earned_until=date(2028, 12, 31))
    assert last_close(world).switched == days


# --- the close, and its corrections ---


def made_good_on(*days: date) -> World:
    """150 kg are due within a year of the successor; on each of some days more is earned in it."""
    world = overdrawn(successor_from=SWITCH)
    look = {"scope_id": "A2", "member_id": "A", "supplier_id": "YARD"}
    world.send("record_due_diligence", **look, topics=EVERY, performed_on=SWITCH)
    for day in days:
        world.today = day
        moved(world, "receive_material", 1000, at("A2", day))
        out = {"movement_id": f"OUT-{day}", "mass_kg": 900}
        world.send("ship_material", **out, **at("A2", day))
    closed(world, "A2", SWITCH, date(2028, 7, 1))
    return world


def test_a_close_tells_what_was_made_good_after_its_own_last_day() -> None:
    late, in_time = last_close(made_good_on(NEXT)), last_close(made_good_on(LAST))
    assert (late.owed_kg, late.unmet_kg, late.late_kg) == (0, 0, 150)
    said = [(one.rule, one.severity, one.sentence) for one in late.remarks]
    because = "150 kg of overdraft were not made good by their own last day."
    assert said == [("R-27", Severity.MAJOR, because)]
    assert (in_time.unmet_kg, in_time.late_kg, in_time.remarks) == (0, 0, ())


def test_a_correction_of_a_close_tells_it_anew() -> None:
    """What had made it good in time had never left."""
    world = made_good_on(LAST, NEXT)
    key = key_of("A2", SWITCH).key
    assert "late_kg" not in world.reader.row("pools", key).closing
    back = {"movement_id": "BACK", "reverses": f"OUT-{LAST}", "reason": "mistake"}
    world.send("reverse_movement", **at("A2", LAST), **back)
    world.settle()
    closing = world.reader.row("pools", key).closing
    assert (closing["unmet_kg"], closing["late_kg"]) == (0, 150)
    assert [one["severity"] for one in closing["remarks"]] == ["major"]


def test_a_close_tells_what_the_period_itself_claimed_ahead() -> None:
    world = overdrawn()
    year = [one.event for one in world.desk.log if isinstance(one.event, PoolClosed)]
    assert [(one.owed_kg, one.ahead_kg) for one in year] == [(150, 150), (150, 0)]


# --- as rows have it ---


def test_what_a_correction_changes_of_no_last_day_is_not_told_of_the_one_before() -> None:
    world = in_second_year()
    earned(world, 300)
    lost = at("A", world.today)
    world.send("book_loss", **lost, movement_id="L", mass_kg=7)
    gone_over(world)
    taken_back(world)
    key = key_of("A", date(2027, 1, 1)).key
    before = world.reader.row("pools", key).closing
    assert before["lasting_change"] == [{"day": LAST.isoformat(), "kg": 310}]
    world.send("reverse_movement", **lost, movement_id="R-2", reverses="L", reason="mistake")
    world.settle()
    after = world.reader.row("pools", key).closing
    assert (after["correction_id"], after["balance_change_kg"]) == ("R-2", 0)
    assert "lasting_change" not in after
    assert after["lasting"] == before["lasting"]
