"""A service of three commands, a decider of ten lines and a writer in memory, to try doors on."""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar

import httpx
from fastapi import Path, Query
from joserfc.jwk import OKPKey
from prometheus_client import CollectorRegistry
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.envelope import Envelope, Event, Recorded
from contracts.values import ID_PATTERN, Id, Instant, MembershipClass, PlainDecimal, Value
from infra.auth import Principal, Tokens
from infra.commandids import kept_id
from infra.decider import Command
from infra.devissuer import ISSUER, DevIssuer
from infra.errors import Conflict, Refused, Transient
from infra.problems import Problem, Problems
from infra.telemetry import Metrics
from infra.transaction import Outcome, Request
from infra.web import Api, Day, Json, Paged, Readiness, Shared, SignedIn, build_api, listed
from infra.webcommands import command_routes

TODAY = date(2026, 11, 21)
NOW = 1_795_000_000.0
KEY = b"a key that only the service has"


class ThingRegistered(Event):
    """A thing is there."""

    TYPE: ClassVar[str] = "small.thing_registered.v1"
    thing_id: Id
    member_id: Id
    registered_on: date
    weight_t: PlainDecimal | None = None
    approver: Id


class Place(Value):
    """Where a thing stands."""

    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class RegisterThing(Command):
    """Put a thing on the list."""

    NAME: ClassVar[str] = "register_thing"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "approver"})
    member_id: Id
    thing_id: Id
    kind: MembershipClass = MembershipClass.INDUSTRIAL_USERS
    built_on: date | None = None
    weight_t: PlainDecimal | None = None
    count: Annotated[int, Field(ge=0)] = 1
    where: Place | None = None
    remark: Annotated[str, Field(max_length=50)] = ""
    approver: Id

    @property
    def stream(self) -> str:
        return f"thing/{self.thing_id}"


class InspectThing(Command):
    """Say that a firm has looked at a thing."""

    NAME: ClassVar[str] = "inspect_thing"
    auditor_firm: Id
    thing_id: Id

    @property
    def stream(self) -> str:
        return f"thing/{self.thing_id}"


class ScrapThing(Command):
    """Take a thing off the list."""

    NAME: ClassVar[str] = "scrap_thing"
    thing_id: Id

    @property
    def stream(self) -> str:
        return f"thing/{self.thing_id}"


COMMANDS: tuple[type[Command], ...] = (RegisterThing, InspectThing, ScrapThing)
ROLES = {
    "register_thing": frozenset({"ops", "member"}),
    "inspect_thing": frozenset({"ops", "auditor"}),
    "scrap_thing": frozenset({"ops"}),
}


class MemoryWriter:
    """Does what the real one promises for one process: once per id, refusals change nothing."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: dict[str, tuple[Command, Outcome]] = {}
        self.things: set[str] = set()
        self.failure: Exception | None = None

    async def kept_as(self, given: str) -> str:
        return kept_id(given, KEY)

    async def execute(self, request: Request) -> Outcome:
        await asyncio.sleep(0)
        self.requests.append(request)
        if self.failure is not None:
            raise self.failure
        known = self.answers.get(request.command_id)
        if known is not None:
            if known[0] != request.command:
                raise Conflict("command-id-reused", "this id was used for another request")
            return known[1]._replace(repeated=True)
        outcome = self._outcome(request)
        self.answers[request.command_id] = request.command, outcome
        return outcome

    def _outcome(self, request: Request) -> Outcome:
        command, position = request.command, len(self.answers) + 1
        events: list[Event] = []
        match command:
            case RegisterThing() if command.stream not in self.things:
                events.append(
                    ThingRegistered(
                        thing_id=command.thing_id,
                        member_id=command.member_id,
                        registered_on=command.on,
                        weight_t=command.weight_t,
                        approver=command.approver,
                    )
                )
                self.things.add(command.stream)
            case ScrapThing() if command.stream not in self.things:
                raise Refused("unknown-thing", "there is no such thing", thing=command.thing_id)
            case InspectThing():
                raise Refused("thing-too-heavy", "nobody can turn it", limit_t=12)
            case _:
                pass  # what was asked for is already so
        at = Envelope(
            event_id=f"e{position}",
            source="small",
            stream=command.stream,
            version=1,
            position=position,
            recorded_at=Instant("2026-11-21T10:00:00.000000Z"),
            correlation_id=request.correlation_id,
            causation_id=request.causation_id,
            command_id=request.command_id,
            actor=request.actor,
        )
        recorded = tuple(Recorded(at, event) for event in events)
        return Outcome(request.command_id, command.stream, 1, position, False, recorded)


class Echo(BaseModel):
    """A body declared the way FastAPI does it."""

    model_config = ConfigDict(extra="forbid")
    words: str


class Small:
    """The service with its keys; `client()` speaks to it."""

    def __init__(self) -> None:
        self.now = NOW
        self.issuer = DevIssuer(
            OKPKey.generate_key("Ed25519"), audience="castmark", now=lambda: self.now
        )
        self.metrics = Metrics(CollectorRegistry())
        self.writer = MemoryWriter()
        self.ready = Readiness(True, {"database": "answers"})
        tokens = Tokens(self.issuer, ISSUER, "castmark", now=lambda: self.now)
        self.shared = Shared(tokens, self.metrics, Problems(), self.issuer)
        self.api: Api = build_api(
            "small",
            "/small",
            "Small",
            self.shared,
            self._ready,
            problems=[Problem("thing-too-heavy", "Too heavy", "Things weigh 12 t at most.")],
            limits={"/small/large": 1_000_000},
        )
        command_routes(self.api, COMMANDS, ROLES, self.writer, self._fill, self._actor)
        self._add_reads()

    async def _ready(self) -> Readiness:
        return self.ready

    async def _fill(
        self, command: type[Command], principal: Principal, sent: Mapping[str, object]
    ) -> Mapping[str, object]:
        filled: dict[str, object] = {"on": TODAY}
        if command is RegisterThing:
            filled["approver"] = await self._actor(principal)
        return filled

    async def _actor(self, principal: Principal) -> str:
        return "person-1"

    def _add_reads(self) -> None:
        @self.api.get("/small/things")
        async def things(principal: SignedIn, wanted: Paged) -> Json:
            keys = sorted(key for key in self.writer.things if key > (wanted.after or ""))
            return Json(listed(keys[: wanted.limit + 1], wanted, str))

        @self.api.get("/small/things/{thing_id}")
        async def thing(
            thing_id: Annotated[str, Path(pattern=ID_PATTERN)],
            on: Annotated[Day | None, Query()] = None,
        ) -> Json:
            if f"thing/{thing_id}" not in self.writer.things:
                raise Refused("unknown-thing", "there is no such thing", thing=thing_id)
            return Json({"thing_id": thing_id, "on": on})

        @self.api.post("/small/echo")
        async def echo(body: Echo) -> Json:
            return Json(body)

        @self.api.post("/small/large")
        async def large(body: Echo) -> Json:
            return Json({"length": len(body.words)})

        @self.api.get("/small/broken")
        async def broken() -> Json:
            raise RuntimeError("a secret of the house")

        @self.api.get("/small/away")
        async def away() -> Json:
            raise Transient("the database is away: password authentication failed")

    def client(self, *roles: str) -> httpx.AsyncClient:
        """A client that is signed in with these roles, or not at all."""
        headers = {"authorization": f"Bearer {self.issuer.mint(roles)}"} if roles else {}
        transport = httpx.ASGITransport(self.api)
        return httpx.AsyncClient(transport=transport, base_url="http://small", headers=headers)


def thing(number: int = 1, /, **changes: object) -> dict[str, object]:
    """A body for register_thing."""
    return {"member_id": "M1", "thing_id": f"T{number}", **changes}
