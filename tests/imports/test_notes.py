"""What is said of rows that were taken is told once, however many chunks a file has."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine

from infra.importing import jobs, noted
from infra.importing.jobs import NotedRows
from infra.importing.tables import METADATA

ID = "import-1"
NON_COC, REMARKED = ("booked-as-non-coc", "No proof."), ("booked-with-a-remark", "A remark.")


@pytest.fixture
def engine() -> Iterator[Engine]:
    """Three chunks of 3,000 rows, and an import of somebody else that says the same."""
    made = create_engine("sqlite://")
    METADATA.create_all(made)
    with made.begin() as connection:
        first = NotedRows(1, *NON_COC, 3_000, ((1, 3_000),))
        jobs.keep_notes(connection, ID, [first])
        jobs.keep_notes(connection, "other", [first])
        second = NotedRows(3_001, *NON_COC, 11, ((3_001, 3_010), (3_020, 3_020)))
        jobs.keep_notes(connection, ID, [second, NotedRows(3_011, *REMARKED, 1, ((3_011, 3_011),))])
        third = NotedRows(6_001, *NON_COC, 1, ((6_001, 6_001),))
        jobs.keep_notes(connection, ID, [third, NotedRows(6_002, *REMARKED, 2, ((6_002, 6_003),))])
    yield made
    made.dispose()


def test_each_note_is_told_once_with_all_its_rows(engine: Engine) -> None:
    assert noted.notes(engine, ID, 0, 10) == [
        NotedRows(1, *NON_COC, 3_012, ((1, 3_010), (3_020, 3_020), (6_001, 6_001))),
        NotedRows(3_011, *REMARKED, 3, ((3_011, 3_011), (6_002, 6_003))),
    ]


def test_pages_of_notes_meet_each_note_once(engine: Engine) -> None:
    [first] = noted.notes(engine, ID, 0, 1)
    [second] = noted.notes(engine, ID, first.row, 1)
    assert (first.slug, second.slug) == (NON_COC[0], REMARKED[0])
    assert noted.notes(engine, ID, second.row, 1) == []
