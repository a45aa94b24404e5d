"""A subscriber gets every event once, in order, over HTTP and server-sent events alike."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import orjson
import pytest

from contracts import certification
from contracts.catalog import CATALOG, Catalog, Upcaster
from contracts.envelope import Event
from sdk import (
    BadAnswer,
    CheckpointMoved,
    Feed,
    FeedRefused,
    FileCheckpoint,
    HistoryChanged,
    HttpFeed,
    MissingEvents,
    SseFeed,
    Subscriber,
    Unknown,
    Unreadable,
)
from tests.sdk_wheel.feed_server import FeedServer
from tests.sdk_wheel.history import chain, granted, grants, raw, record

FeedOf = Callable[[FeedServer], Feed]


@pytest.fixture(params=["poll", "stream"])
def feed_of(request: pytest.FixtureRequest) -> FeedOf:
    """Makes a feed of either kind."""
    kinds: dict[str, FeedOf] = {
        "poll": lambda server: HttpFeed(server.url, server.token, limit=3, wait_s=1),
        "stream": lambda server: SseFeed(server.url, server.token),
    }
    return kinds[request.param]


@pytest.fixture
def checkpoint(tmp_path: Path) -> FileCheckpoint:
    """An empty checkpoint."""
    return FileCheckpoint(tmp_path / "seen.json")


@pytest.fixture
def subscribe(
    server: FeedServer, checkpoint: FileCheckpoint, feed_of: FeedOf
) -> Callable[[], Subscriber]:
    """A subscriber as a fresh process would make it: same checkpoint, nothing remembered."""
    return lambda: Subscriber(feed_of(server), checkpoint, hole_tries=2)


Subscribe = Callable[[], Subscriber]


def positions(subscriber: Subscriber, count: int) -> list[int]:
    """The positions of the next events, each handled (the last one by saying so)."""
    seen = []
    for event in islice(subscriber, count):
        seen.append(event.envelope.position)
        subscriber.done(event)
    return seen


def test_every_event_comes_typed_and_in_order(server: FeedServer, subscribe: Subscribe) -> None:
    server.history = grants(10)
    events = [event.event for event in islice(subscribe(), 10)]
    assert events == [granted(number) for number in range(1, 11)]


def test_positions_between_which_private_events_lie_are_no_hole(
    server: FeedServer, subscribe: Subscribe
) -> None:
    server.history = grants(6, step=7)
    assert positions(subscribe(), 6) == [7, 14, 21, 28, 35, 42]


def test_an_event_that_happens_later_is_waited_for(
    server: FeedServer, subscribe: Subscribe
) -> None:
    server.history = grants(2)
    events = iter(subscribe())
    assert [next(events).envelope.position for _ in range(2)] == [1, 2]
    server.history = grants(3)
    assert next(events).envelope.position == 3


def test_a_restarted_subscriber_goes_on_where_it_stopped(
    server: FeedServer, subscribe: Subscribe
) -> None:
    server.history = grants(9)
    assert positions(subscribe(), 4) == [1, 2, 3, 4]
    assert positions(subscribe(), 5) == [5, 6, 7, 8, 9]


def test_an_event_whose_handling_failed_comes_again(
    server: FeedServer, subscribe: Subscribe
) -> None:
    server.history = grants(5)

    def fail_at_three(event: object) -> None:
        if getattr(event, "record", None) == record(3):
            raise RuntimeError("the database is full")

    with pytest.raises(RuntimeError, match="full"):
        subscribe().run(fail_at_three)
    assert positions(subscribe(), 3) == [3, 4, 5]


def test_what_was_handled_is_passed_over_when_it_comes_again(
    server: FeedServer, subscribe: Subscribe
) -> None:
    server.history = [one for one in grants(4) for _ in range(2)]
    assert positions(subscribe(), 4) == [1, 2, 3, 4]


def test_a_batch_is_recorded_as_a_whole(server: FeedServer, checkpoint: FileCheckpoint) -> None:
    def batches() -> Iterator[list[int]]:
        feed = HttpFeed(server.url, limit=3, wait_s=1)
        for batch in Subscriber(feed, checkpoint).batches():
            yield [event.envelope.position for event in batch]

    server.history = grants(3)
    first, crashed = batches(), batches()
    assert next(crashed) == [1, 2, 3]
    assert next(first) == [1, 2, 3]
    server.history = grants(5)
    assert next(first) == [4, 5]
    assert next(batches()) == [4, 5]


def test_starting_behind_a_position_skips_what_was_before(
    server: FeedServer, checkpoint: FileCheckpoint, feed_of: FeedOf
) -> None:
    server.history = grants(6)
    assert positions(Subscriber(feed_of(server), checkpoint, start_after=4), 2) == [5, 6]


# --- contracts that change ---


def test_a_type_that_is_not_known_is_handed_through_as_such(
    server: FeedServer, subscribe: Subscribe
) -> None:
    new = raw(2, "certification.certificate_merged.v1", b'{"into":"C-9"}')
    server.history = chain([record(1), new, record(3)])
    events = [event.event for event in islice(subscribe(), 3)]
    assert events[1] == Unknown("certification.certificate_merged.v1", b'{"into":"C-9"}')
    assert [events[0], events[2]] == [granted(1), granted(3)]


def test_an_added_optional_field_is_ignored(server: FeedServer, subscribe: Subscribe) -> None:
    data = orjson.loads(CATALOG.encode(granted(1))) | {"colour": "green"}
    wider = raw(1, certification.CertificateGranted.TYPE, orjson.dumps(data))
    server.history = chain([wider])
    event = next(iter(subscribe()))
    assert event.event == granted(1)
    assert b"green" in event.record.data


def test_an_old_version_is_lifted_to_the_newest(
    server: FeedServer, checkpoint: FileCheckpoint, feed_of: FeedOf
) -> None:
    class MarkSeen(Event):
        TYPE = "certification.mark_seen.v2"
        mark: str
        seen_by: str

    lift = Upcaster("certification.mark_seen.v2", lambda old: old | {"seen_by": "nobody"})
    catalog = Catalog([MarkSeen], upcasters={"certification.mark_seen.v1": lift})
    server.history = chain([raw(1, "certification.mark_seen.v1", b'{"mark":"X"}')])
    event = next(iter(Subscriber(feed_of(server), checkpoint, catalog=catalog)))
    assert event.event == MarkSeen(mark="X", seen_by="nobody")
    assert event.type == "certification.mark_seen.v1"


def test_data_that_cannot_be_read_stop_it_after_all_that_came_before(
    server: FeedServer, subscribe: Subscribe
) -> None:
    broken = raw(3, certification.CertificateGranted.TYPE, b'{"status":"golden"}')
    server.history = chain([record(1), record(2), broken, record(4)])
    seen: list[int] = []
    with pytest.raises(Unreadable, match="position 3"):
        subscribe().run(lambda event: seen.append(event.envelope.position))
    assert seen == [1, 2]
    with pytest.raises(Unreadable, match="position 3"):
        next(iter(subscribe()))


def test_separators_inside_text_do_not_break_a_message(
    server: FeedServer, subscribe: Subscribe
) -> None:
    text = "a\u2028b\u2029c\x85d\r\ne\x0bf"
    server.history = chain([raw(1, "certification.note.v1", orjson.dumps({"text": text}))])
    assert next(iter(subscribe())).event == Unknown(
        "certification.note.v1", orjson.dumps({"text": text})
    )


# --- holes and changed histories ---


def test_a_hole_that_fills_when_asked_again_is_no_loss(
    server: FeedServer, subscribe: Subscribe
) -> None:
    whole = grants(5)
    server.history = [one for one in whole if one.record.envelope.position != 3]

    def handled() -> Iterator[int]:
        for event in subscribe():
            yield event.envelope.position
            server.history = whole

    assert list(islice(handled(), 5)) == [1, 2, 3, 4, 5]


def test_nothing_is_applied_over_a_hole(server: FeedServer, subscribe: Subscribe) -> None:
    server.history = [one for one in grants(5) if one.record.envelope.position != 3]
    seen: list[int] = []
    with pytest.raises(MissingEvents, match="after position 2 came 4, which follows 3"):
        subscribe().run(lambda event: seen.append(event.envelope.position))
    assert seen == [1, 2]


def test_a_history_that_lost_its_beginning_is_a_hole(
    server: FeedServer, subscribe: Subscribe
) -> None:
    server.history = grants(5)[2:]
    with pytest.raises(MissingEvents, match="after position 0 came 3"):
        next(iter(subscribe()))


def test_another_store_stops_it(server: FeedServer, subscribe: Subscribe) -> None:
    server.history = grants(3)
    assert positions(subscribe(), 3) == [1, 2, 3]
    server.store_id = "store-b"
    server.history = chain([record(position) for position in range(1, 6)], "store-b")
    with pytest.raises(HistoryChanged, match="store-b"):
        next(iter(subscribe()))


def test_a_service_that_has_seen_no_event_yet_is_not_another_store(
    server: FeedServer, subscribe: Subscribe
) -> None:
    server.history = grants(3)
    assert positions(subscribe(), 3) == [1, 2, 3]
    server.store_id, server.history = "", []
    events = iter(subscribe())
    server.history = grants(5)
    assert next(events).envelope.position == 4
    server.store_id = "store-b"
    with pytest.raises(HistoryChanged, match="store-b"):
        next(iter(subscribe()))


def test_another_event_at_the_same_place_stops_it(server: FeedServer, subscribe: Subscribe) -> None:
    server.history = grants(3)
    assert positions(subscribe(), 3) == [1, 2, 3]
    server.history = chain([record(1), record(2), record(3, granted(99)), record(4)])
    with pytest.raises(HistoryChanged, match="another event at position 3"):
        next(iter(subscribe()))


def test_a_store_restored_to_an_earlier_day_that_has_grown_again_stops_it(
    server: FeedServer, subscribe: Subscribe
) -> None:
    server.history = grants(3)
    assert positions(subscribe(), 3) == [1, 2, 3]
    server.history = chain([record(1), record(2), record(5)])
    with pytest.raises(HistoryChanged, match="position 3"):
        next(iter(subscribe()))


def test_two_subscribers_on_one_checkpoint_do_not_both_go_on(
    server: FeedServer, subscribe: Subscribe, tmp_path: Path, feed_of: FeedOf
) -> None:
    server.history = grants(4)
    one = iter(subscribe())
    next(one)
    other = Subscriber(feed_of(server), FileCheckpoint(tmp_path / "seen.json"))
    assert positions(other, 2) == [1, 2]
    with pytest.raises(CheckpointMoved, match="one subscriber at a time"):
        list(islice(one, 3))


# --- a service that is away, or says no ---


def test_a_service_that_is_away_is_waited_for(server: FeedServer, subscribe: Subscribe) -> None:
    server.faults.extend([503, "drop", 502])
    server.history = grants(4)
    assert positions(subscribe(), 4) == [1, 2, 3, 4]
    assert not server.faults


def test_an_interruption_between_two_events_loses_none(
    server: FeedServer, subscribe: Subscribe
) -> None:
    server.hang_up_after = 2
    server.history = grants(5)
    events = iter(subscribe())
    seen = [next(events).envelope.position for _ in range(2)]
    server.faults.append("drop")
    seen += [next(events).envelope.position for _ in range(3)]
    assert seen == [1, 2, 3, 4, 5]


def test_a_refused_token_is_said_and_not_tried_again(
    server: FeedServer, checkpoint: FileCheckpoint, feed_of: FeedOf
) -> None:
    feed = feed_of(server)
    server.token = "right"
    with pytest.raises(FeedRefused, match="send a bearer token") as refused:
        next(iter(Subscriber(feed, checkpoint)))
    assert (refused.value.slug, refused.value.status) == ("token-missing", 401)
    assert len(server.asked) == 1
    server.history = grants(1)
    assert positions(Subscriber(feed_of(server), checkpoint), 1) == [1]


def test_an_answer_of_something_else_is_said(
    server: FeedServer, checkpoint: FileCheckpoint
) -> None:
    server.answers["/elsewhere/feed"] = lambda _: (200, b"<html>")
    with pytest.raises(BadAnswer, match="no JSON"):
        next(iter(Subscriber(HttpFeed(f"{server.url}/elsewhere"), checkpoint)))


def test_a_job_that_does_not_follow_stops_at_the_end(
    server: FeedServer, checkpoint: FileCheckpoint
) -> None:
    server.history = grants(8)
    feed = HttpFeed(server.url, follow=False, limit=3)
    assert [event.envelope.position for event in Subscriber(feed, checkpoint)] == list(range(1, 9))
    assert list(Subscriber(feed, checkpoint)) == []
