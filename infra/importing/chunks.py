"""A chunk of rows: read, built into requests, and judged by the answers to them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import structlog

from infra.decider import derived_id
from infra.errors import CastmarkError, Refused
from infra.transaction import Answer, Outcome, Request

from .jobs import Job, NotedRows, RefusedRow, Tally
from .kinds import Build, Built, Fault, Note, Noted, Packing, Parcel
from .rows import Row

log = structlog.stdlib.get_logger("castmark.imports")
CHUNK = 500
MAX_SENTENCE = 500


Handle = Callable[[Sequence[Request]], Sequence[Answer]]
"""Asks for some, in order: the writer's transaction, or a rehearsal."""


class Chunk(NamedTuple):
    """Rows with what became of each, and the requests of those that can be asked, in order; where
    they are of parcels, these as well."""

    rows: list[Row]
    built: list[Built]
    requests: list[Request]
    parcels: Sequence[Parcel] = ()


class Judged(NamedTuple):
    """What the answers to a chunk mean: figures, refused rows, keys that were listed, bugs."""

    tally: Tally
    refused: list[RefusedRow]
    keys: list[str]
    bugs: list[Exception]
    noted: list[NotedRows]


def read_chunk(rows: Iterator[Row], build: Build, job: Job) -> Chunk | None:
    """The next rows as requests; None at the end of the file. A command's id follows from the
    import's and the row's number, so no row is carried out twice."""
    taken = list(islice(rows, CHUNK))
    if not taken:
        return None
    import_id, actor, correlation_id = job.import_id, job.actor, job.correlation_id
    built: list[Built] = []
    requests: list[Request] = []
    for row in taken:
        if row.broken is not None:
            built.append(Built(None, None, (Fault("", *row.broken),)))
            continue
        made = build(row.cells)
        built.append(made)
        if made.command is not None:
            command_id = row_id(import_id, row.number)
            requests.append(Request(command_id, made.command, actor, correlation_id, import_id))
    return Chunk(taken, built, requests)


def row_id(import_id: str, number: int) -> str:
    """The id of the command of a row, 32 hex digits. Those of an import stand side by side, in the
    order of its rows: were they as random as other ids, a chunk would touch a page of the index for
    each row, and seven times as much would be written to the disk."""
    return f"{derived_id(import_id)[:24]}{number:08x}"


def read_packed(rows: Iterator[Row], packing: Packing, job: Job) -> Chunk | None:
    """The same for rows that are asked for together. A parcel's id follows from its first row and
    its stream."""
    taken = list(islice(rows, packing.rows))
    if not taken:
        return None
    built = [
        packing.build(row.cells)
        if row.broken is None
        else Built(None, None, (Fault("", *row.broken),))
        for row in taken
    ]
    parcels = packing.pack(built)
    requests = [_request(taken[one.places[0]], one, job) for one in parcels]
    return Chunk(taken, built, requests, parcels)


def _request(row: Row, parcel: Parcel, job: Job) -> Request:
    if parcel.done is None:
        command_id = row_id(job.import_id, row.number)
    else:
        together = str(row.number), "together", parcel.command.stream
        command_id = derived_id(job.import_id, *together)
    return Request(command_id, parcel.command, job.actor, job.correlation_id, job.import_id)


def ask(chunk: Chunk, handle: Handle, job: Job) -> list[Answer]:
    """The answers to all rows that can be asked for, in their order. A fault of ours in a command
    of many rows is written down, and its rows are asked for one by one."""
    answers = handle(chunk.requests)
    if not chunk.parcels:
        return list(answers)
    found: dict[int, Answer] = {}
    left: dict[int, Parcel] = {}
    for parcel, answer in zip(chunk.parcels, answers, strict=True):
        if parcel.done is None or parcel.singly is None:
            found[parcel.places[0]] = answer
            continue
        if isinstance(answer, Exception) and not isinstance(answer, CastmarkError):
            log.error("import-parcel-failed", import_id=job.import_id, exc_info=answer)
        recorded = answer.recorded if isinstance(answer, Outcome) else ()
        done = parcel.done([one.event for one in recorded])
        found.update(dict.fromkeys(parcel.places, answer))
        for place in [place for place in parcel.places if place not in done]:
            left[place] = Parcel(parcel.singly(place), (place,))
    places = sorted(left)
    again = handle([_request(chunk.rows[at], left[at], job) for at in places])
    found.update(zip(places, again, strict=True))
    return [found[place] for place in sorted(found)]


def judge(chunk: Chunk, answers: Sequence[Answer], job: Job, noted: Noted | None = None) -> Judged:
    """Put rows and answers together again; `noted` finds what is said of rows that were taken."""
    changed = unchanged = unreadable = 0
    refused: list[RefusedRow] = []
    keys: list[str] = []
    bugs: list[Exception] = []
    slugs: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    said = _Said(noted)
    left = iter(answers)
    for row, built in zip(chunk.rows, chunk.built, strict=True):
        if built.key is None:
            unreadable += 1
        else:
            keys.append(built.key)
        faults = built.faults
        if built.asked:
            answer = next(left)
            if isinstance(answer, Outcome):
                if built.notes:
                    notes.update(built.notes)
                if answer.recorded:
                    note = said.of(answer).get(built.key)
                    if note is not None:
                        said.hear(row.number, note)
                    changed += 1
                else:
                    unchanged += 1
                continue
            faults = (fault_of(answer, job),)
            if not isinstance(answer, Refused):
                bugs.append(answer)
        refused.append(refused_row(row, faults, job))
        slugs.update({fault.slug for fault in faults})
    notes.update(said.counts())
    tally = Tally(
        chunk.rows[-1].number, len(chunk.rows), changed, unchanged, len(refused), unreadable,
        slugs, notes,
    )  # fmt: skip
    return Judged(tally, refused, keys, bugs, said.rows())


class _Said:
    """Collects what is said of rows that were taken; one answer may be that of many rows."""

    def __init__(self, noted: Noted | None) -> None:
        self._noted = noted
        self._by_answer: dict[int, Mapping[str | None, Note]] = {}
        self._heard: Outcome | None = None
        self._told: Mapping[str | None, Note] = {}
        self._rows: dict[Note, list[tuple[int, int]]] = {}

    def of(self, answer: Outcome) -> Mapping[str | None, Note]:
        """What is said of the rows behind an answer, which recorded something, by their keys."""
        if answer is not self._heard:
            self._heard, self._told = answer, self._found(answer)
        return self._told

    def _found(self, answer: Outcome) -> Mapping[str | None, Note]:
        if self._noted is None:
            return {}
        found = self._by_answer.get(id(answer))
        if found is None:
            told = self._noted([one.event for one in answer.recorded])
            found = dict[str | None, Note](told.items())
            self._by_answer[id(answer)] = found
        return found

    def hear(self, number: int, note: Note) -> None:
        """A row, and what is said of it."""
        rows = self._rows.setdefault(note, [])
        if rows and rows[-1][1] == number - 1:
            rows[-1] = (rows[-1][0], number)
        else:
            rows.append((number, number))

    def rows(self) -> list[NotedRows]:
        """All notes, each with its rows."""
        return [
            NotedRows(rows[0][0], *note, sum(last - first + 1 for first, last in rows), tuple(rows))
            for note, rows in self._rows.items()
        ]

    def counts(self) -> Counter[str]:
        """Of how many rows each slug is said."""
        found: Counter[str] = Counter()
        for one in self.rows():
            found[one.slug] += one.in_all
        return found


def fault_of(error: Exception, job: Job) -> Fault:
    """What a refused command, or a bug, means for its row."""
    if isinstance(error, Refused):
        # A refusal's facts are named as the fields they are about.
        field = next((name for name in error.facts if name in job.binding.fields), "")
        return Fault(field, error.slug, error.sentence)
    return Fault("", "internal-error", "this row met a fault of ours, which was written down")


def refused_row(row: Row, faults: Sequence[Fault], job: Job) -> RefusedRow:
    """The answer to a row with faults."""
    told = [
        (job.binding.column(fault.field), fault.slug, fault.sentence[:MAX_SENTENCE])
        for fault in faults
    ]
    return RefusedRow(row.number, *told[0], tuple(told[1:]), row.cells)
