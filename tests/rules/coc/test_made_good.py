"""A period that an earlier one stops: nothing is claimed in it until that is made good, and nothing
ahead of input even then, also in a declared case (rules 5.4, R-27)."""

from datetime import date
from typing import Any

import pytest

from contracts.custody import PoolKey, Stage
from infra.errors import Refused
from services.coc_ledger.accounting.balance_on import BalanceOn
from services.coc_ledger.exports.statements import lines
from tests.rules.coc.given import POLICY
from tests.rules.coc.own_period import Line, Period
from tests.rules.coc.test_balance_on import told
from tests.rules.coc.test_late_deliveries import LATER, corrected, sold, year_ends
from tests.rules.coc.test_periods_and_orders import EVERY, close, document
from tests.rules.coc.world import World

DAY = date(2027, 1, 5)
KEY_2027 = PoolKey(scope_id="B", stage=Stage.ALUMINIUM, period=date(2027, 1, 1))


def stopped() -> World:
    """B claimed 990 kg of 2026 without cover, owes them in 2027, and declares a case."""
    world = sold()
    corrected(world, 10)
    close(world, "B")
    world.send("declare_overdraft_case", **where(DAY), reason="furnace-fire")
    return world


def where(day: date) -> dict[str, Any]:
    return {"scope_id": "B", "member_id": "B", "stage": "aluminium", "day": day}


def comes(world: World, kg: int, day: date = DAY) -> None:
    """Scrap comes to B and leaves it again, so that it covers as much."""
    look = {"scope_id": "B", "member_id": "B", "supplier_id": "YARD"}
    world.send("record_due_diligence", **look, topics=EVERY, performed_on=day)
    scrap = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}
    world.count += 1
    named = f"{world.count}"
    world.send("receive_material", **where(day), movement_id=f"IN-{named}", mass_kg=kg, **scrap)
    world.send("ship_material", **where(day), movement_id=f"OUT-{named}", mass_kg=kg)
    world.settle()


def claims(world: World, number: str, kg: int, day: date = DAY) -> str:
    """Why a document is refused; nothing when it is not."""
    refused = world.attempt("issue_document", **paper(number, kg, day))
    world.settle()
    return refused


def paper(number: str, kg: int, day: date = DAY) -> dict[str, Any]:
    """A document of B's."""
    buyer = {"name": "A", "address": "x", "scope_id": "A9"}
    fields = document(number, kg, member_id="B", scope_id="B", day=day, customer=buyer)
    del fields["command_name"]
    return fields


def on(world: World, day: date = DAY, key: PoolKey = KEY_2027) -> BalanceOn:
    return told(world, day, key)


def test_while_what_was_owed_is_not_made_good_no_declared_case_lets_anything_be_claimed() -> None:
    world = stopped()
    comes(world, 985)
    found = on(world)
    assert (found.stopped, found.made_good, found.claimable.available_kg) == (True, False, 0)
    assert claims(world, "F-1", 1) == "claim-not-covered"


def test_one_claim_does_not_cross_zero_though_a_case_was_declared() -> None:
    """990 of 2,000 kg make good what was owed: the rest may be claimed, and no overdraft of 400."""
    world = stopped()
    comes(world, 2000)
    assert claims(world, "F-1", 1011) == "claim-not-covered"
    assert claims(world, "F-1", 1010) == ""
    assert claims(world, "F-2", 1) == "claim-not-covered"


def test_the_oracle_of_the_machines_says_the_same_of_one_claim_that_would_cross_zero() -> None:
    """By the text alone: 2,000 kg cover as much, of which 990 were owed."""
    metal = [Line(DAY, "scrap", 2000), Line(DAY, "out", 2000)]
    own = Period(metal, owed={2027: 990}, stops=frozenset({("B", 2026)}), case=True)
    world = stopped()
    comes(world, 2000)
    assert own.most(DAY) == on(world).claimable.available_kg == 1010
    own.stops = frozenset()
    assert own.most(DAY) == 1010 + 400, "nothing stops: a fifth of the input ahead of it"


def test_what_was_made_good_is_told_so_with_what_had_stopped_claims() -> None:
    world = stopped()
    comes(world, 2000)
    found = on(world)
    assert (found.stopped, found.made_good, found.barred) == (False, True, None)
    assert (found.claimable.available_kg, found.claimable_own_kg) == (1010, 1010)
    assert (found.cover.overdraft_kg, found.cover.available_kg) == (0, 1010)
    [how] = [line.how for line in found.working if line.name == "overdraft"]
    assert how == "none in a period in which an earlier one stops claims"
    *_, last = lines(
        [one for one in world.desk.log if one.envelope.stream == KEY_2027.stream], POLICY
    )
    assert last.available_kg == 1010


def test_a_claim_that_needed_overdraft_is_told_why_there_is_none() -> None:
    world = stopped()
    comes(world, 2000)
    with pytest.raises(Refused) as found:
        world.send("issue_document", **paper("F-1", 1011))
    refused, why = found.value, "990 kg were claimed without cover in the period 2026-01-01 to"
    assert refused.facts["blocked"] is False
    assert refused.facts["blocked_because"] == [f"{why} 2026-12-31"]
    assert f"Nothing is claimed ahead of input: {why} 2026-12-31." in refused.sentence


def test_after_a_period_that_made_all_good_there_is_overdraft_again() -> None:
    world = stopped()
    comes(world, 2000)
    year_ends(world, LATER)
    close(world, "B", DAY)
    day, key = date(2028, 1, 5), KEY_2027.model_copy(update={"period": date(2028, 1, 1)})
    world.send("declare_overdraft_case", **where(day), reason="furnace-fire")
    comes(world, 1000, day)
    found = on(world, day, key)
    assert (found.stopped, found.made_good) == (False, False)
    assert (found.claimable_own_kg, found.claimable.available_kg) == (1000 + 1010, 2010 + 200)
