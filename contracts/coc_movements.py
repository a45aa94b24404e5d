"""Many movements of a pool in one event: what a file brings is booked so, a chunk at a time.

The columns are of one length; a movement is what stands at one place in all of them. Each moved one
amount from one account to another, so that it balances by itself. What has another side (a change
of stage, a document, a reversal) is always an event of its own: `coc.movement_booked`.
Source: sources.md 5.3.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, PrivateAttr, model_validator

from .coc import MovementBooked
from .custody import (
    ZERO,
    Account,
    Entry,
    FootprintWords,
    MassOrNone,
    MovementId,
    MovementKind,
    Origin,
    PoolKey,
    Remark,
    SignedMass,
)
from .envelope import Event, Recorded
from .values import Activity, Id, MemberId, NoteRef

MOST_GRAMS = 2**53 - 1
"""What a JSON number holds exactly, whoever reads it; a movement with more goes alone."""
SignedGrams = Annotated[int, Field(ge=-MOST_GRAMS, le=MOST_GRAMS)]
GRAMS = 1000
Way = tuple[Account, Account]
"""From which account to which."""
Moved = tuple[int, int, int, int, int, int]
"""Mass, mass of known footprint, its grams of CO2e, pre- and post-consumer mass, grams known of the
rest."""
Ways = Mapping[Way, Moved]
NO_MOVE: Moved = (0, 0, 0, 0, 0, 0)
RARE = frozenset({"partial_g", "origin_refs", "told", "activities"})
"""Columns that are empty where no movement says anything in them."""


class MovementsBooked(Event):
    """Movements of one pool, in the order in which they were booked. `kg` and what it carries left
    `sources` and came into `targets`, and is negative where a count found less. Of each movement
    the rest says what `coc.movement_booked` says of one. The columns of `RARE` are empty where they
    would say nothing of any."""

    TYPE: ClassVar[str] = "coc.movements_booked.v1"
    AS_WRITTEN: ClassVar[bool] = True
    pool: PoolKey
    member_id: MemberId
    movement_ids: tuple[MovementId, ...]
    digests: tuple[Id, ...]
    kinds: tuple[MovementKind, ...]
    days: tuple[date, ...]
    sources: tuple[Account, ...]
    targets: tuple[Account, ...]
    kg: tuple[SignedMass, ...]
    known_kg: tuple[SignedMass, ...]
    emission_g: tuple[SignedGrams, ...]
    pre_kg: tuple[SignedMass, ...]
    post_kg: tuple[SignedMass, ...]
    coc_kg: tuple[MassOrNone, ...]
    origins: tuple[Origin | None, ...]
    counterparties: tuple[Id | None, ...]
    contractors: tuple[Id | None, ...]
    remarks: tuple[tuple[Remark, ...], ...]
    partial_g: tuple[SignedGrams, ...] = ()
    origin_refs: tuple[NoteRef | None, ...] = ()
    told: tuple[FootprintWords | None, ...] = ()
    activities: tuple[Activity | None, ...] = ()
    _totals: Mapping[date, Ways] = PrivateAttr(default_factory=dict)

    def model_post_init(self, context: Any, /) -> None:  # pydantic's own word for it
        """What every reader asks for is found once."""
        self._totals = self._summed()

    @model_validator(mode="after")
    def _columns_of_one_length(self) -> Self:
        told = self.__dict__.items()
        columns = [value for name, value in told if isinstance(value, tuple) and name not in RARE]
        columns += [value for name, value in told if name in RARE and value]
        if any(len(column) != len(self.movement_ids) for column in columns):
            raise ValueError("the columns are not of one length")
        if len(set(self.movement_ids)) != len(self.movement_ids):
            raise ValueError("a movement stands in it twice")
        return self

    @property
    def totals(self) -> Mapping[date, Ways]:
        """What went each way in all, by day."""
        return self._totals

    @property
    def amounts(self) -> Iterator[Moved]:
        """What each movement moved, in order."""
        kg, known, grams, pre, post = (
            self.kg, self.known_kg, self.emission_g, self.pre_kg, self.post_kg
        )  # fmt: skip
        partial = self.partial_g or (0,) * len(kg)
        return zip(kg, known, grams, pre, post, partial, strict=True)

    def _summed(self) -> Mapping[date, Ways]:
        partial = self.partial_g or (0,) * len(self.kg)
        columns = (self.kg, self.known_kg, self.emission_g, self.pre_kg, self.post_kg, partial)
        if {len(one) for one in columns} != {len(self.days)}:
            return {}  # it is refused in a moment
        places: dict[tuple[date, Account, Account], list[int]] = {}
        for place, way in enumerate(zip(self.days, self.sources, self.targets, strict=False)):
            places.setdefault(way, []).append(place)
        totals: dict[date, dict[Way, Moved]] = {}
        for (day, source, target), at in places.items():
            kg, known, grams, pre, post, rest = (sum(map(one.__getitem__, at)) for one in columns)
            totals.setdefault(day, {})[source, target] = (kg, known, grams, pre, post, rest)
        return totals

    def movement(self, place: int) -> MovementBooked:
        """The movement at a place, as if it had been booked alone."""
        return MovementBooked.model_construct(
            movement_id=self.movement_ids[place],
            digest=self.digests[place],
            pool=self.pool,
            member_id=self.member_id,
            kind=self.kinds[place],
            day=self.days[place],
            entries=self._entries(place),
            coc_kg=self.coc_kg[place],
            origin=self.origins[place],
            counterparty=self.counterparties[place],
            contractor_id=self.contractors[place],
            document=None,
            to_stage=None,
            produced_kg=None,
            produced_coc_kg=None,
            reverses=None,
            late_for=None,
            remarks=self.remarks[place],
            origin_ref=self.origin_refs[place] if self.origin_refs else None,
            told=self.told[place] if self.told else None,
            activity=self.activities[place] if self.activities else None,
        )

    def movements(self) -> Iterator[MovementBooked]:
        """All of them, in order."""
        return map(self.movement, range(len(self.movement_ids)))

    def _entries(self, place: int) -> tuple[Entry, ...]:
        moved = (
            self.kg[place],
            self.known_kg[place],
            self.emission_g[place],
            self.pre_kg[place],
            self.post_kg[place],
            self.partial_g[place] if self.partial_g else 0,
        )
        return _both_sides(self.sources[place], self.targets[place], moved)


def _both_sides(source: Account, target: Account, moved: Moved) -> tuple[Entry, ...]:
    if not any(moved):
        return ()
    kg, known, grams, pre, post, partial = moved
    taken = (-kg, -known, -grams, -pre, -post, -partial)
    return _entry(source, taken), _entry(target, moved)


def _entry(account: Account, moved: Moved) -> Entry:
    kg, known, grams, pre, post, partial = moved
    return Entry.model_construct(
        account=account,
        kg=kg,
        known_kg=known,
        emission_kgco2e=Decimal(grams) / GRAMS if grams else ZERO,
        pre_kg=pre,
        post_kg=post,
        partial_kgco2e=Decimal(partial) / GRAMS if partial else ZERO,
    )


def apart(recorded: Recorded) -> Iterator[Recorded]:
    """The movements of many one by one, each with an id of its own; any other event as it is."""
    event, at = recorded.event, recorded.envelope
    if not isinstance(event, MovementsBooked):
        yield recorded
        return
    for place, movement in enumerate(event.movements(), 1):
        yield Recorded(at._replace(event_id=f"{at.event_id}:{place}"), movement)


def added_up(days: Iterable[Ways]) -> Ways:
    """What went each way on some days together."""
    sums: dict[Way, Moved] = {}
    for ways in days:
        for way, (kg, known, grams, pre, post, partial) in ways.items():
            one = sums.get(way, NO_MOVE)
            sums[way] = (
                one[0] + kg, one[1] + known, one[2] + grams, one[3] + pre, one[4] + post,
                one[5] + partial,
            )  # fmt: skip
    return sums


def each_year(event: Event) -> Iterator[Event]:
    """For who adds up by year and account: many movements as few, one for each way that metal went
    in a year, under the name of one of them; any other event as it is."""
    if not isinstance(event, MovementsBooked):
        yield event
        return
    if event.activities:
        yield from _each_activity(event)
        return
    named = event.movement(0)
    for year in sorted({day.year for day in event.totals}):
        days = {day: ways for day, ways in event.totals.items() if day.year == year}
        for (source, target), moved in added_up(days.values()).items():
            entries = _both_sides(source, target, moved)
            yield named.model_copy(update={"day": min(days), "entries": entries})


def _each_activity(event: MovementsBooked) -> Iterator[Event]:
    """The same apart for each activity that was told, and for what was told of none."""
    days: dict[tuple[int, Activity | None], list[date]] = {}
    ways: dict[tuple[int, Activity | None], Ways] = {}
    for one, source, target, moved in zip(
        event.movements(), event.sources, event.targets, event.amounts, strict=True
    ):
        like = one.day.year, one.activity
        days.setdefault(like, []).append(one.day)
        ways[like] = added_up((ways.get(like, {}), {(source, target): moved}))
    named = event.movement(0)
    for like, found in ways.items():
        for (source, target), moved in found.items():
            said = {"day": min(days[like]), "activity": like[1]}
            entries = _both_sides(source, target, moved)
            yield named.model_copy(update={**said, "entries": entries})


EVENTS: tuple[type[Event], ...] = (MovementsBooked,)
