"""The public events over HTTP: by long poll (`HttpFeed`) or as server-sent events (`SseFeed`).

A feed reads on from given places for as long as it is asked to, and hands over what came, in
order and unjudged; `Subscriber` judges. A service that is away is waited for, however long: with
doubling, jittered waits. After every interruption it asks from the event *before* the one it has,
so that event comes again and a changed history shows.

With `types` (`certification.certificate_granted`, whatever its version, or `certification`: all of
an area) only such events come. The event that it has is then asked for by itself, since the filter
may be another one than before: a checkpoint serves any filter, but what an earlier one left out
does not come later.
"""

import logging
import time
from collections.abc import Generator, Mapping, Sequence
from functools import partial
from typing import NamedTuple, Protocol

import httpx
import orjson

from contracts.cloudevents import Malformed, Received
from contracts.feed import STORE_HEADER, read_feed_item

from .backoff import Backoff
from .checkpoint import Place
from .errors import BadAnswer, FeedRefused, HistoryChanged
from .service import AWAY, Service, Token, mapping, parsed, raise_for, retry_after_s

LOG = logging.getLogger("castmark_sdk")
NOWHERE = Place(0)
SILENCE_S = 60.0
"""A stream without a byte for this long is dead: the service sends a comment far more often."""

HOT_S = 0.5
"""A service that does not hold empty answers back is asked this slowly."""


class Arrival(NamedTuple):
    """An event as it came, its partition, and where Kafka goes on after it (else -1)."""

    received: Received
    partition: int = 0
    next_offset: int = -1


Reading = Generator[Sequence[Arrival], None, None]
"""Batches of what came; closing it lets the connection go."""


class Feed(Protocol):
    """Where events come from: `partitions` independent orders of one source."""

    @property
    def source(self) -> str:
        """The source whose events these are."""

    @property
    def partitions(self) -> int:
        """How many lanes it has."""

    @property
    def sends_again(self) -> bool:
        """Whether an event may come behind later ones: sent again after a failure."""

    def read(self, places: Mapping[int, Place], *, again: bool) -> Reading:
        """What comes after these places, batch by batch; an empty batch says: nothing yet.

        Ends only where it was asked to stop at the end of what there is. With `again` it reads
        from as far back as a missing event could lie.
        """


class HttpFeed:
    """`GET /feed` by long poll. `follow=False` stops when nothing more is there.

    `limit` is the size of a batch, `wait_s` how long the service holds an empty answer back.
    """

    source = "certification"
    partitions = 1
    sends_again = False

    def __init__(
        self,
        url: str,
        token: Token | None = None,
        *,
        follow: bool = True,
        limit: int = 500,
        wait_s: int = 20,
        types: Sequence[str] = (),
        client: httpx.Client | None = None,
    ) -> None:
        self._connect = partial(Service, url, token, timeout_s=wait_s + 15.0, client=client)
        self._types = _names(types)
        self._follow = follow
        self._limit = limit
        self._wait_s = wait_s if follow else 0

    def read(self, places: Mapping[int, Place], *, again: bool = False) -> Reading:
        """See Feed. Raises FeedRefused, BadAnswer, HistoryChanged."""
        with self._connect() as service:
            yield from self._poll(service, places.get(0, NOWHERE))

    def _poll(self, service: Service, place: Place) -> Reading:
        backoff, position, known = Backoff(), place.position, bool(place.leaf)
        overlap, looked = known, position
        while True:
            asked_at = time.monotonic()
            try:
                if overlap and self._types:
                    held = _held(service, place, position)
                    yield held
                    overlap = not held
                answer = self._ask(service, position - 1 if overlap else looked)
            except _Away as away:
                LOG.warning("%s; waiting for it", away)
                overlap, looked = known, position
                backoff.wait(away.rest_s)
                continue
            backoff.reset()
            arrivals = _arrivals(answer, place, service.url)
            if arrivals:
                _same_past(arrivals[0], position, overlap=overlap)
                position = looked = arrivals[-1].received.record.envelope.position
                known, overlap = True, False
            if self._types:
                looked = max(looked, _last(answer, service.url))
            if arrivals:
                yield arrivals
                continue
            if not self._follow:
                return
            yield ()
            if time.monotonic() - asked_at < HOT_S:
                time.sleep(HOT_S)

    def _ask(self, service: Service, after: int) -> Mapping[str, object]:
        """One question; raises _Away when it is worth asking again."""
        asked = {"after": str(after), "limit": str(self._limit), "wait": str(self._wait_s)}
        return _page(service, {**asked, **self._types})


class SseFeed:
    """`GET /feed/stream`: one connection held open, each event sent as it happens."""

    source = "certification"
    partitions = 1
    sends_again = False

    def __init__(
        self,
        url: str,
        token: Token | None = None,
        *,
        types: Sequence[str] = (),
        client: httpx.Client | None = None,
    ) -> None:
        self._connect = partial(Service, url, token, timeout_s=SILENCE_S, client=client)
        self._types = _names(types)

    def read(self, places: Mapping[int, Place], *, again: bool = False) -> Reading:
        """See Feed. Raises FeedRefused, BadAnswer, HistoryChanged."""
        with self._connect() as service:
            yield from self._follow(service, places.get(0, NOWHERE))

    def _follow(self, service: Service, place: Place) -> Reading:
        backoff, position, known = Backoff(), place.position, bool(place.leaf)
        while True:
            overlap = known
            try:
                if known and self._types:
                    held = _held(service, place, position)
                    yield held
                    overlap = not held
                for arrivals in self._stream(service, position - 1 if overlap else position):
                    backoff.reset()
                    if arrivals:
                        _same_past(arrivals[0], position, overlap=overlap)
                        position = arrivals[-1].received.record.envelope.position
                        known, overlap = True, False
                    yield arrivals
                why, rest_s = f"{service.url}/feed/stream ended", 0.0
            except _Away as away:
                why, rest_s = str(away), away.rest_s
            LOG.warning("%s; connecting again", why)
            backoff.wait(rest_s)

    def _stream(self, service: Service, after: int) -> Reading:
        """What one connection brings, from its first answer to its end."""
        url = f"{service.url}/feed/stream"
        headers = service.headers() | {
            "Accept": "text/event-stream",
            "Last-Event-ID": str(after),
        }
        try:
            with service.client.stream(
                "GET", url, params=self._types, headers=headers, timeout=service.timeout
            ) as answer:
                if answer.status_code in AWAY:
                    raise _Away(f"{url}: {answer.status_code}", retry_after_s(answer))
                if not answer.is_success:
                    answer.read()
                    raise_for(answer, FeedRefused)
                store_id, lines = answer.headers.get(STORE_HEADER, ""), EventLines()
                for piece in answer.iter_bytes():
                    messages = [_json(data, url) for data in lines.feed(piece)]
                    yield [_arrival(message, store_id, url) for message in messages]
        except httpx.TransportError as error:
            raise _Away(f"{url}: {type(error).__name__} {error}") from error


class EventLines:
    """Takes an event stream apart: pieces of bytes in, the data of whole messages out.

    Lines end with CR LF, LF or CR (HTML Living Standard, section 9.2.6); no other sign ends one,
    though str.splitlines knows several that may stand in JSON text.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> list[bytes]:
        """The messages that this piece completes; those without data are none."""
        text, kept = self._rest + piece, b""
        if text.endswith(b"\r"):  # the line feed of this end of line may be in the next piece
            text, kept = text[:-1], b"\r"
        *lines, rest = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest = rest + kept
        return [data for line in lines if (data := self._line(line)) is not None]

    def _line(self, line: bytes) -> bytes | None:
        if not line:
            data, self._data = b"\n".join(self._data), []
            return data or None
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
        return None


class _Away(Exception):
    """The service cannot answer now."""

    def __init__(self, why: str, rest_s: float = 0.0) -> None:
        super().__init__(why)
        self.rest_s = rest_s


def _names(types: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """A filter as parameters: none for every event."""
    if isinstance(types, str):
        raise ValueError(f"types are a list: [{types!r}]")
    return {"type": list(types)} if types else {}


def _page(service: Service, params: Mapping[str, str | Sequence[str]]) -> Mapping[str, object]:
    """A page of the feed; raises _Away when it is worth asking again."""
    try:
        answer = service.client.get(
            f"{service.url}/feed",
            params=params,
            headers=service.headers(),
            timeout=service.timeout,
        )
    except httpx.TransportError as error:
        raise _Away(f"{service.url}/feed: {type(error).__name__} {error}") from error
    if answer.status_code in AWAY:
        raise _Away(f"{service.url}/feed: {answer.status_code}", retry_after_s(answer))
    raise_for(answer, FeedRefused)
    return mapping(parsed(answer), f"{service.url}/feed")


def _held(service: Service, place: Place, position: int) -> list[Arrival]:
    """The event that a subscriber has, as it stands now, whatever its type."""
    answer = _page(service, {"after": str(position - 1), "limit": "1", "wait": "0"})
    arrivals = _arrivals(answer, place, service.url)
    if arrivals:
        _same_past(arrivals[0], position, overlap=True)
    return arrivals


def _last(answer: Mapping[str, object], url: str) -> int:
    """How far the service looked."""
    text = answer.get("last")
    if not (isinstance(text, str) and text.isascii() and text.isdecimal()):
        raise BadAnswer(f"{url}/feed: `last` is {text!r}, not a position")
    return int(text)


def _same_past(first: Arrival, position: int, *, overlap: bool) -> None:
    """Asked from the event before, the service must begin with the event that we have."""
    found = first.received.record.envelope.position
    if overlap and found > position:
        raise HistoryChanged(
            f"the event at position {position}, which this subscriber has handled, is no longer "
            f"there: the next one is at {found}"
        )


def _arrivals(answer: Mapping[str, object], place: Place, url: str) -> list[Arrival]:
    store_id, items = answer.get("store_id"), answer.get("events")
    if not isinstance(items, list) or not isinstance(store_id, str):
        raise BadAnswer(f"{url}/feed: no list of events, or no store, in the answer")
    if store_id and place.store_id not in ("", store_id):
        raise HistoryChanged(f"{url} serves the store {store_id}, not {place.store_id}")
    return [_arrival(item, store_id, url) for item in items]


def _arrival(item: object, store_id: str, url: str) -> Arrival:
    try:
        return Arrival(read_feed_item(mapping(item, url), store_id))
    except Malformed as error:
        raise BadAnswer(f"{url}: an event that is none of ours: {error}") from error


def _json(data: bytes, url: str) -> object:
    try:
        content: object = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadAnswer(f"{url}: a message that is no JSON: {error}") from error
    return content
