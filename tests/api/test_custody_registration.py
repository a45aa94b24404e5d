"""Customers answer over HTTP: without an account by a registration id, and after a dispute."""

from typing import Any

import httpx

from castmark.local import Host
from tests.api.sellable import page_of
from tests.api.test_custody import BEGAN, MILL, SMELTER, TONNE, confirmed, document, who
from tests.api.test_custody import door as door  # the same world, in a platform of its own
from tests.api.test_custody import host as host
from tests.door import Door

REGISTRATION = "a-registration-id-that-is-long"


def test_a_customer_without_a_scope_confirms_by_its_registration_id(door: Door) -> None:
    customer = {"name": "Can maker", "address": "3 Main Street"}
    fields = document("D-3", 10, customer=customer, registration_id=REGISTRATION)
    door.send(who(SMELTER), "coc/issue_document", **fields)
    path = "/coc/documents/D-3/delivery"
    body = {"received_kg": 10 * TONNE, "received_on": BEGAN.isoformat()}
    key = {"idempotency-key": "can-maker-1"}
    wrong = {**body, "registration_id": "x" * 30}
    refused = door.ask(None, "POST", path, json=wrong, headers=key)
    assert (refused.status_code, refused.json()["slug"]) == (404, "unknown-document")
    told = {**body, "registration_id": REGISTRATION}
    answered = door.ask(None, "POST", path, json=told, headers=key)
    assert answered.status_code == 200, answered.text
    assert REGISTRATION not in answered.text
    repeated = door.ask(None, "POST", path, json=told, headers=key).json()
    assert repeated["repeated"]


def test_a_customer_without_a_scope_disputes_what_it_cannot_confirm(door: Door) -> None:
    customer = {"name": "Can maker", "address": "3 Main Street"}
    fields = document("D-3b", 10, customer=customer, registration_id=REGISTRATION)
    both = {**fields, "customer": {**customer, "scope_id": f"{MILL}-S"}}
    refused = door.attempt(who(SMELTER), "coc/issue_document", **both)
    assert refused.json()["slug"] == "customer-named-twice"
    door.send(who(SMELTER), "coc/issue_document", **fields)
    mine = {"registration_id": REGISTRATION}
    short = {**mine, "received_kg": 5 * TONNE, "received_on": BEGAN.isoformat()}

    def post(what: str, body: dict[str, Any]) -> httpx.Response:
        key = {"idempotency-key": f"can-maker-{what}"}
        return door.ask(None, "POST", f"/coc/documents/D-3b/{what}", json=body, headers=key)

    refused = post("delivery", short)
    assert refused.json()["slug"] == "mass-differs"
    guessed = {"registration_id": "x" * 30, "reason": "wrong-mass"}
    assert post("dispute", guessed).json()["slug"] == "unknown-document"
    assert post("dispute", {**mine, "reason": "wrong mass"}).status_code == 422
    door.settled()
    assert door.get(who(SMELTER), "/coc/documents/D-3b")["state"] == "issued"
    answered = post("dispute", {**mine, "reason": "wrong-mass"})
    assert answered.status_code == 200, answered.text
    door.settled()
    found = door.get(who(SMELTER), "/coc/documents/D-3b")
    assert (found["state"], found["reasons"]) == ("disputed", ["wrong-mass"])


def test_a_buyer_that_disputed_can_still_confirm_on_the_page(host: Host, door: Door) -> None:
    door.send(who(SMELTER), "coc/issue_document", **document("D-3c", 10))
    door.settled()
    page = "/custody/documents/D-3c"
    assert "Dispute it" in page_of(host, MILL, page)
    told = {"number": "D-3c", "member_id": MILL, "reason": "wrong-mass"}
    door.send(who(MILL), "coc/dispute_document", **told)
    door.settled()
    shown = page_of(host, MILL, page)
    assert "You dispute it." in shown
    assert "Confirm the delivery" in shown
    assert "Dispute it" not in shown
    door.send(who(MILL), "coc/confirm_document", **confirmed("D-3c", 10))
    door.settled()
    assert "Confirm the delivery" not in page_of(host, MILL, page)


def test_what_does_not_fit_is_answered_with_what_would_be_right_in_words(door: Door) -> None:
    customer = {"name": "Can maker", "address": "3 Main Street"}
    words = "write 20 to 100 letters (a to z), digits and hyphens"
    fields = document("D-3c", 10, customer=customer, registration_id="too short")
    issued = door.attempt(who(SMELTER), "coc/issue_document", **fields)
    body = {"registration_id": "too short", "reason": "wrong mass"}
    disputed = door.ask(
        None, "POST", "/coc/documents/D-3b/dispute", json=body, headers={"idempotency-key": "can-9"}
    )
    withdrawn = door.attempt(
        who(SMELTER), "coc/withdraw_document", number="D-3b", member_id=SMELTER, reason="wrong mass"
    )
    told = [answer.json()["errors"] for answer in (issued, disputed, withdrawn)]
    assert {answer.status_code for answer in (issued, disputed, withdrawn)} == {422}
    details = [one["detail"] for each in told for one in each]
    assert [one.startswith(words) for one in details] == [True, True, False, False]
    assert all("a short code of letters, digits and" in one for one in details[2:])
    assert not any("[A-Za-z" in one for one in details)
