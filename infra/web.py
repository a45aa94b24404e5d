"""HTTP, the same for every service: problems for all that is refused, pages by key, health.

    api = build_api("membership", "/membership", "Membership", shared, ready)

`infra.webcommands` adds one route per command. Reads are ordinary FastAPI routes that take
`SignedIn` and `Paged` and answer with `Json`. Status codes live here and in `infra.problems` alone.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, NamedTuple, Protocol, TypeVar

import orjson
from fastapi import Depends, FastAPI, Query, Security
from fastapi.exceptions import RequestValidationError
from fastapi.middleware import Middleware
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, BeforeValidator, WithJsonSchema
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from contracts.values import plain

from .auth import Principal, Tokens
from .commandforms import DAY_PATTERN, FIRST_YEAR, LAST_YEAR, tell
from .devissuer import DevIssuer
from .door import CORRELATION, Door, problem_response
from .errors import Refused, Transient
from .faultwords import in_words
from .problems import (
    MEDIA_TYPE,
    SCHEMA,
    FieldError,
    InvalidRequest,
    Problem,
    Problems,
    pointer,
)
from .strictroute import StrictRoute
from .taking import Taking
from .telemetry import Metrics

RETRY_AFTER_S = 2
MAX_PAGE = 1_000
AFTER_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:~|/-]{0,255}$"
NOT_AFFILIATED = (
    "Castmark, a platform for an aluminium certification programme; not affiliated with or endorsed"
    " by ASI. Errors are RFC 9457 problem documents with stable slugs."
)
SLUG_OF_STATUS = {
    400: "malformed-request",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "wrong-content-type",
}
_PROBLEM = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
PROBLEM_RESPONSES: Mapping[int | str, dict[str, Any]] = {
    "4XX": {"description": "Refused; the slug says why", **_PROBLEM},
    "503": {"description": "Something we need is away; see Retry-After", **_PROBLEM},
}


class Json(JSONResponse):
    """JSON by orjson; decimals in plain notation, models and named tuples by their fields; what a
    mapping goes by (years, days, members of enums) as text, as JSON knows nothing else."""

    def render(self, content: object) -> bytes:
        return orjson.dumps(content, default=_plainly, option=orjson.OPT_NON_STR_KEYS)


def _plainly(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, tuple):
        fields = getattr(value, "_asdict", None)
        return fields() if fields else list(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


class Shared(NamedTuple):
    """What all services of a process have in common: who may sign in, metrics, known slugs, and the
    address by which everybody reaches the pages (none: as a request came)."""

    tokens: Tokens
    metrics: Metrics
    problems: Problems
    dev: DevIssuer | None = None
    public_url: str | None = None


class Readiness(NamedTuple):
    """Whether a service can do its work now, and the facts that say so."""

    ready: bool
    facts: Mapping[str, object]


class Ready(Protocol):
    """Asked at each `/ready`."""

    async def __call__(self) -> Readiness: ...


class Api(FastAPI):
    """One service's HTTP side; `schemas` are components that its routes refer to by name,
    `commands` how it takes each of its commands."""

    def __init__(
        self,
        service: str,
        prefix: str,
        title: str,
        shared: Shared,
        limits: Mapping[str, int],
        lifespan: Lifespan["Api"] | None,
    ) -> None:
        self.service, self.prefix, self.shared = service, prefix, shared
        self.schemas: dict[str, object] = {"Problem": SCHEMA}
        self.commands: dict[str, Taking] = {}
        super().__init__(
            title=title,
            version="1",
            description=NOT_AFFILIATED,
            openapi_url=f"{prefix}/openapi.json",
            docs_url=None,  # FastAPI's pages load their scripts from elsewhere
            redoc_url=None,
            redirect_slashes=False,
            default_response_class=Json,
            responses=dict(PROBLEM_RESPONSES),
            lifespan=lifespan,
            telemetry={"tracing": False, "metrics": False, "logs": False},
            middleware=[
                Middleware(
                    Door,
                    service=service,
                    metrics=shared.metrics,
                    problems=shared.problems,
                    limits=limits,
                )
            ],
        )
        self.router.route_class = StrictRoute
        for kind in (Refused, Transient, RequestValidationError, HTTPException):
            self.add_exception_handler(kind, self._problem)

    async def _problem(self, request: Request, error: Exception) -> Response:
        refused, headers = as_refused(error)
        return problem_response(self.shared.problems, refused, headers)

    def openapi(self) -> dict[str, Any]:
        """FastAPI's document with our components in it."""
        document = super().openapi()
        components = document.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        tell(schemas)
        schemas.update(self.schemas)
        components.setdefault("securitySchemes", {})[BEARER.scheme_name] = {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": BEARER.model.description,
        }
        return document


def as_refused(error: Exception) -> tuple[Refused, Mapping[str, str]]:
    """Any expected failure of a request as a refusal, with the headers that go with it."""
    if isinstance(error, Refused):
        return error, {}
    if isinstance(error, RequestValidationError):
        return InvalidRequest([_field_error(fault) for fault in error.errors()]), {}
    if isinstance(error, HTTPException):
        slug = SLUG_OF_STATUS.get(error.status_code, "malformed-request")
        headers = error.headers or {}
        return Refused(slug, _sentence(error, headers)), headers
    sentence = "something we need is away: send the same request again in a moment"
    return Refused("unavailable", sentence), {"retry-after": str(RETRY_AFTER_S)}


def _field_error(fault: ErrorDetails) -> FieldError:
    part, *path = fault["loc"]
    pattern = fault.get("ctx", {}).get("pattern")
    said = in_words(fault["type"], fault["msg"], str(path[-1]) if path else "", pattern)
    return FieldError(pointer(path), str(part), said)


def _sentence(error: HTTPException, headers: Mapping[str, str]) -> str:
    match error.status_code:
        case 404:
            return "there is nothing at this address: openapi.json lists what there is"
        case 405:
            return f"this address takes {headers.get('Allow', 'other methods')}"
        case _:
            return error.detail


def build_api(
    service: str,
    prefix: str,
    title: str,
    shared: Shared,
    ready: Ready,
    problems: Iterable[Problem] = (),
    limits: Mapping[str, int] | None = None,
    lifespan: Lifespan[Api] | None = None,
) -> Api:
    """The HTTP side of a service, with health, readiness, metrics and pages for its slugs.

    `prefix` ("/membership") begins every path that is the service's own, so that services can
    share an origin (`same_origin`). `problems` declares the service's slugs; `limits` allows
    larger bodies at some exact paths (an import's). Routes are added to the result; a router of
    one's own needs `route_class=StrictRoute`.
    """
    shared.problems.declare(problems)
    api = Api(service, prefix, title, shared, limits or {}, lifespan)

    async def health() -> Response:
        """The process runs. Says nothing of what it needs: see ready."""
        return Json({"status": "alive", "service": service})

    async def readiness() -> Response:
        """200 when the service can work, else 503; with the facts either way."""
        found = await ready()
        content = {"ready": found.ready, "service": service, "facts": found.facts}
        if found.ready:
            return Json(content)
        waits = Refused("not-ready", "the service cannot work yet: see `facts`")
        return Json({**shared.problems.document(waits), **content}, 503, media_type=MEDIA_TYPE)

    async def metrics() -> Response:
        """Prometheus' text format."""
        return Response(shared.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    async def explained(slug: str) -> Response:
        """What a slug means, for people."""
        page = shared.problems.page(slug)
        if page is None:
            raise HTTPException(404)
        return HTMLResponse(page, headers={"content-security-policy": "default-src 'none'"})

    async def development_keys() -> Response:
        """The public key of the development issuer."""
        if shared.dev is None:
            raise HTTPException(404)
        return Json(shared.dev.jwks())

    api.add_api_route(f"{prefix}/health", health, tags=["operation"])
    api.add_api_route(f"{prefix}/ready", readiness, tags=["operation"])
    api.add_api_route("/metrics", metrics, include_in_schema=False)
    api.add_api_route("/problems/{slug}", explained, include_in_schema=False)
    api.add_api_route("/dev/jwks", development_keys, include_in_schema=False)
    return api


def same_origin(apps: Mapping[str, ASGIApp], default: ASGIApp) -> ASGIApp:
    """Several services behind one address: each gets the paths under its prefix, `default` (the
    portal) the rest. Lifespans are the caller's to run."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        _, slash, rest = str(scope.get("path", "")).partition("/")  # (`OPTIONS *` has none)
        await apps.get(slash + rest.partition("/")[0], default)(scope, receive, send)

    return app


# --- what routes ask for ---


def _iso(value: object) -> object:
    if not isinstance(value, date) and not re.fullmatch(DAY_PATTERN, str(value)):
        raise ValueError(f"write dates as YYYY-MM-DD, years {FIRST_YEAR} to {LAST_YEAR}")
    return value


Day = Annotated[
    date,
    BeforeValidator(_iso),
    WithJsonSchema({"type": "string", "format": "date", "pattern": DAY_PATTERN}),
]
"""A date of a path, a query or a body that FastAPI reads (a plain `date` there takes the text "0"
for 1970-01-01)."""

BEARER = HTTPBearer(
    scheme_name="token",
    bearerFormat="JWT",
    description="A JWT of the issuer in use, with our audience and the claim `roles`",
    auto_error=False,
)


async def signed_in(
    request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)] = None
) -> Principal:
    """Who asks; Refused `not-signed-in` or `token-...`."""
    api: Api = request.app
    return await api.shared.tokens.principal(request.headers.get("authorization"))


SignedIn = Annotated[Principal, Depends(signed_in)]


def correlation_id(request: Request) -> str:
    """The id under which everything that follows from this request is recorded."""
    return str(request.scope["state"][CORRELATION])


class Page(NamedTuple):
    """Which part of a list is wanted: rows whose key comes after `after`, `limit` at most."""

    after: str | None
    limit: int


def page(
    after: Annotated[str | None, Query(pattern=AFTER_PATTERN)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> Page:
    """Read a page's parameters from the query."""
    return Page(after, limit)


Paged = Annotated[Page, Depends(page)]
T = TypeVar("T")


def listed(rows: Sequence[T], wanted: Page, key: Callable[[T], str]) -> dict[str, object]:
    """`{"items", "next"}` from up to `limit + 1` rows: the extra row only says that more follow."""
    items = rows[: wanted.limit]
    return {"items": items, "next": key(items[-1]) if len(rows) > wanted.limit else None}
