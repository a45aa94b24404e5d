"""A plain file looked through by its lines gives the groups and rows that reading it gives."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts.values import Instant
from infra.errors import Refused
from infra.importing import order, plain
from infra.importing.formats import csv_head, open_sheet
from infra.importing.groups import GroupSource, LineSource
from infra.importing.jobs import Job, Options, Tally
from infra.importing.kinds import Asked, Fault, Grouped, KeyOf
from infra.importing.lines import Form
from infra.importing.mapping import Binding
from infra.importing.order import ranked
from infra.importing.plain import NotPlain, count, index, indexed
from infra.importing.rows import Row

COLUMNS = ("what", "plant", "year")
JOB = Job(
    "I", "activity", "M", "0" * 64, Options("csv", False, False, False, (), ()), COLUMNS,
    Binding({}, ()), "actor", "correlation", "running", "importing", 0, Tally(), 0, None, None,
    Instant(""), None,
)  # fmt: skip
Found = list[tuple[str, list[Row]]]


def key_of(asked: Asked, binding: Binding) -> KeyOf:
    """Plant and year, where both are said."""
    return key


def key(cells: Sequence[str]) -> str:
    """Plant and year."""
    return f"{cells[1]}:{cells[2].strip()}" if cells[1] and cells[2] else ""


GROUPED = Grouped(
    key_of, lambda *_: None, lambda *_: [], Fault("", "", ""), ("plant", "year"), lambda: None
)


def all_of(source: GroupSource | LineSource) -> Found:
    """Every group, chunk by chunk."""
    found: Found = []
    while groups := source.chunk():
        for group in groups:
            assert group.size == len(group.rows)
            assert group.first == group.rows[0].number
            found.append((group.key, group.rows))
    source.close()
    return found


def by_lines(file: Path, job: Job = JOB) -> Found | None:
    """What is found line by line; None where the file is not plain or its groups lie apart."""
    columns, delimiter = csv_head(file)
    form = Form(delimiter, len(columns))
    runs = file.with_name("runs")
    try:
        made = index(file, form, (1, 2), key, runs)
    except NotPlain:
        return None
    if made.scattered:
        return None
    return all_of(LineSource(file, indexed(runs), form, job))


def counted(file: Path) -> int | None:
    """How many rows there are, by the lines; None where the file is not plain."""
    columns, delimiter = csv_head(file)
    try:
        return count(file, Form(delimiter, len(columns)))
    except NotPlain:
        return None


def by_rows(file: Path, job: Job = JOB) -> Found:
    """What is found by reading."""
    rows = ranked(file, "csv", COLUMNS, key)
    return [
        (name, [row._replace(cells=list(row.cells)) for row in group])
        for name, group in all_of(GroupSource(rows, GROUPED, job))
    ]


CELLS = st.text(st.sampled_from("ab é\u2028\x0b\"\r;'"), max_size=2)
LINES = st.one_of(
    st.tuples(CELLS, st.sampled_from(["p", "q", ""]), st.sampled_from(["1", "2 ", "é"])).map(
        ",".join
    ),
    st.sampled_from(["", ",,", "x", "a,b,c,", "a,p,1\r", "\r", " "]),
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(LINES, max_size=12),
    st.sampled_from(["", "\n", "\r\n"]),
    st.booleans(),
    st.sampled_from([1, 20, plain.TOGETHER]),
)
@example(["a,p,1", "", "b,p,1", ",,", "c,q,1"], "\n", True, plain.TOGETHER)
@example(["a,p,1", "b,,1", "c,p,1"], "", False, plain.TOGETHER)
@example(["a,p,1", "b,p,1", "c,p,1", "d,q,1\r", "e,q,1\r", "f,q,1"], "", False, 15)
def test_lines_say_what_reading_says(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[str],
    end: str,
    mark: bool,
    together: int,
) -> None:
    with patch.object(plain, "TOGETHER", together):
        _lines_say_what_reading_says(tmp_path_factory, lines, end, mark)


def _lines_say_what_reading_says(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str, mark: bool
) -> None:
    file = tmp_path_factory.mktemp("plain") / "rows.csv"
    text = "what,plant,year\n" + "\n".join(lines) + end
    file.write_bytes((b"\xef\xbb\xbf" if mark else b"") + text.encode())
    found = by_lines(file)
    assert found is None or found == by_rows(file)
    rows = counted(file)
    assert rows is None or rows == len(list(open_sheet(file, "csv").rows))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_usual_files_are_plain_and_others_are_read(tmp_path: Path, end: str) -> None:
    file = tmp_path / "rows.csv"
    lines = ["what,plant,year", "a,p,1", "b,p,1", "", "c,p,1", "d,q,1", "e,q,2"]
    file.write_bytes((end.join(lines) + end).encode())
    found = by_lines(file)
    assert found is not None
    assert [(name, [row.number for row in rows]) for name, rows in found] == [
        ("p:1", [2, 3, 5]),
        ("q:1", [6]),
        ("q:2", [7]),
    ]
    assert counted(file) == 5
    for odd in ('"a",p,1', "a,p", "a,p,1,", "a\rb,p,1"):
        file.write_text("\n".join([*lines, odd]), newline="")
        assert by_lines(file) is None
        assert counted(file) is None


def test_groups_that_are_answered_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("what,plant,year\na,p,1\nb,p,1\nc,q,1\n")
    after = JOB._replace(tally=Tally(last_row=2))
    found = by_lines(file, after)
    assert found == by_rows(file, after)
    assert found is not None
    assert [name for name, _ in found] == ["q:1"]


def test_a_group_too_large_is_refused_by_its_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "MAX_TOGETHER", 3)
    file = tmp_path / "rows.csv"
    file.write_text("what,plant,year\n" + "a,p,1\n" * 4)
    looked = partial(index, file, Form(",", 3), (1, 2), key, tmp_path / "runs")
    with pytest.raises(Refused, match="group-too-large"):
        looked()
