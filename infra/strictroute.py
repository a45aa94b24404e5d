"""Routes that take what they declare and nothing else.

FastAPI ignores query parameters that a route does not know, takes the last of two equal ones, and
reads JSON leniently. A misspelt `limt=5` or a doubled key is a mistake that its sender wants to
hear of, so here each is refused.
"""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, get_origin

from fastapi import params
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope

from .commandforms import JSON_TYPE
from .errors import Refused
from .problems import FieldError, InvalidRequest, pointer
from .strictjson import read_json


class StrictRoute(APIRoute):
    """A FastAPI route with a strict query and, where it declares a JSON body, a strict body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        known = {
            field.alias: get_origin(field.field_info.annotation) in (list, set, tuple, frozenset)
            for field in get_flat_params(self.dependant)
            if isinstance(field.field_info, params.Query)
        }
        takes_json = self.body_field is not None and not isinstance(
            self.body_field.field_info, params.Form
        )

        async def strict(request: Request) -> Response:
            if request.scope["query_string"]:
                _check_query(request, known)
            if not takes_json:
                return await handle(request)
            body = await json_body(request)
            return await handle(_Read(request.scope, request.receive, body, read_json(body)))

        return strict


def _check_query(request: Request, known: Mapping[str, bool]) -> None:
    """`known` says of each parameter whether it may be repeated."""
    faults: list[FieldError] = []
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name not in known:
            there_are = f"there are {', '.join(known)}" if known else "there are none here"
            faults.append(
                FieldError(pointer([name]), "query", f"there is no such parameter; {there_are}")
            )
        elif name in seen and not known[name]:
            faults.append(FieldError(pointer([name]), "query", "say it once"))
        seen.add(name)
    if faults:
        raise InvalidRequest(faults)


class _Read(Request):
    """A request whose body was read and understood."""

    def __init__(self, scope: Scope, receive: Receive, body: bytes, value: object) -> None:
        super().__init__(scope, receive)
        self._body = body
        self._value = value

    async def json(self) -> object:
        return self._value


async def json_body(request: Request) -> bytes:
    """The body of a request that says it is JSON; Refused `wrong-content-type` otherwise."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != JSON_TYPE:
        raise Refused(
            "wrong-content-type",
            f"the body must be JSON: send the header 'Content-Type: {JSON_TYPE}'",
            given=content_type[:100],
        )
    return await request.body()
