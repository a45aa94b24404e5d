"""What a lot tells of its footprint: intensity and recycled shares from what it carries. Pure.

A pool's lots take their part of what the pool took in and of the step's own emissions
(`accounts.part`), so that the sum over all lots and what is left is what went in. An intensity is
told only where enough of the mass has a known footprint: unknown is never zero. Mass to which a
step added nobody knows what is known in part: what is known of it travels on, apart, and lowers no
average. Rules: sources.md 4.8 (recycled shares), 5.7.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated, NamedTuple

from pydantic import Field

from contracts.custody import Carried, FootprintWords, Percent
from contracts.values import Id, PlainDecimal, Value
from infra.errors import Refused
from infra.policy import Policy

from .accounts import GRAMS, Amount, carried_amount, grams_of, minus, part, plus

SIX_PLACES = Decimal("0.000001")


class StepPart(NamedTuple):
    """What the step changed of what a lot carries: grams that it added to the mass whose footprint
    is known, and to the rest; or, where nothing is known of the step, the mass that left known in
    part, with its grams; and the mass that had the step in already, which it did not change."""

    grams: int = 0
    partial_g: int = 0
    untold_kg: int = 0
    untold_g: int = 0
    stepped_kg: int = 0

    @property
    def change(self) -> Amount:
        """The same as a change of an amount."""
        return Amount(
            known_kg=-self.untold_kg,
            emission_g=self.grams - self.untold_g,
            partial_g=self.partial_g + self.untold_g,
        )

    def with_(self, other: "StepPart") -> "StepPart":
        """The sum."""
        return StepPart(*(one + more for one, more in zip(self, other, strict=True)))


NO_STEP = StepPart()


class Footprint(Value):
    """What a supplier tells of metal without a CoC document: kg CO2e per kg, recycled shares."""

    intensity_kgco2e_per_kg: Annotated[PlainDecimal, Field(ge=0, le=1000)] | None = None
    pre_consumer_percent: Percent = Decimal(0)
    post_consumer_percent: Percent = Decimal(0)
    boundary: Id | None = None
    method: Id | None = None
    period: Id | None = None
    verifier: Id | None = None


NO_FOOTPRINT = Footprint()


def words_of(told: Footprint) -> FootprintWords | None:
    """How a supplier says that it found a footprint; None where it says nothing of that."""
    words = FootprintWords(
        boundary=told.boundary, method=told.method, period=told.period, verifier=told.verifier
    )
    return words if words != NO_WORDS else None


NO_WORDS = FootprintWords()


def check_recycled(told: Footprint) -> None:
    """Refuse recycled shares that are together more than the metal (sources.md 4.8)."""
    pre, post = told.pre_consumer_percent, told.post_consumer_percent
    if pre + post > 100:
        raise Refused(
            "recycled-shares-above-whole",
            f"{pre:f} per cent pre-consumer and {post:f} per cent post-consumer are"
            f" {pre + post:f} per cent of the metal: together they are 100 at most.",
            pre_consumer_percent=f"{pre:f}",
            post_consumer_percent=f"{post:f}",
        )


def told_amount(kg: int, told: Footprint) -> Amount:
    """A lot with what its supplier tells, to the gram."""
    grams = 0
    if told.intensity_kgco2e_per_kg is not None:
        exact = told.intensity_kgco2e_per_kg * kg * GRAMS
        grams = int(exact.to_integral_value(ROUND_HALF_EVEN))
    known = kg if told.intensity_kgco2e_per_kg is not None else 0
    pre = int(told.pre_consumer_percent * kg / 100)
    return Amount(kg, known, grams, pre, min(int(told.post_consumer_percent * kg / 100), kg - pre))


def carried(amount: Amount, like: Carried | None = None, step: StepPart = NO_STEP) -> Carried:
    """What a lot carries, for an event; how it was found as for `like`. `step` is the step's part
    in it."""
    grams, partial = max(0, amount.emission_g), max(0, amount.partial_g)
    return Carried(
        known_kg=max(0, min(amount.known_kg, amount.kg)),
        emission_kgco2e=Decimal(grams) / GRAMS,
        step_kgco2e=Decimal(max(0, min(step.grams, grams))) / GRAMS,
        partial_kgco2e=Decimal(partial) / GRAMS,
        step_partial_kgco2e=Decimal(max(0, min(step.partial_g, partial))) / GRAMS,
        untold_kg=step.untold_kg,
        untold_kgco2e=Decimal(step.untold_g) / GRAMS,
        stepped_kg=max(0, step.stepped_kg),
        pre_kg=max(0, amount.pre_kg),
        post_kg=max(0, amount.post_kg),
        boundary=like.boundary if like else None,
        method=like.method if like else None,
        period=like.period if like else None,
        verifier=like.verifier if like else None,
    )


def of_lot(whole: Carried, whole_kg: int, kg: int) -> Carried:
    """What a part of a lot carries."""
    amount = carried_amount(whole_kg, whole)
    step = StepPart(*(one * min(kg, whole_kg) // whole_kg for one in step_part(whole)))
    return carried(part(amount, kg), whole, step)


def alike(lot: Carried, lot_kg: int, kg: int) -> Carried:
    """What other metal of the same average carries, of any mass; rounded down."""
    kg_, *rest = carried_amount(lot_kg, lot)
    made = Amount(kg, *(one * kg // kg_ for one in rest))
    return carried(made, lot, StepPart(*(one * kg // kg_ for one in step_part(lot))))


def step_part(lot: Carried) -> StepPart:
    """The step's part in what a lot carries."""
    return StepPart(
        grams_of(lot.step_kgco2e),
        grams_of(lot.step_partial_kgco2e),
        lot.untold_kg,
        grams_of(lot.untold_kgco2e),
        lot.stepped_kg,
    )


def scaled(amount: Amount, made_kg: int) -> Carried:
    """What the product of a lot carries: all its emissions, and the same shares of its mass."""
    if amount.kg <= 0:
        return Carried()
    known, pre, post = (
        max(0, kg) * made_kg // amount.kg for kg in (amount.known_kg, amount.pre_kg, amount.post_kg)
    )
    return carried(Amount(made_kg, known, amount.emission_g, pre, post, amount.partial_g))


class Told(NamedTuple):
    """What may be told of a lot's footprint, each None where it cannot: kg CO2e per kg over all of
    it, where enough of the mass is wholly known, and over the part that is; the share of that part
    in per cent; the least that the whole lot emitted, per kg."""

    intensity: Decimal | None
    known_part: Decimal | None
    known_percent: Decimal
    at_least: Decimal | None


def disclosed(lot: Amount, policy: Policy) -> Told:
    """What may be told of some metal, to six places."""
    known = min(lot.known_kg, lot.kg)
    grams, every = max(0, lot.emission_g), max(0, lot.emission_g) + max(0, lot.partial_g)
    enough = known * 100 >= policy.integer("footprint.known_percent_at_least") * lot.kg
    average = _per_kg(grams, known)
    return Told(
        average if enough else None,
        average,
        percent(max(0, known), lot.kg) if lot.kg > 0 else Decimal(0),
        _per_kg(every, lot.kg) if every or known else None,
    )


def before_step(lot: Carried, mass_kg: int) -> Amount:
    """What a lot carried before the step changed it."""
    return plus(carried_amount(mass_kg, lot), minus(step_part(lot).change))


def _per_kg(grams: int, kg: int) -> Decimal | None:
    if kg <= 0:
        return None
    return (Decimal(grams) / GRAMS / kg).quantize(SIX_PLACES, ROUND_HALF_EVEN)


def percent(kg: int, mass_kg: int) -> Decimal:
    """A recycled share in per cent, to six places."""
    return (Decimal(kg) * 100 / mass_kg).quantize(SIX_PLACES, ROUND_HALF_EVEN)
