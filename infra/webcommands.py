"""One POST operation per command: who asks and under which id; then as on every road (`taking`)."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from .commandforms import JSON_TYPE, OUTCOME, REF, Form, example_of, operation_of, schemas_of
from .decider import Command
from .strictroute import json_body
from .taking import (
    ActorOf,
    Executes,
    Explain,
    Fill,
    Taking,
    answer,
    as_refused,
    command_id_of,
    owned_by,
)
from .web import Api, correlation_id


class Posted(NamedTuple):
    """One command over HTTP."""

    taking: Taking

    async def handle(self, request: HttpRequest) -> Response:
        """Answer one request; see the order at the top of `taking`."""
        api: Api = request.app
        principal = await api.shared.tokens.principal(request.headers.get("authorization"))
        command_id = command_id_of(request.headers)
        body = partial(json_body, request)
        outcome = await self.taking.take(principal, command_id, correlation_id(request), body)
        return Response(answer(outcome), media_type=JSON_TYPE)


def command_routes(
    api: Api,
    commands: Sequence[type[Command]],
    roles: Mapping[str, frozenset[str]],
    writer: Executes,
    fill: Fill,
    actor: ActorOf,
    explain: Explain = as_refused,
) -> None:
    """Add `POST /{prefix}/commands/{NAME}` for each command class; `api.commands` has them too.

    `roles[NAME]` are the kinds of role that may issue it. A command open to members must have the
    field `member_id`, one open to auditors `auditor_firm`, either sent or FILLED; ValueError
    otherwise.
    """
    forms = {command: Form(command) for command in commands}
    schemas = schemas_of(list(forms.values()))
    api.schemas |= schemas
    for command, form in forms.items():
        allowed = roles[command.NAME]
        owned = owned_by(command, allowed)
        taking = Taking(command, form, allowed, owned, writer, fill, actor, explain)
        api.commands[command.NAME] = taking
        api.add_api_route(
            f"{api.prefix}/commands/{command.NAME}",
            Posted(taking).handle,
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
