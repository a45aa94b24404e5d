"""The OpenAPI document tells the truth: it is valid, and what it promises is what happens."""

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from jsonschema import Draft202012Validator
from schemathesis import Case
from schemathesis.specs.openapi.checks import negative_data_rejection

from infra.commandforms import Form, example_of, schemas_of
from infra.problems import SCHEMA
from tests.api.small import COMMANDS, ROLES, RegisterThing, Small

SMALL = Small()
DOCUMENT = schemathesis.openapi.from_asgi("/small/openapi.json", SMALL.api)
WAYS_THAT_FAIL_ON_PURPOSE = r"/(broken|away)$"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document of the small service."""
    return Small().api.openapi()


def test_each_command_is_described_without_what_the_server_fills_in(
    document: dict[str, Any],
) -> None:
    assert document["openapi"].startswith("3.1")
    schema = document["components"]["schemas"]["RegisterThing"]
    assert set(schema["properties"]) == set(RegisterThing.model_fields) - RegisterThing.FILLED
    assert schema["additionalProperties"] is False
    for command in COMMANDS:
        operation = document["paths"][f"/small/commands/{command.NAME}"]["post"]
        assert operation["security"] == [{"token": []}]
        assert operation["parameters"][0]["name"] == "Idempotency-Key"
        assert operation["parameters"][0]["required"]
        for role in ROLES[command.NAME]:
            assert role in operation["description"]
        for status in ("4XX", "503"):
            assert "application/problem+json" in operation["responses"][status]["content"]


def test_each_command_has_an_example_that_its_form_takes(document: dict[str, Any]) -> None:
    for command in COMMANDS:
        operation = document["paths"][f"/small/commands/{command.NAME}"]["post"]
        example = operation["requestBody"]["content"]["application/json"]["example"]
        assert Form(command).read(json.dumps(example).encode())


def test_there_is_no_example_where_none_can_be_made() -> None:
    class Picky(RegisterThing):
        NAME = "picky"
        digits: Any

    form = Form(Picky)
    schemas = schemas_of([form])
    schemas["Picky"]["properties"]["kind"] = {"type": "string"}
    schemas["Picky"]["required"].append("kind")
    assert example_of(form, schemas) is None


def test_all_references_lead_somewhere_and_all_schemas_are_schemas(
    document: dict[str, Any],
) -> None:
    text = json.dumps(document)
    for part in text.split('"$ref": "#/components/schemas/')[1:]:
        assert part.partition('"')[0] in document["components"]["schemas"]
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


async def test_problems_are_what_their_schema_says(small: Small) -> None:
    validator = Draft202012Validator(dict(SCHEMA))
    async with small.client("member:M2") as client:
        answers = [
            await client.get("/nowhere"),
            await client.get("/small/things?limit=0"),
            await client.post("/small/commands/register_thing", content=b"{"),
            await client.post("/small/commands/scrap_thing", headers={"idempotency-key": "c"}),
        ]
    for answer in answers:
        validator.validate(answer.json())


@DOCUMENT.exclude(path_regex=WAYS_THAT_FAIL_ON_PURPOSE).parametrize()
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
def test_no_request_that_can_be_made_up_is_answered_otherwise_than_promised(
    case: Case[Any],
) -> None:
    token = SMALL.issuer.mint(["ops"])
    # What was made wrong by leaving the token out is put right here: it may well be answered.
    unsigned = "authorization" not in {name.lower() for name in case.headers or {}}
    answer = case.call_and_validate(
        headers={"Authorization": f"Bearer {token}"},
        excluded_checks=[negative_data_rejection] if unsigned else [],
    )
    assert answer.status_code < 500
