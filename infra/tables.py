"""Tables of the machinery, the same on SQLite and PostgreSQL, and who may touch them.

`events` is append-only by grant (PostgreSQL) and by trigger (SQLite): the service's role may
SELECT and INSERT, nothing else; tables belong to a migration role.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

MACHINERY = MetaData()

EVENTS = Table(
    "events",
    MACHINERY,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("stream", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("recorded_at", Text, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("causation_id", Text, nullable=False),
    Column("command_id", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    UniqueConstraint("stream", "version", name="events_stream_version"),
)

COMMANDS = Table(
    "commands",
    MACHINERY,
    Column("command_id", Text, primary_key=True),
    Column("request_mac", LargeBinary, nullable=False),
    Column("stream", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("first_position", BigInteger, nullable=False),
    Column("events", Integer, nullable=False),
    sqlite_with_rowid=False,
)

META = Table(
    "store_meta",
    MACHINERY,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

DUES = Table(
    "dues",
    MACHINERY,
    Column("stream", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("due_on", Text, nullable=False),
    Index("dues_due_on", "due_on"),
)

DUES_CODE = Table(  # one row: by which code the rows of `dues` were made
    "dues_code",
    MACHINERY,
    Column("source", Text, primary_key=True),
    Column("code", Text, nullable=False),
)

SNAPSHOTS = Table(
    "snapshots",
    MACHINERY,
    Column("stream", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("schema_hash", Text, nullable=False),
    Column("state", Text, nullable=False),
)

CURSORS = Table(
    "cursors",
    MACHINERY,
    Column("consumer", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("next_offset", BigInteger, nullable=False),
    Column("store_id", Text, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("recorded_at", Text, nullable=False),
    Column("closed_on", Text, nullable=False),
)

PARKED = Table(
    "parked",
    MACHINERY,
    Column("consumer", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("partition", Integer, primary_key=True),  # a broadcast parks in each
    Column("stream", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("parked_at", Text, nullable=False),
    Index("parked_stream", "consumer", "source", "stream"),
)

RELEASES = Table(
    "releases",
    MACHINERY,
    Column("release_id", Text, primary_key=True),
    Column("consumer", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("kind", Text, nullable=False),  # retry | skip
    Column("position", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("requested_at", Text, nullable=False),
    Column("done_at", Text, nullable=False),
    Column("outcome", Text, nullable=False),
)

REFUSALS = Table(
    "refusals",
    MACHINERY,
    Column("command_id", Text, primary_key=True),
    Column("consumer", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("command", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("refused_at", Text, nullable=False),
)

LIVE = Table(
    "live_versions",
    MACHINERY,
    Column("consumer", Text, primary_key=True),
    Column("slot", Text, nullable=False),
    Column("shape", Text, nullable=False),
)

LEASES = Table(
    "leases",
    MACHINERY,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
)

APPEND_ONLY = ("events", "commands", "store_meta")

_GUARD = """
CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""


def create(connection: Connection, *others: MetaData, app_role: str | None = None) -> None:
    """Create all tables that are missing and hand out the rights (idempotent).

    On PostgreSQL `connection` is the migration role's and `app_role` names the service's.
    """
    for metadata in (MACHINERY, *others):
        metadata.create_all(connection)
    if connection.dialect.name == "sqlite":
        for name in APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                connection.exec_driver_sql(_GUARD.format(table=name, verb=verb))
    elif app_role is not None:
        connection.exec_driver_sql(f'GRANT USAGE ON SCHEMA public TO "{app_role}"')
        for metadata in (MACHINERY, *others):
            for table in metadata.tables.values():
                connection.exec_driver_sql(f'REVOKE ALL ON "{table.name}" FROM "{app_role}"')
                rights = "SELECT, INSERT" + (
                    "" if table.name in APPEND_ONLY else ", UPDATE, DELETE"
                )
                connection.exec_driver_sql(f'GRANT {rights} ON "{table.name}" TO "{app_role}"')
