"""Import jobs as rows: received, running, done or failed; each answered row once.

All writes are parts of writer units, so a chunk's commands, its refused rows and the job's
progress are one transaction: what a killed import answered is answered, the rest is not begun.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import orjson
from sqlalchemy import Connection, Engine, select

from contracts.values import Instant
from infra.errors import Conflict
from infra.store import translated

from .formats import Format
from .kinds import Asked
from .mapping import Binding, Bound, Said
from .tables import GROUPS, JOBS, MAPPINGS, NOTES, ROWS, SEEN

State = Literal["received", "running", "done", "failed"]
Phase = Literal["waiting", "trying", "importing", "comparing", "done", "failed"]
UNFINISHED = ("received", "running")


class Options(NamedTuple):
    """How an import was asked for."""

    format: Format
    dry_run: bool
    sync: bool
    all_or_nothing: bool
    map: tuple[str, ...]
    constants: tuple[str, ...]


class Tally(NamedTuple):
    """What became of the rows so far. Accepted rows are those changed and unchanged; `unreadable`
    are refused ones whose subject is not known."""

    last_row: int = 0
    done: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    unreadable: int = 0
    slugs: Mapping[str, int] = {}
    notes: Mapping[str, int] = {}

    def plus(self, other: "Tally") -> "Tally":
        """Both together; `other` is the later."""
        return Tally(
            other.last_row,
            self.done + other.done,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.refused + other.refused,
            self.unreadable + other.unreadable,
            dict(Counter(self.slugs) + Counter(other.slugs)),
            dict(Counter(self.notes) + Counter(other.notes)),
        )


class Job(NamedTuple):
    """One import."""

    import_id: str
    kind: str
    member_id: str
    sha256: str
    options: Options
    columns: tuple[str, ...]
    binding: Binding
    actor: str
    correlation_id: str
    state: State
    phase: Phase
    rows: int
    tally: Tally
    proposed: int
    problem_slug: str | None
    problem: str | None
    received_at: Instant
    finished_at: Instant | None

    @property
    def asked(self) -> Asked:
        """For whom, and under which id."""
        return Asked(self.import_id, self.member_id)


class RefusedRow(NamedTuple):
    """The answer to a refused row: its first fault, more of them, and its cells."""

    row: int
    column: str
    slug: str
    sentence: str
    more: tuple[tuple[str, str, str], ...]
    cells: Sequence[str]


class NotedRows(NamedTuple):
    """Rows that were taken, of which the same is said: their first, and all as (first, last)."""

    row: int
    slug: str
    sentence: str
    in_all: int
    rows: tuple[tuple[int, int], ...]


class Told(NamedTuple):
    """The answer to a group of rows: its first row and key, what became of it, how many rows it
    has, and what its kind tells of it as JSON."""

    row: int
    key: str
    state: str
    rows: int
    told: str


class Moved(Exception):
    """Another process has taken this import further."""


def receive(connection: Connection, job: Job) -> Job:
    """Keep a new job; or the one that is kept under its id, when it is the same."""
    kept = _load(connection, job.import_id)
    if kept is not None:
        check_same(kept, job.kind, job.member_id, job.options, job.sha256)
        return kept
    connection.execute(JOBS.insert(), _row(job))
    return job


def check_same(kept: Job, kind: str, member_id: str, options: Options, sha256: str) -> None:
    """Conflict when a kept job is not the one that is asked for again."""
    if (kept.kind, kept.member_id) != (kind, member_id):
        what = "another import"
    elif kept.sha256 != sha256:
        what = "another file"
    elif kept.options != options:
        what = "other options"
    else:
        return
    raise Conflict(
        "import-id-reused",
        f"this import id was used for {what}: make a new id for a new import",
        import_id=kept.import_id,
    )


def load(engine: Engine, import_id: str) -> Job | None:
    """A job, or None."""
    with translated(), engine.connect() as connection:
        return _load(connection, import_id)


def unfinished(engine: Engine) -> list[Job]:
    """Jobs that are not at their end, in the order received."""
    query = select(JOBS).where(JOBS.c.state.in_(UNFINISHED)).order_by(JOBS.c.received_at)
    with translated(), engine.connect() as connection:
        return [_job(row._asdict()) for row in connection.execute(query)]


def advance(connection: Connection, before: Job, after: Job) -> None:
    """Write a job's progress; Moved when it is no longer as it was `before`."""
    written = connection.execute(
        JOBS.update()
        .where(
            JOBS.c.import_id == before.import_id,
            JOBS.c.last_row == before.tally.last_row,
            JOBS.c.phase == before.phase,
        )
        .values(_progress(after))
    )
    if written.rowcount != 1:
        raise Moved(before.import_id)


def restart(connection: Connection, before: Job, after: Job) -> None:
    """Begin a pass anew: its answers so far are withdrawn."""
    advance(connection, before, after)
    for table in (ROWS, NOTES, GROUPS, SEEN):
        connection.execute(table.delete().where(table.c.import_id == before.import_id))


def forget_seen(connection: Connection, import_id: str) -> None:
    """Drop what only a comparison needed."""
    connection.execute(SEEN.delete().where(SEEN.c.import_id == import_id))


# --- rows ---


def keep_rows(connection: Connection, import_id: str, rows: Sequence[RefusedRow]) -> None:
    """Keep the answers to refused rows."""
    if rows:
        values = [
            {
                "import_id": import_id,
                **row._asdict(),
                "more": _text(row.more),
                "cells": _text(row.cells),
            }
            for row in rows
        ]
        connection.execute(ROWS.insert(), values)


def refused_rows(engine: Engine, import_id: str, after: int, limit: int) -> list[RefusedRow]:
    """Refused rows behind a row number, in order."""
    query = (
        select(ROWS)
        .where(ROWS.c.import_id == import_id, ROWS.c.row > after)
        .order_by(ROWS.c.row)
        .limit(limit)
    )
    with translated(), engine.connect() as connection:
        return [
            RefusedRow(
                row.row,
                row.column,
                row.slug,
                row.sentence,
                tuple(tuple(fault) for fault in orjson.loads(row.more)),
                orjson.loads(row.cells),
            )
            for row in connection.execute(query)
        ]


def keep_notes(connection: Connection, import_id: str, notes: Sequence[NotedRows]) -> None:
    """Keep what is said of rows that were taken."""
    if notes:
        values = [
            {"import_id": import_id, **note._asdict(), "rows": _text(note.rows)} for note in notes
        ]
        connection.execute(NOTES.insert(), values)


def keep_groups(connection: Connection, import_id: str, groups: Sequence[Told]) -> None:
    """Keep the answers to groups."""
    if groups:
        values = [{"import_id": import_id, **group._asdict()} for group in groups]
        connection.execute(GROUPS.insert(), values)


def groups(engine: Engine, import_id: str, after: int, limit: int) -> list[Told]:
    """Groups behind a row number, in the order of their first rows."""
    query = (
        select(*(GROUPS.c[name] for name in Told._fields))
        .where(GROUPS.c.import_id == import_id, GROUPS.c.row > after)
        .order_by(GROUPS.c.row)
        .limit(limit)
    )
    with translated(), engine.connect() as connection:
        return [Told._make(row) for row in connection.execute(query)]


def note_seen(connection: Connection, import_id: str, keys: Sequence[str]) -> None:
    """Remember which subjects the file listed."""
    new = set(keys) - seen(connection, import_id, keys)
    if new:
        rows = [{"import_id": import_id, "key": key} for key in sorted(new)]
        connection.execute(SEEN.insert(), rows)


def seen(connection: Connection, import_id: str, keys: Sequence[str]) -> set[str]:
    """Those of the keys that the file listed."""
    query = select(SEEN.c.key).where(SEEN.c.import_id == import_id, SEEN.c.key.in_(list(keys)))
    return set(connection.execute(query).scalars())


# --- mappings ---


def remembered(engine: Engine, member_id: str, kind: str, signature: str) -> Said:
    """The mapping that a member used last for these columns."""
    query = select(MAPPINGS.c.said).where(
        MAPPINGS.c.member_id == member_id,
        MAPPINGS.c.kind == kind,
        MAPPINGS.c.signature == signature,
    )
    with translated(), engine.connect() as connection:
        text = connection.execute(query).scalar()
    return Said({}, {}) if text is None else Said(*orjson.loads(text))


def remember(connection: Connection, member_id: str, kind: str, signature: str, said: Said) -> None:
    """Keep a mapping for the next file of these columns."""
    key = {"member_id": member_id, "kind": kind, "signature": signature}
    connection.execute(
        MAPPINGS.delete().where(*(MAPPINGS.c[name] == value for name, value in key.items()))
    )
    if said.columns or said.constants:
        connection.execute(MAPPINGS.insert(), {**key, "said": _text(said)})


# --- as rows ---


def _load(connection: Connection, import_id: str) -> Job | None:
    row = connection.execute(select(JOBS).where(JOBS.c.import_id == import_id)).first()
    return None if row is None else _job(row._asdict())


def _text(value: object) -> str:
    return orjson.dumps(value, default=list).decode()  # named tuples as lists


def _row(job: Job) -> dict[str, object]:
    options = job.options
    return {
        **{name: getattr(job, name) for name in _PLAIN},
        "format": options.format,
        "dry_run": options.dry_run,
        "sync": options.sync,
        "all_or_nothing": options.all_or_nothing,
        "options": _text(options),
        "columns": _text(job.columns),
        "binding": _text([list(job.binding.fields.values()), job.binding.ignored]),
        **_progress(job),
    }


_PLAIN = (
    "import_id", "kind", "member_id", "sha256", "actor", "correlation_id", "rows", "received_at",
)  # fmt: skip


def _progress(job: Job) -> dict[str, object]:
    counts = job.tally._asdict()
    return {
        **counts,
        "slugs": _text(job.tally.slugs),
        "notes": _text(job.tally.notes),
        "state": job.state,
        "phase": job.phase,
        "proposed": job.proposed,
        "problem_slug": job.problem_slug,
        "problem": job.problem,
        "finished_at": job.finished_at,
    }


def _job(row: Mapping[str, object]) -> Job:
    form, dry_run, sync, whole, maps, constants = orjson.loads(str(row["options"]))
    bounds, ignored = orjson.loads(str(row["binding"]))
    read = [Bound(*bound) for bound in bounds]
    values = dict(row)
    tally = {name: values[name] for name in Tally._fields}
    tally |= {name: orjson.loads(str(row[name])) for name in ("slugs", "notes")}
    plain = {name: values[name] for name in Job._fields if name in values}
    plain |= {
        "options": Options(form, dry_run, sync, whole, tuple(maps), tuple(constants)),
        "columns": tuple(orjson.loads(str(row["columns"]))),
        "binding": Binding({bound.field: bound for bound in read}, tuple(ignored)),
        "tally": Tally(**tally),  # type: ignore[arg-type]  # values of a database row
    }
    return Job(**plain)  # type: ignore[arg-type]  # values of a database row
