"""Wiring of ghg: its definition, from its pure parts, its policy files and its factor files."""

from infra import persons
from infra.decider import decider_of
from infra.importing import tables as imports
from infra.service import Definition

from .domain import CONSUMERS, DECIDERS, PRIVATE, RESTS_ON
from .factors.books import factors, policies

__all__ = ["definition", "factors", "policies"]


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
