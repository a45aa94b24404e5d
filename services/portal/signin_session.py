"""The session of a visitor: a token of theirs in a cookie, and what a request must be to use it.

`Sessions` stands before every page. A page asks `token_of(request)` and sends who has none to
`SIGN_IN`; the way there then carries the page that was asked for, so that signing in leads back to
it. A token that is no longer good counts as none. A request that changes something is heard only
from our own pages, whatever the cookie: `SameSite` knows sites, and those may hold others' hosts.
"""

import time
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.auth import LEEWAY_S
from infra.errors import Refused, Transient
from infra.web import Shared

from .emissions_pages import Renders

COOKIE = "castmark_token"
SIGN_IN = "/signin"
SIGN_OUT = "/signout"
FIRST_PAGE = "/"
MAX_ADDRESS = 1_000
MAX_COOKIE_BYTES = 3_800
"""Browsers keep 4096 bytes of a cookie, name and attributes with it."""
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_HELD = "castmark.session"


class Keeps(NamedTuple):
    """How cookies are set: only over https where the pages are reached so. The prefixes have a
    browser refuse what another host of the same domain sets (RFC 6265bis, section 4.1.3)."""

    secure: bool

    def name(self, name: str, path: str = "/") -> str:
        """The name under which a browser keeps a cookie for the pages under `path`."""
        prefix = "__Host-" if path == "/" else "__Secure-"
        return f"{prefix}{name}" if self.secure else name

    def keep(self, answer: Response, name: str, value: str, seconds: int, path: str = "/") -> None:
        """Have it kept for so long: sent to us alone, shown to no script."""
        answer.set_cookie(
            self.name(name, path),
            value,
            max_age=seconds,
            path=path,
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def drop(self, answer: Response, name: str, path: str = "/") -> None:
        """Have it forgotten."""
        self.keep(answer, name, "", 0, path)

    def begin(self, answer: Response, token: str, expires_at: int) -> None:
        """Begin a session that lasts as long as its token (and the leeway of its check)."""
        self.keep(answer, COOKIE, token, max(1, expires_at + LEEWAY_S - int(time.time())))


def token_of(request: Request) -> str | None:
    """The visitor's token, if it is good (or nobody can tell, while its issuer is away)."""
    held = request.scope.get("state", {}).get(_HELD)
    return held if isinstance(held, str) else None


def inside(asked: str | None) -> str:
    """The page to lead back to: an address of ours, or else the first page. Nothing that a browser
    may take for another host: no backslash, nothing it strips, no second slash."""
    if asked is None or len(asked) > MAX_ADDRESS or not asked.isascii():
        return FIRST_PAGE
    if not asked.startswith("/") or asked.startswith("//") or "\\" in asked:
        return FIRST_PAGE
    if any(not "!" <= sign <= "~" for sign in asked):
        return FIRST_PAGE
    path = asked.partition("?")[0].partition("#")[0]
    return FIRST_PAGE if path.split("/")[1] in (SIGN_IN[1:], SIGN_OUT[1:]) else asked


class Sessions:
    """Stands before the pages: reads the session, refuses what other pages send in its name."""

    def __init__(
        self, app: ASGIApp, shared: Shared, keeps: Keeps, pages: Renders, origin: str
    ) -> None:
        self._app = app
        self._tokens = shared.tokens
        self._problems = shared.problems
        self._cookie = keeps.name(COOKIE)
        self._pages = pages
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if scope["method"] not in _READING and not is_ours(request.headers, self._origin):
            await self._refused(scope, receive, send)
            return
        scope.setdefault("state", {})[_HELD] = await self._good(request.cookies.get(self._cookie))

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                _lead_back(request, MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, answered)

    async def _good(self, token: str | None) -> str | None:
        if not token:
            return None
        try:
            await self._tokens.check(token)
        except Refused:
            return None
        except Transient:
            return token  # the services will say
        return token

    async def _refused(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = Refused(
            "sent-from-elsewhere",
            "nothing was done, because another site sent this: do it from our own page",
        )
        problem = self._problems.document(refused)
        status = self._problems.status_of(refused.slug)
        await self._pages.page("problem.html", status, problem=problem)(scope, receive, send)


def is_ours(headers: Headers, origin: str) -> bool:
    """Whether one of our own pages sent a request (or no page at all: a browser always says)."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    scheme = urlsplit(origin).scheme
    return headers.get("origin") in (None, origin, f"{scheme}://{headers.get('host')}")


def _lead_back(request: Request, headers: MutableHeaders) -> None:
    """Where a page sends somebody to sign in, let the address carry the page that was asked for."""
    if headers.get("location") != SIGN_IN or request.url.path == SIGN_OUT:
        return
    asked = inside(_asked(request.scope, request.headers))
    if asked != FIRST_PAGE:
        headers["location"] = f"{SIGN_IN}?to={quote(asked, safe='/')}"


def _asked(scope: Mapping[str, object], headers: Headers) -> str:
    """The address of a page; of what a form sent, the page that the form stands on."""
    if scope["method"] not in _READING:
        page = urlsplit(headers.get("referer", ""))
        return f"{page.path}?{page.query}" if page.query else page.path
    path, query = scope.get("raw_path"), scope["query_string"]
    assert isinstance(path, bytes)  # ASGI says so
    assert isinstance(query, bytes)
    return (path + b"?" + query if query else path).decode("latin-1")
