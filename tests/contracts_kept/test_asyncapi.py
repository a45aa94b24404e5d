"""The AsyncAPI document is valid, and says what the contracts say.

Judged by the official parser (an npm package, fetched once into var/) where Node is; without
Node by the AsyncAPI 3 models of FastStream, which know less. Both must refuse a broken document.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from pydantic import ValidationError

from castmark.schemas import ASYNCAPI, ROOT
from contracts.catalog import BROADCAST, CATALOG, TOPICS
from contracts.cloudevents import to_headers
from contracts.command_topics import AREAS, topics_of
from tests.contracts_kept.golden import load
from tests.sdk_wheel.history import record

Json = dict[str, Any]
TOOL = Path(__file__).parent / "asyncapi"
PACKAGES = ROOT / "var" / "asyncapi"
ERROR = 0


@pytest.fixture(scope="module")
def document() -> Json:
    """The committed document."""
    read: Json = orjson.loads(ASYNCAPI.read_bytes())
    return read


def packages() -> Path:
    """The parser's packages, installed when they are not there yet (or another version is)."""
    wanted = (TOOL / "package.json").read_bytes()
    if (PACKAGES / "package.json").is_file() and (PACKAGES / "package.json").read_bytes() == wanted:
        return PACKAGES / "node_modules"
    fresh = PACKAGES.with_name("asyncapi.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    (fresh / "package.json").write_bytes(wanted)
    install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]
    done = subprocess.run(install, cwd=fresh, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(PACKAGES, ignore_errors=True)
    fresh.rename(PACKAGES)
    return PACKAGES / "node_modules"


def by_parser(documents: Sequence[Json]) -> list[list[str]]:
    """What the official parser calls an error, document by document."""
    done = subprocess.run(
        ["node", TOOL / "validate.cjs"],
        input=json.dumps(documents),
        env=os.environ | {"NODE_PATH": str(packages())},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return [
        [f"{one['path']}: {one['message']}" for one in said if one["severity"] == ERROR]
        for said in json.loads(done.stdout)
    ]


def by_models(documents: Sequence[Json]) -> list[list[str]]:
    """What FastStream's models refuse, and references that lead nowhere."""
    return [_by_models(document) for document in documents]


def _by_models(document: Json) -> list[str]:
    try:
        ApplicationSchema.model_validate(document)
    except ValidationError as error:
        return [str(error)]
    return [reference for reference in references(document) if not leads(document, reference)]


JUDGES: Mapping[str, Callable[[Sequence[Json]], list[list[str]]]] = {"models": by_models} | (
    {"parser": by_parser} if shutil.which("node") and shutil.which("npm") else {}
)


def references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for item in part:
            yield from references(item)


def leads(document: Json, reference: str) -> bool:
    part: Any = document
    for step in reference.removeprefix("#/").split("/"):
        if not isinstance(part, dict) or step not in part:
            return False
        part = part[step]
    return True


NOWHERE = {"$ref": "#/components/messages/none"}
BROKEN: Mapping[str, Json] = {
    "no title": {"info": {"version": "1"}},
    "an address that is no text": {"channels": {"x": {"address": 5, "messages": {}}}},
    "a message that is not there": {"channels": {"x": {"messages": {"m": NOWHERE}}}},
    "an action that is none": {"operations": {"x": {"action": "shout", "channel": NOWHERE}}},
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("judge", JUDGES)
def test_the_document_is_valid_and_broken_ones_are_not(document: Json, judge: str) -> None:
    assert document["asyncapi"] == "3.0.0"
    small = document | {"channels": {}, "operations": {}, "components": {}}
    valid, *broken = JUDGES[judge]([document, *(small | fault for fault in BROKEN.values())])
    assert valid == []
    let_pass = [name for name, faults in zip(BROKEN, broken, strict=True) if not faults]
    assert not let_pass


def test_every_published_type_is_a_message_of_its_topic(document: Json) -> None:
    own: set[str] = set()
    published = {name: one for name, one in document["channels"].items() if name in TOPICS}
    for source, channel in published.items():
        topic = TOPICS[source]
        kafka = channel["bindings"]["kafka"]
        assert (channel["address"], kafka["topic"]) == (topic.name, topic.name)
        assert kafka["partitions"] == topic.partitions
        assert set(channel["messages"]) >= BROADCAST
        own |= set(channel["messages"])
    assert own == set(CATALOG.published) == set(document["components"]["messages"])


def test_commands_of_groups_and_their_answers_have_channels(document: Json) -> None:
    assert set(document["channels"]) - set(TOPICS) == {
        f"{area}-{what}" for area in AREAS for what in ("commands", "replies")
    }
    for area in AREAS:
        topics = topics_of(area, "G-1")
        asked, said = (document["channels"][f"{area}-{one}"] for one in ("commands", "replies"))
        assert asked["address"].format(group="G-1") == topics.commands
        assert said["address"].format(group="G-1") == topics.replies
        taken = document["operations"][f"take-{area}-commands"]
        assert taken["channel"]["$ref"].endswith(f"/{area}-commands")
        assert taken["reply"]["channel"]["$ref"].endswith(f"/{area}-replies")
        assert asked["messages"]["command"]["headers"]["required"] == [
            "authorization",
            "command",
            "idempotency-key",
        ]


def test_the_headers_are_those_that_are_sent(document: Json) -> None:
    headers = document["components"]["messageTraits"]["cloudevent"]["headers"]
    sent = [name for name, _ in to_headers(record(1), 0, "store-a")]
    assert sorted(headers["required"]) == sorted(headers["properties"]) == sorted(sent)


def test_a_payload_schema_says_what_the_schema_file_says(document: Json) -> None:
    for golden in load():
        if golden.type in CATALOG.published:
            payload = document["components"]["messages"][golden.type]["payload"]
            assert set(payload["properties"]) >= set(golden.schema["properties"])
            assert set(payload.get("required", ())) <= set(golden.schema.get("required", ()))
