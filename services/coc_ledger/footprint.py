"""What a lot tells of its footprint: intensity and recycled shares from what it carries. Pure.

A pool's lots take their part of what the pool took in and of the step's own emissions
(`accounts.part`), so that the sum over all lots and what is left is what went in. An intensity is
told only where enough of the mass has a known footprint: unknown is never zero. Rules: sources.md
4.8 (recycled shares), 5.7.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated

from pydantic import Field

from contracts.custody import ZERO, Carried, Percent
from contracts.values import Id, PlainDecimal, Value
from infra.policy import Policy

from .accounts import GRAMS, Amount, part

SIX_PLACES = Decimal("0.000001")


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


def told_amount(kg: int, told: Footprint) -> Amount:
    """A lot with what its supplier tells, to the gram."""
    grams = 0
    if told.intensity_kgco2e_per_kg is not None:
        exact = told.intensity_kgco2e_per_kg * kg * GRAMS
        grams = int(exact.to_integral_value(ROUND_HALF_EVEN))
    known = kg if told.intensity_kgco2e_per_kg is not None else 0
    pre = int(told.pre_consumer_percent * kg / 100)
    return Amount(kg, known, grams, pre, min(int(told.post_consumer_percent * kg / 100), kg - pre))


def carried(amount: Amount, like: Carried | None = None, step_g: int = 0) -> Carried:
    """What a lot carries, for an event; how it was found as for `like`. `step_g` of its grams were
    added by the step."""
    grams = max(0, amount.emission_g)
    return Carried(
        known_kg=max(0, min(amount.known_kg, amount.kg)),
        emission_kgco2e=Decimal(grams) / GRAMS,
        step_kgco2e=Decimal(max(0, min(step_g, grams))) / GRAMS,
        pre_kg=max(0, amount.pre_kg),
        post_kg=max(0, amount.post_kg),
        boundary=like.boundary if like else None,
        method=like.method if like else None,
        period=like.period if like else None,
        verifier=like.verifier if like else None,
    )


def of_lot(whole: Carried, whole_kg: int, kg: int) -> Carried:
    """What a part of a lot carries."""
    grams = int(whole.emission_kgco2e * GRAMS)
    amount = Amount(whole_kg, whole.known_kg, grams, whole.pre_kg, whole.post_kg)
    return carried(part(amount, kg), whole, step_grams(whole) * min(kg, whole_kg) // whole_kg)


def step_grams(lot: Carried) -> int:
    """What the step added to a lot, in grams."""
    return int(lot.step_kgco2e * GRAMS)


def scaled(amount: Amount, made_kg: int) -> Carried:
    """What the product of a lot carries: all its emissions, and the same shares of its mass."""
    if amount.kg <= 0:
        return Carried()
    known, pre, post = (
        max(0, kg) * made_kg // amount.kg for kg in (amount.known_kg, amount.pre_kg, amount.post_kg)
    )
    return carried(Amount(made_kg, known, amount.emission_g, pre, post))


def intensity(
    lot: Carried, mass_kg: int, policy: Policy, *, with_step: bool = True
) -> Decimal | None:
    """kg CO2e per kg to six places, with what the step added or without; None where too little of
    the mass is known."""
    if lot.known_kg * 100 < policy.integer("footprint.known_percent_at_least") * mass_kg:
        return None
    if not lot.known_kg:
        return None
    kg = lot.emission_kgco2e - (ZERO if with_step else lot.step_kgco2e)
    return (kg / lot.known_kg).quantize(SIX_PLACES, ROUND_HALF_EVEN)


def percent(kg: int, mass_kg: int) -> Decimal:
    """A recycled share in per cent, to six places."""
    return (Decimal(kg) * 100 / mass_kg).quantize(SIX_PLACES, ROUND_HALF_EVEN)
