"""A tiny service for the machinery's own tests: boxes that take items, shelves that count them.

Every way in which a decision, an event or a read model can go wrong has an item or a command here:
see `FATAL`. Nothing knows a database; `tests.databases` does.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, NamedTuple

from contracts.catalog import Catalog
from contracts.envelope import Envelope, Event, Record, Recorded
from contracts.machinery import DayClosed
from contracts.values import Id, instant
from infra.decider import Command, Decider, Reaction, Tick
from infra.errors import Refused
from infra.execute import Meter, Writer, request_of
from infra.policy import Figure, Policies, PolicyFile
from infra.readmodel import Consumer, Fact, Facts, Projection
from infra.store import Store
from infra.transaction import Request

SOURCE = "membership"
DAY = date(2026, 3, 2)
WEEK = timedelta(days=7)
CAPACITY = 8
KEY = b"a key for hashes of requests"

UNUSED = "no-such-box"
"""A row that a reaction asks for though no event of the batch concerns it."""
FATAL = {
    "cursed": "a shelf refuses to count it",
    "bomb": "counting it is a bug in decide",
    "nowhere": "the reaction names a stream that has no decider",
    "poison": "the read model's evolve fails",
    "keyless": "the read model's keys fail",
    "unwritable": "the read model makes a row that no table takes",
    "sour": "the reaction fails",
    "nul": "the failure's own words hold a \x00, which PostgreSQL does not store",
}


class Put(Event):
    """An item lies in a box."""

    TYPE: ClassVar[str] = "toy.put.v1"
    box: Id
    item: str
    on: date


class Shut(Event):
    """A week has passed without use: the box takes no more."""

    TYPE: ClassVar[str] = "toy.shut.v1"
    box: Id
    on: date


class Scribbled(Event):
    """Somebody wrote on a box: private."""

    TYPE: ClassVar[str] = "toy.scribbled.v1"
    text: str


class Counted(Event):
    """A shelf counted an item."""

    TYPE: ClassVar[str] = "toy.counted.v1"
    item: str


class Alien(Event):
    """In nobody's catalogue."""

    TYPE: ClassVar[str] = "toy.alien.v1"


class PutItems(Command):
    """Put items into a box."""

    NAME: ClassVar[str] = "put_items"
    box: Id
    items: tuple[str, ...]

    @property
    def stream(self) -> str:
        return f"box/{self.box}"


class Scribble(Command):
    """Write on a box."""

    NAME: ClassVar[str] = "scribble"
    box: Id
    text: str

    @property
    def stream(self) -> str:
        return f"box/{self.box}"


class Blunder(Scribble):
    """A command whose decision is a bug."""

    NAME: ClassVar[str] = "blunder"


class Smuggle(Scribble):
    """A command whose decision makes an event that is in no catalogue."""

    NAME: ClassVar[str] = "smuggle"


class Count(Command):
    """Count an item on a shelf."""

    NAME: ClassVar[str] = "count"
    shelf: str
    item: str

    @property
    def stream(self) -> str:
        return self.shelf


class CloseDay(Command):
    """Close a day for everybody: what is broadcast."""

    NAME: ClassVar[str] = "close_day"

    @property
    def stream(self) -> str:
        return f"calendar/{SOURCE}"


class Box(NamedTuple):
    """What a box holds, and when it was last used and shut."""

    items: tuple[str, ...] = ()
    used_on: date | None = None
    shut_on: date | None = None


class Shelf(NamedTuple):
    """How many items a shelf has counted, and the last of them."""

    counted: int = 0
    last: str = ""


def decide_box(command: Command, state: Box, policies: Policies) -> Sequence[Event]:
    """Items go into an open box once each, and no more than it holds."""
    match command:
        case PutItems():
            fresh = [item for item in command.items if item not in state.items]
            if fresh and state.shut_on is not None:
                raise Refused("box-shut", f"the box was shut on {state.shut_on}", box=command.box)
            most = policies.on(command.on).integer("box.items")
            if len(state.items) + len(fresh) > most:
                raise Refused("box-full", f"a box takes {most} items", box=command.box)
            return [Put(box=command.box, item=item, on=command.on) for item in fresh]
        case Tick(rule="shut"):
            return [Shut(box=command.target.partition("/")[2], on=command.on)]
        case Blunder():
            raise RuntimeError("a bug in a decision")
        case Smuggle():
            return [Alien()]
        case Scribble():
            return [Scribbled(text=command.text)]
        case _:
            raise TypeError(f"a box takes no {command.NAME}")


def evolve_box(state: Box, event: Event) -> Box:
    """Total over the events of a box."""
    match event:
        case Put():
            used_on = max(event.on, state.used_on or event.on)
            return state._replace(items=(*state.items, event.item), used_on=used_on)
        case Shut():
            return state._replace(shut_on=event.on)
        case _:
            return state


def due_box(state: Box) -> Mapping[str, date]:
    """An open box is shut a week after its last item."""
    if state.used_on is None or state.shut_on is not None:
        return {}
    return {"shut": state.used_on + WEEK}


def decide_calendar(command: Command, state: None, policies: Policies) -> Sequence[Event]:
    """A day is closed whenever somebody says so."""
    return [DayClosed(on=command.on)]


def decide_shelf(command: Command, state: Shelf, policies: Policies) -> Sequence[Event]:
    """A shelf counts whatever it is given, but for two items."""
    if not isinstance(command, Count):
        raise TypeError(f"a shelf takes no {command.NAME}")
    if command.item == "cursed":
        raise Refused("item-cursed", FATAL["cursed"], item=command.item)
    if command.item == "bomb":
        raise RuntimeError(FATAL["bomb"])
    return [Counted(item=command.item)]


def evolve_shelf(state: Shelf, event: Event) -> Shelf:
    """One more, and which."""
    return Shelf(state.counted + 1, event.item) if isinstance(event, Counted) else state


DECIDERS: Mapping[str, Decider] = {
    "calendar": Decider(
        None, lambda command, *_: [DayClosed(on=command.on)], lambda *_: None, None
    ),
    "box": Decider(Box(), decide_box, evolve_box, due_box),
    "shelf": Decider(Shelf(), decide_shelf, evolve_shelf, None),
}
TOYS = Catalog((Put, Shut, Counted, DayClosed), private=(Scribbled,))
_CAPACITY = Figure(value=CAPACITY, evidence="design", source="this test")
POLICIES = Policies(
    [PolicyFile(policy_id="toys", valid_from=DAY, figures={"box.items": _CAPACITY})]
)


class Wall:
    """A clock for tests: each look is a millisecond later, unless it is set."""

    def __init__(self, at: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        """The moment, then a millisecond passes."""
        self.at += timedelta(milliseconds=1)
        return self.at


def toy_writer(
    store: Store, now: Callable[[], datetime] | None = None, meter: Meter | None = None
) -> Writer:
    """A writer over the toys, not started."""
    return Writer(store, DECIDERS, POLICIES, now or Wall().now, KEY, meter)


_numbers = itertools.count(1)


def ask(command: Command, command_id: str = "", actor: str = "person-1") -> Request:
    """A request; with a fresh id unless one is given."""
    return request_of(command_id or f"toy-{next(_numbers)}", command, actor)


def put(box: str, *items: str, on: date = DAY, command_id: str = "") -> Request:
    """A request to put items into a box."""
    return ask(PutItems(box=box, items=items, on=on), command_id)


def count(shelf: str, item: str, command_id: str = "") -> Request:
    """A request to count an item."""
    return ask(Count(shelf=f"shelf/{shelf}", item=item, on=DAY), command_id)


class BoxRow(NamedTuple):
    """A box as a read model shows it: every kind of column."""

    box: str
    items: tuple[str, ...]
    total: int
    shut: bool
    last_on: date | None
    places: dict[str, int]


def _boxes_of(recorded: Recorded) -> Sequence[str]:
    if isinstance(recorded.event, Put):
        if recorded.event.item == "keyless":
            raise KeyError(FATAL["keyless"])
        return (recorded.event.box,)
    return (recorded.event.box,) if isinstance(recorded.event, Shut) else ()


MENDED: set[str] = set()
"""Items that the read model can take after all: as when a newer build is started."""


def _box_row(key: str, row: BoxRow | None, recorded: Recorded) -> BoxRow:
    row = row or BoxRow(key, (), 0, False, None, {})
    match recorded.event:
        case Put(item="poison") if "poison" not in MENDED:
            raise ValueError(FATAL["poison"])
        case Put(item="nul"):
            raise ValueError(FATAL["nul"])
        case Put(item="unwritable") as event:
            nothing: Any = None
            return row._replace(items=(*row.items, event.item), total=nothing, last_on=event.on)
        case Put() as event:
            at = {**row.places, event.item: row.total + 1}
            return BoxRow(key, (*row.items, event.item), row.total + 1, row.shut, event.on, at)
        case Shut() as event:
            return row._replace(shut=True, last_on=event.on)
        case _:
            raise TypeError(f"boxes have no {recorded.event.TYPE}")


def _box_facts(recorded: Recorded) -> Sequence[Fact]:
    if isinstance(recorded.event, Put):
        return [Fact(recorded.event.box, "item", recorded.event.item, recorded.event.on)]
    return []


def _count_it(recorded: Recorded, rows: Callable[[str, str], Any]) -> Sequence[Command]:
    """Each item put is counted: on the shelf of its box, and on the one of all boxes."""
    if not isinstance(recorded.event, Put):
        return []
    box, item = recorded.event.box, recorded.event.item
    if item == "sour":
        raise ValueError(FATAL["sour"])
    if rows("boxes", box).items[-1] != item:
        raise AssertionError("a reaction sees the rows after its event")
    if rows("boxes", UNUSED) is not None:
        raise AssertionError("nobody has put anything there")
    mine = "nowhere/1" if item == "nowhere" else f"shelf/{box}"
    return [
        Count(shelf="shelf/all", item=f"{box}:{item}", on=recorded.event.on),
        Count(shelf=mine, item=item, on=recorded.event.on),
    ]


BOXES = Projection("boxes", 1, BoxRow, _boxes_of, _box_row, (("total",),))
BOX_FACTS = Facts("box_facts", 1, _box_facts)
COUNTING = Consumer("counting", (SOURCE,), (BOXES,), (BOX_FACTS,), (Reaction("count", _count_it),))
"""Keeps rows and facts of boxes, and has every item counted."""
SHOWING = COUNTING._replace(name="showing", reactions=())
"""The same rows and facts, without commands."""


def record(position: int, stream: str, version: int, event: Event, source: str = SOURCE) -> Record:
    """A record as some store would have it."""
    envelope = Envelope(
        f"event-{source}-{position}",
        source,
        stream,
        version,
        position,
        instant(Wall().at + timedelta(seconds=position)),
        f"cause-{position}",
        "",
        f"command-{position}",
        "person-1",
    )
    return Record(envelope, event.TYPE, TOYS.encode(event))
