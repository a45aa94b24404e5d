"""One POST operation per command: who asks, is it whole, may they, then the writer.

The order is fixed: token, command id, role, content type, JSON, fields, whose it is, what the
server fills in, the writer. A refusal at one step means that nothing later was tried and nothing
happened. The answer is written after the commit.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import orjson
from pydantic import ValidationError
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from contracts.envelope import Recorded
from contracts.values import ID_PATTERN

from .auth import Principal, RoleKind
from .commandforms import (
    ID_HEADER,
    JSON_TYPE,
    OUTCOME,
    REF,
    Form,
    example_of,
    operation_of,
    schemas_of,
)
from .decider import Command
from .errors import Refused
from .strictroute import json_body
from .transaction import Outcome, Request
from .web import Api, correlation_id

ID = re.compile(ID_PATTERN)
Fill = Callable[[type[Command], Principal, Mapping[str, object]], Awaitable[Mapping[str, object]]]
"""`fill(command class, who, fields as sent)` gives every FILLED field: the day, the approver's
reference, evidence. It may refuse."""
ActorOf = Callable[[Principal], Awaitable[str]]
"""The opaque reference that stands for somebody in events (`persons.Persons.actor`)."""


class Executes(Protocol):
    """What we need of `execute.Writer`."""

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
    """One command on its way over HTTP."""

    command: type[Command]
    form: Form
    roles: frozenset[str]
    owned: Sequence[Owned]
    writer: Executes
    fill: Fill
    actor: ActorOf

    async def handle(self, request: HttpRequest) -> Response:
        """Answer one request; see the order at the top of this file."""
        api: Api = request.app
        principal = await api.shared.tokens.principal(request.headers.get("authorization"))
        command_id = command_id_of(request)
        principal.require(*self.roles)
        sent = self.form.read(await json_body(request))
        self._require_own(principal, sent)
        filled = await self.fill(self.command, principal, sent)
        command = self._built(sent, filled)
        actor = await self.actor(principal)
        outcome = await self.writer.execute(
            Request(command_id, command, actor, correlation_id(request), command_id)
        )
        return Response(answer(outcome), media_type=JSON_TYPE)

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


def command_id_of(request: HttpRequest) -> str:
    """The id that the sender made; Refused `command-id-missing` or `command-id-malformed`."""
    given = request.headers.getlist(ID_HEADER)
    if not given:
        raise Refused(
            "command-id-missing",
            f"send the header '{ID_HEADER}: <id>' with an id of your own making, say a UUID; a"
            " retry sends the same one, so that nothing is done twice",
        )
    if len(given) > 1 or not ID.fullmatch(given[0]):
        raise Refused(
            "command-id-malformed",
            f"{ID_HEADER} must be one id of 1 to 128 letters, digits and ._:- that begins with a"
            " letter or a digit",
        )
    return given[0]


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


def command_routes(
    api: Api,
    commands: Sequence[type[Command]],
    roles: Mapping[str, frozenset[str]],
    writer: Executes,
    fill: Fill,
    actor: ActorOf,
) -> None:
    """Add `POST /{prefix}/commands/{NAME}` for each command class.

    `roles[NAME]` are the kinds of role that may issue it. A command open to members must have the
    field `member_id`, one open to auditors `auditor_firm`, either sent or FILLED; ValueError
    otherwise, so that no service starts with a command that anybody could aim at anybody.
    """
    forms = {command: Form(command) for command in commands}
    schemas = schemas_of(list(forms.values()))
    api.schemas |= schemas
    for command, form in forms.items():
        allowed = roles[command.NAME]
        taking = Taking(command, form, allowed, _owned(command, allowed), writer, fill, actor)
        api.add_api_route(
            f"{api.prefix}/commands/{command.NAME}",
            taking.handle,
            methods=["POST"],
            name=command.NAME,
            operation_id=command.NAME,
            summary=command.NAME.replace("_", " ").capitalize(),
            tags=["commands"],
            response_model=None,
            response_description="Done, and durable",
            responses={
                200: {"content": {JSON_TYPE: {"schema": {"$ref": REF.format(model=OUTCOME)}}}}
            },
            openapi_extra=operation_of(form, allowed, example_of(form, schemas)),
        )


def _owned(command: type[Command], allowed: frozenset[str]) -> Sequence[Owned]:
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
