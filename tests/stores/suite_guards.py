"""What is stored stays: no update, delete, truncation or replacement, by grant or by trigger."""

import pytest
from sqlalchemy import exc

from infra import tables
from tests.databases import Database
from tests.toys import put

STATEMENTS = (
    "UPDATE {table} SET {column} = 'forged'",
    "DELETE FROM {table}",
    "TRUNCATE {table}",
)
COLUMNS = {"events": "data", "commands": "stream", "store_meta": "value"}


class GuardsSuite:
    """Subclasses give the fixture `database`."""

    @pytest.mark.parametrize("table", tables.APPEND_ONLY)
    @pytest.mark.parametrize("statement", STATEMENTS)
    async def test_the_service_cannot_change_what_it_has_stored(
        self, database: Database, statement: str, table: str
    ) -> None:
        writer = database.writer()
        await writer.execute(put("B1", "cup"))
        before = rows(database, table)
        text = statement.format(table=table, column=COLUMNS[table])
        with database.open().connect() as connection, pytest.raises(exc.DBAPIError):
            connection.exec_driver_sql(text)
        assert rows(database, table) == before

    @pytest.mark.parametrize("table", tables.APPEND_ONLY)
    async def test_the_service_cannot_store_a_row_in_the_place_of_another(
        self, database: Database, table: str
    ) -> None:
        writer = database.writer()
        await writer.execute(put("B1", "cup"))
        before = rows(database, table)
        forged = replacement(database, table)
        with database.open().connect() as connection, pytest.raises(exc.DBAPIError):
            connection.exec_driver_sql(forged)
        assert rows(database, table) == before
        assert (await writer.execute(put("B1", "jug"))).position == 2

    async def test_the_guards_are_there_again_after_a_second_migration(
        self, database: Database
    ) -> None:
        writer = database.writer()
        await writer.execute(put("B1", "cup"))
        database.create()
        with database.open().connect() as connection, pytest.raises(exc.DBAPIError):
            connection.exec_driver_sql("DELETE FROM events")
        assert (await writer.execute(put("B1", "jug"))).position == 2


def rows(database: Database, table: str) -> list[tuple[object, ...]]:
    """All of a table, in order."""
    with database.open().connect() as connection:
        found = connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1").all()
    return [tuple(row) for row in found]


def replacement(database: Database, table: str) -> str:
    """A statement that overwrites the first row by storing another one under its key."""
    key = {"events": "position", "commands": "command_id", "store_meta": "name"}[table]
    if database.is_sqlite:
        columns = [column.name for column in tables.MACHINERY.tables[table].columns]
        forged = ", ".join("'forged'" if name == COLUMNS[table] else name for name in columns)
        return f"INSERT OR REPLACE INTO {table} SELECT {forged} FROM {table}"
    return (
        f"INSERT INTO {table} SELECT * FROM {table}"
        f" ON CONFLICT ({key}) DO UPDATE SET {COLUMNS[table]} = 'forged'"
    )
