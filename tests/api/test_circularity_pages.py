"""The pages of circularity over a running platform: of a facility, an entity, a group."""

from collections.abc import Iterator

import httpx
import pytest

from services.portal.signin_session import COOKIE
from tests.door import Door
from tests.embedded import door_of, platform

from .years import SITE, TODAY, YEAR, data, datum, populate

PAGE = f"/emissions/F1/{YEAR}/circularity"
GROUP = "/emissions/circularity"
MINE = {"member": "M1", "year": str(YEAR)}
WASTE = [
    datum("scrap", "casting", "scrap.in", "5000", unit="t", scrap_kind="post_consumer"),
    datum("dross", "casting", "waste.dross", "900", unit="t", treatment="recycled"),
    datum("lining", "electrolysis", "waste.spl_carbon", "100", unit="t", treatment="discharged"),
]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform with a smelter that tells of scrap, dross and linings."""
    with platform(tmp_path_factory.mktemp("circular")) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        asked = {"facility_id": "F1", "year": YEAR, "member_id": "M1", "site": SITE}
        door.send("member:M1", "ghg/submit_activity", **asked, data=[*data(), *WASTE])
        door.settled()
        yield door


def asked(door: Door, at: str, role: str | None = "member:M1", **query: str) -> httpx.Response:
    """A page as somebody sees it."""
    headers = {}
    if role is not None:
        token = door.headers(role)["authorization"].removeprefix("Bearer ")
        headers = {"cookie": f"{COOKIE}={token}"}
    return door.ask(None, "GET", at, params=query, headers=headers)


def page(door: Door, at: str, role: str = "member:M1", **query: str) -> str:
    """Its text, without the breaks of its lines."""
    answer = asked(door, at, role, **query)
    assert answer.status_code == 200, answer.text
    return " ".join(answer.text.split())


def test_a_facilitys_year_leads_to_its_circularity_with_masses_beside_shares(door: Door) -> None:
    assert f'href="{PAGE}?result=1"' in page(door, f"/emissions/F1/{YEAR}")
    told = page(door, PAGE, result="1")
    assert (
        '<td>Post-consumer content</td> <td>–</td> <td class="number"><data value="0.0476' in told
    )
    assert '<data value="5000">5,000.0</data></td> <td class="number"><data value="105000">' in told
    assert "<td>Discharged</td>" in told
    assert "Waste of F1 in 2025 by what became of it" in told
    assert "not told</span>" in told
    assert told.replace("result=1", "") == page(door, PAGE).replace("result=1", "")


def test_a_group_and_its_entities_have_pages_of_their_own(door: Door) -> None:
    assert "Circularity of M1 in 2025" in page(door, "/emissions")
    group = page(door, GROUP, **MINE)
    assert "1 of 1 facilities" in group
    assert '<data value="100">100.0</data> t' in group, "linings untreated, with their unit"
    assert 'entity=E1">E1</a>' in group
    entity = page(door, GROUP, **MINE, entity="E1")
    assert "Circularity of entity E1 in 2025" in entity
    assert 'aria-label="Entities"' not in entity
    assert "No activity data of 2025 were submitted" in page(door, GROUP, **MINE, entity="E9")


def test_a_year_without_data_says_so(door: Door) -> None:
    told = page(door, GROUP, member="M1", year="2019")
    assert "No activity data of 2019 were submitted for M1" in told


def test_they_are_seen_by_whom_the_data_are(door: Door) -> None:
    assert "Circularity of M1" in page(door, GROUP, "ops", **MINE)
    for at, query in ((PAGE, {}), (GROUP, MINE)):
        refused = asked(door, at, "member:M2", **query)
        assert refused.status_code == 403
        assert "not-your-member" in refused.text
        nobody = asked(door, at, None, **query)
        assert nobody.status_code == 303
        assert nobody.headers["location"].startswith("/signin?to=")


def test_a_result_that_is_not_there_is_told(door: Door) -> None:
    assert asked(door, PAGE, result="9").status_code == 404
