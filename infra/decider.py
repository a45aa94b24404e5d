"""How decisions are shaped: a module with INITIAL, decide and evolve is a decider. Pure.

    decide(command, state, policies) -> events     raises Refused; [] means nothing to do
    evolve(state, event) -> state                  total over the stream's events
    due(state) -> {rule: day}                      optional: when the clock must ask again

Time, ids, policy and what is known of other services are inputs. A command writes one stream.
"""

import hashlib
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import ModuleType
from typing import Any, ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict

from contracts.envelope import Event, Recorded

from .policy import Policies


class Command(BaseModel):
    """Base of all commands: an imperative `NAME`, one `stream`, and `on`, the day it is given.

    `FILLED` names fields that the server fills in (the day, the approver, evidence of other
    services): a client cannot set them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    NAME: ClassVar[str]
    FILLED: ClassVar[frozenset[str]] = frozenset({"on"})
    on: date

    @property
    @abstractmethod
    def stream(self) -> str:
        """The one stream that this command may write."""

    def fresh(self, state: Callable[[str], Any]) -> Self:
        """The command as it is decided: what it has to know exactly of other streams of its own
        service, `state(stream)` at that moment. All else it knows may be older."""
        return self


class Tick(Command):
    """The clock closes the day `on`, and `rule` of this stream is due. Sent by `infra.clock`."""

    NAME: ClassVar[str] = "tick"
    target: str
    rule: str

    @property
    def stream(self) -> str:
        return self.target


Decide = Callable[[Any, Any, Policies], Sequence[Event]]
Evolve = Callable[[Any, Any], Any]
Due = Callable[[Any], Mapping[str, date]]


class Decider(NamedTuple):
    """The four parts of a decider, taken from its module by `decider_of`."""

    initial: Any
    decide: Decide
    evolve: Evolve
    due: Due | None


def decider_of(module: ModuleType) -> Decider:
    """The module itself is the decider: no base class, no registration."""
    return Decider(module.INITIAL, module.decide, module.evolve, getattr(module, "due", None))


class Issued(NamedTuple):
    """A command that a reaction wants, with the id that makes a repeat recognisable."""

    command_id: str
    command: Command


Lookup = Callable[[str, str | Mapping[str, str]], Any]
"""`rows(projection, key)`: this consumer's own row after the event was applied, or None. With
`{column: value}` in the place of the key: the rows that have these values, by key."""


class Reaction(NamedTuple):
    """A named pure function: an event (and this consumer's own rows) in, commands out.

    The name is state (command ids derive from it): it never changes. `takes` are the event classes
    that concern it (None = any may), so that others need not even be read.
    """

    name: str
    react: Callable[[Recorded, Lookup], Sequence[Command]]
    takes: frozenset[type[Event]] | None = None


def concerned(reactions: Sequence[Reaction], kind: type[Event]) -> tuple[Reaction, ...]:
    """Those that an event of a class may concern."""
    return tuple(one for one in reactions if one.takes is None or kind in one.takes)


def derived_id(*parts: str) -> str:
    """An id that follows from others: the same parts always give the same 32 hex digits."""
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


OWN = "~"
"""How the ids of our own commands begin."""


def own_id(*parts: str) -> str:
    """A derived id for a command of our own. No client can use it first: an id that a client sends
    begins with a letter or a digit (`contracts.values.ID_PATTERN`)."""
    return OWN + derived_id(*parts)


def issued(reaction: Reaction, event: Recorded, rows: Lookup) -> list[Issued]:
    """The commands of a reaction to an event, with ids derived from event and reaction."""
    return [
        Issued(own_id(event.envelope.event_id, reaction.name, str(number)), command)
        for number, command in enumerate(reaction.react(event, rows))
    ]
