"""What a service says about one kind of import: its fields, and how a row becomes a command. Pure.

The machinery beside it knows rows and commands only; facilities, activity data and movements of
material are kinds.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple

from infra.decider import Command

from .mapping import Binding, Field


class Fault(NamedTuple):
    """What is wrong with one field of a row."""

    field: str
    slug: str
    sentence: str


class Built(NamedTuple):
    """What became of a row: a command, or faults. `key` names its subject where it can be read;
    `notes` are slugs of what was left out or read between the lines, counted and shown."""

    key: str | None
    command: Command | None
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()


class Asked(NamedTuple):
    """For whom and under which id an import runs."""

    import_id: str
    member_id: str


class Absence(NamedTuple):
    """Something that the file does not list: its key, and the command that proposes its end."""

    key: str
    command: Command


Build = Callable[[Sequence[str]], Built]


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
    """Rows that belong together, wherever in the file they stand, by `key(asked, binding)`.

    `prepare(asked, binding, today, keys)` gathers what some groups need to know, in this process;
    `work(prepared, groups)` makes the commands in another one: both ends can be pickled, `work` is
    a function of a module. `others` is said of a right row whose group is refused for another.
    """

    key: Callable[[Asked, Binding], KeyOf]
    prepare: Callable[[Asked, Binding, date, Sequence[str]], Any]
    work: Callable[[Any, Groups], list[GroupBuilt]]
    others: Fault


class Kind(NamedTuple):
    """One kind of import. The functions may look things up; they run outside the event loop.

    `check(binding)` raises Refused when a file so bound cannot be read. `builder(asked, binding,
    today)` is called for every chunk, so that evidence is as young as the chunk. `absent(asked,
    today, after, limit)` gives what could be absent from a file, by key, for `sync`. A kind whose
    rows belong together is `grouped` and has no builder.
    """

    name: str
    fields: tuple[Field, ...]
    check: Callable[[Binding], None]
    builder: Callable[[Asked, Binding, date], Build] | None = None
    absent: Callable[[Asked, date, str | None, int], Sequence[Absence]] | None = None
    grouped: Grouped | None = None
