"""The rules by their number, how much each weighs, and what it stops. Pure.

Source: sources.md 8. R-27 to R-33 are about certificates, members and chains of custody: other
services find them.
"""

from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from contracts.ghg import DATA_NAMED, Finding
from contracts.inventory import Severity

from . import balance, cells, data_quality, power, public, scrap_rules, targets, upstream
from .context import Context, Fault
from .survey import Survey, survey

SENTENCE_MAX = 600
SUBMISSION, PUBLICATION = "submission", "publication"
BOTH = frozenset({SUBMISSION, PUBLICATION})
BLOCK, MAJOR, MINOR, INFO = Severity.BLOCK, Severity.MAJOR, Severity.MINOR, Severity.INFO
WEIGHT = {severity: place for place, severity in enumerate((BLOCK, MAJOR, MINOR, INFO))}


class Rule(NamedTuple):
    """A rule: its number, its weight, what it is about, where it comes from, the function that
    finds, and what its findings stop."""

    rule_id: str
    severity: Severity
    title: str
    source: str
    find: Callable[[Context, Survey], Iterable[Fault]]
    stops: frozenset[str] = frozenset()


_ALL = (
    Rule("R-01", MINOR, "default for a purchased input", "8, 4.10", data_quality.default_used),
    Rule("R-02", MINOR, "primary data share", "8, 4.10", data_quality.primary_share),
    Rule("R-03", MAJOR, "pre-consumer scrap at zero", "8, 4.8 [A40]", scrap_rules.unburdened),
    Rule("R-04", MAJOR, "scrap of no kind", "8, 4.8", scrap_rules.kind_missing),
    Rule("R-05", MINOR, "origin of post-consumer scrap", "8 [A35]", scrap_rules.origin_unproven),
    Rule("R-06", MAJOR, "upstream transport", "8, 4.1 [A39]", upstream.transport_missing),
    Rule("R-07", INFO, "share of transport", "8 [B5]", upstream.transport_unusual),
    Rule("R-08", MAJOR, "scope 3 categories", "8, 4.1 [A39]", upstream.category_missing),
    Rule("R-09", MAJOR, "outdated grid factor", "8, 4.6", power.factor_outdated),
    Rule("R-10", MINOR, "coarse grid factor", "8, 4.6", power.factor_too_coarse),
    Rule("R-11", MAJOR, "proof of green power", "8, 4.6 [G7]", power.unproven),
    Rule("R-12", BLOCK, "certificates for power", "8, 4.6", power.certificates_wrong, BOTH),
    Rule("R-13", MINOR, "what contracts leave", "8, 4.6", power.average_for_the_rest),
    Rule("R-14", MAJOR, "own power plant", "8, 4.6", power.own_plant_as_grid),
    Rule("R-15", MAJOR, "low carbon by energy alone", "8, 7 [A38]", public.low_carbon),
    Rule("R-16", MAJOR, "terms ASI does not recognise", "8, 7 [A38]", public.unrecognised),
    Rule("R-17", MAJOR, "best-case factor", "8, 7", data_quality.best_case_factor),
    Rule("R-18", BLOCK, "warming potentials", "8, 4.4 [A42]", cells.potentials, BOTH),
    Rule(
        "R-19",
        BLOCK,
        "verified before published",
        "8, 3.3 [A18]",
        public.unverified,
        frozenset({PUBLICATION}),
    ),
    Rule("R-20", MINOR, "yearly disclosure", "8, 3.3 [A18]", public.undisclosed),
    Rule("R-21", MAJOR, "intermediate target", "8, 3.3 [A25, A27]", targets.intermediate_target),
    Rule("R-22", MAJOR, "method of the pathway", "8, 4.9 [A18]", targets.pathway_method),
    Rule("R-23", MAJOR, "criterion 5.2", "8, 3.3 [A26]", targets.intensity),
    Rule("R-24", MAJOR, "cut-offs", "8, 4.7 [B9]", upstream.cut_off),
    Rule("R-25", MINOR, "perfluorocarbons", "8, 4.3 [G2, B1]", cells.perfluorocarbons),
    Rule("R-26", MINOR, "calendar year", "8, 4.7 [B9]", data_quality.not_a_year),
    Rule("R-34", MAJOR, "balance of masses", "8", balance.out_of_balance),
)
RULES = {rule.rule_id: rule for rule in _ALL}


def findings(context: Context, only: Collection[str] = RULES) -> tuple[Finding, ...]:
    """Everything that is found, the heaviest first and then by rule; by some rules only."""
    seen = survey(context.inventory, context.result)
    found = [
        _finding(rule, fault)
        for name, rule in RULES.items()
        if name in only
        for fault in rule.find(context, seen)
    ]
    if len(found) > 1:
        found.sort(key=lambda one: (WEIGHT[one.severity], one.rule))
    return tuple(found)


def blocks(found: Iterable[Finding]) -> frozenset[str]:
    """What these findings stop: `submission` to a verifier, `publication`."""
    stopped: frozenset[str] = frozenset()
    for one in found:
        if one.rule in RULES and one.severity is RULES[one.rule].severity:
            stopped |= RULES[one.rule].stops
    return stopped


def _finding(rule: Rule, fault: Fault) -> Finding:
    data = tuple(dict.fromkeys(fault.data))
    sentence = fault.sentence
    if len(sentence) > SENTENCE_MAX:
        sentence = sentence[: SENTENCE_MAX - 3] + "..."
    return Finding(
        rule=rule.rule_id,
        severity=INFO if fault.told_only else MAJOR if fault.graver else rule.severity,
        data=data[:DATA_NAMED],
        data_count=len(data),
        sentence=sentence,
        source=f"sources.md {rule.source}",
    )
