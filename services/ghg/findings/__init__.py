"""Findings: what an auditor would write down, before the auditor comes. Pure.

Source: sources.md 8. `findings(context)` asks every rule; what a rule needs to know is a field of
`Context`, and what nobody told it is not held against anybody: such a rule stays silent.

    context       what a rule may look at; what a rule says
    survey        one pass over data and lines, shared by all rules
    registry      the rules with their severity and source; what they block
    data_quality  R-01, R-02, R-17, R-26
    scrap_rules   R-03 to R-05
    upstream      R-06 to R-08, R-24
    power         R-09 to R-14
    cells         R-18, R-25
    public        R-15, R-16, R-19, R-20
    targets       R-21 to R-23
    balance       R-34
"""

from .context import (
    Context,
    OfReport,
    Publication,
    Spread,
    TargetSet,
    UsedPathway,
    Verification,
)
from .registry import RULES, blocks, findings

__all__ = [
    "RULES",
    "Context",
    "OfReport",
    "Publication",
    "Spread",
    "TargetSet",
    "UsedPathway",
    "Verification",
    "blocks",
    "findings",
]
