"""How far a consumer is, as pages wait for it: each partition counts, not only the furthest."""

from pathlib import Path

from sqlalchemy import Connection, create_engine

from contracts.values import Instant
from infra.cursors import START, Cursor, move_cursor, read_cursor
from infra.kafka import KafkaLog
from infra.reading import steps, through
from infra.service import Running, create, keys_in
from infra.store import open_engine
from infra.tables import MACHINERY, RELEASES
from services.coc_ledger.app import definition

CONSUMER, SOURCE = "watching", "membership"


def test_a_partition_that_is_behind_another_one_moves_the_mark() -> None:
    with create_engine("sqlite://").connect() as connection:
        MACHINERY.create_all(connection)
        _applied(connection, 0, 90)
        before, reached = steps(connection, CONSUMER), through(connection, CONSUMER)
        _applied(connection, 1, 40)
        assert through(connection, CONSUMER) == reached == {SOURCE: 90}
        assert steps(connection, CONSUMER) > before


def test_what_others_apply_moves_no_mark() -> None:
    with create_engine("sqlite://").connect() as connection:
        MACHINERY.create_all(connection)
        _applied(connection, 0, 90)
        before = steps(connection, CONSUMER)
        _applied(connection, 0, 91, consumer="counting")
        assert steps(connection, CONSUMER) == before


def test_a_parked_stream_that_is_released_moves_the_mark_of_its_consumer_alone() -> None:
    """What waited is applied then, though no cursor moves; or it is known not to come any more."""
    with create_engine("sqlite://").connect() as connection:
        MACHINERY.create_all(connection)
        _applied(connection, 0, 90)
        before = steps(connection, CONSUMER)
        _released(connection, "R-1", consumer="counting")
        assert steps(connection, CONSUMER) == before
        _released(connection, "R-2")
        once = steps(connection, CONSUMER)
        assert once > before
        _released(connection, "R-3", kind="skip")
        assert steps(connection, CONSUMER) > once


def test_who_waits_for_what_it_wrote_itself_waits_for_one_partition_also_over_kafka(
    tmp_path: Path,
) -> None:
    """A service reads its own events from its own store: how far that is, is how far all are."""
    made, url = definition(), f"sqlite:///{tmp_path / 'own.db'}"
    create(made, open_engine(url))
    running = Running(made, open_engine(url), keys_in(tmp_path / "keys"), tmp_path)
    running.log = KafkaLog(["127.0.0.1:1"])
    assert running.log_of(running.name).partitions(running.name) == 1
    assert running.log_of("membership").partitions("membership") > 1


def _released(
    connection: Connection, release_id: str, kind: str = "retry", consumer: str = CONSUMER
) -> None:
    told = dict.fromkeys(("actor", "requested_at", "done_at", "outcome"), "")
    named = {"release_id": release_id, "consumer": consumer, "source": SOURCE, "stream": "member/M"}
    connection.execute(RELEASES.insert().values(**named, **told, kind=kind, position=7))


def _applied(
    connection: Connection, partition: int, position: int, consumer: str = CONSUMER
) -> None:
    old = read_cursor(connection, consumer, SOURCE, partition)
    new = Cursor(position, 0, "S", b"", Instant("2026-01-05T00:00:00.000000Z"), None)
    assert old == START
    move_cursor(connection, consumer, SOURCE, partition, old, new)
