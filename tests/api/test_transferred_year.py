"""A facility went to another member: who reads what of its years, and whose the figures are."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.door import Door, fine
from tests.embedded import door_of, platform

from .years import PATH, SCOPES, SITE, TODAY, YEAR, data, populate, submit

NEW: dict[str, Any] = {"facility_id": "F1", "year": YEAR, "member_id": "M2"}
STATEMENT: dict[str, Any] = {
    "facility_id": "F1",
    "year": YEAR,
    "verifier_id": "V1",
    "accreditation": "ACC-1",
    "statement_ref": "ST-1",
    "scopes": SCOPES,
    "assurance": "limited",
}
OLD, PRESENT = "member:M1", "member:M2"
SECRET = "SECRET-OF-M2"
READ = ("", "/results", "/results/1", "/results/1/working", "/results/1/findings", "/data/1")
"""What its first owner may go on reading; the third and later ones are of its own data."""
OF_OTHERS = ("/results/2", "/results/2/working", "/results/2/findings", "/data/2")


def transfer(door: Door) -> None:
    """F1 goes from M1's entity to M2's."""
    of = {"facility_id": "F1", "transfer_id": "T1"}
    to = {"to_entity_id": "E2", "to_member_id": "M2"}
    door.send(OLD, "membership/offer_transfer", member_id="M1", **of, **to)
    door.settled()
    door.send(PRESENT, "membership/accept_transfer", member_id="M2", entity_id="E2", **of)
    door.settled()


def ask_supplier(door: Door) -> str:
    """M1 asks for the alumina's factor, and is answered; the registration id."""
    of = {"facility_id": "F1", "year": YEAR, "supplier_id": "S1", "item": "bought.alumina"}
    door.send(OLD, "ghg/request_datum", request_id="rq1", member_id="M1", **of)
    door.settled()
    told = fine(
        door.ask(
            OLD,
            "POST",
            "/ghg/datum-requests/rq1/registration",
            headers={"idempotency-key": "register-1"},
        )
    )
    registration_id = str(told["registration_id"])
    fine(answer(door, registration_id, "900"))
    door.settled()
    return registration_id


def answer(door: Door, registration_id: str, factor: str) -> Any:
    """What the supplier says."""
    said = {
        "registration_id": registration_id,
        "factor": factor,
        "unit": "t",
        "kind": "supplier_unverified",
        "boundary": "cradle_to_gate",
        "data_year": YEAR,
        "source": "EPD-1",
    }
    headers = {"idempotency-key": f"answer-{factor}"}
    return door.ask(None, "POST", "/ghg/answers", json=said, headers=headers)


class Moved(NamedTuple):
    """The platform, and what the supplier answers M1 with."""

    door: Door
    registration_id: str


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    """A platform on which M1 sent a year, asked a supplier, and gave the smelter to M2."""
    with platform(tmp_path_factory.mktemp("moved")) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        populate(door, "M2", facility_id="F2", entity_id="E2")
        submit(door)
        door.settled()
        registration_id = ask_supplier(door)
        transfer(door)
        yield Moved(door, registration_id)


@pytest.fixture(scope="module")
def door(moved: Moved) -> Door:
    """That platform."""
    return moved.door


def statuses(door: Door, role: str, paths: tuple[str, ...]) -> dict[str, int]:
    """How each address of the year answers somebody."""
    return {path: door.ask(role, "GET", PATH + path).status_code for path in paths}


def emitted(door: Door, member_id: str, by: str) -> dict[str, str]:
    """A member's own table of the year: t CO2e by key."""
    found = door.get(
        f"member:{member_id}", f"/ghg/members/{member_id}/aggregates", year=YEAR, by=by
    )
    return {one["key"][by]: one["emission_t"] for one in found["rows"]}


def test_the_present_owner_reads_the_years_before_it_came(door: Door) -> None:
    assert set(statuses(door, PRESENT, (*READ, "/events", "/pathway", "/inputs")).values()) == {200}
    row = door.get(PRESENT, PATH)
    assert (row["member_id"], row["entity_id"], row["state"]) == ("M2", "E2", "calculated")
    for path in ("/ghg/members/M2/years", "/ghg/years"):
        listed = door.get(PRESENT, path)["items"]
        assert [one["facility_year"] for one in listed] == [f"F1:{YEAR}"], path


LISTS = ("/ghg/members/M1/years", "/ghg/years")


def listed_to_former(door: Door, path: str, **query: object) -> list[tuple[str, str, int, int]]:
    """What a list of the former owner's tells of its years."""
    told = ("facility_year", "member_id", "data_version", "results")
    return [tuple(one[name] for name in told) for one in door.get(OLD, path, **query)["items"]]


@pytest.mark.parametrize("path", LISTS)
def test_a_former_owners_lists_show_the_years_that_it_sent(door: Door, path: str) -> None:
    assert listed_to_former(door, path) == [(f"F1:{YEAR}", "M1", 1, 1)]
    assert listed_to_former(door, path, year=YEAR) == [(f"F1:{YEAR}", "M1", 1, 1)]
    assert listed_to_former(door, path, year=YEAR - 1) == []


@pytest.mark.parametrize("path", LISTS)
def test_a_former_owners_lists_leave_out_the_years_that_only_others_sent(
    door: Door, path: str
) -> None:
    """Read with one row a page, so that a page of the new owner's years comes between."""
    earlier, later = {**NEW, "year": YEAR - 1}, {**NEW, "year": YEAR - 2}
    for asked in (earlier, later):
        door.send(PRESENT, "ghg/submit_activity", **asked, site=SITE, data=data())
    door.settled()
    assert len(door.get(PRESENT, "/ghg/years")["items"]) == 3
    page = door.get(OLD, path, limit=1)
    assert [one["facility_year"] for one in page["items"]] == [f"F1:{YEAR}"]
    assert page["next"] is None


def test_a_former_owner_goes_on_reading_what_it_sent(door: Door) -> None:
    assert set(statuses(door, OLD, READ).values()) == {200}
    row = door.get(OLD, PATH)
    assert (row["member_id"], row["data_version"], row["results"]) == ("M1", 1, 1)
    assert statuses(door, "member:M3", READ) == dict.fromkeys(READ, 403)


def test_a_request_to_a_supplier_ends_when_the_facility_goes(moved: Moved) -> None:
    door = moved.door
    assert door.get(OLD, "/ghg/datum-requests/rq1")["withdrawn"] is True
    late = answer(door, moved.registration_id, "800")
    assert (late.status_code, late.json()["slug"]) == (409, "request-withdrawn")
    for method, path in (("GET", "proposal"), ("POST", "take"), ("POST", "registration")):
        refused = door.ask(
            OLD,
            method,
            f"/ghg/datum-requests/rq1/{path}",
            headers={"idempotency-key": f"late-{path}"},
        )
        assert refused.json()["slug"] == "unknown-facility", path


def test_figures_count_for_whom_the_disclosure_names_else_for_the_present_owner(door: Door) -> None:
    """In one walk, as each step rests on the one before."""
    door.send(PRESENT, "ghg/submit_for_verification", **NEW, result=1, verifier_id="V1")
    door.send("verifier:V1", "ghg/verify_result", **STATEMENT, result=1)
    door.settled()
    first = emitted(door, "M2", "facility")
    assert list(first) == ["F1"]
    assert emitted(door, "M1", "facility") == {}
    door.send(PRESENT, "ghg/publish_disclosure", **NEW, result=1)
    door.settled()
    [public] = door.get(None, "/ghg/disclosures", year=YEAR)["items"]
    assert public["entity_id"] == "E2"
    assert list(emitted(door, "M2", "entity")) == ["E2"]
    sent = [
        {**one, "datum_id": SECRET if one["datum_id"] == "power" else one["datum_id"]}
        for one in data("43210")
    ]
    door.send(PRESENT, "ghg/submit_activity", **NEW, site=SITE, data=sent)
    door.settled()
    assert emitted(door, "M2", "facility") == first


def test_a_former_owner_learns_nothing_of_what_others_sent(door: Door) -> None:
    """After the walk above: the new owner's data are version 2, and result 2 is of them."""
    assert statuses(door, PRESENT, OF_OTHERS) == dict.fromkeys(OF_OTHERS, 200)
    assert statuses(door, OLD, OF_OTHERS) == dict.fromkeys(OF_OTHERS, 404)
    assert set(statuses(door, OLD, READ).values()) == {200}
    row = door.get(OLD, PATH)
    assert (row["data_version"], row["results"], row["state"]) == (1, 1, "calculated")
    assert [one["result"] for one in door.get(OLD, f"{PATH}/results")["items"]] == [1]
    new = [one["data_version"] for one in door.get(PRESENT, f"{PATH}/events")["items"]]
    assert 2 in new
    assert {one["data_version"] for one in door.get(OLD, f"{PATH}/events")["items"]} == {1}
    for path in (PATH, f"{PATH}/events", f"{PATH}/pathway", "/ghg/datum-requests/rq1"):
        told = door.ask(OLD, "GET", path).text
        assert SECRET not in told, path
    assert door.ask(OLD, "GET", f"{PATH}/results/1/differences?of=2").status_code == 404
    assert door.ask(OLD, "GET", "/ghg/datum-requests/rq1/proposal").status_code == 404
    assert door.ask("verifier:V1", "GET", f"{PATH}/data/2").status_code == 403
