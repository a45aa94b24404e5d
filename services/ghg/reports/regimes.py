"""Report regimes: what each counts, from where to where, and by which rules. Pure.

Sources: sources.md 4.1, 4.4, 4.7, 4.8. Every rule is a figure of the policy, with its evidence: the
regimes' own texts were not read in full. The same activity data make a report under each.
"""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from contracts.inventory import Regime, Scope, Step
from infra.errors import Refused
from infra.policy import Evidence, Policy
from services.ghg.calculation.scrap import Method
from services.ghg.calculation.totals import Side

from .threshold import Comparator


class CutOffRule(NamedTuple):
    """What may be left out: each below or at most `each_percent`, of the total or of its step, and
    all together at most `sum_percent` where there is a limit."""

    each_percent: Decimal
    comparator: Comparator
    sum_percent: Decimal | None
    of_step: bool


class Rules(NamedTuple):
    """A regime. `steps` and `scopes` bound it; `side` tells Scope 2; `primary_only` measures per
    tonne of tapped metal cast; `gases_co2_pfc` leaves other gases out; `gwp` and `pfc` are fixed
    where the regime fixes them; `products` are steps whose product it speaks of, first choice
    first; `technologies` are the cells that it takes (empty: any). With `own_power_apart` the fuels
    of an own power plant count as power, with `site_data_primary` what the site itself uses is to
    be primary data, with `biogenic_memo` the CO2 of biomass is told apart; `goods` are codes of
    what a step makes, where the regime names goods, and `covered` the headings of all that it
    covers."""

    regime: Regime
    steps: frozenset[Step]
    scopes: frozenset[Scope]
    side: Side
    primary_only: bool
    gases_co2_pfc: bool
    gwp: str | None
    pfc: str | None
    methods: tuple[Method, ...]
    cut_off: CutOffRule | None
    products: tuple[Step, ...]
    technologies: frozenset[str]
    own_power_apart: bool
    site_data_primary: bool
    biogenic_memo: bool
    goods: tuple[tuple[Step, tuple[str, ...]], ...]
    covered: tuple[str, ...]
    declared_unit: str
    in_force: date | None
    unverified: tuple[str, ...]


@lru_cache(maxsize=64)
def rules_of(regime: Regime, policy: Policy) -> Rules:
    """The rules of a regime under a policy."""

    def words(name: str) -> tuple[str, ...]:
        return policy.words(f"regime.{regime}.{name}")

    def optional(name: str) -> str | None:
        full = f"regime.{regime}.{name}"
        return policy.text(full) if full in policy.figures else None

    def flag(name: str) -> bool:
        full = f"regime.{regime}.{name}"
        return full in policy.figures and policy.flag(full)

    in_force = optional("in_force")
    scopes = {Scope(word) for word in words("scopes")}
    technologies = f"regime.{regime}.technologies"
    return Rules(
        regime=regime,
        steps=frozenset(Step(word) for word in words("steps")),
        scopes=frozenset(scopes),
        side=Side(policy.text(f"regime.{regime}.side")),
        primary_only=policy.flag(f"regime.{regime}.primary_only"),
        gases_co2_pfc=policy.flag(f"regime.{regime}.gases_co2_pfc"),
        gwp=optional("gwp"),
        pfc=optional("pfc"),
        methods=tuple(Method(word) for word in policy.words(f"scrap.methods.{regime}")),
        cut_off=_cut_off(regime, policy),
        products=tuple(Step(word) for word in words("products")),
        technologies=frozenset(
            policy.words(technologies) if technologies in policy.figures else ()
        ),
        own_power_apart=flag("own_power_apart"),
        site_data_primary=flag("site_data_primary"),
        biogenic_memo=flag("biogenic_memo"),
        goods=tuple(
            (step, policy.words(name))
            for step in Step
            if (name := f"regime.{regime}.goods.{step}") in policy.figures
        ),
        covered=words("covered") if f"regime.{regime}.covered" in policy.figures else (),
        declared_unit=policy.text(f"regime.{regime}.declared_unit"),
        in_force=None if in_force is None else date.fromisoformat(in_force),
        unverified=_with(regime, policy, "unverified"),
    )


def method_of(rules: Rules, asked: Method | None) -> Method:
    """The scrap method of a report: the regime's first, or the one asked for if it takes it;
    refused `scrap-method-not-allowed`."""
    if asked is None:
        return rules.methods[0]
    if asked not in rules.methods:
        raise Refused(
            "scrap-method-not-allowed",
            f"{rules.regime} does not take {asked}; it takes {', '.join(rules.methods)}.",
            regime=rules.regime,
            method=asked,
            allowed=rules.methods,
        )
    return asked


def _cut_off(regime: Regime, policy: Policy) -> CutOffRule | None:
    each = f"cut_off.each_percent.{regime}"
    if each not in policy.figures:
        return None
    together = f"cut_off.sum_percent.{regime}"
    return CutOffRule(
        each_percent=policy.decimal(each),
        comparator=Comparator(policy.text(f"cut_off.each_comparator.{regime}")),
        sum_percent=policy.decimal(together) if together in policy.figures else None,
        of_step=policy.text(f"cut_off.of.{regime}") == "step",
    )


def _with(regime: Regime, policy: Policy, evidence: Evidence) -> tuple[str, ...]:
    """The figures of a regime that rest on this evidence."""
    start = f"regime.{regime}."
    return tuple(
        name
        for name, figure in sorted(policy.figures.items())
        if name.startswith(start) and figure.evidence == evidence
    )
