"""A result that was given to the wrong verifier is taken back, over HTTP and on its page."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from services.portal.signin_session import COOKIE
from tests.door import Door
from tests.embedded import door_of, platform

from .years import PATH, TODAY, YEAR, populate, submit

OURS: dict[str, Any] = {"facility_id": "F1", "year": YEAR, "member_id": "M1", "result": 1}
PAGE = f"/emissions/F1/{YEAR}"
WRONG, RIGHT = "typo-verifer", "V1"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform with a smelter whose year went to a verifier that nobody is."""
    with platform(tmp_path_factory.mktemp("back")) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        submit(door)
        door.send("member:M1", "ghg/submit_for_verification", **OURS, verifier_id=WRONG)
        door.settled()
        yield door


def waiting(door: Door, verifier_id: str) -> list[str]:
    """What waits for a verifier."""
    path = f"/ghg/verifiers/{verifier_id}/waiting"
    found = door.get(f"verifier:{verifier_id}", path)["items"]
    return [one["facility_year"] for one in found]


def visit(
    door: Door, role: str, method: str = "GET", part: str = "", **form: str
) -> httpx.Response:
    """The page of the year, or what its form sends."""
    token = door.headers(role)["authorization"].removeprefix("Bearer ")
    headers = {"cookie": f"{COOKIE}={token}"}
    return door.ask(None, method, PAGE + part, headers=headers, data=form)


def test_a_result_taken_back_waits_for_nobody_and_goes_to_another(door: Door) -> None:
    asked = {**OURS, "verifier_id": RIGHT}
    refused = door.attempt("member:M1", "ghg/submit_for_verification", **asked)
    assert (refused.status_code, refused.json()["slug"]) == (409, "with-verifier")
    assert waiting(door, WRONG) == [f"F1:{YEAR}"]
    for role in ("member:M2", f"verifier:{WRONG}"):
        assert door.attempt(role, "ghg/withdraw_submission", **OURS).status_code == 403
    done = door.send("member:M1", "ghg/withdraw_submission", **OURS)
    assert [one["type"] for one in done["events"]] == ["ghg.submission_withdrawn.v1"]
    door.settled()
    assert waiting(door, WRONG) == []
    assert door.ask(f"verifier:{WRONG}", "GET", PATH).status_code == 403
    row = door.get("member:M1", PATH)
    assert (row["state"], row["submitted"]) == ("calculated", None)
    door.send("member:M1", "ghg/submit_for_verification", **asked)
    door.settled()
    assert waiting(door, RIGHT) == [f"F1:{YEAR}"]


def test_the_member_takes_it_back_on_the_page_and_the_verifier_cannot(door: Door) -> None:
    """After the test above: it lies with the right verifier now."""
    assert "/withdraw" not in visit(door, f"verifier:{RIGHT}").text
    page = visit(door, "member:M1").text
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert form["result"] == "1"
    sent = visit(door, "member:M1", "POST", "/withdraw", **form)
    assert (sent.status_code, sent.headers["location"]) == (303, PAGE)
    door.settled()
    assert waiting(door, RIGHT) == []
    assert "Taken back from the verifier" in visit(door, "member:M1").text
