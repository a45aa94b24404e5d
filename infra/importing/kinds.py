"""What a service says about one kind of import: its fields, and how a row becomes a command. Pure.

The machinery beside it knows rows and commands only; facilities, activity data and movements of
material are kinds.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, Protocol

from contracts.envelope import Event
from infra.decider import Command

from .mapping import Binding, Field


class Fault(NamedTuple):
    """What is wrong with one field of a row."""

    field: str
    slug: str
    sentence: str


class Note(NamedTuple):
    """What has to be said of a row that was taken: a slug, and a sentence for people."""

    slug: str
    sentence: str


class Built(NamedTuple):
    """What became of a row: a command (or a `line`, which a `Packing` makes part of one), or
    faults. `key` names its subject where it can be read; `notes` are slugs of what was left out or
    read between the lines, counted and shown."""

    key: str | None
    command: Command | None
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    line: object = None

    @property
    def asked(self) -> bool:
        """Whether there is anything to ask for."""
        return self.command is not None or self.line is not None


class Asked(NamedTuple):
    """For whom and under which id an import runs; `named` is the sender's own id, where it is kept
    under another one."""

    import_id: str
    member_id: str
    named: str | None = None


class Absence(NamedTuple):
    """Something that the file does not list: its key, and the command that proposes its end."""

    key: str
    command: Command


Build = Callable[[Sequence[str]], Built]
Noted = Callable[[Sequence[Event]], Mapping[str, Note]]
"""What has to be said of the rows behind some events, by the rows' keys."""


class Parcel(NamedTuple):
    """A command for the rows of a chunk at some places. Of those for several, `done(events)` are
    the rows that it carried out; each of the others is asked for by itself, as `singly` says, and
    gets the answer to that."""

    command: Command
    places: Sequence[int]
    done: Callable[[Sequence[Event]], Container[int]] | None = None
    singly: Callable[[int], Command] | None = None


class Packing(Protocol):
    """Reads the rows of one chunk, of `rows` at most, and makes few commands of many rows."""

    rows: int

    def build(self, cells: Sequence[str]) -> Built:
        """A row as a line, a command, or faults."""
        ...

    def pack(self, built: Sequence[Built]) -> Sequence[Parcel]:
        """What is asked for, in order: every row that has a command or a line is in one parcel."""
        ...


class GroupBuilt(NamedTuple):
    """What became of rows that are taken or refused together: a command; or faults, as many as
    rows, empty where a row is right in itself. `told` is JSON about the group, kept with the
    import and shown, in a dry run too."""

    command: Command | None
    faults: Sequence[tuple[Fault, ...]] = ()
    notes: tuple[str, ...] = ()
    told: bytes = b""


KeyOf = Callable[[Sequence[str]], str]
"""The group of a row, from its cells; "" where it does not say."""
Groups = Sequence[tuple[str, Sequence[Sequence[str]]]]
"""Groups with their keys and their rows' cells."""


class Grouped(NamedTuple):
    """Rows that belong together, wherever in the file they stand, by `key(asked, binding)`, which
    looks at `fields` of theirs and at nothing else.

    `prepare(asked, binding, today, keys)` gathers what some groups need to know, in this process;
    `work(prepared, groups)` makes the commands in another one: both ends can be pickled, `work` is
    a function of a module. `ready` does there what the first work would do first, while the file
    still comes in. `others` is said of a right row whose group is refused for another.
    `beside(asked, built)` adds, in this process again, what other data say, in a dry run too.
    """

    key: Callable[[Asked, Binding], KeyOf]
    prepare: Callable[[Asked, Binding, date, Sequence[str]], Any]
    work: Callable[[Any, Groups], list[GroupBuilt]]
    others: Fault
    fields: tuple[str, ...]
    ready: Callable[[], None]
    beside: Callable[[Asked, Sequence[GroupBuilt]], list[GroupBuilt]] | None = None


class Kind(NamedTuple):
    """One kind of import. The functions may look things up; they run outside the event loop.

    `check(binding)` raises Refused when a file so bound cannot be read. `builder(asked, binding,
    today)` is called for every chunk, so that evidence is as young as the chunk. `absent(asked,
    today, after, limit)` gives what could be absent from a file, by key, for `sync`. A kind whose
    rows belong together is `grouped` and has no builder; one whose rows are asked for together has
    `packing(asked, binding, today)` in its place, called for every chunk as well. `noted` reads
    from events what is told of rows that were taken.
    """

    name: str
    fields: tuple[Field, ...]
    check: Callable[[Binding], None]
    builder: Callable[[Asked, Binding, date], Build] | None = None
    absent: Callable[[Asked, date, str | None, int], Sequence[Absence]] | None = None
    grouped: Grouped | None = None
    packing: Callable[[Asked, Binding, date], Packing] | None = None
    noted: Noted | None = None
