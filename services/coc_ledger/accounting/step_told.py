"""Whether what is told of waiting metal holds the step's own emissions already, in words. Pure.

A balance tells what the metal carries that left and is not claimed. Emissions of the step that
somebody booked by hand are in it; those of verified results come with each document, on top; and
where neither is there, nothing comes. Who takes one for another books a step twice, or never.
Rules: sources.md 4.1, 5.7.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from contracts.custody import STAGE_OF, Material, Stage
from infra.policy import Policy
from services.coc_ledger.evidence import FacilityResult, ScopeEvidence

from .own_emissions import CHAINS, NINE_PLACES, at_most, passes_through, step_of

NONE_STEPPED = Fraction(0)

REASONS = {
    "no-verified-result": "no year is verified for all of the scope's facilities",
    "verified-result-too-old": "the last verified results are too old",
    "statement-covers-too-little": "the verifiers' statements leave scopes out",
    "result-tells-no-bought-metal-apart": "a verified result does not tell bought metal apart",
    "result-tells-not-what-left": "an older verified result does not tell of what it sold a part",
    "no-output-of-stage": "the verified results tell no output of this stage",
}


class StepTold(NamedTuple):
    """Where the step's own emissions are: `booked` by hand, so that what waits holds them;
    `verified`, so that a document of the day adds `kgco2e_per_kg` of its material; `unknown`, for a
    `reason`; or `none`, where the scope does nothing to what is at the stage. `sentence` says it,
    as it follows on what the metal carries."""

    how: Literal["booked", "verified", "unknown", "none"]
    reason: str | None
    kgco2e_per_kg: Mapping[str, Decimal]
    period: str | None
    sentence: str


def step_told(
    scope: ScopeEvidence,
    stage: Stage,
    results: Sequence[FacilityResult],
    day: date,
    policy: Policy,
    *,
    by_hand: bool,
    stepped: Fraction = NONE_STEPPED,
) -> StepTold:
    """What a document of a day would add for the step, and what is in the metal already: the part
    `stepped` of it has the step in, as a period before booked it by hand."""
    if by_hand:
        said = "with this step: it is booked by hand, and a document adds nothing to it"
        return StepTold("booked", None, {}, None, said)
    if stepped >= 1:
        said = (
            "with this step: an earlier period booked it by hand, and a document adds nothing to it"
        )
        return StepTold("booked", None, {}, None, said)
    if passes_through(stage, scope.activities):
        said = "this scope has no step of its own at this stage"
        return StepTold("none", None, {}, None, said)
    materials = [one for one in CHAINS if STAGE_OF[one] is stage]
    made = {one: step_of(results, one, day, policy) for one in materials}
    added = {
        one.value: _of_rest(step.kgco2e_per_kg, 1 - stepped)
        for one, step in made.items()
        if step.kgco2e_per_kg is not None and one is not Material.PRE_CONSUMER_SCRAP
    }
    if added:
        year = next(step.period for step in made.values() if step.period)
        said = f"{_so_far(stepped)}: a document adds it, by the verified results of {year}"
        said += _most(at_most(results, one, policy) for one in materials if one.value in added)
        return StepTold("verified", None, added, year, said)
    reason = next(step.reason for step in made.values())
    why = REASONS.get(reason or "", reason)
    said = f"{_so_far(stepped)}, and a document adds nothing for it: {why}"
    return StepTold("unknown", reason, {}, None, said)


def _so_far(stepped: Fraction) -> str:
    """What lacks the step: all of the metal, or the rest of it."""
    if not stepped:
        return "without this step"
    percent = (Decimal(stepped.numerator) * 100 / stepped.denominator).quantize(Decimal("0.1"))
    return (
        f"with this step in {percent} % of it, as an earlier period booked it by hand, and without"
        " it in the rest"
    )


def _most(bounds: Iterable[bool]) -> str:
    """That results leave open how much of the step each product bears."""
    if not any(bounds):
        return ""
    return (
        ", of some products the most that they may bear: who delivered metal, anodes or paste to"
        " the facilities is not named everywhere, and is taken to be whom it makes the most of"
        " (name all of them, and verify the year again)"
    )


def _of_rest(per_kg: Decimal, rest: Fraction) -> Decimal:
    """What a document adds to a kilogram of all the metal, where only the rest lacks the step."""
    if rest == 1:
        return per_kg
    added = per_kg * rest.numerator / rest.denominator
    return added.quantize(NINE_PLACES, ROUND_HALF_EVEN)
