"""Wiring of ghg: its definition, from its pure parts, its policy files and its factor files."""

from functools import cache
from pathlib import Path

from infra import persons
from infra.decider import decider_of
from infra.importing import tables as imports
from infra.policy import Policies
from infra.policyfiles import read_policies
from infra.service import Definition

from .domain import CONSUMERS, DECIDERS, PRIVATE, RESTS_ON
from .factorfiles import read_factors
from .factors import FactorBook


@cache
def policies() -> Policies:
    """The policy files, read once: calculations are pinned to what they hold."""
    return read_policies(Path(__file__).parent / "policy")


@cache
def factors() -> FactorBook:
    """The factor files, read once."""
    return read_factors()


def definition() -> Definition:
    """ghg as data."""
    return Definition(
        name="ghg",
        prefix="/ghg",
        deciders={name: decider_of(module) for name, module in DECIDERS.items()},
        policies=policies(),
        private=PRIVATE,
        consumers=CONSUMERS,
        rests_on=RESTS_ON,
        metadata=(persons.METADATA, imports.METADATA),
    )
