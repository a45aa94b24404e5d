"""A chunk of whole groups of rows: read, built elsewhere, judged by the answers to them."""

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from infra.decider import derived_id
from infra.errors import Refused
from infra.transaction import Answer, Outcome, Request

from . import apart
from .chunks import fault_of, refused_row
from .jobs import Job, RefusedRow, Tally, Told
from .kinds import Fault, GroupBuilt, Grouped, Groups
from .lines import Form, rows_of
from .order import Ranked
from .plain import Run
from .rows import Row

Work = Callable[[Any, Groups], list[GroupBuilt]]

GROUP_ROWS = 2_000
"""A chunk has whole groups until they are so many rows."""


class Group(NamedTuple):
    """Rows that belong together, in order, and their key."""

    key: str
    rows: list[Row]

    @property
    def size(self) -> int:
        """How many rows it has."""
        return len(self.rows)

    @property
    def first(self) -> int:
        """The number of its first row."""
        return self.rows[0].number

    @property
    def whole(self) -> bool:
        """Whether all of its rows can be read."""
        return all(row.broken is None for row in self.rows)


class LineGroup(NamedTuple):
    """The same as lines of plain CSV, with the runs that they are: read only where they are
    refused."""

    key: str
    runs: list[Run]
    lines: bytes
    form: Form

    @property
    def whole(self) -> bool:
        """Whether all of its rows can be read: of a plain file they can."""
        return True

    @property
    def size(self) -> int:
        """How many rows it has."""
        return sum(run.rows for run in self.runs)

    @property
    def first(self) -> int:
        """The number of its first row."""
        return self.runs[0].number

    @property
    def rows(self) -> list[Row]:
        """Its rows, read now."""
        found: list[Row] = []
        at = 0
        for run in self.runs:
            found += rows_of(self.lines[at : at + run.size], self.form, run.number)
            at += run.size
        return found


AnyGroup = Group | LineGroup


class GroupChunk(NamedTuple):
    """Groups with what became of each, and the requests of those that can be asked, in order."""

    groups: Sequence[AnyGroup]
    built: Sequence[GroupBuilt]
    requests: list[Request]


class Judged(NamedTuple):
    """What the answers to a chunk of groups mean."""

    tally: Tally
    refused: list[RefusedRow]
    told: list[Told]
    bugs: list[Exception]


class GroupSource:
    """Groups behind the rows that are answered already."""

    def __init__(self, rows: Generator[Ranked], grouped: Grouped, job: Job) -> None:
        self._rows = rows
        self._key = grouped.key(job.asked, job.binding)
        self._skip = job.tally.last_row
        self._held: Ranked | None = None

    def chunk(self) -> Sequence[AnyGroup]:
        """The next groups; none at the end of the file."""
        groups: list[Group] = []
        taken, rank = 0, -1
        while True:
            ranked = self._held or next(self._rows, None)
            self._held = None
            if ranked is None:
                return groups
            if self._skip:
                self._skip -= 1
                continue
            if ranked[0] != rank:
                if taken >= GROUP_ROWS:
                    self._held = ranked
                    return groups
                rank = ranked[0]
                groups.append(Group(self._key(ranked[1].cells), []))
            groups[-1].rows.append(ranked[1])
            taken += 1

    def close(self) -> None:
        """Close the file."""
        self._rows.close()


class LineSource:
    """The same of a file that is plain, by the runs that were found in it (`plain`)."""

    def __init__(self, file: Path, runs: Generator[Run], form: Form, job: Job) -> None:
        self._content = file.open("rb")
        self._runs = runs
        self._form = form
        self._skip = job.tally.last_row
        self._held: Run | None = None

    def chunk(self) -> Sequence[AnyGroup]:
        """The next groups; none at the end of the file."""
        groups: list[LineGroup] = []
        taken = 0
        while together := self._together():
            rows = sum(run.rows for run in together)
            if self._skip:
                self._skip -= rows
                continue
            lines = b"".join(map(self._lines, together))
            groups.append(LineGroup(together[0].key, together, lines, self._form))
            taken += rows
            if taken >= GROUP_ROWS:
                break
        return groups

    def _together(self) -> list[Run]:
        """The runs of the next group."""
        found: list[Run] = []
        run = self._held or next(self._runs, None)
        while run is not None and (not found or run.rank == found[0].rank):
            found.append(run)
            run = next(self._runs, None)
        self._held = run
        return found

    def _lines(self, run: Run) -> bytes:
        self._content.seek(run.start)
        lines = self._content.read(run.size)
        return lines if lines.endswith(b"\n") else lines + b"\n"  # the last of a file

    def close(self) -> None:
        """Close the files."""
        self._runs.close()
        self._content.close()


def task(
    work: Work, prepared: object, groups: Sequence[AnyGroup]
) -> Callable[[], list[GroupBuilt]]:
    """What another process does: `work` on groups without the rows that cannot be read."""
    lines = [(one.key, one.lines) for one in groups if isinstance(one, LineGroup)]
    forms = [one.form for one in groups if isinstance(one, LineGroup)]
    if forms:
        return partial(apart.made_of_lines, work, prepared, lines, forms[0])
    rows = [
        (group.key, [row.cells for row in group.rows if row.broken is None]) for group in groups
    ]
    return partial(apart.made, work, prepared, orjson.dumps(rows))


def chunk_of(groups: Sequence[AnyGroup], built: Sequence[GroupBuilt], job: Job) -> GroupChunk:
    """The requests of groups of which every row is right. A command's id follows from the import's
    and the group's first row, so no group is carried out twice."""
    whole = [_whole(group, one) for group, one in zip(groups, built, strict=True)]
    requests = [
        Request(
            derived_id(job.import_id, "group", str(group.first)),
            one.command,
            job.actor,
            job.correlation_id,
            job.import_id,
        )
        for group, one in zip(groups, whole, strict=True)
        if one.command is not None
    ]
    return GroupChunk(groups, whole, requests)


def _whole(group: AnyGroup, built: GroupBuilt) -> GroupBuilt:
    """The faults of all rows, those that cannot be read among them."""
    if group.whole:
        return built
    left = iter(built.faults)
    faults = [
        (Fault("", *row.broken),) if row.broken is not None else next(left, ())
        for row in group.rows
    ]
    return built._replace(command=None, faults=faults)


def judge_groups(chunk: GroupChunk, answers: Sequence[Answer], job: Job, others: Fault) -> Judged:
    """Put groups and answers together again."""
    changed = unchanged = unreadable = rows = 0
    refused: list[RefusedRow] = []
    told: list[Told] = []
    bugs: list[Exception] = []
    slugs: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    left = iter(answers)
    for group, built in zip(chunk.groups, chunk.built, strict=True):
        size = group.size
        rows += size
        unreadable += 0 if group.key else size
        answer = next(left) if built.command is not None else None
        if isinstance(answer, Outcome):
            notes.update(built.notes)
            changed, unchanged = (
                (changed + size, unchanged) if answer.recorded else (changed, unchanged + size)
            )
            state = "changed" if answer.recorded else "unchanged"
        else:
            if answer is not None:
                built = built._replace(faults=[(fault_of(answer, job),)])
                bugs += [] if isinstance(answer, Refused) else [answer]
            faults = _faults(built, size, others)
            refused += [
                refused_row(row, found, job) for row, found in zip(group.rows, faults, strict=True)
            ]
            slugs.update(slug for found in faults for slug in {fault.slug for fault in found})
            state = "refused"
        told.append(Told(group.first, group.key, state, size, built.told.decode()))
    tally = Tally(
        job.tally.last_row + rows, rows, changed, unchanged, len(refused), unreadable, slugs, notes
    )
    return Judged(tally, refused, told, bugs)


def _faults(built: GroupBuilt, size: int, others: Fault) -> list[tuple[Fault, ...]]:
    found = [*built.faults, *[()] * size][:size]
    return [one or (others,) for one in found]
