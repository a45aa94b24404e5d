"""A checkpoint never loses its place, never moves back, and commits with its owner's effects."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from sdk import (
    Checkpoint,
    CheckpointDamaged,
    CheckpointMoved,
    FileCheckpoint,
    Move,
    Place,
    SqliteCheckpoint,
)

LANE = "certification/0"
ONE, TWO, THREE = (Place(number, "store-a", f"leaf-{number}", number) for number in (1, 2, 3))


class Step(NamedTuple):
    """What a delivered event says of itself."""

    move: Move


FIRST, SECOND, THIRD = Move(LANE, None, ONE), Move(LANE, ONE, TWO), Move(LANE, TWO, THREE)
Opener = Callable[[], Checkpoint]


@pytest.fixture(params=["file", "sqlite"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens the checkpoint as a fresh process would."""
    with ExitStack() as at_end:

        def sqlite() -> SqliteCheckpoint:
            checkpoint = SqliteCheckpoint(tmp_path / "mine.sqlite")
            at_end.callback(checkpoint.close)
            return checkpoint

        yield sqlite if request.param == "sqlite" else lambda: FileCheckpoint(tmp_path / "seen")


def test_a_new_checkpoint_knows_no_place(opened: Opener) -> None:
    assert opened().read(LANE) is None


def test_a_place_outlives_its_process(opened: Opener) -> None:
    opened().advance([FIRST])
    assert opened().read(LANE) == ONE
    opened().advance([SECOND, THIRD])
    assert opened().read(LANE) == THREE


def test_lanes_do_not_disturb_each_other(opened: Opener) -> None:
    opened().advance([FIRST, Move("membership/3", None, TWO)])
    checkpoint = opened()
    assert (checkpoint.read(LANE), checkpoint.read("membership/3")) == (ONE, TWO)


@pytest.mark.parametrize("moves", [[FIRST], [FIRST, SECOND], [SECOND]])
def test_a_move_made_already_is_passed_over(opened: Opener, moves: Sequence[Move]) -> None:
    checkpoint = opened()
    checkpoint.advance([FIRST, SECOND])
    checkpoint.advance(moves if moves[-1] is SECOND else [FIRST, SECOND])
    assert opened().read(LANE) == TWO


def test_what_is_left_of_a_batch_is_recorded(opened: Opener) -> None:
    opened().advance([FIRST])
    opened().advance([FIRST, SECOND, THIRD])
    assert opened().read(LANE) == THREE


@pytest.mark.parametrize("move", [THIRD, FIRST, Move(LANE, None, TWO), Move(LANE, TWO, ONE)])
def test_a_place_that_somebody_else_moved_is_not_overwritten(opened: Opener, move: Move) -> None:
    mine = opened()
    mine.advance([FIRST])
    other = opened()
    other.advance([Move(LANE, ONE, Place(9, "store-a", "leaf-9", 9))])
    with pytest.raises(CheckpointMoved, match="position 9 of store-a"):
        mine.advance([move])
    assert opened().read(LANE) == Place(9, "store-a", "leaf-9", 9)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        b"no json",
        b'{"lanes": {"a": {}}}',
        b'{"lanes": {"a": {"position": "1"}}}',
    ],
)
def test_a_damaged_file_is_never_taken_for_an_empty_one(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "seen.json"
    path.write_bytes(text)
    with pytest.raises(CheckpointDamaged, match=r"seen\.json"):
        FileCheckpoint(path)
    assert path.read_bytes() == text


def test_a_write_that_fails_leaves_the_old_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = FileCheckpoint(tmp_path / "seen.json")
    checkpoint.advance([FIRST])

    def no_space(handle: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(OSError, match="no space"):
        checkpoint.advance([SECOND])
    assert FileCheckpoint(tmp_path / "seen.json").read(LANE) == ONE


# --- effects and place in one transaction ---


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[SqliteCheckpoint]:
    """A checkpoint in a database with a table of its owner's."""
    checkpoint = SqliteCheckpoint(tmp_path / "mine.sqlite")
    checkpoint.connection.execute("CREATE TABLE effect (position INTEGER)")
    yield checkpoint
    checkpoint.close()


def effects(checkpoint: SqliteCheckpoint) -> list[int]:
    return [row[0] for row in checkpoint.connection.execute("SELECT position FROM effect")]


def test_effect_and_place_commit_together(mine: SqliteCheckpoint) -> None:
    with mine.transaction(Step(FIRST), Step(SECOND)) as database:
        database.execute("INSERT INTO effect VALUES (1)")
    assert (effects(mine), mine.read(LANE)) == ([1], TWO)


def test_an_effect_that_fails_moves_nothing(mine: SqliteCheckpoint) -> None:
    with pytest.raises(ZeroDivisionError), mine.transaction(Step(FIRST)) as database:
        database.execute("INSERT INTO effect VALUES (?)", (1 // 0,))
    assert (effects(mine), mine.read(LANE)) == ([], None)


def test_an_event_handled_already_has_no_second_effect(mine: SqliteCheckpoint) -> None:
    with mine.transaction(Step(FIRST)) as database:
        database.execute("INSERT INTO effect VALUES (1)")
    with pytest.raises(CheckpointMoved), mine.transaction(Step(FIRST)) as database:
        database.execute("INSERT INTO effect VALUES (1)")
    assert effects(mine) == [1]


def test_a_connection_of_the_owner_serves(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "owner.sqlite")
    checkpoint = SqliteCheckpoint(connection)
    with checkpoint.transaction(Step(FIRST)) as database:
        assert database is connection
    connection.execute("INSERT INTO castmark_checkpoint VALUES ('x', 'y', 1, '', '', 0)")
    with pytest.raises(RuntimeError, match="inside a transaction already"):
        checkpoint.advance([SECOND])
    connection.rollback()
    assert checkpoint.read(LANE) == ONE
    connection.close()


def test_names_keep_subscribers_of_one_database_apart(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "owner.sqlite")
    SqliteCheckpoint(connection, "board").advance([FIRST])
    assert SqliteCheckpoint(connection, "mailer").read(LANE) is None
    connection.close()
