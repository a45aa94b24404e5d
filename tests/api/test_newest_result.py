"""A page of a facility-year that names no result speaks of the newest, whichever page it is."""

from collections.abc import Iterator

import pytest

from services.portal.signin_session import COOKIE
from tests.door import Door
from tests.embedded import door_of, platform

from .years import TODAY, YEAR, populate, submit


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A member with one smelter that has sent its year twice."""
    with platform(tmp_path_factory.mktemp("newest")) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        door.settled()
        for anode_t in ("41000", "42000"):
            submit(door, anode_t)
            door.settled()
        yield door


def page(door: Door, at: str) -> str:
    """Its text, as the member sees it."""
    token = door.headers("member:M1")["authorization"].removeprefix("Bearer ")
    answer = door.ask(None, "GET", at, headers={"cookie": f"{COOKIE}={token}"})
    assert answer.status_code == 200, answer.text[-2000:]
    return answer.text


@pytest.mark.parametrize("part", ["", "/lines", "/reports"])
def test_without_a_result_named_it_is_of_the_newest(door: Door, part: str) -> None:
    at = f"/emissions/F1/{YEAR}{part}"
    newest, first = page(door, f"{at}?result=2"), page(door, f"{at}?result=1")
    assert page(door, at) == newest != first


@pytest.mark.parametrize("part", ["", "/lines", "/reports"])
def test_of_a_year_without_a_result_each_says_that_it_waits(door: Door, part: str) -> None:
    token = door.headers("member:M1")["authorization"].removeprefix("Bearer ")
    headers = {"cookie": f"{COOKIE}={token}"}
    answer = door.ask(None, "GET", f"/emissions/F1/{YEAR - 1}{part}", headers=headers)
    whole = door.ask(None, "GET", f"/emissions/F1/{YEAR - 1}", headers=headers)
    assert (answer.status_code, answer.text) == (whole.status_code, whole.text)
