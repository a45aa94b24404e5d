"""What comes late is shared between what is still there and what has left since its day.

Source: sources.md 5.7 (the average that travels with a lot). Streams
`pool/<scope>:<stage>:<period>` of `coc_ledger`.
"""

from datetime import date
from typing import ClassVar

from .custody import ZERO, Entry, Grams, MassOrNone, PoolKey, SignedMass, StepEmissions
from .envelope import Event
from .values import MemberId, Value


class ToldOtherwise(Value):
    """By how much lots that were claimed should have carried more (less, where it is negative) than
    was told of them. Signed, like an entry without mass."""

    known_kg: SignedMass = 0
    emission_kgco2e: Grams = ZERO
    pre_kg: SignedMass = 0
    post_kg: SignedMass = 0
    partial_kgco2e: Grams = ZERO


class ToldDay(ToldOtherwise):
    """The same of what documents of a day claimed, `kg` in all: so many kilograms more of it
    (`stepped_kg`) have the step in, since a period before booked it by hand (older events do not
    say)."""

    day: date
    kg: MassOrNone
    stepped_kg: SignedMass = 0


class FollowedDay(ToldOtherwise):
    """By how much more what went on to the next stage on a day should have carried than it was
    booked with, by what is known now; `made_kg` of the next stage's material were made of it (older
    events do not say)."""

    day: date
    made_kg: MassOrNone = 0


class StepMore(Value):
    """By how much more its own step should have changed of what went on (older events do not say:
    it stayed as it was booked)."""

    known_kg: SignedMass = 0
    emission_kgco2e: Grams = ZERO
    partial_kgco2e: Grams = ZERO


class OnwardDay(FollowedDay):
    """The same as it left its pool; `step` is what its step should have changed more of that, and
    `enters` what of both the pool of the next stage got: in kilograms of what was made of it."""

    step: StepMore = StepMore()
    enters: ToldOtherwise = ToldOtherwise()


class StepOfDays(Value):
    """What verified results say of the step of metal that went on on these days."""

    step: StepEmissions
    days: tuple[date, ...]


class LateShared(Event):
    """Something came for an earlier day than lots that have left since. What the stock, lost metal
    and lots that no document claims yet carry is now what it had been in the order of days: the
    entries change that, and no mass. What is about lots that were told of already is added to the
    pool's account `told_otherwise`; entries and account together add up to zero. Both are empty
    where nothing differed. `days` are those whose documents stand otherwise than they were told by
    now: all of them, however often something came late.

    The next stage follows: `onward` are the days of which it is known otherwise than before what
    went on, each as it stands now, and `went_on` by how much more all of it carries: an account as
    well, with which they add up to zero (older events say neither: it was told otherwise)."""

    TYPE: ClassVar[str] = "coc.late_shared.v1"
    pool: PoolKey
    member_id: MemberId
    shared_on: date
    entries: tuple[Entry, ...]
    told_otherwise: ToldOtherwise = ToldOtherwise()
    days: tuple[ToldDay, ...] = ()
    onward: tuple[OnwardDay, ...] = ()
    went_on: ToldOtherwise = ToldOtherwise()


class StepToldAnew(Event):
    """Verified results say otherwise, or for the first time, what the step gave off of metal that
    went on to the next stage: `steps`, by the days on which it went, booked by hand or not. So what
    went on on the days `onward` carries more, or less, each as it stands by now; the next stage
    follows. `went_on` is by how much more all of it carries: with the `entries` of the process it
    adds up to zero. The period may be closed: what it left is as it was."""

    TYPE: ClassVar[str] = "coc.step_told_anew.v1"
    pool: PoolKey
    member_id: MemberId
    told_on: date
    steps: tuple[StepOfDays, ...]
    entries: tuple[Entry, ...] = ()
    onward: tuple[OnwardDay, ...] = ()
    went_on: ToldOtherwise = ToldOtherwise()


class StageFollowed(Event):
    """What came in from the earlier stage carries more, or less, than it was booked with, since
    something came late there, in `from_pool`, or its step was told anew: on each of these `days` by
    so much more than was known before. No mass comes in. Where the pool is closed, its correction
    follows."""

    TYPE: ClassVar[str] = "coc.stage_followed.v1"
    pool: PoolKey
    member_id: MemberId
    from_pool: PoolKey
    followed_on: date
    entries: tuple[Entry, ...]
    days: tuple[FollowedDay, ...]


EVENTS: tuple[type[Event], ...] = (LateShared, StepToldAnew, StageFollowed)
