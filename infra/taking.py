"""One command on its way in, the same over HTTP and over Kafka: may they, is it whole, the writer.

The order is fixed: token, command id, role, the body's type and JSON, fields, whose it is, what
the server fills in, the writer. A refusal at one step means that nothing later was tried and
nothing happened. The first two come with the road (`webcommands`, `kafka_requests`); everything
behind them is `Taking.take`. The answer is written after the commit.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import orjson
from pydantic import ValidationError
from starlette.datastructures import Headers

from contracts.envelope import Recorded
from contracts.values import ID_PATTERN

from .auth import Principal, RoleKind
from .commandforms import ID_HEADER, Form
from .decider import Command
from .errors import Conflict, Refused
from .transaction import Outcome, Request

ID = re.compile(ID_PATTERN)
Fill = Callable[[type[Command], Principal, Mapping[str, object]], Awaitable[Mapping[str, object]]]
"""`fill(command class, who, fields as sent)` gives every FILLED field: the day, the approver's
reference, evidence. It may refuse."""
ActorOf = Callable[[Principal], Awaitable[str]]
"""The opaque reference that stands for somebody in events (`persons.Persons.actor`)."""
Explain = Callable[[Command, Refused], Awaitable[Refused]]
"""`explain(command, refused)` says more of a refusal of the writer's than the decision could know;
the same one where there is nothing more."""
Body = Callable[[], Awaitable[bytes]]
"""Reads the JSON that was sent, once it is known that they may send it; it may refuse."""


async def as_refused(command: Command, refused: Refused) -> Refused:
    """A refusal as the decision says it."""
    return refused


class Executes(Protocol):
    """What we need of `execute.Writer`."""

    async def kept_as(self, given: str) -> str:
        """The id under which a client's command is kept."""
        ...

    async def execute(self, request: Request) -> Outcome:
        """Decide and store; raises Refused, Conflict or Transient."""
        ...


class Owned(NamedTuple):
    """How a role that is not `ops` is held to its own: the field that must name it."""

    kind: RoleKind
    field: str
    require: Callable[[Principal, str], None]


OWNED = (
    Owned(RoleKind.MEMBER, "member_id", Principal.require_member),
    Owned(RoleKind.AUDITOR, "auditor_firm", Principal.require_auditor),
    Owned(RoleKind.VERIFIER, "verifier_id", Principal.require_verifier),
    Owned(RoleKind.SUBSCRIBER, "subscriber_id", Principal.require_subscriber),
)


class Taking(NamedTuple):
    """How one command is taken: its form, who may send it, who completes and executes it, who says
    more of it when it is refused. `roles` are kinds of role (`auth.RoleKind`)."""

    command: type[Command]
    form: Form
    roles: frozenset[str]
    owned: Sequence[Owned]
    writer: Executes
    fill: Fill
    actor: ActorOf
    explain: Explain = as_refused

    async def take(
        self, who: Principal, command_id: str, correlation_id: str, body: Body
    ) -> Outcome:
        """Carry out what somebody sent, or refuse it; returns once it is durable.

        Raises Refused, Conflict or Transient.
        """
        who.require(*self.roles)
        sent = self.form.read(await body())
        self._require_own(who, sent)
        filled = await self.fill(self.command, who, sent)
        command = self._built(sent, filled)
        actor = await self.actor(who)
        kept = await self.writer.kept_as(command_id)
        request = Request(kept, command, actor, correlation_id, kept)
        try:
            return named(await self.writer.execute(request), command_id)
        except Conflict as conflict:
            facts = {**conflict.facts, "command_id": command_id}
            raise Conflict(conflict.slug, conflict.sentence, **facts) from conflict
        except Refused as refused:
            told = await self.explain(command, refused)
            if told is refused:
                raise
            raise told from refused

    def _require_own(self, principal: Principal, sent: Mapping[str, object]) -> None:
        """Operations may act for all; others through a role of theirs that owns the subject."""
        if principal.is_ops and RoleKind.OPS in self.roles:
            return None
        refusals: list[Refused] = []
        for owned in self.owned:
            if not principal.ids(owned.kind):
                continue
            if owned.field not in sent:
                return None  # the server fills it in, so the decider compares
            try:
                return owned.require(principal, str(sent[owned.field]))
            except Refused as refused:
                refusals.append(refused)
        raise refusals[0]  # `require` let nobody through who has none of these roles

    def _built(self, sent: Mapping[str, object], filled: Mapping[str, object]) -> Command:
        try:
            return self.command.model_validate({**sent, **filled})
        except ValidationError as error:
            faults = error.errors(include_url=False)
            if any(fault["loc"] and fault["loc"][0] in self.command.FILLED for fault in faults):
                raise  # the fault is ours, not the sender's
            raise self.form.invalid(faults) from error


def command_id_of(headers: Headers, owner: str = "") -> str:
    """The id that the sender made, with the `owner` before it whose ids are apart from all others
    ("M1:"); Refused `command-id-missing` or `command-id-malformed`."""
    given = headers.getlist(ID_HEADER)
    if not given:
        raise Refused(
            "command-id-missing",
            f"send the header '{ID_HEADER}: <id>' with an id of your own making, say a UUID; a"
            " retry sends the same one, so that nothing is done twice",
        )
    if len(given) > 1 or not ID.fullmatch(given[0]) or not ID.fullmatch(owner + given[0]):
        raise Refused(
            "command-id-malformed",
            f"{ID_HEADER} must be one id of 1 to {128 - len(owner)} letters, digits and ._:- that"
            " begins with a letter or a digit",
        )
    return owner + given[0]


def named(outcome: Outcome, given: str) -> Outcome:
    """An outcome as its sender knows it: by the id that it gave."""
    return outcome._replace(command_id=given)


def answer(outcome: Outcome) -> bytes:
    """The JSON of an outcome."""
    return orjson.dumps(
        {
            "command_id": outcome.command_id,
            "stream": outcome.stream,
            "version": outcome.version,
            "position": outcome.position,
            "repeated": outcome.repeated,
            "events": [_event(recorded) for recorded in outcome.recorded],
        }
    )


def _event(recorded: Recorded) -> Mapping[str, object]:
    at, event = recorded.envelope, recorded.event
    return {
        "type": event.TYPE,
        "version": at.version,
        "position": at.position,
        "data": orjson.Fragment(event.__pydantic_serializer__.to_json(event)),
    }


def owned_by(command: type[Command], allowed: frozenset[str]) -> Sequence[Owned]:
    """What holds each of the roles that may send a command to its own; ValueError where nothing
    does, so that no service starts with a command that anybody could aim at anybody."""
    owned = [each for each in OWNED if each.kind in allowed]
    strange = allowed - {RoleKind.OPS, *(each.kind for each in owned)}
    if strange:
        raise ValueError(f"{command.NAME}: nothing holds {', '.join(strange)} to their own")
    for each in owned:
        if each.field not in command.model_fields:
            raise ValueError(
                f"{command.NAME} is open to {each.kind} and has no field {each.field}: nothing"
                " would hold them to their own"
            )
    return owned
