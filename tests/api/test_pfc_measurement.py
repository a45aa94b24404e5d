"""A facility's own PFC coefficients: measured before their year, used while they hold, found once
they do not, and renewed by a day on the board (sources.md 4.3)."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from services.portal.signin_session import COOKIE
from tests.door import Door, eventually
from tests.embedded import door_of, platform

from .years import PATH, SITE, TODAY, YEAR, data, datum, populate

OLD, FRESH, RENEWED = date(2021, 6, 1), date(2024, 6, 1), date(2025, 11, 3)
BOARD = "/certification/deadlines/pfc_renewal_due:F1"


def measured(day: date, slope: str) -> list[dict[str, object]]:
    """The year with coefficients that were measured on a day."""
    cell = ("electrolysis", "parameter.S_CF4", slope)
    on = day.isoformat()
    return [
        *data(),
        datum("slope", *cell, unit="kg/t/(min/cell-day)", from_on=on, uncertainty_percent="12"),
        datum("ratio", "electrolysis", "parameter.F", "0.1", unit="fraction", from_on=on),
    ]


def attempt(door: Door, day: date, slope: str = "0.1") -> Any:
    """Send the year with coefficients of a day, whatever the answer."""
    asked: dict[str, Any] = {"facility_id": "F1", "year": YEAR, "member_id": "M1", "site": SITE}
    return door.attempt("member:M1", "ghg/submit_activity", **asked, data=measured(day, slope))


def told(door: Door) -> tuple[str, list[str], dict[str, Any]]:
    """The rule by which CF4 was worked out, the sentences of R-25, the line of the board."""
    door.settled()
    number = door.get("member:M1", PATH)["results"]
    working = door.get("member:M1", f"{PATH}/results/{number}/working")
    [rule] = [one["rule"] for one in working["lines"] if one["item"] == "pfc.cf4"]
    found = door.get("member:M1", f"{PATH}/results/{number}/findings")["items"]
    sentences = [one["sentence"] for one in found if one["rule"] == "R-25"]
    return rule, sentences, door.get("member:M1", BOARD)["deadline"]


def seen(door: Door, facility_id: str, state: str) -> dict[str, Any]:
    """The line of the board once it is in a state: what is past its day is missed by the clock,
    behind whatever it was told by."""
    board = f"/certification/deadlines/pfc_renewal_due:{facility_id}"
    found: dict[str, Any] = eventually(
        lambda: door.get("ops", board)["deadline"], lambda line: line["state"] == state
    )
    return found


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform with a smelter."""
    with platform(tmp_path_factory.mktemp("pfc")) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        door.settled()
        yield door


def test_an_own_slope_is_used_found_expired_and_renewed_on_the_board(door: Door) -> None:
    """In one walk: one facility, one line of the board."""
    assert attempt(door, OLD).is_success
    rule, sentences, line = told(door)
    assert "measured_slope" not in rule
    assert any("had to be renewed by 2024-06-01" in one for one in sentences)
    assert line["due_on"] == "2024-06-01"
    assert seen(door, "F1", "missed")["due_on"] == "2024-06-01"

    assert attempt(door, FRESH).is_success
    rule, sentences, line = told(door)
    assert rule.endswith("measured_slope")
    assert not any("renewed" in one for one in sentences)
    assert line["due_on"] == "2027-06-01"

    assert attempt(door, RENEWED).is_success, "a day of the year itself"
    assert told(door)[2]["due_on"] == "2028-11-03"


def test_an_own_overvoltage_coefficient_is_taken_over_http_and_renewed_like_a_slope(
    door: Door,
) -> None:
    on = date(2025, 12, 1).isoformat()
    cells = "electrolysis"
    voltage = [
        datum("aeo", cells, "anode_effect.overvoltage", "1.5", unit="mV"),
        datum("ce", cells, "anode_effect.current_efficiency", "95", unit="%"),
        datum("ratio", cells, "parameter.F", "0.1", unit="fraction", from_on=on),
    ]
    own = datum("ovc", cells, "parameter.OVC", "1200", unit="g/t/mV", from_on=on)
    asked: dict[str, Any] = {"facility_id": "F1", "year": YEAR, "member_id": "M1", "site": SITE}
    sent = [*data(), *voltage, {**own, "uncertainty_percent": "12"}]
    assert door.attempt("member:M1", "ghg/submit_activity", **asked, data=sent).is_success
    rule, sentences, line = told(door)
    assert rule == "equation 4.27, tier 3, measured_overvoltage"
    assert not any("renewed" in one for one in sentences)
    assert line["due_on"] == "2028-12-01"


def test_each_technology_of_cells_has_its_deadline_on_the_board(door: Door) -> None:
    populate(door, "M2", facility_id="F2", entity_id="E2")
    door.settled()
    cells = "electrolysis"
    side = [
        datum("tapped-side", cells, "output.liquid_metal", "10", unit="kt"),
        datum("minutes-side", cells, "anode_effect.minutes", "0.4", unit="min/cell-day"),
        *measured(OLD, "0.2")[-2:],
    ]
    side = [{**one, "datum_id": f"{one['datum_id']}-2", "technology": "SWPB"} for one in side]
    asked: dict[str, Any] = {"facility_id": "F2", "year": YEAR, "member_id": "M2", "site": SITE}
    sent = [*measured(FRESH, "0.1"), *side]
    assert door.attempt("member:M2", "ghg/submit_activity", **asked, data=sent).is_success
    door.settled()
    board = "/certification/deadlines/pfc_renewal_due:F2"
    lines = [door.get("member:M2", f"{board}{part}")["deadline"] for part in ("", "~SWPB")]
    assert [one["due_on"] for one in lines] == ["2027-06-01", "2024-06-01"]
    assert {one["subject"] for one in lines} == {"facility/F2"}
    token = door.headers("member:M2")["authorization"].removeprefix("Bearer ")
    cookie = {"cookie": f"{COOKIE}={token}"}
    for at in ("/", "/deadlines/pfc_renewal_due:F2~SWPB"):
        page = door.ask(None, "GET", at, headers=cookie)
        assert page.status_code == 200
        assert "SWPB" in page.text.replace("~SWPB", ""), "said, not in a link alone"


def test_a_corrected_measurement_moves_its_deadline_back_and_a_withdrawn_one_ends_it(
    door: Door,
) -> None:
    populate(door, "M3", facility_id="F3", entity_id="E3")
    door.settled()
    asked: dict[str, Any] = {"facility_id": "F3", "year": YEAR, "member_id": "M3", "site": SITE}
    for sent, state, due_on in (
        (measured(FRESH, "0.1"), "open", "2027-06-01"),
        (measured(OLD, "0.1"), "missed", "2024-06-01"),
        (data(), "cancelled", "2024-06-01"),
        (measured(FRESH, "0.1"), "open", "2027-06-01"),
    ):
        assert door.attempt("member:M3", "ghg/submit_activity", **asked, data=sent).is_success
        door.settled()
        assert seen(door, "F3", state)["due_on"] == due_on


def test_a_coefficient_that_no_cell_can_have_is_refused(door: Door) -> None:
    before = door.ask("member:M1", "GET", PATH).text
    answer = attempt(door, FRESH, slope="110").json()
    assert (answer["slug"], answer["facts"]["data"]) == ("factor-not-physical", ["slope"])
    assert door.ask("member:M1", "GET", PATH).text == before


def test_what_was_measured_after_the_year_is_refused(door: Door) -> None:
    answer = attempt(door, date(YEAR + 1, 1, 2))
    assert answer.status_code == 422
    assert {one["pointer"].rpartition("/")[2] for one in answer.json()["errors"]} == {"from_on"}
