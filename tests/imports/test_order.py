"""Rows that belong together are brought together, in bounded memory, and counted."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.errors import Refused
from infra.importing import order
from infra.importing.order import Order, ranked, sort
from infra.importing.rows import Broken, Row


def key(cells: Sequence[str]) -> str:
    """The first cell."""
    return cells[0]


def row(number: int, first: str, *, broken: bool = False) -> Row:
    """A row of two cells."""
    return Row(number, [first, str(number)], Broken("row-unreadable", "no") if broken else None)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=60))
def test_sorted_rows_are_the_same_rows_group_by_group(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str]
) -> None:
    file = tmp_path_factory.mktemp("order") / "rows.csv"
    file.write_text("key,number\n" + "".join(f"{one},{at}\n" for at, one in enumerate(keys)))
    beside = file.with_name("sorted")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(order, "RUN_ROWS", 7)
        sort(file, "csv", ("key", "number"), key, beside)
    found = list(ranked(file, "csv", ("key", "number"), key, beside))
    assert sorted(one.number for _, one in found) == list(range(2, len(keys) + 2))
    firsts = list(dict.fromkeys(keys))
    assert [rank for rank, _ in found] == sorted(firsts.index(one) for one in keys)
    for _, one in found:
        assert one.cells == [keys[one.number - 2], str(one.number - 2)]
    numbers = [(rank, one.number) for rank, one in found]
    assert numbers == sorted(numbers)
    assert list(file.parent.glob("*.part")) == []


@pytest.mark.parametrize(
    ("keys", "scattered"), [("aabbcc", False), ("a", False), ("aba", True), ("aabca", True)]
)
def test_only_files_whose_groups_lie_apart_are_sorted(keys: str, scattered: bool) -> None:
    made = Order(key)
    for at, one in enumerate(keys):
        made.rank(row(at, one))
    assert made.scattered is scattered


def test_rows_that_do_not_say_where_they_belong_go_with_the_row_before() -> None:
    made = Order(key)
    rows = [row(2, ""), row(3, "a"), row(4, ""), row(5, "b"), row(6, "new", broken=True),
            row(7, "a", broken=True)]  # fmt: skip
    assert [made.rank(one) for one in rows] == [0, 1, 1, 2, 2, 1]


def test_too_many_groups_and_too_large_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "MAX_GROUPS", 2)
    monkeypatch.setattr(order, "MAX_TOGETHER", 3)
    made = Order(key)
    made.rank(row(2, "a"))
    made.rank(row(3, "b"))
    with pytest.raises(Refused, match="too-many-groups"):
        made.rank(row(4, "c"))
    for number in (5, 6):
        made.rank(row(number, "b"))
    with pytest.raises(Refused, match="group-too-large"):
        made.rank(row(7, "b"))
