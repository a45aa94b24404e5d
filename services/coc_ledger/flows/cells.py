"""What the public flow is made of: sums by period, link and member, and when one is safe. Pure.

Rules: policy figures `flow.*`, of which the numbers are our own choice.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from contracts.custody import Stage
from infra.policy import Policy
from services.coc_ledger.accounting.stages import RATIO

from .flow import SEVERAL as SEVERAL
from .flow import Link, Place


class Quarter(NamedTuple):
    """A quarter of a calendar year, from 1 to 4; 0 is the year as a whole."""

    year: int
    number: int

    @property
    def name(self) -> str:
        """`2026-Q1`, or `2026`."""
        return f"{self.year}-Q{self.number}" if self.number else str(self.year)


class Rule(NamedTuple):
    """When a cell may be published: members in it, the largest one's part of it, and what all but
    the two largest have together, as a part of the largest (so that the second cannot work out the
    first). `ratios` are the tonnes used for one of the next stage, by stage, and `yield_percent`
    how far from them a conversion may be: both are public."""

    members_at_least: int
    largest_percent_at_most: int
    rest_percent_at_least: int
    ratios: tuple[tuple[Stage, Decimal], ...] = ()
    yield_percent: int = 0

    def ratio(self, stage: Stage) -> Decimal:
        """Tonnes of a stage for one of the next; 1 where the policy tells none."""
        return dict(self.ratios).get(stage, Decimal(1))


Rules = Callable[[Quarter], Rule]
"""The rule of a period; it stays what it was when the period was published."""
Atom = tuple[Quarter, Link]
Members = dict[str, int]
"""Kilograms by member."""
Atoms = dict[Atom, Members]


def rule_of(policy: Policy) -> Rule:
    """The figures of a policy."""
    return Rule(
        policy.integer("flow.members_at_least"),
        policy.integer("flow.largest_percent_at_most"),
        policy.integer("flow.rest_percent_at_least"),
        tuple((stage, policy.decimal(name)) for stage, name in RATIO.items()),
        policy.integer("stage.tolerance_percent"),
    )


def safe(members: Members, rule: Rule) -> bool:
    """Whether a sum tells too little of any member in it."""
    sizes = sorted((abs(kg) for kg in members.values() if kg), reverse=True)
    if len(sizes) < rule.members_at_least:
        return False
    largest, rest = sizes[0], sum(sizes[2:])
    return (
        largest * 100 <= rule.largest_percent_at_most * sum(sizes)
        and rest * 100 >= rule.rest_percent_at_least * largest
    )


def kind_of(link: Link) -> Link:
    """A link without its region."""
    return at(link, "")


def at(link: Link, region: str) -> Link:
    """The same link in another region."""
    source, target = (
        node._replace(region=region) if node.place is Place.POOL else node
        for node in (link.source, link.target)
    )
    return Link(source, target, link.coc)


def merged(one: Members, other: Members) -> Members:
    """The kilograms of both, by member."""
    sums = dict(one)
    for member, kg in other.items():
        sums[member] = sums.get(member, 0) + kg
    return sums


def total(members: Members) -> int:
    """The sum over members."""
    return sum(members.values())


def size(members: Members) -> int:
    """How much there is, whatever its sign."""
    return sum(abs(kg) for kg in members.values())
