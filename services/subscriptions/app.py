"""Wiring of subscriptions: one consumer that keeps the public events, no decisions of its own."""

from datetime import date

from infra.policy import Policies, PolicyFile
from infra.service import Definition

from .rows import CONSUMER

NO_FIGURES = PolicyFile(policy_id="subscriptions", valid_from=date(2017, 12, 1), figures={})


def definition() -> Definition:
    """Subscriptions as data."""
    return Definition(
        name="subscriptions",
        prefix="/feed",
        deciders={},
        policies=Policies([NO_FIGURES]),
        consumers=(CONSUMER,),
    )
