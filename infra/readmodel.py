"""How read models are declared: rows folded from events, and facts on two time axes. Pure.

SQL stays in `infra.projection`: it derives the table from the row class, so a read model can be
rebuilt, permuted and tested as a fold.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from contracts.catalog import BROADCAST
from contracts.envelope import Event, Recorded
from contracts.values import Instant

from .decider import Reaction


class Projection(NamedTuple):
    """Rows kept from events.

    `row` is a NamedTuple class whose fields are the columns (str, int, bool, date, `| None`, or
    dict/tuple kept as JSON) and whose first field is the key. `keys(recorded)` names the rows an
    event concerns; `evolve(key, row, recorded)` gives the row after it (None = no row). Both are
    pure. `version` is raised when either changes meaning: a rebuild then makes the new one.
    `takes` are the event classes that concern it (None = any may), so that others need not even
    be read. `whole` are those of them of which `evolve` asks for no row before: it gives all rows
    of such an event at once, the same ones as `keys` and `evolve`, so that none is read first.
    `within` is the column with which each key begins, before a slash: SQLite, which orders text by
    its bytes, finds such rows by their keys, and keeps no index that begins with that column.
    """

    name: str
    version: int
    row: type[Any]
    keys: Callable[[Recorded], Sequence[str]]
    evolve: Callable[[str, Any, Recorded], Any]
    indexes: tuple[tuple[str, ...], ...] = ()
    takes: frozenset[type[Event]] | None = None
    whole: Mapping[type[Event], Callable[[Recorded], Mapping[str, Any]]] = {}
    within: str | None = None


class Fact(NamedTuple):
    """From `effective_from` on, `attribute` of `subject` is `value` (JSON), as its source said.

    A correction is a later fact with the same `effective_from`; nothing is overwritten.
    """

    subject: str
    attribute: str
    value: Any
    effective_from: date


class Facts(NamedTuple):
    """A log of facts: `facts(recorded)` is pure; the machinery adds source, position and
    `recorded_at` and keeps them append-only. `takes` as for projections."""

    name: str
    version: int
    facts: Callable[[Recorded], Sequence[Fact]]
    takes: frozenset[type[Event]] | None = None


class Consumer(NamedTuple):
    """What one consumer of a service reads and does. Its name is state and never changes.

    `passes_all`: calendar events, and events of types that this build does not know (as `Opaque`,
    with their record), are handed on too: for those who only pass events through.
    `by_field`: its projections and facts only read fields of events by name; none is asked for with
    a default in its place, and no event, nor a record in one, is kept, written or compared as a
    whole. A rebuild then reads no other field.
    """

    name: str
    sources: tuple[str, ...]
    projections: tuple[Projection, ...] = ()
    facts: tuple[Facts, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    passes_all: bool = False
    by_field: bool = False

    def takes(self, kind: type[Event]) -> bool:
        """Whether events of a class concern any part of it, or say that a day is closed: others
        need not be read. A source may say a thousand things for one that does."""
        if self.passes_all or kind.TYPE in BROADCAST:
            return True
        takes = [projection.takes for projection in self.projections]
        takes += [log.takes for log in self.facts]
        takes += [reaction.takes for reaction in self.reactions]
        return any(classes is None or kind in classes for classes in takes)


class Known(NamedTuple):
    """A fact as kept: with when and where it was recorded."""

    value: Any
    effective_from: date
    recorded_at: Instant
    source: str
    position: int
    event_id: str


Attributes = Mapping[str, Sequence[Known]]
"""All that is known of one subject: attribute -> facts in order of (effective_from, recorded_at,
position)."""


def as_of(attributes: Attributes, on: date, known_at: Instant | None = None) -> dict[str, Known]:
    """The facts that hold on a day, as known at an instant: per attribute the last one with
    `effective_from <= on` and `recorded_at <= known_at`."""
    holding: dict[str, Known] = {}
    for attribute, facts in attributes.items():
        for fact in facts:
            if fact.effective_from <= on and (known_at is None or fact.recorded_at <= known_at):
                kept = holding.get(attribute)
                if kept is None or _order(kept) <= _order(fact):
                    holding[attribute] = fact
    return holding


def _order(fact: Known) -> tuple[date, Instant, int]:
    return fact.effective_from, fact.recorded_at, fact.position
