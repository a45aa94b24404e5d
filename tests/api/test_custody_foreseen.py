"""By the clock, over HTTP: an overdraft of a year that nobody has closed counts in the next one,
and its deadline is on the board."""

from datetime import date

from castmark.local import Host
from tests.api.sellable import in_the_terminal, on_the_page, page_of
from tests.api.test_custody import BEGAN, SMELTER, TONNE, balance, book, document, who
from tests.api.test_custody import door as door  # the same world, in a platform of its own
from tests.api.test_custody import host as host
from tests.door import Door, eventually


def test_who_does_not_close_a_year_owes_all_the_same(host: Host, door: Door) -> None:
    where = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER, "stage": "aluminium"}
    case = {"day": BEGAN.isoformat(), "reason": "furnace-fire"}
    door.send(who(SMELTER), "coc/declare_overdraft_case", **where, **case)
    door.settled()
    # 4,900 t are covered by what left, and a fifth of 5,000 t may be claimed ahead of input
    door.send(who(SMELTER), "coc/issue_document", **document("D-1", 5860))
    door.tick(date(2025, 1, 1))
    found = eventually(
        lambda: balance(door, on="2025-01-01"), lambda seen: seen["owed_kg"] == 960 * TONNE
    )
    assert (found["answer"]["kg"], found["owed_by"]) == (0, "2025-12-31")
    first = on_the_page(host, SMELTER)
    assert '<p class="big">0 t</p> <p>No more is covered: the working below says what is.' in first
    assert "then the period ends" not in first, "nothing has an end"
    page = " ".join(page_of(host, SMELTER, f"/custody/scopes/{SMELTER}-S").split())
    assert "960.0</data> t of the period before are to be made good by 31 Dec 2025" in page
    terminal = in_the_terminal(host, door, SMELTER)
    assert "overdraft of the period before are to be made good by 2025-12-31" in terminal
    line = f"/certification/deadlines/coc_overdraft:{SMELTER}-S:aluminium:2025-01-01"
    shown = eventually(
        lambda: door.ask("ops", "GET", line).json(), lambda seen: "deadline" in seen
    )["deadline"]
    assert (shown["state"], shown["due_on"]) == ("open", "2025-12-31")
    door.tick(date(2025, 1, 2))
    today = {**where, "day": "2025-01-02"}
    brought = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}
    lot = {"movement_id": "IN-9", "mass_kg": 1000 * TONNE}
    door.send(who(SMELTER), "coc/receive_material", **today, **lot, **brought)
    out = {"movement_id": "OUT-9", "mass_kg": 1000 * TONNE}
    door.send(who(SMELTER), "coc/ship_material", **today, **out)
    door.settled()
    sent = document("D-2", 1000, day="2025-01-02")
    refused = door.attempt(who(SMELTER), "coc/issue_document", **sent).json()
    assert (refused["slug"], refused["facts"]["available_kg"]) == ("claim-not-covered", 40 * TONNE)
    page = " ".join(page_of(host, SMELTER, f"/custody/scopes/{SMELTER}-S").split())
    told = "were to be made good by 31 Dec 2025: the books cover them</dd>"
    assert f"960.0</data> t of the period before {told}" in page
    terminal = in_the_terminal(host, door, SMELTER)
    assert "were to be made good by 2025-12-31: the books cover them" in terminal


def test_what_stops_claims_is_told_as_it_is_in_json_on_the_page_and_in_the_terminal(
    host: Host, door: Door
) -> None:
    """Scrap of the year before is taken back: more was claimed there than an overdraft may be."""
    assert balance(door)["blocked_because"] == []
    book(door, "reverse_movement", "BACK-1", reverses="IN-2")
    found = eventually(lambda: balance(door), lambda seen: seen["blocked"])
    [stop] = found["blocked_because"]
    assert (stop["pool"], stop["closed_on"]) == (f"{SMELTER}-S:aluminium:2024-01-01", None)
    assert "kg were claimed without cover in the period 2024-01-01 to 2024-12-31" in stop["reason"]
    assert (found["answer"]["kg"], found["answer"]["barred"]) == (0, stop["reason"])
    page, terminal = on_the_page(host, SMELTER), in_the_terminal(host, door, SMELTER)
    assert f"Claims are stopped: {stop['reason']}." in page
    assert f"because {stop['reason']}" in terminal
    assert "made good in time" not in page + terminal


def test_the_refusal_of_a_claim_that_is_stopped_names_the_stop(door: Door) -> None:
    [stop] = balance(door)["blocked_because"]
    sent = document("D-3", 1, day="2025-01-02")
    refused = door.attempt(who(SMELTER), "coc/issue_document", **sent).json()
    assert refused["slug"] == "claim-not-covered"
    assert refused["facts"]["blocked"] is True
    assert refused["facts"]["blocked_because"] == [stop["reason"]]
    assert f"Claims are stopped: {stop['reason']}." in refused["detail"]


def test_what_had_stopped_claims_is_told_as_made_good_once_it_is(host: Host, door: Door) -> None:
    """As much comes again as was taken back of the year before, and more than that leaves."""
    [stop] = balance(door)["blocked_because"]
    owed = balance(door)["owed_kg"]
    where = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER, "stage": "aluminium"}
    today = {**where, "day": "2025-01-02"}
    brought = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}
    for name, command, more in (("IN", "receive_material", brought), ("OUT", "ship_material", {})):
        lot = {"movement_id": f"{name}-GOOD", "mass_kg": owed}
        door.send(who(SMELTER), f"coc/{command}", **today, **lot, **more)
    found = eventually(lambda: balance(door), lambda seen: not seen["blocked"])
    assert (found["made_good"], found["blocked_because"]) == (True, [stop])
    assert found["answer"]["kg"] > 0
    assert (found["answer"]["ahead_kg"], found["overdraft_kg"]) == (0, 0)
    page, terminal = on_the_page(host, SMELTER), in_the_terminal(host, door, SMELTER)
    assert "Claims are stopped" not in page
    assert f"What had stopped claims is made good: {stop['reason']}." in page
    assert "what had stopped claims is made good" in terminal


def test_an_overdraft_that_is_made_good_is_not_told_as_one_to_be_made_good(
    host: Host, door: Door
) -> None:
    owed = balance(door)["owed_kg"]
    page = " ".join(page_of(host, SMELTER, f"/custody/scopes/{SMELTER}-S").split())
    assert "t of the period before are made good</dd>" in page
    assert "to be made good" not in page.partition("<dt>Overdraft</dt>")[2].partition("</dd>")[0]
    terminal = in_the_terminal(host, door, SMELTER)
    assert f"{owed:,} kg of overdraft of the period before are made good" in terminal
