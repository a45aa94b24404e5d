"""Reports, uncertainty, criterion 5.2 and a facility's own pathway as JSON. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.ghg import Finding, ResultCalculated
from contracts.inventory import Regime, Step
from infra.errors import Refused
from infra.policy import Policies, Policy
from services.ghg.activity.inventory import Inventory
from services.ghg.calculation.lines import Result
from services.ghg.calculation.scrap import Method
from services.ghg.calculation.spread import simulated, spread
from services.ghg.calculation.totals import Side, on_side
from services.ghg.factors.book import FactorBook
from services.ghg.factors.curve import FAMILY, curve_of
from services.ghg.factors.pinned import Pinned, pin
from services.ghg.plans.pathway import SOURCE, Base, indexed
from services.ghg.results.biogenic import biogenic_shown
from services.ghg.results.reckoning import judged

from .differences import Difference, differences
from .report import Report, Reported, report
from .threshold import Plan, Smelter, assess, doubted_by

SHARES = 12
"""So many of the quantities that make a result uncertain are named, the greatest first."""


NO_FIGURE = (
    "there is no mine-to-metal intensity: no primary metal was cast, or it is not known how much of"
    " the metal cast was (R-34 then says which row to add)."
)


class Known(NamedTuple):
    """A year of a facility as its pathway sees it: its latest result (or the verified one)."""

    year: int
    intensity: Decimal
    verified: bool
    result: int


def policy_of(policies: Policies, policy_id: str) -> Policy:
    """A policy by name; refused `policy-unknown`."""
    found = policies.named(policy_id)
    if found is None:
        raise Refused("policy-unknown", f"this build has no policy {policy_id}.", policy=policy_id)
    return found


def pinned_of(kept: ResultCalculated, book: FactorBook, policies: Policies) -> Pinned:
    """What a result was pinned to; refused `policy-unknown`."""
    policy = policy_of(policies, kept.policy_id)
    return pin(book, policy, kept.as_of, kept.gwp_set, kept.pfc_set, kept.engine)


class Asked(NamedTuple):
    """Which report: its regime, its scrap method and the step of whose product it speaks (None:
    the first that the regime takes)."""

    regime: Regime
    scrap_method: Method | None = None
    product: Step | None = None


def report_shown(
    inventory: Inventory, pinned: Pinned, asked: Asked, against: Asked | None
) -> dict[str, object]:
    """The report that is asked for; `against` adds why another one tells something else. Refused
    `scrap-method-not-allowed` where a regime does not take the method asked of it, and
    `product-not-reported` where it does not speak of the product."""
    made = _made(inventory, pinned, asked)
    told: dict[str, object] = {
        **_report(made),
        "lines": [_reported(one) for one in made.lines],
        "differences": None,
    }
    if against is not None:
        other = _made(inventory, pinned, against)
        told["against"] = _report(other)
        told["differences"] = [_difference(one) for one in differences(other, made)]
    return told


def _made(inventory: Inventory, pinned: Pinned, asked: Asked) -> Report:
    method, product = asked.scrap_method, asked.product
    return report(inventory, pinned, asked.regime, scrap_method=method, asked_for=product)


def uncertainty_shown(result: Result, policy: Policy, side: Side, seed: int) -> dict[str, object]:
    """How sure a result is: by error propagation and by seeded draws, in kg CO2e."""
    lines = on_side(result.lines, side)
    first = spread(lines, policy)
    drawn = simulated(lines, policy, seed=seed)
    return {
        "side": side,
        "propagated": {
            "value": first.value,
            "half_width": first.half_width,
            "percent": first.percent,
            "wide": first.wide[:SHARES],
            "shares": [{"of": name, "share": share} for name, share in first.shares[:SHARES]],
        },
        "simulated": drawn._asdict(),
    }


def threshold_shown(
    kept: ResultCalculated,
    started: int | None,
    roadmap: Plan,
    policy: Policy,
    exit_rate: Decimal | None = None,
    of_report: Sequence[Finding] = (),
) -> object:
    """Criterion 5.2 for a result's year, under the facility's roadmap as it stands, with the grave
    findings of the result, and of a report of it, by which its intensity may be too low. Refused
    `start-year-missing`, `output-missing`, and as `assess` says."""
    if started is None:
        raise Refused(
            "start-year-missing",
            "criterion 5.2 depends on the year in which production began: give it with the site.",
            facility_id=kept.facility_id,
        )
    intensity = judged(kept.intensities)
    if intensity is None:
        raise Refused("output-missing", NO_FIGURE, output_t=0)
    found = assess(Smelter(started, kept.year, intensity, exit_rate), roadmap, policy)
    checks = [
        {**one._asdict(), "gap": one.gap, "gap_percent": one.gap_percent} for one in found.checks
    ]
    return {
        **found._asdict(),
        "checks": checks,
        "doubted_by": [
            {"rule": one.rule, "severity": one.severity, "sentence": one.sentence}
            for one in doubted_by(kept.findings, policy, of_report)
        ],
        "start_year": started,
        "intensity": intensity,
        "exit_rate": exit_rate,
        "roadmap": {"accepted": roadmap.accepted, "planned": roadmap.planned},
        "roadmap_lacks": roadmap.lacks,
    }


def pathway_shown(
    facility_id: str, years: Sequence[Known], book: FactorBook, policy: Policy
) -> dict[str, object]:
    """A facility's years against the 1.5 °C curve of its sector: from its first verified year (its
    first year, while none is) that the curve tells of, it falls as the sector does. The pathway
    that binds is the one of its entity's plan, which may start elsewhere. Refused `no-pathway`
    without a year that counts.
    """
    figure = policy.figure("5.3.curve.primary")
    curve = curve_of(book.named(str(figure.value), FAMILY))
    first = max(policy.integer("5.3.base.first_year"), curve.first_year)
    counted = [one for one in years if one.year >= first]
    base = next((one for one in counted if one.verified), next(iter(counted), None))
    if base is None:
        raise Refused(
            "no-pathway",
            f"{facility_id} has no year from {first} on with primary metal cast.",
            facility_id=facility_id,
            first=first,
        )
    made = indexed(Base(base.year, base.intensity), curve, policy)
    actual = {one.year: one for one in years}
    return {
        "facility_id": facility_id,
        "variant": made.method_variant,
        "curve": {"name": curve.factor_set, "title": curve.title, "unit": curve.unit},
        "evidence": figure.evidence,
        "source": f"{SOURCE}; {figure.source}",
        "policy_id": policy.policy_id,
        "base": {"year": base.year, "intensity": base.intensity, "verified": base.verified},
        "years": [
            _pathway_year(year, target, actual.get(year)) for year, target in made.targets.items()
        ],
        "doubts": [one._asdict() for one in made.doubts],
    }


def known_year(
    year: int, results: Sequence[ResultCalculated], verified: int | None
) -> Known | None:
    """A year by its verified result, else by its latest; None without primary metal."""
    if not results:
        return None
    kept = results[(verified or len(results)) - 1]
    intensity = judged(kept.intensities)
    if intensity is None:
        return None
    return Known(year, intensity, verified is not None, kept.result)


def _pathway_year(year: int, target: Decimal, actual: Known | None) -> Mapping[str, object]:
    if actual is None:
        return {"year": year, "target": target, "actual": None, "gap": None, "verified": None}
    gap = actual.intensity - target
    return {
        "year": year,
        "target": target,
        "actual": actual.intensity,
        "gap": gap,
        "verified": actual.verified,
    }


def _report(made: Report) -> dict[str, object]:
    rules = made.rules
    return {
        "regime": made.regime,
        "declared_unit": made.declared_unit,
        "steps": rules.steps,
        "scopes": rules.scopes,
        "side": rules.side,
        "gwp_set": made.gwp_set,
        "pfc_set": made.pfc_set,
        "scrap_method": made.scrap_method,
        "scrap_methods": rules.methods,
        "product": made.product,
        "products": made.products,
        "tonnes": made.tonnes,
        "total_kg": made.total_kg,
        "intensity": made.intensity,
        "other_side": made.other_side,
        "unverified": rules.unverified,
        "cut_offs": made.cut_offs,
        "cbam": made.cbam,
        "findings": made.findings,
        "blocking": made.blocking,
        "biogenic_co2": None if made.biogenic is None else biogenic_shown(made.biogenic),
        "doubts": [one._asdict() for one in made.doubts],
    }


def _reported(one: Reported) -> dict[str, object]:
    line = one.line
    return {
        "data": line.data,
        "step": line.step,
        "scope": line.scope,
        "item": line.item,
        "line_kg": line.kg,
        "share": one.share,
        "kg": one.kg,
        "reason": one.reason,
    }


def _difference(one: Difference) -> dict[str, object]:
    return {**one._asdict(), "kg": one.kg}
