"""What-if and circularity as JSON, with the shares worked out beside their masses. Pure."""

from collections.abc import Mapping
from decimal import Decimal

from infra.errors import Refused
from infra.policy import Policies
from services.ghg.calculation.circularity import Circularity, Mass, Share, by_level
from services.ghg.calculation.lines import Result
from services.ghg.calculation.totals import Side

from .levers import Effect, WhatIf, what_if
from .threshold import Check


def asked(
    result: Result, policies: Policies, side: Side, better: Mapping[str, Decimal | None]
) -> Mapping[str, object]:
    """The what-if of a result under its own policy; values that are None are the policy's.
    Refused as `levers.what_if` says, and `policy-unknown`."""
    policy = policies.named(result.policy_id)
    if policy is None:
        raise Refused(
            "policy-unknown",
            f"this build has no policy {result.policy_id}.",
            policy=result.policy_id,
        )
    given = {slug: value for slug, value in better.items() if value is not None}
    return what_if_shown(what_if(result, policy, side, given))


def what_if_shown(found: WhatIf) -> Mapping[str, object]:
    """Every lever alone and all together, each with every limit and what of its gap is closed."""
    return {
        "side": found.side,
        "intensity": found.intensity,
        "limits": [_check(one) for one in found.checks],
        "levers": [one._asdict() for one in found.levers.values()],
        "alone": [_effect(one) for one in found.alone],
        "together": [_effect(one) for one in found.steps],
    }


def circularity_shown(found: Circularity) -> Mapping[str, object]:
    """Shares with their masses and how many facilities tell; waste by item and by level."""
    told: dict[str, object] = {}
    for name, value in found._asdict().items():
        if isinstance(value, (Share, Mass)):
            told[name] = {"value": value.value, **value._asdict()}
    told["waste"] = [
        {"item": item, "level": level, "t": t} for (item, level), t in sorted(found.waste.items())
    ]
    told["waste_by_level"] = [
        {"level": level, "t": t} for level, t in by_level(found.waste).items() if t
    ]
    return told


def _effect(one: Effect) -> Mapping[str, object]:
    limits = zip(one.checks, one.of_gaps, strict=True)
    return {
        "levers": one.levers,
        "intensity": one.intensity,
        "saved": one.saved,
        "limits": [{**_check(check), "of_gap_percent": share} for check, share in limits],
    }


def _check(one: Check) -> dict[str, object]:
    return {**one._asdict(), "gap": one.gap, "gap_percent": one.gap_percent}
