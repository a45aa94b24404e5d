"""Given, when, then: written once, for every decider.

    member = Spec(domain.DECIDERS["member"], policies)
    member.given(joined(ON), ...).when(ResignMembership(...)).then(MemberResigned(...))
    member.given(...).when(...).nothing()
    member.given(...).when(...).refused("unknown-member")

Three outcomes and no more: exactly these events, nothing, or a refusal for this reason. `given`
takes events that happened, in order; commands after the first may follow with `and_when`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from contracts.envelope import Event
from infra.decider import Command, Decider, decider_of
from infra.errors import Refused
from infra.policy import Policies, PolicyFile

ROOT = Path(__file__).resolve().parents[2]


def policies_of(service: str, *more: PolicyFile) -> Policies:
    """The policy files of a service as shipped, and perhaps a later one of the test's own."""
    files = sorted((ROOT / "services" / service / "policy").glob("*.json"))
    return Policies([*(PolicyFile.model_validate_json(file.read_text()) for file in files), *more])


@dataclass(frozen=True)
class Answered:
    """What a decider said to the last command, and the state after it."""

    decider: Decider
    policies: Policies
    state: Any
    events: Sequence[Event]
    refusal: Refused | None

    def then(self, *expected: Event) -> "Answered":
        """Exactly these events, field by field and in this order."""
        assert self.refusal is None, f"refused: {self.refusal}"
        assert list(self.events) == list(expected), _compared(self.events, expected)
        return self

    def nothing(self) -> "Answered":
        """Accepted, and nothing happened: the wanted state already held."""
        assert self.refusal is None, f"refused: {self.refusal}"
        assert not self.events, _compared(self.events, ())
        return self

    def refused(self, slug: str, **facts: object) -> "Answered":
        """Refused for this reason, with a sentence; `facts` are compared where given."""
        assert self.refusal is not None, f"accepted: {_listed(self.events)}"
        assert self.refusal.slug == slug, str(self.refusal)
        assert self.refusal.sentence.endswith("."), "a refusal is a sentence"
        for name, value in facts.items():
            assert self.refusal.facts.get(name) == value, dict(self.refusal.facts)
        return self

    def and_when(self, *commands: Command) -> "Answered":
        """Go on from here; the outcome is that of the last command, the others must pass."""
        assert self.refusal is None, f"refused: {self.refusal}"
        return Given(self.decider, self.policies, self.state).when(*commands)

    def and_given(self, *events: Event) -> "Given":
        """Go on from here with events that happened."""
        assert self.refusal is None, f"refused: {self.refusal}"
        return Given(self.decider, self.policies, self.state).given(*events)


@dataclass(frozen=True)
class Given:
    """A state to ask."""

    decider: Decider
    policies: Policies
    state: Any

    def given(self, *events: Event) -> "Given":
        """After these events as well."""
        return Given(self.decider, self.policies, folded(self.decider, events, self.state))

    def when(self, *commands: Command) -> Answered:
        """Ask; of several commands each must pass, and the last one's outcome counts."""
        assert commands, "when what?"
        state, events = self.state, list[Event]()
        for number, command in enumerate(commands, start=1):
            try:
                events = list(self.decider.decide(command, state, self.policies))
            except Refused as refusal:
                if number < len(commands):
                    raise
                return Answered(self.decider, self.policies, state, (), refusal)
            state = folded(self.decider, events, state)
        return Answered(self.decider, self.policies, state, events, None)


class Spec(Given):
    """A decider (its module, or the parts) with its policies, before anything has happened."""

    def __init__(self, decider: ModuleType | Decider, policies: Policies) -> None:
        parts = decider_of(decider) if isinstance(decider, ModuleType) else decider
        super().__init__(parts, policies, parts.initial)


def folded(decider: Decider, events: Iterable[Event], state: Any) -> Any:
    """The state after some events; an old state is never touched."""
    for event in events:
        state = decider.evolve(state, event)
    return state


def _compared(events: Sequence[Event], expected: Sequence[Event]) -> str:
    return f"\nhappened:{_listed(events)}\nexpected:{_listed(expected)}"


def _listed(events: Sequence[Event]) -> str:
    return "".join(f"\n  {event!r}" for event in events) or " nothing"
