"""JSON from strangers is read as every reader would read it, or refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import Refused
from infra.problems import pointer
from infra.strictjson import MAX_DEPTH, MAX_INTEGER, read_json

NUMBERS = st.integers(-MAX_INTEGER, MAX_INTEGER) | st.floats(
    allow_nan=False, allow_infinity=False, width=32
).filter(lambda number: abs(number) < MAX_INTEGER)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_good_json_is_read_as_it_was_written(value: object) -> None:
    assert read_json(json.dumps(value).encode()) == value
    assert read_json(json.dumps(value, ensure_ascii=False, indent=1).encode()) == value


@given(st.binary(max_size=200) | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_whatever_are_more_than_a_refusal(body: bytes) -> None:
    try:
        read = read_json(body)
    except Refused as refused:
        slug = refused.slug
    else:
        assert json.loads(body) == read
        return
    assert slug in ("malformed-json", "duplicate-key")


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ('{"a":1,"a":1}', "duplicate-key"),
        ('[{"b":{"a":1,"a":2}}]', "duplicate-key"),
        ('{"\\u0061":1,"a":2}', "duplicate-key"),
        ("NaN", "malformed-json"),
        ("[-Infinity]", "malformed-json"),
        ("1e400", "malformed-json"),
        ("-1e400", "malformed-json"),
        ("1e30", "malformed-json"),
        (str(MAX_INTEGER + 1), "malformed-json"),
        (str(-MAX_INTEGER - 1), "malformed-json"),
        ("9" * 5_000, "malformed-json"),
        ('"\\u0000"', "malformed-json"),
        ('{"\\u0000":1}', "malformed-json"),
        ('["\\udc00"]', "malformed-json"),
        ('"a\nb"', "malformed-json"),
        ("'a'", "malformed-json"),
        ("[1,]", "malformed-json"),
        ("{} {}", "malformed-json"),
        ("// x\n1", "malformed-json"),
        ("\ufeff1", "malformed-json"),
        ("   ", "malformed-json"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "malformed-json"),
        ("[" * 100_000, "malformed-json"),
        ('{"a":' * 50_000, "malformed-json"),
    ],
)
def test_what_readers_disagree_about_is_refused(text: str, slug: str) -> None:
    with pytest.raises(Refused) as refused:
        read_json(text.encode())
    assert refused.value.slug == slug


def test_the_limits_themselves_are_allowed() -> None:
    deep = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert json.dumps(read_json(deep.encode())) == deep
    assert read_json(str(MAX_INTEGER).encode()) == MAX_INTEGER
    assert read_json(b'"\\ud83d\\ude00"') == "😀"


def test_a_whole_number_may_have_a_point() -> None:
    value = read_json(b"[2.0, 1e3, -0.0, 0.5]")
    assert value == [2, 1000, 0, 0.5]
    assert isinstance(value, list)
    assert [type(item) for item in value] == [int, int, int, float]


def test_a_refusal_says_where() -> None:
    with pytest.raises(Refused) as refused:
        read_json(b'{\n  "a": x\n}')
    assert refused.value.facts == {"line": 2, "column": 8}


def test_pointers_escape_as_their_standard_says() -> None:
    assert pointer(()) == ""
    assert pointer(("facilities", 0, "a/b", "m~n", "")) == "/facilities/0/a~1b/m~0n/"
