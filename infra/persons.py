"""People, apart from events: who a reference in an event stands for, until they are erased.

Events carry `person_ref`s and `note_ref`s, both random. What they stand for lies in two tables that
are no part of history and are not append-only. Erasing blanks the person and all notes about them;
the references stay in events and then stand for nobody.

Each service keeps its own people: the same subject has another reference in another service.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

import anyio.to_thread
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    ForeignKey,
    Index,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    select,
)
from sqlalchemy.exc import IntegrityError

from contracts.values import Instant, instant

from .auth import Principal
from .errors import Refused, Transient
from .store import translated

MAX_NOTE_CHARS = 10_000
REMEMBERED = 4_096

METADATA = MetaData()
PERSONS = Table(
    "persons",
    METADATA,
    Column("person_ref", Text, primary_key=True),
    Column("issuer", Text),
    Column("subject", Text),
    Column("display_name", Text),
    Column("created_at", Text, nullable=False),
    Column("erased_at", Text),
    UniqueConstraint("issuer", "subject", name="persons_subject"),
)
NOTES = Table(
    "notes",
    METADATA,
    Column("note_ref", Text, primary_key=True),
    Column("person_ref", Text, ForeignKey("persons.person_ref"), nullable=False),
    Column("text", Text),
    Column("created_at", Text, nullable=False),
    Index("notes_person", "person_ref"),
)

_FIND = select(PERSONS.c.person_ref).where(
    PERSONS.c.issuer == bindparam("issuer"), PERSONS.c.subject == bindparam("subject")
)


class Person(NamedTuple):
    """What may be shown of a person. After erasure there is no name, only the date of it."""

    person_ref: str
    display_name: str | None
    erased_at: Instant | None


class Persons:
    """The people of one service. Safe in threads; every method but `actor` may wait for the
    database, so from a coroutine it is called through `anyio.to_thread`.

    `engine` is one of `store.open_engine`. All methods raise Transient when the database is away.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._guard = threading.Lock()

    async def actor(self, principal: Principal) -> str:
        """The reference of who is signed in; made at their first visit."""
        known = self._recall(principal.issuer, principal.subject)
        if known is not None:
            return known
        return await anyio.to_thread.run_sync(self.ref_of, principal.issuer, principal.subject)

    def ref_of(self, issuer: str, subject: str, display_name: str | None = None) -> str:
        """The reference of a subject; a new random one at the first time. `display_name` counts
        only then."""
        known = self._recall(issuer, subject)
        if known is not None:
            return known
        key = {"issuer": issuer, "subject": subject}
        row = {
            **key,
            "person_ref": f"person-{secrets.token_hex(12)}",
            "display_name": display_name,
            "created_at": _now(),
        }
        with translated(), self._engine.connect() as connection:
            found = connection.execute(_FIND, key).scalar()
            if found is None:
                try:
                    with _transaction(connection):
                        connection.execute(PERSONS.insert(), row)
                    found = str(row["person_ref"])
                except IntegrityError:  # another thread or process was first: theirs holds
                    found = str(connection.execute(_FIND, key).scalar_one())
        with self._guard:
            self._known[issuer, subject] = found
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return str(found)

    def find(self, issuer: str, subject: str) -> str | None:
        """The reference of a subject; None when they were never here, or are erased."""
        with translated(), self._engine.connect() as connection:
            key = {"issuer": issuer, "subject": subject}
            found: str | None = connection.execute(_FIND, key).scalar()
        return found

    def person(self, person_ref: str) -> Person | None:
        """What may be shown of a person; None for an unknown reference."""
        columns = (PERSONS.c.person_ref, PERSONS.c.display_name, PERSONS.c.erased_at)
        with translated(), self._engine.connect() as connection:
            row = connection.execute(
                select(*columns).where(PERSONS.c.person_ref == person_ref)
            ).first()
        return None if row is None else Person(*row)

    def add_note(self, person_ref: str, text: str) -> str:
        """Keep a free text beside the person it is about; the reference to it for an event.

        Raises Refused: `invalid-note` (empty, too long, U+0000), `unknown-person` (or erased).
        """
        if not text.strip() or len(text) > MAX_NOTE_CHARS or "\x00" in text:
            raise Refused(
                "invalid-note", f"a note has 1 to {MAX_NOTE_CHARS} characters, none of them U+0000"
            )
        row = {
            "note_ref": f"note-{secrets.token_hex(12)}",
            "person_ref": person_ref,
            "text": text,
            "created_at": _now(),
        }
        alive = select(PERSONS.c.person_ref).where(
            PERSONS.c.person_ref == person_ref, PERSONS.c.erased_at.is_(None)
        )
        with translated(), self._engine.connect() as connection, _transaction(connection):
            # Locked, so that an erasure cannot pass between the look and the insert.
            if connection.execute(alive.with_for_update()).first() is None:
                raise Refused("unknown-person", f"there is nobody behind {person_ref}")
            connection.execute(NOTES.insert(), row)
        return str(row["note_ref"])

    def note(self, note_ref: str) -> str | None:
        """The text of a note; None when it is unknown or erased."""
        query = select(NOTES.c.text).where(NOTES.c.note_ref == note_ref)
        with translated(), self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def erase(self, person_ref: str) -> bool:
        """Forget a person: subject, name and the texts of all their notes, for good.

        False when the reference is unknown; doing it twice is harmless. On SQLite the bytes are
        overwritten in the file and gone from its journal on return (Transient when a reader held
        the journal: repeat). On PostgreSQL they are gone from every query at commit, from the
        files with the next vacuum, and from the write-ahead log with its retention.
        """
        with translated(), self._engine.connect() as connection:
            on_file = connection.dialect.name == "sqlite"
            if on_file:
                connection.exec_driver_sql("PRAGMA secure_delete=ON")
            with _transaction(connection):
                found = connection.execute(
                    PERSONS.update()
                    .where(PERSONS.c.person_ref == person_ref)
                    .values(
                        issuer=None,
                        subject=None,
                        display_name=None,
                        erased_at=func.coalesce(PERSONS.c.erased_at, _now()),
                    )
                ).rowcount
                connection.execute(
                    NOTES.update().where(NOTES.c.person_ref == person_ref).values(text=None)
                )
            if on_file:
                busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
                if busy:
                    raise Transient("erased, but the journal is being read: erase once more")
        with self._guard:
            for key in [key for key, ref in self._known.items() if ref == person_ref]:
                del self._known[key]
        return bool(found)

    def _recall(self, issuer: str, subject: str) -> str | None:
        with self._guard:
            known = self._known.get((issuer, subject))
            if known is not None:
                self._known.move_to_end((issuer, subject))
            return known


@contextmanager
def _transaction(connection: Connection) -> Iterator[None]:
    """Our engines are in autocommit, so BEGIN and COMMIT are written out (as in `store`)."""
    immediate = connection.dialect.name == "sqlite"
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
    try:
        yield
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")


def _now() -> Instant:
    return instant(datetime.now(UTC))
