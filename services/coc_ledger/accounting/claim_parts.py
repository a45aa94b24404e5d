"""Where the mass of a claim lies: in the pool of its document, and in closed ones, where the claims
that it corrects were made. Pure.

What a correction keeps stays where it was claimed. What it no longer claims is given back there as
well, so that it is as if it had never been claimed: it serves in the period after that one and
expires with it, however late the correction is. The same holds of a claim that is taken back, or
holds again. Rules: sources.md 5.4, 5.7.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from contracts.custody import Carried, ClaimPart, Lot, PoolKey, StepEmissions
from contracts.values import Activity
from services.coc_ledger.evidence import ReplacedClaim

from .accounts import Amount, carried_amount, minus, plus
from .footprint import StepPart, before_step, carried, of_lot, step_part

BOOKED = StepEmissions(how="booked")


class Whole(NamedTuple):
    """A claim of so many kilograms of a lot, by a document of a pool and a day."""

    pool: PoolKey
    day: date
    lot: Lot
    mass_kg: int
    carried: Carried
    activity: Activity | None


def parts_of(claim: Whole, from_closed: Iterable[ClaimPart]) -> tuple[ClaimPart, ...]:
    """A claim by the pools in which it lies, that of its document last; each part with what it
    carries, which adds up to what all of it does. Parts that do not tell what they carry (those of
    older events) have their share of it."""
    made = [
        one.model_copy(
            update={
                "day": one.day or claim.day,
                "carried": one.carried or of_lot(claim.carried, claim.mass_kg, one.kg),
                "activity": one.activity or claim.activity,
                "lot": one.lot or claim.lot,
            }
        )
        for one in from_closed
    ]
    own = ClaimPart.model_construct(
        pool=claim.pool,
        kg=claim.mass_kg,
        day=claim.day,
        carried=claim.carried,
        activity=claim.activity,
        lot=claim.lot,
    )
    for part in made:
        own = _without(own, part)
    return (*made, own) if own.kg > 0 else tuple(made)


class Carries(NamedTuple):
    """What a claim's part in a pool carried before its step, and what that changed: in the words of
    `accounts.Amount` and `footprint.StepPart`."""

    kg: int
    known_kg: int
    emission_g: int
    pre_kg: int
    post_kg: int
    partial_g: int
    step_g: int
    step_partial_g: int
    untold_kg: int
    untold_g: int
    stepped_kg: int

    @property
    def amount(self) -> Amount:
        """Before the step."""
        return Amount(*self[: len(Amount._fields)])

    @property
    def step(self) -> StepPart:
        """What that changed."""
        return StepPart(*self[len(Amount._fields) :])


def carries(part: ClaimPart) -> Carries:
    """What a part of a claim carries."""
    assert part.carried is not None  # parts of a claim tell it
    return Carries(*before_step(part.carried, part.kg), *step_part(part.carried))


def _without(whole: ClaimPart, part: ClaimPart) -> ClaimPart:
    """What is left of a claim, to the gram; nothing of it where all is gone."""
    assert whole.carried is not None  # parts here tell it
    assert part.carried is not None
    left = plus(
        carried_amount(whole.kg, whole.carried), minus(carried_amount(part.kg, part.carried))
    )
    pairs = zip(step_part(whole.carried), step_part(part.carried), strict=True)
    step = StepPart(*(one - less for one, less in pairs))
    found = carried(left, whole.carried, step)
    return whole.model_copy(update={"kg": left.kg, "carried": found})


class Laid(NamedTuple):
    """A replaced claim as its correction finds it: what of it lies `here`, in the pool of the
    correction, which is open; what the correction keeps where it is, and what is freed there."""

    here: ClaimPart | None = None
    kept: tuple[ClaimPart, ...] = ()
    freed: tuple[ClaimPart, ...] = ()

    @property
    def kept_kg(self) -> int:
        """What need not be claimed here."""
        return sum(one.kg for one in self.kept)


def laid_out(old: ReplacedClaim | None, pool: PoolKey, lot: Lot, mass_kg: int) -> Laid:
    """A replaced claim, for one of a lot in a pool. The earliest parts are kept first. A claim that
    no longer counts was given back already, and one on scrap keeps nothing of one on products."""
    if old is None or not old.designated:
        return Laid()
    whole = Whole(old.pool, old.day, old.lot, old.mass_kg, old.carried, old.activity)
    parts = parts_of(whole, old.from_closed)
    here = next((one for one in parts if one.pool == pool), None)
    elsewhere = [one for one in parts if one.pool != pool]
    kept, freed = _shared_out(elsewhere, mass_kg if lot is old.lot else 0)
    return Laid(here, _with_step(kept, old.step), freed)


def _with_step(kept: Iterable[ClaimPart], said: StepEmissions | None) -> tuple[ClaimPart, ...]:
    """What is kept of a claim whose document said that its step is booked by hand: in all of it."""
    if said is None or said.how != "booked":
        return tuple(kept)
    return tuple(one.model_copy(update={"carried": _all_in(one)}) for one in kept)


def _all_in(part: ClaimPart) -> Carried:
    assert part.carried is not None  # parts of a claim tell it
    return part.carried.model_copy(update={"stepped_kg": part.kg})


def step_said(
    here: StepEmissions | None, before: StepEmissions | None, laid: Laid, more_kg: int
) -> StepEmissions | None:
    """What a correction says of the step: of `more_kg` that it claims where it is issued `here`, of
    the rest what the document `before` it did. Metal with the step in is told by its mass, so that
    the words are of what has it not."""
    if not laid.kept:
        return here
    if not more_kg:
        stepped = sum(one.carried.stepped_kg for one in laid.kept if one.carried)
        return BOOKED if stepped == laid.kept_kg else before
    if before is not None and here is not None and here.how == "booked":
        return before
    return here


def _shared_out(
    parts: Sequence[ClaimPart], mass_kg: int
) -> tuple[tuple[ClaimPart, ...], tuple[ClaimPart, ...]]:
    kept, freed, left = list[ClaimPart](), list[ClaimPart](), mass_kg
    for part in parts:
        kg = min(part.kg, left)
        left -= kg
        if kg == part.kg:
            kept.append(part)
        elif not kg:
            freed.append(part)
        else:
            assert part.carried is not None  # parts of a claim tell it
            stays = of_lot(part.carried, part.kg, kg)
            kept.append(part.model_copy(update={"kg": kg, "carried": stays}))
            freed.append(_without(part, kept[-1]))
    return tuple(kept), tuple(freed)
