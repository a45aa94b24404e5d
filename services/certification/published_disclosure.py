"""What the world has been told of a facility's disclosures. A decider, public stream
`disclosure/<facility>:<year>`. Greenhouse gases decide; this passes it on, each thing once."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from contracts.certification import DisclosureOverdue, DisclosurePublished
from infra.decider import Command
from infra.policy import Policies

PublicDisclosure = DisclosurePublished | DisclosureOverdue


class PublishDisclosed(Command):
    """Tell the world of a disclosure, or that it is overdue, if it was not told before."""

    NAME: ClassVar[str] = "publish_disclosed"
    event: PublicDisclosure

    @property
    def stream(self) -> str:
        return f"disclosure/{self.event.facility_id}:{self.event.year}"


class Publication(NamedTuple):
    """The number of the last disclosure that was told, and whether it was told to be overdue."""

    disclosure: int = 0
    overdue: bool = False


INITIAL = Publication()


def decide(
    command: PublishDisclosed, state: Publication, policies: Policies
) -> Sequence[PublicDisclosure]:
    """The event, unless that was told. What is public is not called overdue afterwards."""
    event = command.event
    if isinstance(event, DisclosurePublished):
        return [event] if event.disclosure > state.disclosure else []
    return [] if state.overdue or state.disclosure else [event]


def evolve(state: Publication, event: PublicDisclosure) -> Publication:
    """What is public after an event."""
    if isinstance(event, DisclosurePublished):
        return state._replace(disclosure=event.disclosure)
    return state._replace(overdue=True)
