"""The bytes under the hash and the partition of a stream never change."""

from decimal import Decimal

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from contracts.catalog import CATALOG, TOPICS, partition_of
from tests.contracts_kept.golden import Golden, load, whole_catalog

SAFE = 2**53 - 1
KEYS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=8)
LEAVES = st.none() | st.booleans() | st.integers(-SAFE, SAFE) | st.text()
ALLOWED = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)
)


def ours(content: object) -> bytes:
    """How events are written (`Catalog.encode`)."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


@given(ALLOWED)
def test_what_we_write_is_canonical_json(content: object) -> None:
    assert ours(content) == rfc8785.dumps(content)  # type: ignore[arg-type]  # any JSON at all


@given(ALLOWED)
def test_reading_and_writing_again_gives_the_same_bytes(content: object) -> None:
    assert ours(orjson.loads(ours(content))) == ours(content)


def test_it_holds_only_for_what_contracts_allow() -> None:
    """Why floats, large integers and keys beyond ASCII are kept out of events."""
    outside: list[object] = [{"\ufb33": 1, "\U0001f602": 2}, 1.0, -0.0]
    for content in outside:
        assert ours(content) != rfc8785.dumps(content)  # type: ignore[arg-type]  # as above
    with pytest.raises(rfc8785.IntegerDomainError):
        rfc8785.dumps(SAFE + 2)


@pytest.mark.parametrize("golden", load(), ids=lambda golden: golden.type)
def test_every_event_is_written_canonically_and_without_floats(golden: Golden) -> None:
    catalog = whole_catalog()
    for sample in golden.samples.values():
        data = catalog.encode(catalog.decode(golden.type, orjson.dumps(sample)))
        assert data == rfc8785.dumps(orjson.loads(data))
        assert not [leaf for leaf in leaves(orjson.loads(data)) if isinstance(leaf, float)]


def leaves(content: object) -> list[object]:
    if isinstance(content, dict):
        return [leaf for key, value in content.items() for leaf in (key, *leaves(value))]
    if isinstance(content, list):
        return [leaf for item in content for leaf in leaves(item)]
    return [content]


def test_a_decimal_has_one_spelling() -> None:
    name = "membership.facility_registered.v1"
    sample = next(golden.samples["full"] for golden in load() if golden.type == name)
    spellings = ("46.30", "46.3", "0046.3", "4.63E+1", "463e-1")
    written = {
        CATALOG.encode(
            CATALOG.decode(name, orjson.dumps(sample | {"capacity_t_per_year": spelling}))
        )
        for spelling in spellings
    }
    assert len(written) == 1
    assert orjson.loads(written.pop())["capacity_t_per_year"] == "46.3"
    assert Decimal("46.3") == Decimal("4.63E+1")


PINNED = {
    "member/M-1": (3, 0),
    "member/M-2": (1, 0),
    "facility/F-000001": (6, 0),
    "facility/F-000002": (0, 0),
    "entity/E.1:a_b-c": (5, 0),
    "certificate/C-7": (6, 0),
    "audit/A-1": (0, 0),
    "duty/M-1": (11, 0),
}


def test_the_hash_is_the_common_crc_32() -> None:
    """The check value that every description of CRC-32 (ISO-HDLC) gives."""
    assert partition_of("123456789", 2**32) == 0xCBF43926


@pytest.mark.parametrize("stream", PINNED)
def test_the_partition_of_a_stream_is_pinned(stream: str) -> None:
    assert (partition_of(stream, 12), partition_of(stream, 1)) == PINNED[stream]


@given(stream=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1))
def test_every_stream_has_a_partition_of_its_topic(stream: str) -> None:
    for topic in TOPICS.values():
        assert 0 <= partition_of(stream, topic.partitions) < topic.partitions


def test_streams_spread_over_all_partitions() -> None:
    counts = [0] * 12
    for number in range(12_000):
        counts[partition_of(f"facility/SYN-{number:06}", 12)] += 1
    assert min(counts) > 800
    assert max(counts) < 1200


def test_topics_and_their_partitions_are_fixed_for_ever() -> None:
    assert {source: tuple(topic) for source, topic in TOPICS.items()} == {
        "membership": ("castmark.membership", 12),
        "ghg": ("castmark.ghg", 12),
        "coc_ledger": ("castmark.coc", 12),
        "audit_scheduling": ("castmark.audits", 12),
        "certification": ("castmark.certification", 1),
    }
