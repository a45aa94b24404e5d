"""A subscriber to some kinds of events gets all of those, and only those, over both roads."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from contracts.cloudevents import Received
from contracts.machinery import DayClosed
from sdk import Feed, FileCheckpoint, HistoryChanged, HttpFeed, MissingEvents, SseFeed, Subscriber
from sdk.feed import NOWHERE
from tests.sdk_wheel.feed_server import FeedServer
from tests.sdk_wheel.history import chain, record

GRANTS, DAYS = ("certification.certificate_granted",), ("machinery.day_closed",)
FeedOf = Callable[[FeedServer, Sequence[str]], Feed]


def history(*grants: int, days: int) -> list[Received]:
    """Days closed, with certificates granted at some positions between them."""
    closed = DayClosed(on=date(2025, 1, 1))
    every = range(1, days + 1)
    return chain(record(at) if at in grants else record(at, closed) for at in every)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """One for all: to make one takes longer than a test."""
    with httpx.Client() as made:
        yield made


@pytest.fixture(params=["poll", "stream"])
def feed_of(request: pytest.FixtureRequest, client: httpx.Client) -> FeedOf:
    """Makes a feed of either kind."""
    more: dict[str, Any] = {"limit": 2, "wait_s": 1} if request.param == "poll" else {}
    kind = HttpFeed if request.param == "poll" else SseFeed
    return lambda server, types: kind(server.url, types=types, client=client, **more)


@pytest.fixture
def checkpoint(tmp_path: Path) -> FileCheckpoint:
    """An empty checkpoint."""
    return FileCheckpoint(tmp_path / "seen.json")


def positions(subscriber: Subscriber, count: int) -> list[int]:
    """The positions of the next events, each handled."""
    seen = []
    for event in islice(subscriber, count):
        seen.append(event.envelope.position)
        subscriber.done(event)
    return seen


def test_what_a_filter_leaves_out_is_no_hole(
    server: FeedServer, checkpoint: FileCheckpoint, feed_of: FeedOf
) -> None:
    server.history = history(4, 5, 9, days=12)
    assert positions(Subscriber(feed_of(server, GRANTS), checkpoint), 2) == [4, 5]
    assert positions(Subscriber(feed_of(server, GRANTS), checkpoint), 1) == [9]


def test_what_is_missing_of_what_a_filter_lets_through_is_a_hole(
    server: FeedServer, checkpoint: FileCheckpoint, feed_of: FeedOf
) -> None:
    server.history, server.lost = history(4, 5, 9, days=12), {5}
    subscriber = Subscriber(feed_of(server, GRANTS), checkpoint, hole_tries=1)
    assert positions(subscriber, 1) == [4]
    with pytest.raises(MissingEvents, match="came 9, which follows 5"):
        positions(subscriber, 1)


def test_a_filtered_poll_asks_on_behind_what_was_left_out(
    server: FeedServer, client: httpx.Client
) -> None:
    """Whether or not anything came before it."""
    server.history = history(days=3)
    feed = HttpFeed(server.url, limit=2, wait_s=0, types=GRANTS, client=client)
    reading = feed.read({0: NOWHERE})
    assert next(reading) == ()
    for grant, through in ((4, 300), (301, 400)):
        server.history = history(4, grant, days=through)
        [arrival] = next(reading)
        assert arrival.received.record.envelope.position == grant
    assert next(reading) == ()
    asked = [parse_qs(urlsplit(path).query)["after"] for path in server.asked]
    assert asked == [["0"], ["3"], ["300"], ["400"]]


def test_a_checkpoint_serves_another_filter(
    server: FeedServer, checkpoint: FileCheckpoint, feed_of: FeedOf
) -> None:
    server.history = history(4, 9, days=12)
    assert positions(Subscriber(feed_of(server, GRANTS), checkpoint), 1) == [4]
    assert positions(Subscriber(feed_of(server, DAYS), checkpoint), 2) == [5, 6]
    assert positions(Subscriber(feed_of(server, ()), checkpoint), 4) == [7, 8, 9, 10]


def test_a_changed_history_is_found_whatever_the_filter(
    server: FeedServer, checkpoint: FileCheckpoint, feed_of: FeedOf
) -> None:
    server.history = history(4, 9, days=12)
    assert positions(Subscriber(feed_of(server, GRANTS), checkpoint), 1) == [4]
    server.history = history(9, days=12)
    with pytest.raises(HistoryChanged, match="position 4"):
        positions(Subscriber(feed_of(server, DAYS), checkpoint), 1)


def test_nothing_is_lost_or_doubled_when_the_service_goes_away(
    server: FeedServer, checkpoint: FileCheckpoint, feed_of: FeedOf
) -> None:
    server.history = history(2, 3, 5, 8, days=9)
    server.hang_up_after = 1
    seen = []
    for event in islice(Subscriber(feed_of(server, GRANTS), checkpoint), 4):
        seen.append(event.envelope.position)
        server.faults.append("drop")
    assert seen == [2, 3, 5, 8]


def test_a_filter_is_a_list_of_names() -> None:
    for kind in (HttpFeed, SseFeed):
        with pytest.raises(ValueError, match="types are a list"):
            kind("http://127.0.0.1", types="certification")
