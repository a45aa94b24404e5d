"""Wiring of membership: its definition, from its pure parts and its policy files."""

from pathlib import Path

from infra import persons
from infra.decider import decider_of
from infra.importing import tables as imports
from infra.policyfiles import read_policies
from infra.service import Definition

from .domain import CONSUMERS, DECIDERS, PRIVATE, RESTS_ON


def definition() -> Definition:
    """Membership as data."""
    return Definition(
        name="membership",
        prefix="/membership",
        deciders={name: decider_of(module) for name, module in DECIDERS.items()},
        policies=read_policies(Path(__file__).parent / "policy"),
        private=PRIVATE,
        consumers=CONSUMERS,
        rests_on=RESTS_ON,
        metadata=(persons.METADATA, imports.METADATA),
    )
