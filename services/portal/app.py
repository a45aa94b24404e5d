"""Wiring of the portal: routes, sign-in, templates, static files; nothing from elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import httpx
from fastapi import Header, Query
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from infra.errors import Refused
from infra.settings import Settings
from infra.web import Api, Readiness, Shared, build_api

from . import sources, words
from .asking import Asking, live_changes
from .auditing_pages import add_auditing
from .board import BUCKETS, Filter, board_of, explanation_of, policy_path
from .circularity_pages import add_circularity
from .custody_pages import add_custody
from .emissions_pages import add_emissions
from .events_pages import add_events
from .flow_pages import add_flow
from .problems import PROBLEMS
from .signin import add_sign_in
from .signin_session import token_of
from .verifying_pages import add_verifying
from .visits import begins_at, visitor

HERE = Path(__file__).parent
SHOWN = 20
"""So many members whose class is contradicted are shown at once."""
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self';"
    " connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "referrer-policy": "same-origin",
}
STATIC = {"castmark.css": "text/css", "board.js": "text/javascript", "mark.svg": "image/svg+xml"}


class Pages:
    """Renders templates for one process."""

    def __init__(self) -> None:
        self._jinja = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.filters["day"] = words.day
        self._jinja.filters["left"] = words.days_left
        self._jinja.filters["before"] = words.days_before
        self._jinja.filters["pieces"] = sources.pieces
        self._jinja.filters["figure"] = words.figure
        self._jinja.filters["number"] = words.number
        self._jinja.filters["tonnes"] = words.tonnes
        self._jinja.filters["percent"] = words.percent
        self._jinja.globals["label"] = words.label

    def page(self, name: str, status: int = 200, **values: object) -> Response:
        """An HTML page that loads nothing from elsewhere."""
        html = self._jinja.get_template(name).render(**values)
        return HTMLResponse(html, status, headers=HEADERS)


def build(settings: Settings, shared: Shared) -> Api:
    """The portal as an ASGI application. Stateless: the token is in the visitor's cookie."""
    http = httpx.AsyncClient(timeout=30)
    urls = {
        part: settings.url_of(part)
        for part in ("membership", "audits", "ghg", "certification", "coc", "feed")
    }
    asking = Asking(http, urls.__getitem__)
    pages = Pages()

    @asynccontextmanager
    async def lifespan(_: Api) -> AsyncIterator[None]:
        yield
        await http.aclose()

    async def ready() -> Readiness:
        return Readiness(True, {})

    made = build_api("portal", "", "Pages for people", shared, ready, PROBLEMS, lifespan=lifespan)
    add_sign_in(made, pages, shared, settings, http)
    _board(made, pages, asking)
    for add in (
        add_circularity,
        add_emissions,
        add_custody,
        add_flow,
        add_auditing,
        add_verifying,
    ):
        add(made, pages, asking, token_of)
    add_events(made, pages, asking, token_of, settings.feed_url or settings.public)

    @made.get("/sources", include_in_schema=False)
    async def cited() -> Response:
        return pages.page(
            "sources.html",
            evidence=sources.EVIDENCE,
            rules=list(sources.RULES.values()),
            documents=list(sources.DOCUMENTS.values()),
        )

    @made.get("/static/{name}", include_in_schema=False)
    async def static(name: str) -> Response:
        if name not in STATIC:
            raise Refused("unknown-page", "there is no such file")
        headers = {"cache-control": "no-cache", **HEADERS}
        return FileResponse(HERE / "static" / name, media_type=STATIC[name], headers=headers)

    return made


def _board(made: Api, pages: Pages, asking: Asking) -> None:
    @made.get("/", include_in_schema=False)
    async def board(
        request: Request,
        bucket: Annotated[str | None, Query(pattern="^[a-z_0-9]{1,20}$")] = None,
        kind: Annotated[str | None, Query(max_length=60)] = None,
        member: Annotated[str | None, Query(max_length=128)] = None,
        after: Annotated[str | None, Query(max_length=400)] = None,
    ) -> Response:
        token = token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        if elsewhere := begins_at(await visitor(made.shared.tokens, token)):
            return RedirectResponse(elsewhere, 303)
        wanted = Filter(bucket or None, kind or None, member or None, after or None)
        answer, decide = await asyncio.gather(
            asking.get(token, "/certification/deadlines", wanted.query()),
            asking.get(token, "/membership/contradictions", {"limit": str(SHOWN)}),
        )
        if not answer.fine:
            return pages.page("problem.html", answer.status, problem=answer.content)
        shown = board_of(answer.content, wanted, decide.content if decide.fine else None)
        return pages.page("board.html", board=shown, buckets=BUCKETS, wanted=wanted)

    @made.get("/deadlines/{deadline_id}", include_in_schema=False)
    async def deadline(request: Request, deadline_id: str) -> Response:
        token = token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        answer = await asking.get(token, f"/certification/deadlines/{deadline_id}", {})
        if not answer.fine:
            return pages.page("problem.html", answer.status, problem=answer.content)
        policy = policy_path(answer.content)
        figures = (await asking.get(token, policy[1], {})).content if policy else {}
        return pages.page("deadline.html", deadline=explanation_of(answer.content, figures))

    @made.get("/live", include_in_schema=False)
    async def live(
        request: Request,
        mark: Annotated[str, Query(max_length=60)] = "",
        last_event_id: Annotated[str | None, Header(max_length=60)] = None,
    ) -> Response:
        token = token_of(request)
        if token is None:
            raise Refused("not-signed-in", "sign in first")
        return EventSourceResponse(live_changes(asking, token, last_event_id or mark), ping=15)
