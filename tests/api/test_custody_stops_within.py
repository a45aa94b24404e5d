"""Over HTTP: an overdraft goes over into a scope whose year ends later, and is not made good by its
own last day: from the next on the balance, the page, the terminal and a refusal name the same."""

from datetime import date

from castmark.local import Host
from tests.api.sellable import in_the_terminal, on_the_page
from tests.api.test_custody import BEGAN, SMELTER, TONNE, WALKED, balance, document, who
from tests.api.test_custody import door as door  # the same world, in a platform of its own
from tests.api.test_custody import host as host
from tests.door import Door, eventually
from tests.walk import certify, join, register

HEIR = "K-heir"
SECOND, OVER_ON, LAST, NEXT = (
    date(2025, 1, 2),
    date(2025, 7, 1),
    date(2025, 12, 31),
    date(2026, 1, 1),
)
MISSED = "960000 kg of overdraft were not made good by their own last day, 2025-12-31"


def heir_opens(door: Door) -> None:
    """Its first year begins on the day on which the other scope goes over."""
    join(door, WALKED, "heir")
    register(door, WALKED, "heir")
    for standard in ("PS", "CoC"):
        certify(door, HEIR, BEGAN, standard)
    door.settled()
    door.send(
        who(HEIR),
        "coc/open_scope",
        member_id=HEIR,
        entity_id=f"{HEIR}-E",
        scope_id=f"{HEIR}-S",
        name="Heir",
        address="1 Main Street",
        facilities=[f"{HEIR}-F1"],
        activities=["casthouse"],
        starts_on=OVER_ON.isoformat(),
    )


def test_a_stop_within_a_period_is_named_wherever_it_is_met(door: Door, host: Host) -> None:
    where = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER, "stage": "aluminium"}
    case = {"day": BEGAN.isoformat(), "reason": "furnace-fire"}
    door.send(who(SMELTER), "coc/declare_overdraft_case", **where, **case)
    door.settled()
    door.send(who(SMELTER), "coc/issue_document", **document("D-1", 5860))
    door.tick(SECOND)
    door.send(who(SMELTER), "coc/close_period", **where, day=BEGAN.isoformat())
    heir_opens(door)
    over = {"to_scope_id": f"{HEIR}-S", "effective_on": OVER_ON.isoformat()}
    first = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER}
    door.send("ops", "coc/approve_scope_transfer", **first, **over)
    door.settled()
    assert balance(door, on=SECOND.isoformat())["owed_by"] == LAST.isoformat()
    door.tick(OVER_ON)
    door.send(who(SMELTER), "coc/close_period", **where, day=SECOND.isoformat())
    owing = eventually(
        lambda: balance(door, HEIR, OVER_ON.isoformat()), lambda seen: seen["owed_kg"] > 0
    )
    assert (owing["blocked"], owing["blocked_because"]) == (False, [])
    door.tick(NEXT)
    found = balance(door, HEIR, NEXT.isoformat())
    [stop] = found["blocked_because"]
    assert (found["blocked"], found["owed_by"]) == (True, LAST.isoformat())
    assert (stop["pool"], stop["reason"]) == (f"{SMELTER}-S:aluminium:2025-01-01", MISSED)
    assert found["answer"]["barred"] == MISSED
    assert f"Claims are stopped: {MISSED}." in on_the_page(host, HEIR)
    assert f"because {MISSED}" in in_the_terminal(host, door, HEIR)
    lot = {"scope_id": f"{HEIR}-S", "member_id": HEIR, "day": NEXT.isoformat()}
    refused = door.attempt(who(HEIR), "coc/issue_document", **document("H-1", 1, **lot)).json()
    assert (refused["slug"], refused["facts"]["blocked_because"]) == ("claim-not-covered", [MISSED])
    assert "0 kg have left in the period" in refused["detail"]
    assert balance(door, HEIR, LAST.isoformat())["owed_kg"] == 960 * TONNE
