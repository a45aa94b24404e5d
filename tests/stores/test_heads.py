"""Signed tree heads: what a store said is kept outside of it, and a changed past is found."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from contracts.catalog import Catalog
from contracts.cloudevents import leaf_hash
from contracts.machinery import DayClosed, TreeHeadSigned
from infra.clock import CALENDAR, CloseDay
from infra.errors import Transient
from infra.execute import Writer
from infra.heads import Signer, is_signed, read_heads, sign, verify
from infra.published_heads import HEADS
from infra.store import Store
from tests.databases import Database
from tests.toys import DAY, DECIDERS, KEY, POLICIES, Put, Wall, ask, put

OURS, THEIRS = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
CATALOG = Catalog((Put, DayClosed, TreeHeadSigned))
GUARDS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"


class Kept:
    """A store with a signer, and a forger who has its file."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.store = database.store(catalog=CATALOG)
        deciders = {**DECIDERS, "heads": HEADS, "calendar": CALENDAR}
        writer = Writer(self.store, deciders, POLICIES, Wall().now, KEY)
        self.writer = database.keep(writer.start())
        self.file = folder / "heads" / "toys.ndjson"
        self.signer = self.restarted()

    def restarted(self) -> Signer:
        """A signer that begins anew, as after a restart."""
        return Signer(self.writer, OURS, self.file)

    async def fill(self, *boxes: str) -> None:
        """An event each."""
        for box in boxes:
            await self.writer.execute(put(box, "cup"))

    async def signed(self) -> TreeHeadSigned:
        """The next head; there is one."""
        head = await self.signer.sign()
        assert head is not None
        return head

    def published(self) -> list[TreeHeadSigned]:
        """The heads that the world was told."""
        found = (self.store.catalog.recorded(one).event for one in self.store.read_after(0, 100))
        return [event for event in found if isinstance(event, TreeHeadSigned)]

    def forge(self, change: Callable[[Connection], object]) -> None:
        """Change the file behind the guards' back."""
        with self.database.open().connect() as connection:
            for (name,) in connection.exec_driver_sql(GUARDS).all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            change(connection)

    def findings(self, *heads: TreeHeadSigned) -> list[tuple[int, str]]:
        """What does not fit, with these heads."""
        fresh = Store(self.database.open(), self.store.source, CATALOG)
        found = verify(fresh, heads, OURS.public_key())[1]
        return [(one.position, one.sentence) for one in found]


@pytest.fixture
def kept(sqlite_database: Database, tmp_path: Path) -> Kept:
    """A store in which nothing has happened."""
    return Kept(sqlite_database, tmp_path)


def other_word(connection: Connection) -> object:
    """Another cup in the second event."""
    return connection.exec_driver_sql(
        "UPDATE events SET data = replace(data, 'cup', 'jug') WHERE position = 2"
    )


def shorter(connection: Connection) -> object:
    """The last events are gone, as from an older backup."""
    return connection.exec_driver_sql("DELETE FROM events WHERE position > 1")


def hole(connection: Connection) -> object:
    """One event is gone."""
    return connection.exec_driver_sql("DELETE FROM events WHERE position = 2")


async def test_what_changed_is_signed_kept_outside_and_published(kept: Kept) -> None:
    assert await kept.signer.sign() is None
    await kept.fill("B1", "B2")
    head = await kept.signed()
    assert head.tree_size == 2
    assert is_signed(head, OURS.public_key())
    assert read_heads(kept.file) == kept.published() == [head]
    assert kept.findings(head) == []


async def test_nothing_new_is_no_reason_for_another_head(kept: Kept) -> None:
    await kept.fill("B1")
    await kept.signed()
    assert await kept.signer.sign() is None
    await kept.writer.execute(ask(CloseDay(on=DAY, source=kept.store.source)))
    await kept.writer.execute(ask(CloseDay(on=DAY + timedelta(days=1), source=kept.store.source)))
    assert await kept.restarted().sign() is None
    await kept.fill("B2")
    assert (await kept.signed()).tree_size == 5
    assert len(read_heads(kept.file)) == len(kept.published()) == 2


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (other_word, (2, "the event is not what was hashed")),
        (hole, (2, "this position is missing")),
    ],
)
async def test_an_accident_is_found_without_any_head(
    kept: Kept, change: Callable[[Connection], object], finding: tuple[int, str]
) -> None:
    await kept.fill("B1", "B2", "B3")
    kept.forge(change)
    assert kept.findings() == [finding]


async def test_a_forger_who_hashes_anew_is_found_by_a_head_and_by_nothing_else(kept: Kept) -> None:
    await kept.fill("B1", "B2", "B3")
    head = await kept.signed()

    def rewritten(connection: Connection) -> object:
        other_word(connection)
        store = Store(kept.database.open(), kept.store.source, CATALOG)
        leaf = leaf_hash(store.read_after(1, 1)[0])
        return connection.exec_driver_sql("UPDATE events SET leaf = ? WHERE position = 2", (leaf,))

    kept.forge(rewritten)
    assert kept.findings() == []
    assert kept.findings(head) == [(0, "the signed head of size 3 does not fit")]


async def test_a_store_that_is_shorter_than_what_was_signed_is_found(kept: Kept) -> None:
    await kept.fill("B1", "B2")
    head = await kept.signed()
    kept.forge(shorter)
    assert kept.findings() == []
    assert kept.findings(head) == [(0, "a head was signed over 2 events, there are fewer")]


async def test_a_head_of_another_key_or_another_store_is_told(kept: Kept) -> None:
    await kept.fill("B1")
    head = await kept.signed()
    root = bytes.fromhex(head.root_hash)
    forged = sign(THEIRS, head.store_id, 1, root)
    assert kept.findings(forged) == [(0, "the head of size 1 is not signed by us")]
    strange = sign(OURS, "another", 1, root)
    assert kept.findings(strange) == [(0, "the head of size 1 is of another store")]


async def test_a_power_cut_while_a_head_is_written_spoils_no_other(kept: Kept) -> None:
    await kept.fill("B1")
    first = await kept.signed()
    with kept.file.open("ab") as out:
        out.write(b'{"key_id":"torn')
    assert read_heads(kept.file) == [first]
    await kept.fill("B2")
    second = await kept.signed()
    assert read_heads(kept.file) == [first, second]


async def test_a_head_that_was_kept_and_not_published_is_published_after_the_restart(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    await kept.fill("B1")

    async def away(_: object) -> None:
        raise Transient("the database is away")

    monkeypatch.setattr(kept.writer, "execute", away)
    with pytest.raises(Transient):
        await kept.signer.sign()
    monkeypatch.undo()
    assert (kept.published(), len(read_heads(kept.file))) == ([], 1)
    await kept.restarted().sign()
    assert kept.published() == read_heads(kept.file)
    await kept.restarted().sign()
    assert kept.published() == read_heads(kept.file)
