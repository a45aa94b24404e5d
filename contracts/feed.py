"""The public feed over HTTP: how an event looks in `GET /feed` and in `GET /feed/stream`.

An item is the canonical structured CloudEvent (`cloudevents.structured`) with one attribute more,
`previous`, as in Kafka's `ce_previous`. The store is named once for a whole answer: `store_id` of a
page, the header `castmark-store-id` of a stream; empty while the service has seen no event yet.
Whoever reads it has what a Kafka consumer has, and can rebuild the leaf hash from it.
"""

from collections.abc import Mapping

import orjson

from .cloudevents import SOURCE_PREFIX, Malformed, Received, attributes
from .envelope import Envelope, Record
from .values import Instant

STORE_HEADER = "castmark-store-id"


def feed_item(received: Received) -> bytes:
    """The event as one JSON document on one line."""
    content = attributes(received.record) | {"previous": str(received.previous)}
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def read_feed_item(item: Mapping[str, object], store_id: str) -> Received:
    """The event of a parsed item of that store; raises Malformed naming what is missing or wrong.

    `data` is written canonically again: the same bytes that were stored.
    """
    source = _text(item, "source")
    if not source.startswith(SOURCE_PREFIX):
        raise Malformed(f"source {source!r} is not one of ours")
    if "data" not in item:
        raise Malformed("the attribute data is missing")
    envelope = Envelope(
        event_id=_text(item, "id"),
        source=source.removeprefix(SOURCE_PREFIX),
        stream=_text(item, "subject"),
        version=_number(item, "streamversion"),
        position=_number(item, "position"),
        recorded_at=Instant(_text(item, "time")),
        correlation_id=_text(item, "correlationid"),
        causation_id=_text(item, "causationid"),
        command_id=_text(item, "commandid"),
        actor=_text(item, "actor"),
    )
    data = orjson.dumps(item["data"], option=orjson.OPT_SORT_KEYS)
    record = Record(envelope, _text(item, "type"), data)
    return Received(record, _number(item, "previous"), store_id)


def _text(item: Mapping[str, object], name: str) -> str:
    value = item.get(name)
    if not isinstance(value, str):
        raise Malformed(f"the attribute {name} is missing or is no text")
    return value


def _number(item: Mapping[str, object], name: str) -> int:
    text = _text(item, name)
    if not (text.isascii() and text.isdigit()):
        raise Malformed(f"the attribute {name} is {text!r}, not a whole number")
    return int(text)
