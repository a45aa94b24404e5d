"""Wiring of membership: its definition, from its pure parts and its policy files."""

from pathlib import Path

from infra import persons
from infra.decider import decider_of
from infra.importing import tables as imports
from infra.policyfiles import read_policies
from infra.service import Definition, OverKafka

from .domain import BY_OPS_AND_MEMBERS, CONSUMERS, DECIDERS, PRIVATE, RESTS_ON


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
        over_kafka=OverKafka(
            "membership", frozenset(command.NAME for command in BY_OPS_AND_MEMBERS)
        ),
    )
