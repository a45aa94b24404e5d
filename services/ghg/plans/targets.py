"""From an entity's base and a sector's curve to its targets, by the method that is named. Pure.

Which curve a family takes is policy. The sector's intensity begins later than the first base year
that is offered: a base before it is `indexed` on the sector's absolute budget, which the sources
tell from that year on (sources.md 4.9; example W13 works both), and says so. Where no curve is
known (the slopes of ASI's tool for casthouses and semi-fabrication were not found) the entity gives
the one that it read from the tool, and the pathway says so. Without either it is refused: a curve
is never made up.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from contracts.ghg_plans import GivenCurve, PathwayFamily, PathwaySet, PlanBase, YearValue
from contracts.values import plain
from infra.errors import Refused
from infra.policy import Figure, Policy
from services.ghg.calculation.working import Doubt
from services.ghg.factors.curve import Curve

from .commands import SectorCurve
from .pathway import ONE, SOURCE, Base, Pathway, Variant, indexed, sda, split

Part = Literal["whole", "power", "rest"]


class Method(NamedTuple):
    """How a pathway is made."""

    family: PathwayFamily
    variant: Variant
    parts: Variant | None
    market_share: Decimal | None
    given: tuple[GivenCurve, ...]
    known: Sequence[SectorCurve]


def method_of(made: PathwaySet, known: Sequence[SectorCurve]) -> Method:
    """How a pathway was made, to make it again from another base."""
    parts = Variant(made.parts) if made.parts else None
    variant = Variant(made.method_variant)
    return Method(made.family, variant, parts, made.market_share, made.given, known)


def pathway_of(base: PlanBase, method: Method, policy: Policy) -> Pathway:
    """The targets from a base. Refused `parts-unclear` when the variant and what is given do not
    fit, `no-sector-curve`, `curve-malformed`, and as `pathway` refuses."""
    _check(method)
    if method.variant is not Variant.SPLIT:
        return _one(Base(base.year, base.t_per_t), "whole", method.variant, method, policy)
    inner = method.parts or Variant.INDEXED
    power = base.power_t / base.output_t
    rest = base.t_per_t - power
    return split(
        _one(Base(base.year, power), "power", inner, method, policy),
        _one(Base(base.year, rest), "rest", inner, method, policy),
    )


def check_market_share(method: Method) -> None:
    """Refused `market-share-not-used` where one is told and nothing converges: it would be kept as
    if it counted. A pathway that was set so before is made again all the same."""
    converges = Variant.SDA in (method.variant, method.parts)
    if method.market_share is not None and not converges:
        raise Refused(
            "market-share-not-used",
            f"only `sda` takes a market-share parameter; {plain(method.market_share)} would change"
            f" nothing in `{method.variant}`. Leave it out, or converge by `sda`.",
            market_share=plain(method.market_share),
            variant=method.variant,
        )


def by_year(pathway: Pathway) -> tuple[YearValue, ...]:
    """Targets as events keep them, unrounded: the base year lies on its own pathway."""
    return tuple(YearValue(year=year, t_per_t=value) for year, value in pathway.targets.items())


def _check(method: Method) -> None:
    parts = [one.part for one in method.given]
    whole = method.variant is not Variant.SPLIT
    fits = set(parts) <= ({"whole"} if whole else {"power", "rest"})
    if len(set(parts)) != len(parts) or not fits or (whole and method.parts is not None):
        raise Refused(
            "parts-unclear",
            "a variant other than split takes one curve for the whole; split takes one each for"
            " power and the rest, and `parts` says how both are followed.",
            variant=method.variant,
            parts=parts,
        )


def _one(base: Base, part: Part, variant: Variant, method: Method, policy: Policy) -> Pathway:
    if part != "whole" and base.intensity == 0:
        years = range(base.year, policy.integer("5.3.end_year") + 1)
        return Pathway(variant, (), base, dict.fromkeys(years, Decimal(0)))
    curve, doubts = _curve(base.year, part, variant, method, policy)
    if variant is Variant.SDA:
        made = sda(base, curve, policy, ONE if method.market_share is None else method.market_share)
    else:
        made = indexed(base, curve, policy)
    return made._replace(doubts=(*made.doubts, *doubts))


def _curve(
    base_year: int, part: Part, variant: Variant, method: Method, policy: Policy
) -> tuple[Curve, tuple[Doubt, ...]]:
    own = next((one for one in method.given if one.part == part), None)
    if own is not None:
        sentence = f"The curve for {_told(part)} is the entity's own, read from {own.source}."
        return _read(own), (Doubt("curve_given", sentence, SOURCE),)
    figure = policy.figure(f"5.3.curve.{method.family}")
    found = next((one for one in method.known if one.factor_set == figure.value), None)
    if found is None or (part != "whole" and variant is Variant.SDA):
        raise Refused(
            "no-sector-curve",
            f"no curve of the sector is known for {method.family}, {_told(part)}: none is public,"
            " and none is made up here. Give yours in `given`, with its part, unit, source and"
            " values by year: the slope that ASI's tool shows, say.",
            family=method.family,
            part=part,
            known=[one.factor_set for one in method.known],
        )
    doubts: list[Doubt] = []
    if base_year < found.nodes[0][0]:
        figure, found, doubt = _earlier(base_year, found, variant, method, policy)
        doubts.append(doubt)
    if figure.evidence == "unverified":
        sentence = f"That {method.family} follows {found.factor_set} is not verified."
        doubts.append(Doubt("curve_unverified", sentence, figure.source))
    if found.evidence == "unverified":
        sentence = f"{found.title}: not all of its years are read in a public source."
        doubts.append(Doubt("curve_values_unverified", sentence, SOURCE))
    if part != "whole":
        sentence = f"No curve is known for {_told(part)} alone: it follows that of the whole."
        doubts.append(Doubt("curve_of_the_whole", sentence, SOURCE))
    return Curve(found.factor_set, found.title, found.unit, found.nodes), tuple(doubts)


def _earlier(
    base_year: int, late: SectorCurve, variant: Variant, method: Method, policy: Policy
) -> tuple[Figure, SectorCurve, Doubt]:
    """The curve for a base year before the first that `late` tells of; refused
    `base-before-curve`, with the ways on."""
    figure = policy.figure(f"5.3.earlier_curve.{method.family}")
    found = next((one for one in method.known if one.factor_set == figure.value), None)
    first = late.nodes[0][0]
    if found is None or variant is Variant.SDA or base_year < found.nodes[0][0]:
        raise Refused(
            "base-before-curve",
            f"{late.title} begins with {first}, the base year is {base_year}: there is no"
            f" {variant} pathway from it. Set it by `indexed`, give a curve that tells of"
            f" {base_year} in `given`, or have a year from {first} on verified and adopt the plan"
            " again.",
            family=method.family,
            base_year=base_year,
            first=first,
        )
    sentence = (
        f"{late.title} begins with {first}: from {base_year} on the targets fall as"
        f" {found.factor_set} does, in {found.unit}: as the sector's output grows, later ones ask"
        " for less than an intensity would."
    )
    return figure, found, Doubt("base_before_curve", sentence, SOURCE)


def _read(own: GivenCurve) -> Curve:
    """A curve that was given; refused `curve-malformed`."""
    nodes = tuple((one.year, one.value) for one in own.nodes)
    years = [year for year, _ in nodes]
    if sorted(set(years)) != years or any(value <= 0 for _, value in nodes):
        raise Refused(
            "curve-malformed",
            "a curve has its years in order, each once, and values above zero.",
            part=own.part,
        )
    return Curve(own.source, f"the curve of {own.source}", own.unit, nodes)


def _told(part: Part) -> str:
    return {"whole": "the whole", "power": "power", "rest": "all but power"}[part]
