"""What we put on Kafka is CloudEvents 1.0, as another implementation reads and writes it.

The other implementation is `cloudevents.core` of the CloudEvents project. The cases are those of
the Kafka protocol binding and of its conformance feature: its own example of a message (3.2.5), and
binary mode, structured mode with and without a character set, tombstones with values of our own.
"""

import hashlib
import re
from datetime import UTC, datetime

import orjson
import pytest
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.kafka import (
    KafkaMessage,
    from_binary,
    from_kafka,
    from_structured,
    to_binary,
)
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given
from hypothesis import strategies as st

from contracts.cloudevents import (
    Header,
    Malformed,
    Received,
    attributes,
    from_headers,
    leaf_hash,
    structured,
    to_headers,
)
from contracts.envelope import Envelope, Record
from contracts.feed import feed_item, read_feed_item
from contracts.values import ID_PATTERN, Instant
from tests.contracts_kept.golden import Golden, load, whole_catalog

FORMAT = JSONFormat()
DAY = datetime(2025, 3, 31, 23, 59, 59, 1, tzinfo=UTC)
RECORD = Record(
    Envelope(
        event_id="0195e9a4-0001",
        source="certification",
        stream="certificate/C-7",
        version=3,
        position=41,
        recorded_at=Instant("2025-03-31T23:59:59.000001Z"),
        correlation_id="K-1",
        causation_id="0195e9a3-9999",
        command_id="K-1",
        actor="person-5",
    ),
    "certification.certificate_suspended.v1",
    b'{"certificate_id":"C-7","status":"suspended"}',
)
IDS = st.from_regex(ID_PATTERN, fullmatch=True)
COUNTS = st.integers(min_value=1, max_value=2**53 - 1)


def message(record: Record = RECORD, previous: int = 40) -> KafkaMessage:
    """Our record as it lies in Kafka."""
    headers = to_headers(record, previous, "store-a")
    assert len(dict(headers)) == len(headers), "a header twice"
    return KafkaMessage(dict(headers), record.envelope.stream, record.data)


def plain(event: BaseCloudEvent) -> dict[str, object]:
    """The attributes with the time as an instant."""
    return dict(event.get_attributes())


# --- binary mode ---


def test_binary_attributes_are_headers_and_the_value_is_the_data() -> None:
    event = from_binary(message(), FORMAT)
    assert plain(event) == {
        "specversion": "1.0",
        "id": "0195e9a4-0001",
        "source": "castmark/certification",
        "type": "certification.certificate_suspended.v1",
        "subject": "certificate/C-7",
        "time": DAY,
        "datacontenttype": "application/json",
        "position": "41",
        "previous": "40",
        "streamversion": "3",
        "correlationid": "K-1",
        "causationid": "0195e9a3-9999",
        "commandid": "K-1",
        "actor": "person-5",
        "storeid": "store-a",
        "partitionkey": "certificate/C-7",  # the library's name for the key of the message
    }
    assert event.get_data() == {"certificate_id": "C-7", "status": "suspended"}


EXAMPLE: dict[str, bytes] = {
    "ce_specversion": b"1.0",
    "ce_type": b"com.example.someevent",
    "ce_source": b"/mycontext/subcontext",
    "ce_id": b"1234-1234-1234",
    "ce_time": b"2018-04-05T03:56:24Z",
    "content-type": b"application/avro",
}
"""The headers of section 3.2.5 of the Kafka protocol binding, 1.0."""


def test_the_specifications_example_is_what_we_write_for_the_same_event() -> None:
    envelope = RECORD.envelope._replace(
        event_id="1234-1234-1234", recorded_at=Instant("2018-04-05T03:56:24Z")
    )
    ours = dict(to_headers(Record(envelope, "com.example.someevent", b"{}"), 40, "store-a"))
    own = {"ce_source": b"castmark/certification", "content-type": b"application/json"}
    assert {name: ours[name] for name in EXAMPLE} == EXAMPLE | own


def test_the_specifications_example_is_read_and_another_source_is_refused() -> None:
    filled = dict(message().headers) | EXAMPLE
    with pytest.raises(Malformed, match="ce_source '/mycontext/subcontext' is not one of ours"):
        from_headers(list(filled.items()), b"{}")
    with pytest.raises(Malformed, match="missing"):
        from_headers(list(EXAMPLE.items()), b"{}")
    read = from_headers(list((filled | {"ce_source": b"castmark/certification"}).items()), b"{}")
    assert read.record.type == "com.example.someevent"
    assert (read.record.envelope.event_id, read.record.envelope.recorded_at) == (
        "1234-1234-1234",
        "2018-04-05T03:56:24Z",
    )


def test_binary_messages_of_the_other_implementation_are_read_as_ours() -> None:
    event = from_binary(message(), FORMAT)
    again = to_binary(event, FORMAT)
    read = from_headers(list(again.headers.items()), orjson.dumps(orjson.loads(again.value)))
    assert read == Received(RECORD, 40, "store-a")
    assert again.key == RECORD.envelope.stream


def test_the_content_type_is_a_header_of_its_own_and_never_an_attribute_twice() -> None:
    headers = message().headers
    assert headers["content-type"] == b"application/json"
    assert "ce_datacontenttype" not in headers
    assert not any(value.startswith(b"application/cloudevents") for value in headers.values())


def test_names_and_values_of_headers_are_what_the_specification_allows() -> None:
    for name, value in to_headers(RECORD, 40, "store-a"):
        assert re.fullmatch(r"ce_[a-z0-9]{1,20}|content-type", name)
        assert value.decode("ascii")


def test_a_record_without_data_is_a_tombstone_and_is_read_as_null() -> None:
    read = from_headers(to_headers(RECORD, 40, "store-a"), None)
    assert read.record.data == b"null"


def test_the_mode_is_recognised_from_the_message() -> None:
    assert from_kafka(message(), FORMAT).get_subject() == "certificate/C-7"


@pytest.mark.parametrize("golden", load(), ids=lambda golden: golden.type)
def test_every_published_event_travels_as_a_cloudevent(golden: Golden) -> None:
    name, catalog = golden.type, whole_catalog()
    for sample in golden.samples.values():
        data = catalog.encode(catalog.decode(name, orjson.dumps(sample)))
        record = Record(RECORD.envelope, name, data)
        event = from_binary(message(record), FORMAT)
        assert (event.get_type(), event.get_data()) == (name, orjson.loads(data))
        assert from_headers(to_headers(record, 40, "store-a"), data).record == record


# --- structured mode ---


@pytest.mark.parametrize(
    "content_type",
    [b"application/cloudevents+json", b"application/cloudevents+json; charset=utf-8"],
)
def test_the_structured_form_is_the_same_event(content_type: bytes) -> None:
    whole = KafkaMessage({"content-type": content_type}, None, structured(RECORD))
    event = from_structured(whole, FORMAT)
    binary = from_binary(message(), FORMAT)
    only_on_the_way = {"previous", "storeid", "partitionkey"}
    expected = {key: value for key, value in plain(binary).items() if key not in only_on_the_way}
    assert plain(event) == expected
    assert event.get_data() == binary.get_data()
    assert from_kafka(whole, FORMAT).get_attributes() == event.get_attributes()


def test_the_structured_form_is_canonical_and_its_hash_is_pinned() -> None:
    assert structured(RECORD) == (
        b'{"actor":"person-5","causationid":"0195e9a3-9999","commandid":"K-1",'
        b'"correlationid":"K-1","data":{"certificate_id":"C-7","status":"suspended"},'
        b'"datacontenttype":"application/json","id":"0195e9a4-0001","position":"41",'
        b'"source":"castmark/certification","specversion":"1.0","streamversion":"3",'
        b'"subject":"certificate/C-7","time":"2025-03-31T23:59:59.000001Z",'
        b'"type":"certification.certificate_suspended.v1"}'
    )
    assert list(attributes(RECORD)) == sorted(attributes(RECORD))
    assert leaf_hash(RECORD) == hashlib.sha256(b"\x00" + structured(RECORD)).digest()
    assert (
        leaf_hash(RECORD).hex()
        == "283f52689238fd0e943f92e58f42d821a30f1b77cd6b56e4d55a4a418929a52b"
    )


# --- there and back ---


@st.composite
def records(draw: st.DrawFn) -> Record:
    envelope = Envelope(
        event_id=draw(IDS),
        source=draw(st.sampled_from(["membership", "audit_scheduling", "certification"])),
        stream=f"{draw(st.sampled_from(['member', 'facility']))}/{draw(IDS)}",
        version=draw(COUNTS),
        position=draw(COUNTS),
        recorded_at=Instant(f"2025-01-01T00:00:00.{draw(st.integers(0, 999_999)):06}Z"),
        correlation_id=draw(IDS),
        causation_id=draw(IDS),
        command_id=draw(IDS),
        actor=draw(IDS),
    )
    content = draw(st.dictionaries(IDS, st.text() | COUNTS | st.none() | st.booleans(), max_size=4))
    return Record(envelope, draw(IDS), orjson.dumps(content, option=orjson.OPT_SORT_KEYS))


@given(record=records(), previous=st.integers(0, 2**53 - 1), store_id=IDS)
def test_headers_and_value_give_back_the_record_and_its_leaf(
    record: Record, previous: int, store_id: str
) -> None:
    read = from_headers(to_headers(record, previous, store_id), record.data)
    assert read == Received(record, previous, store_id)
    assert leaf_hash(read.record) == leaf_hash(record)


@given(record=records(), previous=st.integers(0, 2**53 - 1), store_id=IDS)
def test_an_item_of_the_feed_gives_back_the_record_and_its_leaf(
    record: Record, previous: int, store_id: str
) -> None:
    item = feed_item(Received(record, previous, store_id))
    assert b"\n" not in item
    read = read_feed_item(orjson.loads(item), store_id)
    assert read == Received(record, previous, store_id)
    assert leaf_hash(read.record) == leaf_hash(record)


# --- what is not ours ---


def without(name: str) -> list[Header]:
    return [header for header in to_headers(RECORD, 40, "store-a") if header[0] != name]


@pytest.mark.parametrize(
    "name",
    [name for name, _ in to_headers(RECORD, 40, "store-a") if name.startswith("ce_")],
)
def test_a_missing_header_is_named(name: str) -> None:
    with pytest.raises(Malformed, match=name):
        from_headers(without(name), RECORD.data)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_specversion", b"0.3"),
        ("ce_source", b"https://example.com"),
        ("ce_position", b"four"),
        ("ce_position", b"-4"),
        ("ce_previous", b"1_0"),
        ("ce_streamversion", b" 1"),
        ("ce_subject", "certificate/Ç".encode()),
    ],
)
def test_a_wrong_header_is_refused(name: str, value: bytes) -> None:
    with pytest.raises(Malformed):
        from_headers([*without(name), (name, value)], RECORD.data)


@pytest.mark.parametrize(
    "change",
    [
        {"source": "https://example.com"},
        {"position": 41},
        {"position": "-1"},
        {"previous": "1_0"},
        {"subject": ["x"]},
    ],
)
def test_a_wrong_item_of_the_feed_is_refused(change: dict[str, object]) -> None:
    item = orjson.loads(feed_item(Received(RECORD, 40, "store-a")))
    with pytest.raises(Malformed):
        read_feed_item(item | change, "store-a")


@pytest.mark.parametrize("name", sorted({*attributes(RECORD), "previous"}))
def test_a_missing_attribute_of_an_item_is_named(name: str) -> None:
    item = orjson.loads(feed_item(Received(RECORD, 40, "store-a")))
    del item[name]
    if name in ("specversion", "datacontenttype"):
        assert read_feed_item(item, "store-a").record == RECORD
        return
    with pytest.raises(Malformed, match=name):
        read_feed_item(item, "store-a")
