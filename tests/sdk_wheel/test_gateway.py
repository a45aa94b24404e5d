"""A command takes effect once, and its sender learns what came of it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import orjson
import pytest

from contracts.catalog import CATALOG
from contracts.values import Location, Standard
from sdk import (
    BadAnswer,
    Command,
    CommandRefused,
    GatewayClient,
    Happened,
    Unavailable,
    Unknown,
    Unreadable,
)
from tests.sdk_wheel.feed_server import FeedServer
from tests.sdk_wheel.history import granted

PATH = "/membership/commands/register_entity"
COMMAND = {"entity_id": "E-1", "on": date(2025, 2, 28)}


def answer(*events: tuple[str, bytes], repeated: bool = False) -> bytes:
    made = [
        {"type": name, "version": 4, "position": 17, "data": orjson.Fragment(data)}
        for name, data in events
    ]
    return orjson.dumps(
        {
            "command_id": "K-1",
            "stream": "entity/E-1",
            "version": 4,
            "position": 17,
            "repeated": repeated,
            "events": made,
        }
    )


@pytest.fixture
def send(server: FeedServer) -> Callable[[Command], object]:
    """Sends one command to the server."""

    def sent(command: Command) -> object:
        with GatewayClient(server.url, "token", patience_s=5) as gateway:
            return gateway.send(command)

    return sent


Send = Callable[[Command], object]


def test_what_happened_comes_back_typed(server: FeedServer, send: Send) -> None:
    known = (granted(1).TYPE, CATALOG.encode(granted(1)))
    server.answers[PATH] = lambda _: (200, answer(known, ("membership.newer.v1", b"{}")))
    with GatewayClient(server.url) as gateway:
        outcome = gateway.send(Command("membership", "register_entity", COMMAND))
    assert outcome[:5] == ("K-1", "entity/E-1", 4, 17, False)
    assert outcome.events == (
        Happened(granted(1), 4, 17),
        Happened(Unknown("membership.newer.v1", b"{}"), 4, 17),
    )


def test_every_try_carries_the_same_id_and_the_same_bytes(server: FeedServer, send: Send) -> None:
    server.answers[PATH] = lambda _: (200, answer(repeated=True))
    server.faults.extend([503, "drop", 429])
    command = Command("membership", "register_entity", COMMAND)
    send(command)
    sent = (command.command_id, b'{"entity_id":"E-1","on":"2025-02-28"}')
    assert server.bodies == [sent] * 4


def test_an_answer_lost_on_the_way_is_asked_for_again(server: FeedServer, send: Send) -> None:
    booked: set[str] = set()

    def book(_: bytes) -> tuple[int, bytes]:
        first = not booked
        booked.add(server.bodies[-1][0])
        return (0, b"") if first else (200, answer(repeated=True))

    server.answers[PATH] = book
    send(Command("membership", "register_entity", COMMAND))
    assert (len(server.bodies), len(booked)) == (2, 1)


def test_two_commands_never_share_an_id() -> None:
    one, other = (Command("membership", "register_entity", COMMAND) for _ in range(2))
    assert one.command_id != other.command_id


def test_a_command_keeps_its_bytes_when_its_fields_change() -> None:
    fields = {"entity_id": "E-1"}
    command = Command("membership", "register_entity", fields)
    fields["entity_id"] = "E-2"
    assert command.body == b'{"entity_id":"E-1"}'


def test_fields_are_written_exactly() -> None:
    fields = {
        "share": Decimal("33.300"),
        "standard": Standard.PERFORMANCE,
        "scope": ("F-1", {"latitude": Decimal("1E+1")}),
        "location": Location(country="AU", latitude=Decimal("-12.50")),
        "note": None,
    }
    assert orjson.loads(Command("membership", "change", fields).body) == {
        "share": "33.3",
        "standard": "PS",
        "scope": ["F-1", {"latitude": "10"}],
        "location": {
            "country": "AU",
            "subdivision": None,
            "latitude": "-12.5",
            "longitude": None,
        },
        "note": None,
    }


def test_a_float_is_refused_before_it_is_sent() -> None:
    with pytest.raises(TypeError, match="/control/share: a float is not exact"):
        Command("membership", "change", {"control": {"share": 33.3}})


def test_a_refusal_says_why_and_is_not_tried_again(server: FeedServer, send: Send) -> None:
    problem = {
        "type": "/problems/unknown-member",
        "title": "Unknown member",
        "status": 422,
        "detail": "There is no member M-9; apply first.",
        "slug": "unknown-member",
        "facts": {"member_id": "M-9"},
        "errors": [{"pointer": "/member_id", "detail": "not known"}],
    }
    server.answers[PATH] = lambda _: (422, orjson.dumps(problem))
    with pytest.raises(CommandRefused, match="apply first") as refused:
        send(Command("membership", "register_entity", COMMAND))
    said = refused.value
    assert (said.slug, said.status, said.facts) == ("unknown-member", 422, {"member_id": "M-9"})
    assert said.errors == (("/member_id", "not known"),)
    assert len(server.bodies) == 1


def test_patience_ends_and_says_that_the_outcome_is_unknown(server: FeedServer) -> None:
    server.faults.extend([503] * 50)
    with GatewayClient(server.url, patience_s=0.5) as gateway:
        with pytest.raises(Unavailable, match="status 503"):
            gateway.send(Command("membership", "register_entity", COMMAND))
        server.faults.clear()
        server.answers[PATH] = lambda _: (200, answer())
        gateway.send(Command("membership", "register_entity", COMMAND))


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"stream":"entity/E-1"}'])
def test_an_answer_of_something_else_is_said(server: FeedServer, send: Send, body: bytes) -> None:
    server.answers[PATH] = lambda _: (200, body)
    with pytest.raises(BadAnswer, match=server.url):
        send(Command("membership", "register_entity", COMMAND))


def test_an_event_that_cannot_be_read_does_not_hide_that_it_happened(
    server: FeedServer, send: Send
) -> None:
    server.answers[PATH] = lambda _: (200, answer((granted(1).TYPE, b'{"status":"golden"}')))
    with pytest.raises(Unreadable, match="was carried out"):
        send(Command("membership", "register_entity", COMMAND))


def test_an_address_without_a_scheme_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="http:// or https://"):
        GatewayClient("localhost:8000")
