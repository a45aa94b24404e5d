"""One member's life while it is being made up: who it is, its dice, and its diary so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import TypeVar

from contracts.values import Activity, MembershipClass

from .history import Entry, Site
from .rules import Rules, plus_years

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in the world: what kind of member sits there and what will become of it."""

    number: int
    country: str
    membership_class: MembershipClass
    script: str
    joined_on: date
    facilities: int | None = None


@dataclass(slots=True)
class Place:
    """A facility of a life in the making. `settled` once a certificate covers it, or it has moved
    or closed: nothing more is made up about where it belongs."""

    facility_id: str
    entity_id: str
    site: Site
    since: date
    settled: bool = False


@dataclass(slots=True)
class Life:
    """A diary in the making. Entries after `ends_on` are dropped when the life is told.

    `clock_from` is set by a script in which the duty starts later than the membership;
    `ready_on` is the day from which audits may be planned: the first sites are told by then.
    """

    seat: Seat
    member_id: str
    name: str
    dice: Random
    rules: Rules
    as_of: date
    activities: tuple[Activity, ...] = ()
    entries: list[Entry] = field(default_factory=list)
    entities: list[str] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    clock_from: date = date.min
    ready_on: date = date.min
    audits: int = 0
    certificates: int = 0
    ends_on: date = date.max

    @property
    def starts_on(self) -> date:
        """When the clock of the initial duty starts (sources.md 1.2)."""
        return max(self.seat.joined_on, self.clock_from, self.rules.launch)

    @property
    def due_on(self) -> date:
        """When the initial duty falls due, if nothing changes it."""
        return plus_years(self.starts_on, self.rules.duty_years)

    def days(self, low: int, high: int) -> timedelta:
        """Some days, both ends included."""
        return timedelta(days=self.dice.randint(low, high))

    def chance(self, probability: float) -> bool:
        return self.dice.random() < probability

    def choice(self, options: Sequence[T]) -> T:
        return options[self.dice.randrange(len(options))]

    def tell(self, *entries: Entry) -> None:
        """Write into the diary."""
        self.entries.extend(entries)

    def end(self, on: date) -> None:
        """Nothing is told of this member after that day."""
        self.ends_on = min(self.ends_on, on)

    def scope(self, entity_id: str, on: date) -> list[Place]:
        """The facilities of an entity that are known on a day."""
        return [place for place in self.places if place.entity_id == entity_id and place.since < on]
