"""What a record of a group's commands topic is answered: the same as over HTTP, whatever it holds.

Without a broker; tests/kafka has the road itself.
"""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourceType,
)
from starlette.datastructures import Headers

from castmark.folder import listen
from castmark.parts import PARTS
from castmark.process import Process
from contracts.command_topics import AREAS, GROUP_PATTERN, GroupTopics, group_of, topics_of
from infra.commandids import kept_id
from infra.errors import Transient
from infra.kafka_groups import rights_of
from infra.kafka_requests import MAX_ANSWER_BYTES, Desk, Reply, Sent, readable
from infra.service import OverKafka
from infra.settings import Misconfigured, load_settings
from infra.transaction import Outcome, Request
from tests.api.small import KEY, NOW, Small, thing

REGISTER = "/small/commands/register_thing"
JOURNEY = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def desk(small: Small) -> Desk:
    """A desk for the one command of the small service that members may send."""
    commands = {"register_thing": small.api.commands["register_thing"]}
    shared = small.shared
    return Desk("small", commands, shared.tokens, shared.problems, shared.metrics)


def sent(small: Small, body: object, key: bytes | None = None, **changes: str | None) -> Sent:
    """A record on M1's topic; a header that is None is left out."""
    wanted: dict[str, str | None] = {
        "authorization": f"Bearer {small.issuer.mint(['member:M1'])}",
        "command": "register_thing",
        "idempotency-key": "c1",
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    headers = readable([(n, v.encode()) for n, v in wanted.items() if v is not None])
    value = body if isinstance(body, bytes) else orjson.dumps(body)
    return Sent("M1", 7, key, value, headers, None)


def told(reply: Reply) -> dict[str, str]:
    """The headers of an answer."""
    return {name: value.decode() for name, value in reply.headers}


async def test_the_answer_is_the_one_of_http_under_an_id_of_the_groups_own(
    small: Small, desk: Desk
) -> None:
    reply = await desk.reply(sent(small, thing(), b"k", x_request_id=JOURNEY))
    async with small.client("member:M1") as client:
        again = await client.post(REGISTER, json=thing(), headers={"idempotency-key": "M1:c1"})
    assert orjson.loads(reply.value) == {**again.json(), "repeated": False}
    assert again.json()["repeated"] is True
    assert reply.key == b"k"
    assert told(reply) == {
        "content-type": "application/json",
        "status": "200",
        "request-offset": "7",
        "x-request-id": JOURNEY,
        "command": "register_thing",
        "idempotency-key": "c1",
    }
    (first, _) = small.writer.requests
    kept = kept_id("M1:c1", KEY)
    assert (first.command_id, first.actor, first.correlation_id) == (kept, "person-1", JOURNEY)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"a": 1, "a": 2}', thing(thing_id="a b"), thing(member_id="M2"), {}],
)
async def test_a_refusal_is_the_problem_of_http(small: Small, desk: Desk, body: object) -> None:
    reply = await desk.reply(sent(small, body))
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    async with small.client("member:M1") as client:
        headers = {"idempotency-key": "M1:c1", "content-type": "application/json"}
        over_http = await client.post(REGISTER, content=content, headers=headers)
    assert orjson.loads(reply.value) == over_http.json()
    assert told(reply)["status"] == str(over_http.status_code)
    assert told(reply)["content-type"] == over_http.headers["content-type"]
    assert small.writer.requests == []


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"authorization": None}, "not-signed-in"),
        ({"authorization": "Bearer x"}, "token-invalid"),
        ({"idempotency_key": None}, "command-id-missing"),
        ({"idempotency_key": "-c1"}, "command-id-malformed"),
        ({"idempotency_key": "c" * 126}, "command-id-malformed"),
        ({"command": None}, "unknown-command"),
        ({"command": "scrap_thing"}, "unknown-command"),
        ({"command": "\x00"}, "unknown-command"),
        ({"content_type": "text/csv"}, "wrong-content-type"),
    ],
)
async def test_headers_that_will_not_do_are_told(
    small: Small, desk: Desk, changes: dict[str, str | None], slug: str
) -> None:
    reply = await desk.reply(sent(small, thing(), None, **changes))
    assert orjson.loads(reply.value)["slug"] == slug
    assert small.writer.requests == []


async def test_what_is_too_large_or_unreadable_is_told(small: Small, desk: Desk) -> None:
    large = await desk.reply(sent(small, b" " * 256_001))
    key = await desk.reply(sent(small, thing(), b"k" * 1_025))
    nameless = await desk.reply(sent(small, thing())._replace(headers=None))
    assert [orjson.loads(reply.value)["slug"] for reply in (large, key, nameless)] == [
        "too-large",
        "too-large",
        "malformed-request",
    ]
    assert key.key is None
    assert told(nameless)["request-offset"] == "7"
    assert (await desk.reply(sent(small, thing(), b"k" * 1_024))).key == b"k" * 1_024


@pytest.mark.parametrize("roles", [["member:M2"], ["ops"], ["auditor:M1"], []])
async def test_the_token_must_be_of_the_group_whose_topic_it_is(
    small: Small, desk: Desk, roles: list[str]
) -> None:
    token = f"Bearer {small.issuer.mint(roles)}"
    reply = await desk.reply(sent(small, thing(member_id="M1"), authorization=token))
    assert (told(reply)["status"], orjson.loads(reply.value)["slug"]) == ("403", "not-your-topic")
    assert small.writer.requests == []


async def test_other_roles_of_the_token_do_not_count(small: Small, desk: Desk) -> None:
    token = f"Bearer {small.issuer.mint(['ops', 'member:M1', 'member:M2'])}"
    reply = await desk.reply(sent(small, thing(member_id="M2"), authorization=token))
    assert orjson.loads(reply.value)["slug"] == "not-your-member"


async def test_a_token_counts_as_of_when_the_broker_took_the_command(
    small: Small, desk: Desk
) -> None:
    token = f"Bearer {small.issuer.mint(['member:M1'], 60)}"
    record = sent(small, thing(), authorization=token)._replace(arrived_at=NOW + 5)
    small.now = NOW + 3_600
    assert told(await desk.reply(record))["status"] == "200"
    late = await desk.reply(record._replace(arrived_at=NOW + 1_800))
    assert orjson.loads(late.value)["slug"] == "token-expired"
    by_the_senders_clock = await desk.reply(record._replace(arrived_at=None))
    assert orjson.loads(by_the_senders_clock.value)["slug"] == "token-expired"
    assert told(await desk.reply(record))["status"] == "200"
    small.now = NOW
    future = record._replace(arrived_at=NOW + 999_999)  # a broker's clock that is ahead
    assert told(await desk.reply(future))["status"] == "200"


async def test_what_is_away_is_waited_for_and_a_bug_is_answered(small: Small, desk: Desk) -> None:
    small.writer.failure = Transient("the database is away")
    with pytest.raises(Transient):
        await desk.reply(sent(small, thing()))
    small.writer.failure = RuntimeError("a secret of the house")
    reply = await desk.reply(sent(small, thing()))
    assert (told(reply)["status"], b"secret" in reply.value) == ("500", False)


async def test_an_answer_that_fits_into_no_record_says_so(
    small: Small, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = b"x" * (MAX_ANSWER_BYTES + 1)
    monkeypatch.setattr("infra.kafka_requests.answer", lambda _: large)
    reply = await desk.reply(sent(small, thing()))
    found = orjson.loads(reply.value)
    assert (found["slug"], found["facts"]["command_id"]) == ("answer-too-large", "M1:c1")


async def test_answers_are_counted(small: Small, desk: Desk) -> None:
    await desk.reply(sent(small, thing()))
    await desk.reply(sent(small, b"{"))
    found = small.metrics.exposition().decode()
    assert 'castmark_kafka_commands_total{service="small",status="200"} 1.0' in found
    assert 'castmark_kafka_commands_total{service="small",status="400"} 1.0' in found


async def test_the_answer_comes_after_the_commit_and_the_same_for_a_repeat(
    small: Small, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute, committed = small.writer.execute, asyncio.Event()

    async def slowly(request: Request) -> Outcome:
        await committed.wait()
        return await execute(request)

    monkeypatch.setattr(small.writer, "execute", slowly)
    waiting = asyncio.create_task(desk.reply(sent(small, thing())))
    done, _ = await asyncio.wait([waiting], timeout=0.1)
    assert done == set(), "nothing is said before it is durable"
    committed.set()
    first = orjson.loads((await waiting).value)
    again = orjson.loads((await desk.reply(sent(small, thing())._replace(offset=8))).value)
    assert (first["repeated"], again) == (False, {**first, "repeated": True})
    other = orjson.loads((await desk.reply(sent(small, thing(2)))).value)
    assert other["slug"] == "command-id-reused"
    assert small.writer.things == {"thing/T1"}


def test_headers_are_read_as_those_of_http() -> None:
    headers = readable([("Command", b"one"), ("command", b"two"), ("x", None), ("é", b"\xff")])
    assert headers.getlist("COMMAND") == ["one", "two"]
    assert (headers["x"], Headers(raw=headers.raw)["x"]) == ("", "")


def test_topics_are_named_after_their_group_and_tell_it() -> None:
    topics = topics_of("coc", "M-1.a_B")
    assert topics == GroupTopics("castmark.coc.commands.M-1.a_B", "castmark.coc.replies.M-1.a_B")
    assert group_of("coc", topics.commands) == "M-1.a_B"
    strangers = (topics.replies, "castmark.coc", "castmark.coc.commands.", topics.commands + "/x")
    assert [group_of("coc", topic) for topic in strangers] == [None] * 4
    for group in ("a:b", "", "-a", "a/b", "x" * 129, "a b"):
        with pytest.raises(ValueError, match="no topic can be named"):
            topics_of("coc", group)


def allowed(rights: Sequence[ACL], kind: ResourceType, name: str) -> set[ACLOperation]:
    """What access rules let somebody do with a topic, or as a consumer group."""
    return {
        one.operation
        for one in rights
        if one.resource_pattern.resource_type is kind
        and (
            name == one.resource_pattern.resource_name
            if one.resource_pattern.pattern_type is ACLResourcePatternType.LITERAL
            else name.startswith(one.resource_pattern.resource_name)
        )
    }


GROUPS = some.one_of(some.sampled_from(("G", "G1", "G.1", "G-", "commands")), some.from_regex(
    GROUP_PATTERN.replace("$", r"\Z"), alphabet=some.characters(max_codepoint=127)
))  # fmt: skip


@given(group=GROUPS, other=GROUPS, area=some.sampled_from(AREAS))
def test_a_groups_rights_reach_its_own_topics_alone(group: str, other: str, area: str) -> None:
    """Also where one's id is how another's begins."""
    rights = rights_of(group, [topics_of(one, group) for one in AREAS])
    assert {(one.principal, one.permission_type) for one in rights} == {
        (f"User:member:{group}", ACLPermissionType.ALLOW)
    }
    own = topics_of(area, group)
    assert allowed(rights, ResourceType.TOPIC, own.commands) == {ACLOperation.WRITE}
    assert allowed(rights, ResourceType.TOPIC, own.replies) == {ACLOperation.READ}
    assert allowed(rights, ResourceType.GROUP, f"{group}/erp") == {ACLOperation.READ}
    if group != other:
        for topic in topics_of(area, other):
            assert allowed(rights, ResourceType.TOPIC, topic) == set()
        assert allowed(rights, ResourceType.GROUP, f"{other}/erp") == set()
    for topic in ("castmark.coc", "castmark.certification", f"castmark.{area}.commands."):
        assert allowed(rights, ResourceType.TOPIC, topic) == set()


def opened(data: Path, name: str, over_kafka: OverKafka | None) -> set[str]:
    """What a service's process follows and takes when it is started so; nothing is connected."""
    known = PARTS[name]
    wanted = known.definition()
    if over_kafka is not None:
        wanted = wanted._replace(over_kafka=over_kafka)
    settings = load_settings(environment="development", data=data, log="kafka")
    with (
        pytest.MonkeyPatch.context() as patch,
        closing(listen("127.0.0.1", 0)) as socket_,
        ExitStack() as stack,
    ):
        patch.setattr("castmark.process.PARTS", {name: known._replace(definition=lambda: wanted)})
        process = Process(settings, [name], socket_)
        process.open(stack)  # type: ignore[arg-type]  # it only has to call us back
        process.apis()
        return set(process.running[name].progress)


def test_the_ledger_takes_every_command_that_members_may_send(tmp_path: Path) -> None:
    wanted = PARTS["coc_ledger"].definition().over_kafka
    assert wanted is not None
    assert {"receive_material", "ship_material", "issue_document"} <= wanted.commands
    assert "castmark.coc.commands" in opened(tmp_path, "coc_ledger", None)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (OverKafka("coc", frozenset({"start_review"})), "start_review over Kafka"),
        (OverKafka("coc", frozenset({"do_magic"})), "members may send draft_application"),
        (OverKafka("nowhere", frozenset({"draft_application"})), "areas are coc"),
    ],
)
def test_what_members_may_not_send_is_not_opened(
    tmp_path: Path, wanted: OverKafka, sentence: str
) -> None:
    with pytest.raises(Misconfigured, match=sentence):
        opened(tmp_path, "membership", wanted)
