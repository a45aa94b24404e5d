"""Tree heads as events: a stream per store, each head larger than the last. Pure."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from contracts.envelope import Event
from contracts.machinery import TreeHeadSigned

from .decider import Command, Decider
from .policy import Policies


class SignHead(Command):
    """Publish a head that was signed and written to the file."""

    NAME: ClassVar[str] = "sign_head"
    head: TreeHeadSigned

    @property
    def stream(self) -> str:
        return f"heads/{self.head.store_id}"


class Heads(NamedTuple):
    """Size of the largest tree published."""

    tree_size: int = 0


def _decide(command: Command, state: Heads, policies: Policies) -> Sequence[Event]:
    if not isinstance(command, SignHead):
        raise TypeError(f"heads take no {command.NAME}")
    return [command.head] if command.head.tree_size > state.tree_size else []


def _evolve(state: Heads, event: Event) -> Heads:
    return Heads(event.tree_size) if isinstance(event, TreeHeadSigned) else state


HEADS = Decider(Heads(), _decide, _evolve, None)
