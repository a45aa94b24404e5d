"""Plans, claims, suppliers and aggregates over HTTP: each by whom it concerns."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.ghg.aggregates import aggregates_api
from services.ghg.aggregates.sums import Entry
from services.ghg.rows import YearRow
from tests.imports.desk import as_csv
from tests.imports.years import COLUMNS, PLANTS, YearDesk, year, years_on

MEMBER = {"member_id": "M1"}
FACILITY = "M1.plant-1"
YEAR = "/ghg/facilities/M1.plant-1/years/2024"
KEPT = ("reduction_plan_adopted", "pathway_set", "intermediate_target_set")
SCOPES = ("1", "2_location", "2_market", "3.1", "3.3", "3.4")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[YearDesk]:
    """ghg with the year of a smelter."""
    async with years_on(tmp_path) as made:
        await told_of(made, 1)
        yield made


async def told_of(desk: YearDesk, *plants: int) -> None:
    """The years of some smelters of one entity, whose alumina is bought of SUP-1 without a
    factor, calculated."""
    rows = [row for plant in plants for row in year(plant)]
    for row in rows:
        if row["item"] == "bought.alumina":
            row |= {"factor": "", "factor_unit": "", "supplier_id": "SUP-1"}
    columns = (*COLUMNS, "supplier_id")
    whole = [{name: row.get(name, "") for name in columns} for row in rows]
    job = await desk.load(f"from-{plants[0]}", as_csv(whole, columns))
    assert job["state"] == "done", job
    for plant in plants:
        await there(desk.client, f"{years_of(plant)}/results/1")


def years_of(plant: int) -> str:
    """Where a plant's year is told."""
    return f"/ghg/facilities/M1.plant-{plant}/years/2024"


async def there(client: httpx.AsyncClient, path: str, **wanted: str) -> None:
    """Until something is there, and says so."""
    for _ in range(600):
        answer = await client.get(path)
        if answer.status_code == 200 and wanted.items() <= answer.json().items():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{path} is not there")


def headers() -> dict[str, str]:
    """A command id of our own."""
    return {"idempotency-key": uuid.uuid4().hex}


async def post(client: httpx.AsyncClient, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
    """POST with a command id."""
    answer = await client.post(f"/ghg/{path}", json=body, headers=headers())
    return answer.status_code, answer.json()


async def get(client: httpx.AsyncClient, path: str, **query: str) -> tuple[int, dict[str, Any]]:
    """GET as JSON."""
    answer = await client.get(path, params=query)
    return answer.status_code, answer.json()


async def seen(client: httpx.AsyncClient, path: str, count: int) -> list[dict[str, Any]]:
    """The items of a list, when there are so many."""
    found: list[dict[str, Any]] = []
    for _ in range(600):
        found = (await get(client, path))[1]["items"]
        if len(found) == count:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"{path} tells {found}")


async def verified(desk: YearDesk) -> None:
    """All years are verified."""
    verifier = desk.signed_in("verifier:V1")
    for plant in range(1, PLANTS + 1):
        of = {"facility_id": f"M1.plant-{plant}", "year": 2024, "result": 1, "verifier_id": "V1"}
        status, said = await post(desk.client, "commands/submit_for_verification", **MEMBER, **of)
        assert status == 200, said
        statement = {
            "accreditation": "ACC-1",
            "statement_ref": f"S-{plant}",
            "scopes": SCOPES,
            "assurance": "limited",
            "verified_on": said["events"][0]["data"]["submitted_on"],
        }
        status, said = await post(verifier, "commands/verify_result", **of, **statement)
        assert status == 200, said
    for plant in range(1, PLANTS + 1):
        await there(desk.client, years_of(plant), state="verified")


async def entity_of(desk: YearDesk) -> str:
    """The entity of the facility."""
    _, found = await get(desk.client, YEAR)
    return str(found["entity_id"])


async def test_verified_years_become_a_plan_with_a_pathway_and_its_alignment(
    desk: YearDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    entity_id = await entity_of(desk)
    member = desk.signed_in("member:M1")
    gathered = counting(monkeypatch)
    own = "/ghg/members/M1/aggregates"
    for _ in range(2):
        assert (await get(member, own, year="2024", by="facility,step"))[1]["rows"] == []
    assert len(gathered) == 1, "the second answer was kept"
    about = {"entity_id": entity_id, **MEMBER, "family": "primary"}
    status, said = await post(member, "commands/adopt_plan", **about, owner="p-1")
    assert (status, said["slug"]) == (409, "base-year-missing"), "nothing is verified"
    others = [f"2024: M1.plant-{plant}" for plant in range(2, PLANTS + 1)]
    assert said["facts"]["missing"] == others
    other = {**about, "entity_id": "NONE", "owner": "p-1"}
    status, said = await post(member, "commands/adopt_plan", **other)
    assert (status, said["slug"]) == (404, "unknown-entity")
    stranger = desk.signed_in("member:M2")
    assert (await post(stranger, "commands/adopt_plan", **other))[0] == 403
    await told_of(desk, *range(2, PLANTS + 1))
    await verified(desk)
    planned = [{"year": 2030, "t_per_t": "1.5"}]
    status, said = await post(member, "commands/adopt_plan", **about, owner="p-1", planned=planned)
    assert status == 200, said
    base = said["events"][0]["data"]["base"]
    assert base["year"] == 2024
    assert [one["what"] for one in base["missing"]] == ["production_records"]
    method = {"method": "asi_ghg_pathways_v2", "method_variant": "sda"}
    status, said = await post(member, "commands/set_pathway", **about, **method)
    assert status == 200, said
    target = {"year": 2029, "t_per_t": "2", "scopes": ["1", "2"], "public": True}
    status, said = await post(member, "commands/set_intermediate_target", **about, **target)
    assert [one["rule"] for one in said["events"][0]["data"]["findings"]] == ["R-21"]

    status, told = await get(member, f"/ghg/entities/{entity_id}/plan")
    assert status == 200
    document = (await get(member, "/ghg/openapi.json"))[1]
    described = document["components"]["schemas"]["SetPathway"]["properties"]["method"]
    assert method["method"] in told["methods"]
    assert all(one in described["description"] for one in told["methods"])
    (family,) = told["families"]
    first, *_, last = family["alignment"]
    assert (first["year"], first["actual_gap"]) == (2024, "0")
    assert (last["year"], last["target"]) == (2050, "0.1759307224")
    assert {one["year"]: one["planned"] for one in family["alignment"]}[2030] == "1.5"
    assert (await get(desk.signed_in("member:M2"), f"/ghg/entities/{entity_id}/plan"))[0] == 403
    assert (await get(desk.client, "/ghg/entities/NONE/plan"))[0] == 404
    (row,) = await seen(member, "/ghg/members/M1/plans", 1)
    assert (row["families"], row["state"]) == (["primary"], "kept")
    planned = [{"year": 2030, "t_per_t": "1.4"}]
    status, said = await post(member, "commands/adopt_plan", **about, owner="p-1", planned=planned)
    assert status == 200, said
    kept = [one["type"] for one in said["events"]]
    assert kept == [f"ghg.{one}.v1" for one in KEPT], "pathway and target of before"
    _, told = await get(member, f"/ghg/entities/{entity_id}/plan")
    assert told["families"][0]["pathway"]["targets"] == family["pathway"]["targets"]
    await one_entity_is_not_told(member)


async def test_a_plan_that_is_not_there_yet_is_told_to_its_member_and_to_nobody_else(
    desk: YearDesk,
) -> None:
    path = f"/ghg/entities/{await entity_of(desk)}/plan"
    for client in (desk.signed_in("member:M1"), desk.client):
        status, said = await get(client, path)
        assert (status, said["slug"]) == (404, "unknown-plan")
        assert "adopt_plan" in said["detail"]
    status, said = await get(desk.signed_in("member:M2"), path)
    assert (status, said["slug"]) == (403, "not-your-member")


async def test_a_year_that_nobody_sent_is_told_to_the_facilitys_member_and_to_nobody_else(
    desk: YearDesk,
) -> None:
    for path in (years_of(2), f"{years_of(2)}/pathway"):
        status, said = await get(desk.signed_in("member:M1"), path)
        assert (status, said["slug"]) == (404, "unknown-activity")
        assert (await get(desk.signed_in("member:M2"), path))[0] == 403


def counting(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """How often facility-years are gathered for a table."""
    gathered: list[object] = []
    real = aggregates_api.Asked._entries

    def entries(asked: aggregates_api.Asked, rows: Sequence[YearRow]) -> list[Entry]:
        gathered.append(rows)
        return real(asked, rows)

    monkeypatch.setattr(aggregates_api.Asked, "_entries", entries)
    return gathered


async def one_entity_is_not_told(member: httpx.AsyncClient) -> None:
    """Its member sees its own figures, which moved on since they were asked for; tables for
    everybody tell nothing of one entity."""
    status, told = await get(member, "/ghg/members/M1/aggregates", year="2024", by="facility,step")
    assert status == 200
    assert len({row["key"]["facility"] for row in told["rows"]}) == PLANTS
    status, told = await get(member, "/ghg/members/M1/circularity", year="2024")
    assert (status, told["facilities"]) == (200, PLANTS)
    assert told["whole"]["recycled"]["told"] == PLANTS
    assert told["whole"]["dross_recovery"]["silent"] == PLANTS
    (entity,) = told["entities"]
    assert entity["recycled"] == told["whole"]["recycled"]
    assert (await get(member, "/ghg/members/M2/circularity", year="2024"))[0] == 403
    status, told = await get(member, "/ghg/aggregates", year="2024", by="country,step")
    assert status == 200
    assert told["rows"]
    assert all(row["suppressed"] and row["emission_t"] is None for row in told["rows"])
    assert told["entities_min"]["evidence"] == "unverified"
    assert (await get(member, "/ghg/emission-curve", year="2024"))[1]["steps"] == []
    status, said = await get(member, "/ghg/aggregates", year="2024", by="facility")
    assert (status, said["slug"]) == (422, "invalid-dimension")
    assert (await get(member, "/ghg/members/M2/aggregates", year="2024"))[0] == 403


async def test_claims_are_approved_by_operations_alone_and_sets_are_of_enough_entities(
    desk: YearDesk,
) -> None:
    member = desk.signed_in("member:M1")
    claim = {
        "claim_id": "C-1",
        **MEMBER,
        "kind": "text",
        "text": "We are a member of ASI.",
        "language": "en",
        "form": "membership",
    }
    status, said = await post(member, "commands/request_claim", **claim)
    assert status == 200, said
    assert said["events"][1]["data"]["stands"] is True
    green = {**claim, "claim_id": "C-2", "text": "Green aluminium by a member of ASI."}
    status, said = await post(member, "commands/request_claim", **green)
    assert [one["rule"] for one in said["events"][1]["data"]["findings"]] == ["R-16"]
    status, said = await post(member, "commands/approve_claim", claim_id="C-1")
    assert status == 403
    for name in ("C-1", "C-2"):
        assert (await post(desk.client, "commands/assess_claim", claim_id=name, advice="approve"))[
            0
        ] == 200
    assert (await post(desk.client, "commands/approve_claim", claim_id="C-1"))[0] == 200
    status, said = await post(desk.client, "commands/approve_claim", claim_id="C-2")
    assert (status, said["slug"]) == (409, "claim-has-faults")
    assert (await get(member, "/ghg/claims/C-1"))[1]["state"] == "approved"
    assert (await get(desk.signed_in("member:M2"), "/ghg/claims/C-1"))[0] == 403
    rows = await seen(member, "/ghg/members/M1/claims", 2)
    assert [row["rules"] for row in rows] == [[], ["R-16"]]
    claimed = {**claim, "claim_id": "C-3", "certificate_id": "CERT-9"}
    status, said = await post(member, "commands/request_claim", **claimed)
    assert (status, said["slug"]) == (404, "unknown-certificate")
    await a_lender_defines_sets_of_enough_entities(desk)


async def a_lender_defines_sets_of_enough_entities(desk: YearDesk) -> None:
    """Sets of one entity are refused, and whose set it is counts."""
    lender = desk.signed_in("subscriber:S1")
    about = {"subscriber_id": "S1", "portfolio_id": "P1"}
    status, said = await post(lender, "commands/define_portfolio", **about, facilities=[FACILITY])
    assert (status, said["slug"]) == (409, "portfolio-too-small")
    status, said = await post(lender, "commands/define_portfolio", **about, facilities=["NONE"])
    assert (status, said["slug"]) == (404, "unknown-facility")
    status, said = await get(lender, "/ghg/portfolios/S1/P1", year="2024")
    assert (status, said["slug"]) == (404, "unknown-portfolio")
    status, said = await post(lender, "commands/remove_portfolio", **about)
    assert (status, said["slug"]) == (404, "unknown-portfolio")
    assert (await get(desk.signed_in("subscriber:S2"), "/ghg/portfolios/S1/P1", year="2024"))[
        0
    ] == 403


async def registered(desk: YearDesk, member: httpx.AsyncClient) -> dict[str, str]:
    """The datum is asked of the supplier; what it answers with, of which only a hash is kept."""
    status, told = await post(member, "datum-requests/R-1/registration")
    assert status == 201
    stored = desk.running.store.read_after(0, 1_000_000)
    secret = told["registration_id"].partition("~")[2].encode()
    assert not any(secret in record.data for record in stored), "only its hash is kept"
    return {"registration_id": told["registration_id"]}


async def answered(nobody: httpx.AsyncClient, registration: dict[str, str]) -> None:
    """The supplier is asked, and tells; wrong ids, numbers and sets are refused."""
    status, asked = await post(nobody, "answers/asked", **registration)
    assert (status, asked["item"], asked["unit"]) == (200, "bought.alumina", "t")
    assert asked["gwp_set"] == "AR6", "the set of the facility's result, for the supplier to use"
    assert asked["factor_units"] == ["t", "kg CO2e/t", "t CO2e/t"]
    answer = {
        **registration,
        "factor": "900",
        "unit": "t",
        "kind": "supplier_unverified",
        "boundary": "cradle_to_gate",
        "data_year": 2024,
        "source": "EPD-2025",
        "factor_gwp_set": "IPCC AR5",
    }
    status, said = await post(nobody, "answers", **{**answer, "factor_gwp_set": "AR9"})
    assert (status, said["slug"]) == (422, "unknown-gwp-set")
    wrong = {**answer, "registration_id": "R-1~guess"}
    assert (await post(nobody, "answers", **wrong))[0] == 404
    assert (await post(nobody, "answers", **{**answer, "registration_id": "guess"}))[0] == 404
    assert (await post(nobody, "answers", **{**answer, "factor": "-1"}))[0] == 422
    status, said = await post(nobody, "answers", **{**answer, "factor": "0"})
    assert (status, said["slug"]) == (409, "factor-not-physical")
    status, said = await post(nobody, "answers", **{**answer, "unit": "kg"})
    assert (status, said["slug"], said["facts"]["asked"]) == (409, "unit-differs", "t")
    written = {**answer, "factor": "0.9", "unit": "t CO2e/t"}
    status, said = await post(nobody, "answers", **written)
    assert status == 200, said

    asked = (await post(nobody, "answers/asked", **registration))[1]
    assert asked["answered"]["factor_gwp_set"] == "AR5"
    assert (asked["answered"]["factor"], asked["answered"]["unit"]) == ("900", "t")


async def test_a_supplier_without_an_account_answers_and_its_factor_enters_the_data(
    desk: YearDesk,
) -> None:
    member = desk.signed_in("member:M1")
    status, found = await get(member, f"{YEAR}/inputs")
    assert status == 200
    (bought,) = found["items"]
    assert (bought["item"], bought["supplier_id"]) == ("bought.alumina", "SUP-1")
    assert (bought["primary"], bought["asked"]) == (False, None)

    wanted = {"facility_id": FACILITY, "year": 2024, "supplier_id": "SUP-1"}
    request = {"request_id": "R-1", **MEMBER, **wanted, "item": "bought.alumina"}
    status, said = await post(member, "commands/request_datum", **request)
    assert status == 200, said
    (ranked,) = await seen(member, "/ghg/members/M1/datum-requests", 1)
    assert float(ranked["share_percent"]) == pytest.approx(
        float(bought["share_percent"]), abs=0.001
    )

    registration = await registered(desk, member)
    nobody = httpx.AsyncClient(transport=httpx.ASGITransport(desk.api), base_url="http://m")
    await answered(nobody, registration)

    status, shown = await get(member, "/ghg/datum-requests/R-1/proposal")
    assert status == 200, shown
    (changed,) = shown["difference"]["data"]
    assert (changed["new_factor"], changed["new_kind"]) == ("900", "supplier_unverified")
    assert float(shown["difference"]["change_kg"]) < 0
    assert (await get(desk.signed_in("member:M2"), "/ghg/datum-requests/R-1/proposal"))[0] == 403

    status, taken = await post(member, "datum-requests/R-1/take")
    assert (status, taken["data_version"]) == (200, 2)
    await there(member, f"{YEAR}/results/2")
    results = (await get(member, f"{YEAR}/results"))[1]["items"]
    sums = [sum(float(one["kg"]) for one in result["totals"]) for result in results]
    assert sums[1] - sums[0] == pytest.approx(float(shown["difference"]["change_kg"]))
    assert (await get(member, "/ghg/datum-requests/R-1"))[1]["taken"]["data_version"] == 2
    kept = (await get(member, f"{YEAR}/data/2"))[1]["data"]
    assert {one["factor_gwp_set"] for one in kept if one["item"] == "bought.alumina"} == {"AR5"}
    assert "R-18" in results[1]["blocking"], "the result is under AR6, its alumina under AR5"
    await nobody.aclose()
