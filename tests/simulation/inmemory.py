"""The services' pure parts run in memory, day by day: no store, no log, no threads.

What the machinery promises is simply so here: a command is decided once, its events follow each
other without a gap, every reader sees every event once and in order, and a rule that rests on
another service's silence waits for that service's closed day. Events pass through the catalogue's
bytes, so that what a reader gets is what a store would give it back.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import ModuleType
from typing import Any, NamedTuple

import orjson

from contracts.catalog import CATALOG, Catalog
from contracts.envelope import Envelope, Event, Recorded, category
from contracts.machinery import DayClosed
from contracts.values import Instant
from infra.commandforms import Form
from infra.decider import Command, Decider, Tick, derived_id, issued
from infra.errors import Refused
from infra.readmodel import Consumer
from infra.service import Definition
from simulator.steps import Step

APPROVER = "synthetic-approver"
Fill = Callable[[type[Command], Mapping[str, object], "Desk", date], Mapping[str, object]]
"""What the server fills in: evidence, the approver."""


class Refusal(NamedTuple):
    """A command that was refused: a step's, or a reaction's."""

    on: date
    command: Command
    refused: Refused


class Reader:
    """A consumer of a service: its rows, and how far it is in each source."""

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer
        self.rows: dict[str, dict[str, Any]] = {one.name: {} for one in consumer.projections}
        self.read: dict[str, int] = dict.fromkeys(consumer.sources, 0)
        self.closed: dict[str, date] = {}

    def row(self, projection: str, key: str | Mapping[str, str]) -> Any:
        """A row, or None; by columns, all rows that have the values."""
        if isinstance(key, str):
            return self.rows[projection].get(key)
        rows = (row for _, row in sorted(self.rows[projection].items()))
        return [row for row in rows if all(getattr(row, name) == key[name] for name in key)]

    def apply(self, recorded: Recorded) -> None:
        """Fold one event into the rows."""
        for projection in self.consumer.projections:
            rows = self.rows[projection.name]
            whole = projection.whole.get(type(recorded.event))
            if whole is not None:
                rows.update(whole(recorded))
                continue
            for key in projection.keys(recorded):
                row = projection.evolve(key, rows.get(key), recorded)
                if row is None:
                    rows.pop(key, None)
                else:
                    rows[key] = row


class Desk:
    """A service in memory: its streams, its log, its readers, its calendar."""

    def __init__(self, definition: Definition, commands: Sequence[type[Command]], fill: Fill):
        self.definition = definition
        self.forms = {command.NAME: Form(command) for command in commands}
        self.fill = fill
        self.catalog: Catalog = CATALOG.with_private(*definition.private)
        self.deciders: dict[str, Decider] = dict(definition.deciders)
        self.folds: dict[str, tuple[int, Any]] = {}
        self.dues: dict[str, Mapping[str, date]] = {}
        self.log: list[Recorded] = []
        self.readers = [Reader(consumer) for consumer in definition.consumers]
        self.closed: date | None = None

    @property
    def name(self) -> str:
        return self.definition.name

    def state(self, stream: str) -> Any:
        """A stream's present state."""
        known = self.folds.get(stream)
        return known[1] if known else self.deciders[category(stream)].initial

    def version(self, stream: str) -> int:
        return self.folds.get(stream, (0, None))[0]

    def built(self, step: Step) -> Command:
        """The command of a step, read as the service reads it over HTTP; raises Refused."""
        form = self.forms[step.command]
        sent = form.read(orjson.dumps(step.fields))
        filled = self.fill(form.command, sent, self, step.on)
        return form.command.model_validate({**sent, "on": step.on, **filled})

    def handle(self, command: Command, command_id: str, causation_id: str, on: date) -> int:
        """Decide a command and append its events: how many. Raises Refused."""
        stream = command.stream
        version, state = self.folds.get(stream, (0, self.deciders[category(stream)].initial))
        decider = self.deciders[category(stream)]
        events = decider.decide(command.fresh(self.state), state, self.definition.policies)
        for event in events:
            version += 1
            state = self._append(event, stream, version, state, (command_id, causation_id), on)
        if events:
            self.folds[stream] = (version, state)
            dues = decider.due(state) if decider.due else {}
            if dues:
                self.dues[stream] = dues
            else:
                self.dues.pop(stream, None)
        return len(events)

    def _append(
        self,
        event: Event,
        stream: str,
        version: int,
        state: Any,
        ids: tuple[str, str],
        on: date,
    ) -> Any:
        known = self.catalog.decode(event.TYPE, self.catalog.encode(event))
        assert known == event, f"{event!r} is read back as {known!r}"
        self._record(known, stream, version, ids, on)
        return self.deciders[category(stream)].evolve(state, known)

    def _record(
        self, event: Event, stream: str, version: int, ids: tuple[str, str], on: date
    ) -> None:
        position = len(self.log) + 1
        at = Envelope(
            event_id=derived_id(self.name, str(position)),
            source=self.name,
            stream=stream,
            version=version,
            position=position,
            recorded_at=Instant(f"{on.isoformat()}T12:00:00.000000Z"),
            correlation_id=ids[0],
            causation_id=ids[1],
            command_id=ids[0],
            actor="simulation",
        )
        self.log.append(Recorded(at, event))

    def close(self, on: date) -> bool:
        """Send every due tick, then close the day; False while one must wait."""
        asked: set[tuple[str, str]] = set()
        while True:
            ready, waiting = self._due(on)
            fresh = [due for due in ready if due not in asked]
            if not fresh:
                break
            for stream, rule in fresh:
                asked.add((stream, rule))
                tick = Tick(on=on, target=stream, rule=rule)
                self.handle(tick, derived_id(stream, rule, str(on)), "", on)
        if waiting:
            return False
        if self.closed is None or self.closed < on:
            self.closed = on
            self._record(DayClosed(on=on), f"calendar/{self.name}", 1, ("", ""), on)
        return True

    def _due(self, on: date) -> tuple[list[tuple[str, str]], bool]:
        ready: list[tuple[str, str]] = []
        waiting = False
        for stream, rules in sorted(self.dues.items()):
            for rule, day in rules.items():
                if day <= on:
                    sources = self.definition.rests_on.get(rule.partition(":")[0], ())
                    if all(self._known_through(source, day) for source in sources):
                        ready.append((stream, rule))
                    else:
                        waiting = True
        return ready, waiting

    def _known_through(self, source: str, day: date) -> bool:
        closed = [
            reader.closed.get(source, date.min)
            for reader in self.readers
            if source in reader.consumer.sources
        ]
        return bool(closed) and min(closed) >= day


class Platform:
    """All desks together."""

    def __init__(self, desks: Sequence[Desk]) -> None:
        self.desks = {desk.name: desk for desk in desks}
        self.prefixes = {desk.definition.prefix.strip("/"): desk for desk in desks}
        self.refusals: list[Refusal] = []
        self.away: set[tuple[str, str]] = set()
        """(reader's service, source) that hears nothing for the time being."""

    def send(self, step: Step) -> int:
        """Send a step and let everybody hear of it; the number of events it made."""
        desk = self.prefixes[step.service]
        command = desk.built(step)
        try:
            made = desk.handle(command, step.command_id, step.command_id, step.on)
        except Refused as refused:
            self.refusals.append(Refusal(step.on, command, refused))
            return 0
        self.settle(step.on)
        return made

    def settle(self, on: date) -> None:
        """Let every reader hear everything, until nobody has anything more to say."""
        while any(self._hear(desk, reader, on) for desk in self.ordered for reader in desk.readers):
            continue

    @property
    def ordered(self) -> list[Desk]:
        return list(self.desks.values())

    def _hear(self, desk: Desk, reader: Reader, on: date) -> bool:
        heard = False
        for source in reader.consumer.sources:
            if source not in self.desks or (desk.name, source) in self.away:
                continue  # a service that is not here says nothing
            log = self.desks[source].log
            while reader.read[source] < len(log):
                recorded = log[reader.read[source]]
                reader.read[source] += 1
                heard = True
                self._tell(desk, reader, recorded, on)
        return heard

    def _tell(self, desk: Desk, reader: Reader, recorded: Recorded, on: date) -> None:
        if isinstance(recorded.event, DayClosed):
            reader.closed[recorded.envelope.source] = recorded.event.on
        if recorded.event.TYPE not in self.desks[recorded.envelope.source].catalog.published:
            if recorded.envelope.source != desk.name:
                return
        reader.apply(recorded)
        for reaction in reader.consumer.reactions:
            for one in issued(reaction, recorded, reader.row):
                try:
                    desk.handle(one.command, one.command_id, recorded.envelope.event_id, on)
                except Refused as refused:
                    self.refusals.append(Refusal(on, one.command, refused))

    def close(self, on: date) -> None:
        """Close a day everywhere; the audits' day first comes to those who wait for it."""
        waiting = self.ordered
        while waiting:
            still = [desk for desk in waiting if not desk.close(on)]
            self.settle(on)
            if len(still) == len(waiting) and not self._catching_up():
                return  # somebody hears nothing: the day stays open for those who wait
            waiting = still

    def _catching_up(self) -> bool:
        return any(
            reader.read[source] < len(self.desks[source].log)
            for desk in self.ordered
            for reader in desk.readers
            for source in reader.consumer.sources
            if source in self.desks and (desk.name, source) not in self.away
        )


def modules_commands(domain: ModuleType) -> Sequence[type[Command]]:
    """The commands that users may send to a service."""
    found: Sequence[type[Command]] = domain.COMMANDS
    return found
