"""What operators do to a service at work, the same for every service, for the role `ops` alone.

Consumers and their lag, parked streams (look, retry, skip), refused reactions, rebuild with
progress, the clock of a simulated store, verification of the log, sending a topic again.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from starlette.responses import Response

from contracts.catalog import TOPICS
from contracts.machinery import TreeHeadSigned
from contracts.values import Id

from . import heads, tables
from .consumer import START, read_cursors
from .dues import restate
from .errors import Refused, Transient
from .parking import parked_events
from .rebuild import Rebuild, Result
from .relay import rewind
from .service import Running
from .store import translated
from .web import Api, Day, Json, Readiness, SignedIn

DAYS_AT_ONCE = 3_660
"""A clock that was moved by a mistyped year is lost: nobody can move it back."""


class Tick(BaseModel):
    """Move a simulated store's clock to a day."""

    model_config = ConfigDict(extra="forbid")
    on: Day


class Rebuilding(BaseModel):
    """Rebuild a consumer's read models."""

    model_config = ConfigDict(extra="forbid")
    consumer: Id
    switch: bool = True


class Releasing(BaseModel):
    """Try a parked stream again, or skip its first event and try the rest."""

    model_config = ConfigDict(extra="forbid")
    consumer: Id
    source: Id
    stream: str
    kind: Literal["retry", "skip"]


class Rewinding(BaseModel):
    """Send again everything behind a position."""

    model_config = ConfigDict(extra="forbid")
    position: Annotated[int, Field(ge=0)]


class Verifying(BaseModel):
    """Heads that were kept elsewhere."""

    model_config = ConfigDict(extra="forbid")
    heads: tuple[TreeHeadSigned, ...] = ()


class Rebuilds:
    """Rebuilds of this process: one at a time per consumer, with what they report."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._state: dict[str, dict[str, Any]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, consumer: str, *, switch: bool) -> None:
        """Begin in the background; Refused when one runs already or the name is unknown."""
        known = {part.name: part for part in self._running.definition.consumers}
        if consumer not in known:
            raise Refused(
                "unknown-consumer", f"this service has {', '.join(sorted(known)) or 'none'}"
            )
        if self._state.get(consumer, {}).get("state") == "running":
            raise Refused("rebuild-running", f"{consumer} is being rebuilt already")
        state = self._state[consumer] = {"state": "running", "phase": "", "done": 0, "total": 0}

        def report(phase: str, done: int, total: int) -> None:
            if state["state"] != "running":  # nobody may wait for this thread any longer
                raise Transient("this process is shutting down")
            state.update(phase=phase, done=done, total=total)

        running = self._running
        rebuild = Rebuild(
            known[consumer], running.models[consumer], running.writer, running.log_of, report
        )
        self._tasks[consumer] = asyncio.create_task(self._run(rebuild, state, switch=switch))

    async def _run(self, rebuild: Rebuild, state: dict[str, Any], *, switch: bool) -> None:
        try:
            result: Result = await asyncio.to_thread(partial(rebuild.run, switch=switch))
            if switch:  # an older build may have written beside this one after it started
                await asyncio.to_thread(partial(restate, self._running.writer, again=True))
        except asyncio.CancelledError:
            state.update(state="cancelled")
            raise
        except Exception as error:
            state.update(state="failed", reason=f"{type(error).__name__}: {error}")
            raise
        state.update(
            state="done",
            **{**result._asdict(), "differences": [d._asdict() for d in result.differences]},
        )

    def states(self) -> Mapping[str, Mapping[str, Any]]:
        """What every rebuild reports."""
        return self._state


def readiness_of(running: Running) -> Readiness:
    """Whether a service can work: no task ended by a bug, no consumer stopped."""
    consumers = {name: progress.state for name, progress in running.progress.items()}
    failed = running.failed()
    facts: dict[str, object] = {
        "consumers": consumers,
        "failed": failed,
        "clock": running.clock.trouble,
        "signer": running.signer.trouble,
    }
    if running.relay is not None:
        facts["relay"] = running.relay.progress.state
        if running.relay.progress.state == "stopped":
            failed = [*failed, running.relay.progress.reason]
    return Readiness(not failed and "stopped" not in consumers.values(), facts)


def add_operations(api: Api, running: Running) -> None:
    """Add `{prefix}/operations/...` and the service's policies to its HTTP side."""
    at = f"{api.prefix}/operations"
    _add_history(api, running, at)
    _add_consumers(api, running, at)
    _add_rebuilds(api, running, at)
    if running.name in TOPICS:
        _add_calendar(api, running, at)


def _add_history(api: Api, running: Running, at: str) -> None:
    """The policies decisions rested on, and whether history is what it was."""

    @api.get(f"{api.prefix}/policies/{{policy_id}}", tags=["policy"])
    async def policy(principal: SignedIn, policy_id: str) -> Response:
        """The figures of a policy, each with its evidence and source."""
        found = running.definition.policies.named(policy_id)
        if found is None:
            raise Refused("unknown-policy", f"there is no policy {policy_id[:100]!r} here")
        figures = {name: figure.model_dump() for name, figure in found.figures.items()}
        return Json({"policy_id": found.policy_id, "figures": figures})

    @api.post(f"{at}/verify", tags=["operation"])
    async def verified(principal: SignedIn, wanted: Verifying) -> Response:
        """Recompute every leaf hash; compare with the heads in our file and with those given
        (heads of other stores among them are passed over)."""
        principal.require("ops")
        key = running.signer.key.public_key()
        signed = heads.read_heads(running.signer.file)
        ours = [head for head in wanted.heads if head.store_id == running.store.store_id]
        count, findings = await asyncio.to_thread(
            heads.verify, running.store, [*signed, *ours], key
        )
        return Json(
            {
                "store_id": running.store.store_id,
                "events": count,
                "heads": len(signed),
                "outside_heads": len(ours),
                "public_key": heads.public_hex(key),
                "findings": [finding._asdict() for finding in findings],
            }
        )


def _add_consumers(api: Api, running: Running, at: str) -> None:
    """What consumers do, and what they have parked."""

    @api.get(f"{at}/consumers", tags=["operation"])
    async def consumers(principal: SignedIn) -> Response:
        """Every consumer: state, cursors, lag in events and seconds, what is parked."""
        principal.require("ops")
        return Json(await asyncio.to_thread(_consumers, running))

    @api.get(f"{at}/parked", tags=["operation"])
    async def parked(principal: SignedIn, consumer: Annotated[str, Query()]) -> Response:
        """Parked events of a consumer, oldest first."""
        principal.require("ops")
        return Json(await asyncio.to_thread(_parked, running, consumer))

    @api.post(f"{at}/release", tags=["operation"])
    async def release(principal: SignedIn, wanted: Releasing) -> Response:
        """Retry a parked stream, or skip its first event; done under the consumer's cursor."""
        principal.require("ops")
        applier = running.appliers.get(wanted.consumer)
        if applier is None:
            raise Refused("unknown-consumer", "this service has no consumer of that name")
        done = await applier.release(wanted.source, wanted.stream, wanted.kind, "castmark:ops")
        return Json(done)

    @api.get(f"{at}/refusals", tags=["operation"])
    async def refusals(principal: SignedIn) -> Response:
        """Commands of reactions that were refused, newest first."""
        principal.require("ops")
        return Json(await asyncio.to_thread(_refusals, running))


def _add_rebuilds(api: Api, running: Running, at: str) -> None:
    """Rebuilding read models."""
    rebuilds = Rebuilds(running)

    @api.post(f"{at}/rebuild", tags=["operation"], status_code=202)
    async def rebuild(principal: SignedIn, wanted: Rebuilding) -> Response:
        """Begin a rebuild of a consumer's read models."""
        principal.require("ops")
        rebuilds.start(wanted.consumer, switch=wanted.switch)
        return Json(rebuilds.states(), 202)

    @api.get(f"{at}/rebuild", tags=["operation"])
    async def rebuilt(principal: SignedIn) -> Response:
        """What rebuilds of this process do, and what they found different."""
        principal.require("ops")
        return Json(rebuilds.states())


def _add_calendar(api: Api, running: Running, at: str) -> None:
    """What only services with a topic of their own have: a clock, and something to send again."""

    @api.get(f"{at}/clock", tags=["operation"])
    async def clock(principal: SignedIn) -> Response:
        """The present day, the last day closed, the day it is being moved to, and what cannot be
        decided yet."""
        principal.require("ops")
        return Json(await asyncio.to_thread(_clock, running))

    @api.post(f"{at}/tick", tags=["operation"], status_code=202)
    async def tick(principal: SignedIn, wanted: Tick) -> Response:
        """Accept a day to move a simulated store's clock to: `target`. Every day before it is
        decided in order, when the services that this one rests on have got so far; see `clock`."""
        principal.require("ops")
        known = running.clock.target
        if known is None and await asyncio.to_thread(running.clock.closed_on) is not None:
            known = running.times.today()
        if known is not None and (wanted.on - known).days > DAYS_AT_ONCE:
            raise Refused(
                "tick-too-far",
                f"it is {known}; a clock never goes back, so it is moved by {DAYS_AT_ONCE}"
                " days at most: move it by steps if that day is meant",
                today=known,
                on=wanted.on,
            )
        target = await running.clock.move(wanted.on)
        return Json({**await asyncio.to_thread(_clock, running), "target": target}, 202)

    @api.post(f"{at}/relay", tags=["operation"])
    async def relay(principal: SignedIn, wanted: Rewinding) -> Response:
        """Send again to the broker everything behind a position."""
        principal.require("ops")
        if running.relay is None:
            raise Refused(
                "nothing-relayed",
                "there is no broker here: readers tail the store itself, and read again from"
                " their own cursors",
            )
        await running.writer.run(partial(rewind, position=wanted.position))
        return Json({"relay": "again", "from": wanted.position})


def _parked(running: Running, consumer: str) -> dict[str, object]:
    with translated(), running.engine.connect() as connection:
        found = parked_events(connection, consumer)
    return {
        "items": [
            {
                "source": event.source,
                "stream": event.record.envelope.stream,
                "position": event.record.envelope.position,
                "type": event.record.type,
                "slug": event.slug,
                "sentence": event.sentence,
                "parked_at": event.parked_at,
            }
            for event in found
        ]
    }


def _refusals(running: Running) -> dict[str, object]:
    refused = tables.REFUSALS
    query = select(refused).order_by(refused.c.refused_at.desc()).limit(1_000)
    with translated(), running.engine.connect() as connection:
        return {"items": [dict(row._mapping) for row in connection.execute(query)]}


def _consumers(running: Running) -> dict[str, object]:
    items: list[dict[str, object]] = []
    with translated(), running.engine.connect() as connection:
        for consumer in running.definition.consumers:
            progress = running.progress[consumer.name]
            cursors = read_cursors(connection, consumer.name)
            waiting = parked_events(connection, consumer.name)
            parked = Counter((event.source, event.partition) for event in waiting)
            behind = 0
            for source in consumer.sources:
                log = running.log_of(source)
                for partition, end in log.ends(source).items():
                    reached = log.reached(cursors.get((source, partition), START))
                    behind += max(0, end - reached)
            items.append(
                {
                    "consumer": consumer.name,
                    "state": progress.state,
                    "reason": progress.reason,
                    "partitions": {**progress.counts(), "parked": len(parked)},
                    "behind": behind,
                    "lag_seconds": round(progress.lag_seconds(), 3),
                    "applied": progress.applied,
                    "repeats": progress.repeats,
                    "holes": progress.holes,
                    "parked": parked.total(),
                    "cursors": [
                        {"source": place[0], "partition": place[1], "position": cursor.position,
                         "closed_on": cursor.closed_on, "waits": progress.places.get(place, ""),
                         "parked": parked[place]}
                        for place, cursor in sorted(cursors.items())
                    ],
                }
            )  # fmt: skip
    return {"items": items}


def _clock(running: Running) -> dict[str, object]:
    closed_on = running.clock.closed_on()  # first: a day is closed before the next one begins
    return {
        "today": running.times.today(),
        "simulated": running.times.simulated,
        "closed_on": closed_on,
        "target": running.clock.target,
        "trouble": running.clock.trouble,
        "undetermined": [
            {**item.due._asdict(), "reason": item.reason} for item in running.clock.undetermined
        ],
    }
