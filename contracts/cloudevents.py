"""CloudEvents 1.0: our records as Kafka headers (binary mode) and as one JSON document.

The canonical structured form is what the leaf hash of the transparency log covers; a receiver
rebuilds it from headers and value alone. All attributes are text, so nothing is lost on the way.
Source: CloudEvents 1.0.2, Kafka protocol binding, JSON format; RFC 8785 (sorted keys, ASCII,
integers below 2^53, no floats: orjson's sorted output is that form, tested).
"""

import hashlib
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple

import orjson

from .envelope import Envelope, Record

SOURCE_PREFIX = "castmark/"
_PREFIXED = len(SOURCE_PREFIX)
SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"
LEAF_PREFIX = b"\x00"  # RFC 6962 section 2.1: leaves and nodes hash with different first bytes

Header = tuple[str, bytes]


class Malformed(ValueError):
    """Headers that are not a CloudEvent of ours."""


class Received(NamedTuple):
    """A record as it came over the log: `previous` is the position of the source's previous
    relayed event in this partition (0 = none); `store_id` names the store it came from."""

    record: Record
    previous: int
    store_id: str


def attributes(record: Record) -> dict[str, object]:
    """The attributes of a record's CloudEvent and its data, in the canonical order."""
    at = record.envelope
    return {
        "actor": at.actor,
        "causationid": at.causation_id,
        "commandid": at.command_id,
        "correlationid": at.correlation_id,
        "data": orjson.Fragment(record.data),
        "datacontenttype": CONTENT_TYPE,
        "id": at.event_id,
        "position": str(at.position),
        "source": SOURCE_PREFIX + at.source,
        "specversion": SPEC_VERSION,
        "streamversion": str(at.version),
        "subject": at.stream,
        "time": at.recorded_at,
        "type": record.type,
    }


def structured(record: Record) -> bytes:
    """The canonical structured CloudEvent, envelope and data."""
    return orjson.dumps(attributes(record))


def leaf_hash(record: Record) -> bytes:
    """RFC 6962 leaf hash of the canonical structured form: 32 bytes."""
    return hashlib.sha256(LEAF_PREFIX + structured(record)).digest()


def to_headers(record: Record, previous: int, store_id: str) -> list[Header]:
    """Kafka headers of a record in binary mode; the value is `record.data`, the key its stream."""
    at = record.envelope
    return [
        ("ce_specversion", SPEC_VERSION.encode()),
        ("ce_id", at.event_id.encode()),
        ("ce_source", (SOURCE_PREFIX + at.source).encode()),
        ("ce_type", record.type.encode()),
        ("ce_subject", at.stream.encode()),
        ("ce_time", at.recorded_at.encode()),
        ("ce_position", b"%d" % at.position),
        ("ce_previous", b"%d" % previous),
        ("ce_streamversion", b"%d" % at.version),
        ("ce_correlationid", at.correlation_id.encode()),
        ("ce_causationid", at.causation_id.encode()),
        ("ce_commandid", at.command_id.encode()),
        ("ce_actor", at.actor.encode()),
        ("ce_storeid", store_id.encode()),
        ("content-type", CONTENT_TYPE.encode()),
    ]


_READ = itemgetter(
    "ce_specversion",
    "ce_id",
    "ce_source",
    "ce_subject",
    "ce_streamversion",
    "ce_position",
    "ce_time",
    "ce_correlationid",
    "ce_causationid",
    "ce_commandid",
    "ce_actor",
    "ce_type",
    "ce_previous",
    "ce_storeid",
)
_made = tuple.__new__  # a NamedTuple without its constructor, which costs as much as the decoding


def from_headers(headers: Iterable[Header], value: bytes | None) -> Received:
    """Read a record back, in whatever order its headers are and whoever has added others; raises
    Malformed naming what is missing or wrong.

    All texts are decoded in one go: this is where a rebuild from Kafka spends its time.
    """
    try:
        (
            spec_version,
            event_id,
            source,
            stream,
            version,
            position,
            recorded_at,
            correlation_id,
            causation_id,
            command_id,
            actor,
            kind,
            previous,
            store_id,
        ) = b"\0".join(_READ(dict(headers))).decode("ascii").split("\0")
        if spec_version != SPEC_VERSION:
            raise Malformed(f"ce_specversion {spec_version!r} is not {SPEC_VERSION}")
        if not source.startswith(SOURCE_PREFIX):
            raise Malformed(f"ce_source {source!r} is not one of ours")
        if not (version + position + previous).isdigit():  # int() also takes signs and blanks
            raise Malformed(f"{version!r}, {position!r}, {previous!r}: not all whole numbers")
        envelope = _made(
            Envelope,
            (
                event_id,
                source[_PREFIXED:],
                stream,
                int(version),
                int(position),
                recorded_at,
                correlation_id,
                causation_id,
                command_id,
                actor,
            ),
        )
        record = _made(Record, (envelope, kind, value or b"null"))
        return _made(Received, (record, int(previous), store_id))
    except KeyError as error:
        raise Malformed(f"the header {error.args[0]} is missing") from error
    except (TypeError, ValueError) as error:
        raise Malformed(str(error)) from error


def headers_of(pairs: Sequence[tuple[str, bytes | None]] | None) -> list[Header]:
    """Kafka clients allow null headers; ours never are."""
    return [(key, value) for key, value in pairs or () if value is not None]
