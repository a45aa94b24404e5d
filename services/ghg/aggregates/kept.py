"""The editions of a year that were kept. A decider, stream `aggregate_edition/<year>`.

What an edition is made of is kept as an event before anybody is told of it: the verified figures of
that day, whose they are and what was certified. So no restart, no rebuild, no certificate and no
facility that changes hands makes another edition of it. Of each edition only what differs from the
one before is kept. Rules: policy figures `aggregate.edition_days`, `aggregate.editions_max`. An
edition that is due is kept on the first day on which as many entities differ from the last one as a
figure has to be about.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import ClassVar, NamedTuple

from contracts.envelope import Event
from contracts.ghg import StepTotal, Year
from contracts.values import EntityId, FacilityId, MemberId, PlainDecimal, Value
from infra.decider import Command
from infra.errors import Refused
from infra.policy import Policies, Policy
from services.ghg.plans.figures import LIQUID, ZERO, Metal, Sums

from .editions import Edition
from .sums import Entry

NEXT_DAY = timedelta(days=1)
IN_AN_EVENT = 40
"""So many facilities in one event: it stays well below the size that an event may have."""


class MetalKept(Value):
    """Primary metal in tonnes, and what it gave off from mine to metal in t CO2e."""

    tonnes: PlainDecimal
    emission_t: PlainDecimal


class FacilityKept(Value):
    """A facility's verified figures of a year, as they count in an edition. `tapped_t` is what its
    cells gave; `disclosed`, whether these figures were public by then."""

    facility_id: FacilityId
    entity_id: EntityId
    member_id: MemberId
    country: str
    region: str
    certified: bool
    disclosed: bool
    totals: tuple[StepTotal, ...]
    tapped_t: PlainDecimal = ZERO
    metal: MetalKept | None = None


class KeepEdition(Command):
    """Ours: keep the edition that is due since a day, before it is told."""

    NAME: ClassVar[str] = "keep_edition"
    year: Year
    due_on: date
    facilities: tuple[FacilityKept, ...]

    @property
    def stream(self) -> str:
        return stream_of(self.year)


class EditionKept(Event):
    """Private: an edition of a year's aggregates, or a part of one: the facilities that are new in
    it or have other figures than in the one before, and those that have none any more. It is told
    from the day after `kept_on`."""

    TYPE: ClassVar[str] = "ghg.aggregate_edition_kept.v1"
    year: Year
    due_on: date
    kept_on: date
    changed: tuple[FacilityKept, ...] = ()
    gone: tuple[FacilityId, ...] = ()


class Kept(NamedTuple):
    """An edition, by facility."""

    due_on: date
    kept_on: date
    facilities: Mapping[str, FacilityKept]


class Editions(NamedTuple):
    """All editions of a year."""

    kept: tuple[Kept, ...] = ()


INITIAL = Editions()


def stream_of(year: int) -> str:
    """Where the editions of a year lie."""
    return f"aggregate_edition/{year}"


def decide(command: Command, state: Editions, policies: Policies) -> Sequence[EditionKept]:
    """The parts of an edition; nothing where that of the day was kept before, by another process:
    the first one stands. Refused `editions-complete`."""
    if not isinstance(command, KeepEdition):
        raise TypeError(f"editions take no {command.NAME}")
    if state.kept and command.due_on <= state.kept[-1].due_on:
        return ()
    most = policies.on(command.on).integer("aggregate.editions_max")
    if len(state.kept) >= most:
        raise Refused(
            "editions-complete",
            f"the aggregates of {command.year} had {most} editions: the last one stands.",
            year=command.year,
            most=most,
        )
    before = state.kept[-1].facilities if state.kept else {}
    changed = [one for one in command.facilities if before.get(one.facility_id) != one]
    gone = sorted(before.keys() - {one.facility_id for one in command.facilities})
    starts = range(0, max(len(changed), 1), IN_AN_EVENT)
    return [
        EditionKept(
            year=command.year,
            due_on=command.due_on,
            kept_on=command.on,
            changed=tuple(changed[start : start + IN_AN_EVENT]),
            gone=() if start else tuple(gone),
        )
        for start in starts
    ]


def evolve(state: Editions, event: EditionKept) -> Editions:
    """With one more edition, or with more of the last one."""
    going_on = bool(state.kept) and state.kept[-1].due_on == event.due_on
    facilities = dict(state.kept[-1].facilities) if state.kept else {}
    for one in event.gone:
        facilities.pop(one, None)
    facilities |= {one.facility_id: one for one in event.changed}
    kept = state.kept[:-1] if going_on else state.kept
    return Editions((*kept, Kept(event.due_on, event.kept_on, facilities)))


# --- days ---


def due_on(today: date, policy: Policy) -> date:
    """The last day through this one on which an edition is due."""
    return max(day for day in _days(today, policy) if day <= today)


def _days(today: date, policy: Policy) -> list[date]:
    """The days that policy names, from a year before to a year after this one."""
    return [
        date.fromisoformat(f"{year}-{day}")
        for year in (today.year - 1, today.year, today.year + 1)
        for day in policy.words("aggregate.edition_days")
    ]


def is_due(state: Editions, today: date, policy: Policy) -> bool:
    """Whether an edition is to be kept."""
    if len(state.kept) >= policy.integer("aggregate.editions_max"):
        return False
    return not state.kept or state.kept[-1].due_on < due_on(today, policy)


def tells_enough(state: Editions, facilities: Iterable[FacilityKept], policy: Policy) -> bool:
    """Whether an edition may tell anything new: none is spent on changes of too few entities."""
    now = {one.facility_id: one for one in facilities}
    before = state.kept[-1].facilities if state.kept else {}
    differ = [
        one
        for name in before.keys() | now.keys()
        if before.get(name) != now.get(name)
        for one in (before.get(name), now.get(name))
        if one is not None
    ]
    entities = {one.entity_id for one in differ}
    return len(entities) >= policy.integer("aggregate.entities_min")


class Awaited(NamedTuple):
    """The first day from which a further edition can be told, where figures of enough entities
    differ by then; None where there will be none. `because` says why there is none to tell of yet;
    "" where there is one. `outlook` says in a sentence when the next one comes, and on what it
    waits, or that none does."""

    next_on: date | None = None
    because: str = ""
    outlook: str = ""


def awaited(year: int, state: Editions, on: date, today: date, policy: Policy) -> Awaited:
    """What is to come for who asks about a day."""
    coming = _next_on(state, today, policy)
    outlook = _outlook(year, state, coming, today, policy)
    first = state.kept[0].kept_on if state.kept else None
    if first is not None and first < on:
        return Awaited(coming, outlook=outlook)
    if first is not None:
        since = first + NEXT_DAY
        because = f"no edition of {year} by {on}: the first is told from {since}."
        return Awaited(coming, because, outlook)
    least = policy.integer("aggregate.entities_min")
    return Awaited(
        coming,
        f"no edition of {year} yet: the first is kept once verified figures of at least {least}"
        f" entities are there, and told from the day after: not before {coming}.",
        outlook,
    )


def _outlook(year: int, state: Editions, coming: date | None, today: date, policy: Policy) -> str:
    most, least = (policy.integer(f"aggregate.{one}") for one in ("editions_max", "entities_min"))
    had = len(state.kept)
    if coming is None:
        return (
            f"{year} has had all of its {most} editions: there will be no further one, and what"
            " they told stands."
        )
    if not had:
        return (
            f"The first edition of {year} can be told from {coming}, if verified figures of at"
            f" least {least} entities are there by then."
        )
    if state.kept[-1].kept_on >= today:
        return f"An edition was kept today: it is told from {coming}, where it may tell anything."
    return (
        f"The next edition of {year} can be told from {coming}, if verified figures of at least"
        f" {least} entities differ by then from those of {state.kept[-1].kept_on}; until then all"
        f" stays as it is. It would be number {had + 1} of at most {most}."
    )


def _next_on(state: Editions, today: date, policy: Policy) -> date | None:
    if state.kept and state.kept[-1].kept_on >= today:
        return state.kept[-1].kept_on + NEXT_DAY
    if len(state.kept) >= policy.integer("aggregate.editions_max"):
        return None
    if is_due(state, today, policy):
        return today + NEXT_DAY
    return min(day for day in _days(today, policy) if day > today) + NEXT_DAY


# --- to and from figures ---


def kept_of(entry: Entry, *, disclosed: bool) -> FacilityKept:
    """A facility's figures as an event keeps them."""
    sums = entry.sums
    metal = sums.primary
    return FacilityKept(
        facility_id=entry.facility_id,
        entity_id=entry.entity_id,
        member_id=entry.member_id,
        country=entry.country,
        region=entry.region,
        certified=entry.certified,
        disclosed=disclosed,
        totals=tuple(
            StepTotal(step=step, scope=scope, kg=kg)
            for (step, scope), kg in sorted(sums.kg.items())
        ),
        tapped_t=sums.outputs.get(LIQUID, ZERO),
        metal=metal and MetalKept(tonnes=metal.tonnes, emission_t=metal.emission_t),
    )


def editions_of(year: int, state: Editions) -> tuple[Edition, ...]:
    """The editions of a year, without those in which nothing changed."""
    found: list[Edition] = []
    last: Mapping[str, FacilityKept] = {}
    for kept in state.kept:
        if kept.facilities != last:
            found.append(_edition(year, kept))
        last = kept.facilities
    return tuple(found)


def _edition(year: int, kept: Kept) -> Edition:
    facilities = [kept.facilities[one] for one in sorted(kept.facilities)]
    return Edition(
        kept.kept_on,
        tuple(_entry(year, one) for one in facilities),
        frozenset(one.facility_id for one in facilities if one.disclosed),
    )


def _entry(year: int, one: FacilityKept) -> Entry:
    metal = one.metal
    sums = Sums(
        kg={(total.step, total.scope): total.kg for total in one.totals},
        outputs={LIQUID: one.tapped_t} if one.tapped_t else {},
        verified=True,
        primary=Metal(metal.tonnes, metal.emission_t) if metal else None,
    )
    return Entry(
        facility_id=one.facility_id,
        entity_id=one.entity_id,
        member_id=one.member_id,
        country=one.country,
        region=one.region,
        year=year,
        certified=one.certified,
        sums=sums,
    )
