"""Over HTTP: a scope goes over within its year, with a balance of the year before and one of its
own; who has it then reads until when each part serves, in the API and on the page."""

import re
from datetime import date

from castmark.local import Host
from tests.api.sellable import page_of
from tests.api.test_custody import BEGAN, SMELTER, TONNE, balance, document, opened, who
from tests.api.test_custody import door as door  # the same world, in a platform of its own
from tests.api.test_custody import host as host
from tests.door import Door, eventually

HEIR = "K-heir"
SECOND, OVER_ON = date(2025, 1, 2), date(2025, 7, 1)
SCRAP = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}


def test_a_balance_that_goes_over_serves_through_the_day_that_it_would_have(
    door: Door, host: Host
) -> None:
    opened(door, HEIR)
    where = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER, "stage": "aluminium"}
    door.tick(SECOND)
    door.send(who(SMELTER), "coc/close_period", **where, day=BEGAN.isoformat())
    eventually(lambda: balance(door, on="2025-01-02"), lambda seen: seen["carried_kg"] > 0)
    before = balance(door, on="2025-01-01")
    assert (before["carried_kg"], before["answer"]["kg"]) == (0, 4_900 * TONNE)
    assert before["carried_parts"] == [{"kg": 4_900 * TONNE, "until": "2025-12-31"}]
    early = page_of(host, SMELTER, f"/custody/scopes/{SMELTER}-S?on=2025-01-01")
    said = " ".join(re.sub("<[^>]*>", "", early.partition("Carried in")[2]).split())
    assert said.startswith(
        "nothing on that day; told since, and not used by then, are 4,900.0 t, which expire on"
        " 31 Dec 2025 Overdraft"
    )
    today = {**where, "day": SECOND.isoformat(), "mass_kg": 100 * TONNE}
    door.send(who(SMELTER), "coc/receive_material", **today, movement_id="IN-9", **SCRAP)
    door.send(who(SMELTER), "coc/ship_material", **today, movement_id="OUT-9")
    over = {"to_scope_id": f"{HEIR}-S", "effective_on": OVER_ON.isoformat()}
    first = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER}
    door.send("ops", "coc/approve_scope_transfer", **first, **over)
    door.settled()
    announced = balance(door, on=SECOND.isoformat())
    assert announced["carried_parts"] == [{"kg": 4_900 * TONNE, "until": "2025-12-31"}]
    assert announced["answer"]["until"] == "2025-06-30"
    door.tick(OVER_ON)
    door.send(who(SMELTER), "coc/close_period", **where, day=SECOND.isoformat())
    found = eventually(
        lambda: balance(door, HEIR, OVER_ON.isoformat()), lambda seen: seen["carried_kg"] > 0
    )
    assert found["carried_parts"] == [
        {"kg": 4_900 * TONNE, "until": "2025-12-31"},
        {"kg": 100 * TONNE, "until": "2026-12-31"},
    ]
    assert (found["carried_kg"], found["carried_until"]) == (5_000 * TONNE, "2025-12-31")
    page = page_of(host, HEIR, f"/custody/scopes/{HEIR}-S").partition("Carried in")[2]
    said = " ".join(re.sub("<[^>]*>", "", page).split())
    assert said.startswith(
        "5,000.0 t; not used yet are 4,900.0 t, which expire on 31 Dec 2025; 100.0 t, which expire"
        " on 31 Dec 2026 Overdraft"
    )
    lot = {"scope_id": f"{HEIR}-S", "member_id": HEIR, "day": OVER_ON.isoformat()}
    out = {"movement_id": "OUT-1", "mass_kg": 5_100 * TONNE, "stage": "aluminium"}
    door.send(who(HEIR), "coc/ship_material", **lot, **out)
    door.settled()
    refused = door.attempt(who(HEIR), "coc/issue_document", **document("H-1", 5_001, **lot)).json()
    assert refused["slug"] == "claim-not-covered"
    door.send(who(HEIR), "coc/issue_document", **document("H-1", 4_900, **lot))
    found = balance(door, HEIR, OVER_ON.isoformat())
    assert found["carried_parts"] == [{"kg": 100 * TONNE, "until": "2026-12-31"}]
