"""Rows as column values and back: the same for any value; a clear no for what no column takes."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.codecs import codec_of
from tests.stores.suite_readmodels import Colour, Everything

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.integers(-(2**63), 2**63 - 1)
names = st.lists(texts, max_size=3).map(tuple)
pairs = st.lists(st.tuples(texts, texts), max_size=3).map(tuple)
rows = st.builds(
    Everything,
    texts,
    texts,
    st.sampled_from(Colour),
    numbers,
    st.booleans(),
    st.dates(),
    names,
    st.lists(st.tuples(texts, numbers), max_size=3).map(tuple),
    st.dictionaries(texts, pairs, max_size=3),
    st.dictionaries(texts, numbers, max_size=3),
    st.none() | texts,
    st.none() | numbers,
    st.none() | st.booleans(),
    st.none() | st.dates(),
    st.none() | names,
)


@given(rows)
def test_every_row_is_read_as_it_was_written(row: Everything) -> None:
    codec = codec_of(Everything)
    written = codec.write(row)
    assert all(value is None or isinstance(value, (str, int)) for value in written)
    assert codec.read(written) == row
    assert codec.write(codec.read(written)) == written


class WithFloat(NamedTuple):
    """A column that is no exact value."""

    key: str
    share: float


class WithDecimal(NamedTuple):
    """Another that has no column: write it as text."""

    key: str
    share: Decimal


@pytest.mark.parametrize("row", [WithFloat, WithDecimal])
def test_a_column_that_no_table_takes_is_refused_when_it_is_declared(
    row: type[tuple[object, ...]],
) -> None:
    with pytest.raises(TypeError, match="a column cannot hold"):
        codec_of(row)


def test_a_day_is_a_date_and_nothing_else() -> None:
    codec = codec_of(Everything)
    assert codec.kinds[codec.fields.index("no_day")] is date
