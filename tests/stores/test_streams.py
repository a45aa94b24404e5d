"""States for readers, where an older copy of the database was put in the place of the present."""

import pytest

from infra import snapshots
from infra.store import Store
from infra.streams import Streams
from tests.databases import Database
from tests.toys import SOURCE, TOYS, Shelf, count


@pytest.mark.parametrize("since", [[], ["other"], ["other", "more", "most"]])
async def test_an_older_copy_of_the_database_is_believed_over_what_was_kept(
    sqlite_database: Database, since: list[str]
) -> None:
    writer = sqlite_database.writer()
    await writer.execute(count("S", "a"))
    await writer.execute(count("S", "b"))
    streams = Streams(Store(sqlite_database.open(), SOURCE, TOYS), writer.deciders)
    assert streams.state("shelf/S") == Shelf(2, "b")
    with sqlite_database.open().connect() as connection:
        connection.exec_driver_sql("DROP TRIGGER events_no_DELETE")
        connection.exec_driver_sql("DELETE FROM events WHERE position > 1")
    restored = sqlite_database.writer(sqlite_database.store())
    for item in since:
        await restored.execute(count("S", item))
    assert streams.state("shelf/S") == Shelf(1 + len(since), ["a", *since][-1])


async def test_a_long_stream_is_read_from_its_snapshot_on(sqlite_database: Database) -> None:
    writer = sqlite_database.writer()
    for item in ("a", "b", "c"):
        await writer.execute(count("S", item))
    _saved(sqlite_database, 2, Shelf(40, "b"))
    streams = Streams(Store(sqlite_database.open(), SOURCE, TOYS), writer.deciders)
    assert streams.state("shelf/S") == Shelf(41, "c")
    await writer.execute(count("S", "d"))
    assert streams.state("shelf/S") == Shelf(42, "d")


async def test_a_snapshot_behind_the_last_event_of_its_stream_is_not_believed(
    sqlite_database: Database,
) -> None:
    writer = sqlite_database.writer()
    await writer.execute(count("S", "a"))
    _saved(sqlite_database, 2, Shelf(40, "b"))
    streams = Streams(Store(sqlite_database.open(), SOURCE, TOYS), writer.deciders)
    assert streams.state("shelf/S") == Shelf(1, "a")


def _saved(database: Database, version: int, state: Shelf) -> None:
    deciders = database.writer().deciders
    with database.open().begin() as connection:
        snapshots.keep(connection, deciders["shelf"], "shelf/S", version, state)
