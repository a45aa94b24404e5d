"""What is said of rows that were taken, as it is read: each note once, with all its rows.

Chunks keep theirs as they come (`jobs.keep_notes`), so that none is written twice; a file of a
million rows has hundreds that say the same.
"""

import orjson
from sqlalchemy import Engine, func, select

from infra.store import translated

from .jobs import NotedRows
from .tables import NOTES


def notes(engine: Engine, import_id: str, after: int, limit: int) -> list[NotedRows]:
    """Notes whose first row is behind a row number, in the order of these; up to `limit`. What
    several chunks say alike is one note, and rows that follow each other one pair."""
    kept, first = NOTES.c, func.min(NOTES.c.row)
    heads = (
        select(first.label("first"), kept.slug, kept.sentence)
        .where(kept.import_id == import_id)
        .group_by(kept.slug, kept.sentence)
        .having(first > after)
        .order_by(first)
        .limit(limit)
        .subquery()
    )
    same = (kept.slug == heads.c.slug) & (kept.sentence == heads.c.sentence)
    query = (
        select(heads.c.first, kept.slug, kept.sentence, kept.in_all, kept.rows)
        .join_from(heads, NOTES, same)
        .where(kept.import_id == import_id)
        .order_by(heads.c.first, kept.row)
    )
    found: dict[int, NotedRows] = {}
    rows: dict[int, list[tuple[int, int]]] = {}
    with translated(), engine.connect() as connection:
        for row, slug, sentence, in_all, text in connection.execute(query):
            before = found.get(row)
            in_all += before.in_all if before else 0
            found[row] = NotedRows(row, slug, sentence, in_all, ())
            _join(rows.setdefault(row, []), [(a, b) for a, b in orjson.loads(text)])
    return [one._replace(rows=tuple(rows[row])) for row, one in found.items()]


def _join(rows: list[tuple[int, int]], more: list[tuple[int, int]]) -> None:
    """Put the rows of a chunk behind those of the ones before it."""
    first, last = more[0]
    if rows and rows[-1][1] == first - 1:
        rows[-1] = (rows[-1][0], last)
        more = more[1:]
    rows += more
