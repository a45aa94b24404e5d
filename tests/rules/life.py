"""The life of one stream: commands in any order and repeated, and what holds of every decider.

A machine says what may be asked (rules), and what holds of its own events (invariants); that a
repeat adds nothing, that a refusal changes nothing, and that a replay gives the same state, it has
from here.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, ClassVar

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine

from contracts.envelope import Event
from infra.decider import Command, Decider
from infra.errors import Refused
from infra.policy import Policies
from infra.snapshots import shape_of

LIVES = settings(max_examples=max(60, settings().max_examples // 10))
"""How many: a replay after each event makes the long ones of a soak long indeed."""


class Life(RuleBasedStateMachine):
    """One stream from its beginning. `told` are its events, in order."""

    decider: ClassVar[Decider]
    policies: ClassVar[Policies]
    begins: ClassVar[date]

    def __init__(self) -> None:
        super().__init__()
        self.today = self.begins
        self.state: Any = self.decider.initial
        self.told: list[Event] = []

    def days_pass(self, days: int) -> None:
        """Time goes on."""
        self.today += timedelta(days=days)

    def ask(self, command: Command, *again: Command) -> Sequence[Event]:
        """Ask; what was accepted adds nothing when it is asked again, or said as `again` says."""
        before = self.state
        try:
            events = list(self.decider.decide(command, self.state, self.policies))
        except Refused:
            assert self.state == before
            return ()
        for event in events:
            self.state = self.decider.evolve(self.state, event)
        self.told += events
        if events:
            self.replay_gives_the_same_state()
        for repeated in (command, *again):
            assert not self.decider.decide(repeated, self.state, self.policies)
        return events

    def replay_gives_the_same_state(self) -> None:
        """From the events as they are stored, and from a snapshot."""
        state = self.decider.initial
        for event in self.told:
            stored = type(event).model_validate_json(event.model_dump_json())
            state = self.decider.evolve(state, stored)
        assert state == self.state
        saved = shape_of(self.decider).adapter
        assert saved.validate_json(saved.dump_json(state)) == state


def of_type(events: Sequence[Event], *kinds: type[Event]) -> list[Any]:
    """Those events alone."""
    return [event for event in events if isinstance(event, kinds)]
