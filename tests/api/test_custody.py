"""Metal from a mine's scrap heap to a can maker, over HTTP: booked, claimed, confirmed, traced."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from castmark.local import Host
from services.coc_ledger.evidence import UNKNOWN_S
from services.coc_ledger.jobs import Watch
from tests.api.sellable import in_the_terminal, on_the_page
from tests.api.traced import ends_together, traced_as_of_a_day
from tests.door import Door, eventually
from tests.embedded import door_of, platform
from tests.walk import Walked, certify, join, register

BEGAN = date(2024, 1, 10)
WALKED = Walked(BEGAN, BEGAN.replace(year=2026), "K")
SMELTER, MILL = "K-smelter", "K-mill"
YEAR = "2024-01-01"
POOL, MILL_POOL = f"{SMELTER}-S:aluminium:{YEAR}", f"{MILL}-S:aluminium:{YEAR}"
TONNE = 1000


def who(member_id: str) -> str:
    return f"member:{member_id}"


def opened(door: Door, member_id: str) -> None:
    """A member with an entity, both certificates, and a scope that keeps accounts."""
    part = member_id.removeprefix("K-")
    join(door, WALKED, part)
    register(door, WALKED, part)
    for standard in ("PS", "CoC"):
        certify(door, member_id, BEGAN, standard)
    door.settled()
    door.send(
        who(member_id),
        "coc/open_scope",
        member_id=member_id,
        entity_id=f"{member_id}-E",
        scope_id=f"{member_id}-S",
        name=f"{member_id} works",
        address="1 Main Street",
        facilities=[f"{member_id}-F1"],
        activities=["casthouse"],
        starts_on=YEAR,
    )


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """An empty platform."""
    with platform(tmp_path_factory.mktemp("custody")) as running:
        yield running


@pytest.fixture(scope="module")
def door(host: Host) -> Iterator[Door]:
    """A smelter and a mill, both certified, and some metal in stock."""
    with door_of(host) as door:
        door.tick(BEGAN)
        for member_id in (SMELTER, MILL):
            opened(door, member_id)
        door.send(
            who(SMELTER),
            "coc/record_due_diligence",
            scope_id=f"{SMELTER}-S",
            member_id=SMELTER,
            supplier_id="YARD",
            topics=[
                "responsible_sourcing",
                "anti_corruption",
                "human_rights",
                "conflict_affected_areas",
            ],
            performed_on=YEAR,
        )
        book(door, "receive_material", "IN-1", mass_kg=5000 * TONNE, origin="non_coc")
        book(
            door,
            "receive_material",
            "IN-2",
            mass_kg=5000 * TONNE,
            origin="post_consumer_scrap",
            supplier_id="YARD",
            origin_ref="note-1",
            footprint={"intensity_kgco2e_per_kg": "0.5"},
        )
        book(door, "ship_material", "OUT-1", mass_kg=9000 * TONNE)
        book(door, "ship_material", "OUT-2", mass_kg=800 * TONNE, lot="scrap")
        yield door


def book(door: Door, command: str, movement_id: str, **fields: Any) -> Any:
    where = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER, "stage": "aluminium"}
    day = {"day": BEGAN.isoformat(), "movement_id": movement_id}
    return door.send(who(SMELTER), f"coc/{command}", **where, **day, **fields)


def document(number: str, mass_t: int, **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "member_id": SMELTER,
        "scope_id": f"{SMELTER}-S",
        "day": BEGAN.isoformat(),
        "customer": {"name": "Mill", "address": "2 Main Street", "scope_id": f"{MILL}-S"},
        "responsible": "person-1",
        "statement": "asi_coc_mass_balance",
        "material": "coc_casthouse_product",
        "mass_kg": mass_t * TONNE,
        "total_mass_kg": mass_t * TONNE,
        **more,
    }


def confirmed(number: str, mass_t: int) -> dict[str, Any]:
    day = {"received_on": BEGAN.isoformat()}
    return {"number": number, "member_id": MILL, "received_kg": mass_t * TONNE, **day}


def balance(door: Door, member_id: str = SMELTER, on: str | None = None) -> dict[str, Any]:
    door.settled()
    found: dict[str, Any] = door.get(
        who(member_id), f"/coc/scopes/{member_id}-S/balance", stage="aluminium", on=on
    )
    return found


def told_beside(door: Door) -> None:
    """The balance of a day before all, and due diligence."""
    early = balance(door, on=YEAR)
    assert early["available_kg"] == early["claimable_kg"] == 0, "nothing was booked by then"
    assert early["carries"]["stock"]["kg"] == 200 * TONNE, "what lies there by now"
    assert early["carries_as_of"] == BEGAN.isoformat(), "and it says so"
    assert balance(door, on="2024-02-01")["carries_as_of"] == "2024-02-01", "nothing came since"
    looked = door.get(who(SMELTER), f"/coc/scopes/{SMELTER}-S/diligence")
    criteria = [one["ps_criteria"] for one in looked["criteria"]]
    assert criteria == [["2.4"], ["1.2"], ["9.1"], ["9.8"]]
    assert all(one["satisfied_by"] for one in looked["criteria"])
    assert [(one["supplier_id"], one["missing"]) for one in looked["suppliers"]] == [("YARD", [])]


def test_metal_is_claimed_confirmed_corrected_and_traced(door: Door) -> None:
    before = balance(door)
    assert (before["max_output_kg"], before["available_kg"]) == (4900 * TONNE, 4900 * TONNE)
    assert before["balance_until"] == "2025-12-31"
    assert [line["name"] for line in before["working"]][-1] == "available"
    assert before["claimable_kg"] == 4900 * TONNE
    told_beside(door)

    refused = door.attempt(who(SMELTER), "coc/issue_document", **document("D-0", 4901))
    assert (refused.status_code, refused.json()["slug"]) == (409, "claim-not-covered")

    door.send(who(SMELTER), "coc/issue_document", **document("D-1", 1000))
    door.settled()  # the ledger may have completed it first: then the answer tells no event
    stated = door.get(who(SMELTER), "/coc/documents/D-1")["document"]
    assert stated["supplement"]["post_consumer_percent"] == "50"
    again = door.send(who(SMELTER), "coc/issue_document", **document("D-1", 1000))
    assert again["events"] == []
    other = door.attempt(who(SMELTER), "coc/issue_document", **document("D-1", 900))
    assert other.json()["slug"] == "document-number-used"

    wrong = door.attempt(who(MILL), "coc/confirm_document", **confirmed("D-1", 700))
    assert wrong.json()["slug"] == "mass-differs"
    told = door.send(who(MILL), "coc/confirm_document", **confirmed("D-1", 1000))
    kinds = [one["type"] for one in told["events"]]
    assert kinds == ["coc.document_confirmed.v1", "coc.document_checked.v1"]
    mill = eventually(lambda: balance(door, MILL), lambda seen: seen["accounts"]["stock"])
    assert mill["accounts"]["input_coc"] == -1000 * TONNE
    row = door.get(who(MILL), "/coc/documents/D-1")
    assert (row["state"], row["booked_kg"]) == ("confirmed", 1000 * TONNE)
    assert row["evidence"]["known_through_position"] > 0

    correction = document("D-2", 800, replaces="D-1", correction_reason="weighed-again")
    door.send(who(SMELTER), "coc/issue_document", **correction)
    old = eventually(
        lambda: door.get(who(MILL), "/coc/documents/D-1"), lambda seen: seen["replaced_by"]
    )
    assert (old["state"], old["replaced_by"]) == ("superseded", "D-2")
    assert balance(door, MILL)["accounts"]["stock"] == 0
    assert balance(door)["designated_kg"] == 800 * TONNE
    door.send(who(MILL), "coc/confirm_document", **confirmed("D-2", 800))
    assert balance(door, MILL)["accounts"]["input_coc"] == -800 * TONNE

    up = door.get(who(MILL), "/coc/documents/D-2/trace", direction="upstream")
    assert sum(node["parts"] for node in up["nodes"] if node["final"]) == up["whole"]
    assert up["nodes"][0]["masked"], "what the smelter took in is not the mill's to see"
    assert up["nodes"][0]["carries"] is None
    own = door.get(who(SMELTER), "/coc/documents/D-2/trace")
    assert [node["kind"] for node in own["nodes"]] == ["post_consumer_scrap"]
    ends_together(own, up)
    traced_as_of_a_day(door, who(SMELTER), BEGAN.isoformat(), YEAR)
    scrap = own["nodes"][0]["carries"]
    assert (scrap["known_kg"], scrap["emission_g"]) == (scrap["kg"], scrap["kg"] * 500)
    waits = balance(door)["carries"]["outflow"]
    assert (waits["known_percent"], waits["known_part"]) == ("50", "0.5")
    assert waits["intensity"] is None, "half of the metal came without a footprint"
    down = door.get(who(SMELTER), "/coc/documents/D-2/trace", direction="downstream")
    lot = door.get(who(MILL), "/coc/documents/D-2")["document"]["carried"]
    assert lot["known_kg"] == 0, "the smelter's step is not known"
    assert Decimal(lot["partial_kgco2e"]) == 200 * TONNE
    assert sum(node["parts"] for node in down["nodes"] if node["final"]) == down["whole"]


def test_page_api_and_terminal_say_the_same_of_what_may_be_sold(host: Host, door: Door) -> None:
    """While a certificate is suspended, and once it holds again."""
    claimed = balance(door)["designated_kg"]
    change = {"certificate_id": f"{SMELTER}-C-CoC", "effective_on": BEGAN.isoformat()}
    door.send("ops", "audits/suspend_certificate", **change, reason="fraud")
    barred = eventually(lambda: balance(door), lambda seen: seen["answer"]["barred"])
    reason = barred["answer"]["barred"]
    assert reason == "the Chain of Custody certificate is not valid on that day"
    assert (barred["answer"]["kg"], barred["answer"]["until"]) == (0, None)
    assert f"Nothing may be sold:</strong> {reason}." in on_the_page(host, SMELTER)
    assert f"nothing may be sold as CoC: {reason}" in in_the_terminal(host, door, SMELTER)

    door.send("ops", "audits/reinstate_certificate", **change)
    again = eventually(  # its documents are checked again, too
        lambda: balance(door),
        lambda seen: not seen["answer"]["barred"] and seen["designated_kg"] == claimed,
    )
    kg, until = again["answer"]["kg"], again["answer"]["until"]
    assert (kg, until) == (again["claimable_kg"], "2024-12-31")
    assert kg > 0
    page, terminal = on_the_page(host, SMELTER), in_the_terminal(host, door, SMELTER)
    assert f'<p class="big"><data value="{kg}">' in page
    assert "until <strong>31 Dec 2024</strong>: then the period ends" in page
    assert f"{kg:,} kg may be sold as CoC by a document of {BEGAN}, through {until}" in terminal
    assert "nothing may be" not in terminal


@pytest.mark.parametrize(
    ("behind_s", "told_s", "words"),
    [(61, 61, "61 s old"), (UNKNOWN_S, None, "of unknown age"), (60, 60, None)],
)
def test_page_api_and_terminal_say_the_same_of_knowledge_that_is_too_old(
    host: Host,
    door: Door,
    monkeypatch: pytest.MonkeyPatch,
    behind_s: int,
    told_s: int | None,
    words: str | None,
) -> None:
    fresh = balance(door)["answer"]
    assert (fresh["behind_s"], fresh["waits"]) == (0, None)
    monkeypatch.setattr(Watch, "behind_s", lambda _: behind_s)
    old = balance(door)["answer"]
    assert (old["behind_s"], old["kg"]) == (told_s, fresh["kg"])
    page, terminal = on_the_page(host, SMELTER), in_the_terminal(host, door, SMELTER)
    assert old["known"] in page
    assert old["known"] in terminal
    if words is None:
        assert old["waits"] is None
        assert "A document of this moment waits" not in page + terminal
        return
    assert words in old["waits"]
    assert old["waits"] in page
    assert old["waits"] in terminal
    refused = door.attempt(who(SMELTER), "coc/issue_document", **document("D-old", 1))
    assert refused.json()["slug"] == "certificates-not-known-yet"


def test_a_certificate_that_did_not_hold_after_all_is_corrected_on_both_sides(door: Door) -> None:
    door.send(who(SMELTER), "coc/issue_document", **document("D-4", 50))
    door.send(who(MILL), "coc/confirm_document", **confirmed("D-4", 50))
    before, mill = balance(door), balance(door, MILL)
    change = {"certificate_id": f"{SMELTER}-C-CoC", "effective_on": BEGAN.isoformat()}
    door.send("ops", "audits/suspend_certificate", **change, reason="fraud")
    row = eventually(
        lambda: door.get(who(MILL), "/coc/documents/D-4"), lambda seen: seen["state"] == "non_coc"
    )
    assert row["reasons"] == ["issuer-coc-certificate-not-valid"]
    after = balance(door, MILL)["accounts"]
    assert after["input_coc"] == 0
    assert after["non_coc"] == mill["accounts"]["non_coc"] + mill["accounts"]["input_coc"]
    assert balance(door)["designated_kg"] < before["designated_kg"]
    refused = door.attempt(who(SMELTER), "coc/issue_document", **document("D-5", 1))
    assert refused.json()["slug"] == "coc-certificate-not-valid"
    door.send("ops", "audits/reinstate_certificate", **change)
    eventually(
        lambda: door.get(who(MILL), "/coc/documents/D-4"), lambda seen: seen["state"] == "confirmed"
    )
    assert balance(door)["designated_kg"] == before["designated_kg"]
    assert balance(door, MILL)["accounts"] == mill["accounts"]


def test_movements_are_taken_back_once_and_a_period_hands_on_what_it_leaves(door: Door) -> None:
    book(door, "book_loss", "LOSS-1", mass_kg=7)
    refused = door.attempt(
        who(SMELTER),
        "coc/book_loss",
        scope_id=f"{SMELTER}-S",
        member_id=SMELTER,
        stage="aluminium",
        day=BEGAN.isoformat(),
        movement_id="LOSS-1",
        mass_kg=8,
    )
    assert refused.json()["slug"] == "movement-id-used"
    door.settled()
    before = balance(door)["accounts"]["losses"]
    book(door, "reverse_movement", "BACK-1", reverses="LOSS-1")
    assert balance(door)["accounts"]["losses"] == before - 7
    page = door.get(who(SMELTER), f"/coc/pools/{POOL}/movements")
    assert {row["movement_id"] for row in page["items"]} >= {"LOSS-1", "BACK-1"}

    left = balance(door)
    door.tick(date(2025, 1, 2))
    where = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER, "stage": "aluminium"}
    door.send(who(SMELTER), "coc/close_period", **where, day=BEGAN.isoformat())
    carried = eventually(
        lambda: balance(door, on="2025-01-02"), lambda seen: seen["carried_kg"] > 0
    )
    assert carried["carried_kg"] == left["max_output_kg"] - left["designated_kg"]
    assert carried["accounts"]["stock"] == left["accounts"]["stock"]
    assert carried["carried_until"] == "2025-12-31"
    late = door.attempt(
        who(SMELTER), "coc/book_loss", **where, day=BEGAN.isoformat(), movement_id="L-9", mass_kg=1
    )
    assert late.json()["slug"] == "period-closed"
    months = door.get(who(SMELTER), f"/coc/pools/{POOL}/reconciliation")
    assert months["months"][0]["inflow_kg"] == 10_000 * TONNE
    assert months["closing"]["balance_kg"] == carried["carried_kg"]


def test_a_year_is_reported_from_the_books_and_is_on_the_board_until_then(door: Door) -> None:
    scope = f"{SMELTER}-S"
    line = f"/certification/deadlines/coc_yearly_report:{scope}~2024"
    due = eventually(
        lambda: door.ask("ops", "GET", line).json(), lambda seen: seen.get("deadline") is not None
    )
    assert (due["deadline"]["due_on"], due["deadline"]["state"]) == ("2025-06-30", "open")
    assert due["explanation"]["evidence"] == "unverified"
    asked: dict[str, Any] = {"scope_id": scope, "member_id": SMELTER, "year": 2024}
    refused = door.attempt(who(MILL), "coc/prepare_report", **asked)
    assert refused.json()["slug"] == "not-your-member"
    door.settled()
    door.send(who(SMELTER), "coc/prepare_report", **asked)
    early = door.attempt(who(SMELTER), "coc/prepare_report", **{**asked, "year": 2025})
    assert early.json()["slug"] == "year-not-over"
    door.send(who(SMELTER), "coc/submit_report", **asked, version=1)
    path = f"/coc/scopes/{scope}/reports/2024"
    told = eventually(
        lambda: door.get(who(SMELTER), path), lambda seen: seen["state"] == "submitted"
    )
    assert told["versions"][0]["stages"][0]["inflow_kg"] == 10_000 * TONNE
    assert told["versions"][0]["submitted_by"]
    assert told["books"]["same_as"] == 1
    eventually(lambda: door.get("ops", line)["deadline"], lambda seen: seen["state"] == "met")
    door.send("ops", "coc/accept_report", scope_id=scope, year=2024, version=1)
    accepted = eventually(
        lambda: door.get("ops", "/coc/reports", state="accepted")["items"], lambda seen: seen
    )
    assert [row["key"] for row in accepted] == [f"{scope}:2024"]
    assert door.ask(who(MILL), "GET", path).json()["slug"] == "not-your-member"


def test_deliveries_to_be_confirmed_are_one_line_of_the_board_for_a_scope(door: Door) -> None:
    line = f"/certification/deadlines/coc_confirmation:{MILL}-S"
    where = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER, "stage": "aluminium"}
    left = {"day": "2025-01-02", "movement_id": "OUT-9", "mass_kg": 20 * TONNE}
    door.send(who(SMELTER), "coc/ship_material", **where, **left)
    door.settled()
    for number in ("D-91", "D-92"):
        sent = document(number, 10, day="2025-01-02")
        door.send(who(SMELTER), "coc/issue_document", **sent)
    waiting = eventually(
        lambda: door.ask("ops", "GET", line).json(),
        lambda seen: seen.get("deadline", {}).get("items") == 2,
    )
    shown = waiting["deadline"]
    assert (shown["member_id"], shown["due_on"], shown["state"]) == (MILL, "2025-03-03", "open")
    for number in ("D-91", "D-92"):
        answer = {**confirmed(number, 10), "received_on": "2025-01-02"}
        door.send(who(MILL), "coc/confirm_document", **answer)
    gone = eventually(
        lambda: door.ask("ops", "GET", line).json(), lambda seen: "deadline" not in seen
    )
    assert gone["slug"] == "unknown-deadline"
