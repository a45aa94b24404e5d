"""Signing in to the pages and out of them: by the platform's OIDC issuer, or in development by a
one-time link.

A sign-in under way is kept by the browser alone, sealed (`infra.sealed`): its state, nonce and PKCE
verifier, and the page to go to. So any process of the pages may end what another began, and nothing
has to be forgotten here. It is good for `WITHIN_S`, and once: the cookie goes with the answer, and
an issuer takes a code but once.
"""

import hmac
import re
import secrets
import time
from collections.abc import Mapping
from typing import Annotated

import httpx
import structlog
from fastapi import Query
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from infra.auth import LEEWAY_S
from infra.errors import Refused
from infra.sealed import Sealed
from infra.settings import Settings
from infra.web import Api, Shared

from .emissions_pages import Renders
from .signin_issuer import AWAY, Asked, Client, Granted, Issuer
from .signin_session import (
    COOKIE,
    FIRST_PAGE,
    MAX_COOKIE_BYTES,
    SIGN_IN,
    SIGN_OUT,
    Keeps,
    Sessions,
    inside,
)

BEGUN = "castmark_signin"
ID_TOKEN = "castmark_id_token"
CALLBACK = f"{SIGN_IN}/callback"
WITHIN_S = 600
MAX_CODE = 2_048
MAX_SAID = 200
_ERROR = re.compile(r"[a-z_]{1,40}")
Text = Annotated[str | None, Query(max_length=4_096)]
log = structlog.stdlib.get_logger("castmark.signin")


class Flow:
    """Sign-ins by the issuer, from their beginning to their end."""

    def __init__(self, issuer: Issuer, secret: str) -> None:
        self.issuer = issuer
        self._sealed = Sealed(secret, "castmark sign-in under way")

    async def begin(self, to: str) -> tuple[str, str]:
        """Where the browser goes, and what it is to keep until it comes back."""
        asked = Asked(*(secrets.token_urlsafe(32) for _ in Asked._fields))
        url = await self.issuer.authorization_url(asked)
        until = int(time.time()) + WITHIN_S
        return url, self._sealed.seal({**asked._asdict(), "to": to, "until": until})

    async def end(self, said: Mapping[str, str], kept: str | None) -> tuple[Granted, str]:
        """Who signed in, and the page to go to; Refused for each way in which it can fail."""
        begun = self._sealed.open(kept) if kept else None
        if begun is None:
            raise Refused(
                "sign-in-not-begun",
                "this answer of the issuer was used before, or belongs to a sign-in that was begun"
                " in another browser: sign in again",
            )
        asked = Asked(*(str(begun[field]) for field in Asked._fields))
        if not hmac.compare_digest(said.get("state", "").encode(), asked.state.encode()):
            raise Refused(
                "sign-in-state-wrong",
                "this answer of the issuer does not belong to the sign-in that was begun last in"
                " this browser: sign in again",
            )
        if time.time() > int(begun["until"]) + LEEWAY_S:
            minutes = WITHIN_S // 60
            raise Refused(
                "sign-in-expired", f"signing in took more than {minutes} minutes: begin again"
            )
        await self.issuer.require_itself(said.get("iss"))
        if "error" in said:
            raise not_granted(said["error"], said.get("error_description", ""))
        code = said.get("code", "")
        if not code or len(code) > MAX_CODE:
            raise Refused(
                "sign-in-code-refused", "the issuer's answer holds no code: sign in again"
            )
        granted = await self.issuer.redeem(code, asked)
        if len(granted.token) > MAX_COOKIE_BYTES:
            raise Refused(
                "sign-in-token-too-large",
                f"the issuer's token has more than the {MAX_COOKIE_BYTES} characters that a browser"
                " keeps: who runs this platform has to have fewer claims put into it",
            )
        return granted, inside(str(begun["to"]))


def not_granted(error: str, description: str) -> Refused:
    """An error answer of the issuer (RFC 6749, section 4.1.2.1). What it says is a stranger's text:
    it is cut short here, and escaped where it is shown."""
    if error in ("temporarily_unavailable", "server_error"):
        return Refused("sign-in-issuer-away", AWAY)
    said = f" It says: {description[:MAX_SAID]}" if description else ""
    if error == "access_denied":
        return Refused(
            "sign-in-denied",
            f"the issuer did not let you in, or you did not let it tell us who you are.{said}",
        )
    word = error if _ERROR.fullmatch(error) else "an error without a name"
    return Refused("sign-in-not-granted", f"the issuer answered with {word}.{said}")


def add_sign_in(
    made: Api, pages: Renders, shared: Shared, settings: Settings, http: httpx.AsyncClient
) -> None:
    """Add the pages of sign-in and sign-out, and the session before all others."""
    keeps = Keeps(settings.public.startswith("https://"))
    made.user_middleware.append(  # behind the door, which counts, limits and catches
        Middleware(Sessions, shared=shared, keeps=keeps, pages=pages, origin=settings.public)
    )
    flow = _flow_of(settings, shared, http)
    _ask(made, pages, shared, keeps, flow is not None)
    if flow is not None:
        _come_and_go(made, pages, flow, keeps)
    _leave(made, pages, flow, keeps, settings.public)


def _flow_of(settings: Settings, shared: Shared, http: httpx.AsyncClient) -> Flow | None:
    if settings.oidc_client_id is None or settings.oidc_client_secret is None:
        return None
    client = Client(
        settings.oidc_client_id,
        settings.oidc_client_secret,
        settings.oidc_scope,
        settings.public + CALLBACK,
    )
    return Flow(Issuer(http, client, shared.tokens), settings.oidc_client_secret)


def _ask(made: Api, pages: Renders, shared: Shared, keeps: Keeps, by_issuer: bool) -> None:
    development = shared.dev is not None

    @made.get(SIGN_IN, include_in_schema=False)
    async def signin(ticket: Text = None, to: Text = None) -> Response:
        shown = {"development": development, "by_issuer": by_issuer, "to": inside(to)}
        if ticket is None or shared.dev is None:
            return pages.page("signin.html", 401, problem=None, **shown)
        try:
            token = await shared.dev.redeem(ticket)
            principal = await shared.tokens.check(token)
        except Refused as refused:
            return pages.page("signin.html", 401, problem=refused, **shown)
        answer = RedirectResponse(inside(to), 303)
        keeps.begin(answer, token, principal.expires_at)
        return answer


def _come_and_go(made: Api, pages: Renders, flow: Flow, keeps: Keeps) -> None:
    def failed(refused: Refused) -> Response:
        log.warning("sign-in-failed", slug=refused.slug)
        status = made.shared.problems.status_of(refused.slug)
        return pages.page(
            "signin.html",
            status,
            problem=refused,
            development=False,
            by_issuer=True,
            to=FIRST_PAGE,
        )

    @made.get(f"{SIGN_IN}/start", include_in_schema=False)
    async def start(to: Text = None) -> Response:
        try:
            url, kept = await flow.begin(inside(to))
        except Refused as refused:
            return failed(refused)
        answer = RedirectResponse(url, 303)
        keeps.keep(answer, BEGUN, kept, WITHIN_S)
        return answer

    # A plain route: what an issuer adds to its answer besides is passed over (RFC 6749, 4.1.2).
    async def callback(request: Request) -> Response:
        kept = request.cookies.get(keeps.name(BEGUN))
        try:
            granted, to = await flow.end(request.query_params, kept)
        except Refused as refused:
            answer = failed(refused)
            if refused.slug != "sign-in-state-wrong":  # that one is still under way
                keeps.drop(answer, BEGUN)
            return answer
        answer = RedirectResponse(to, 303)
        keeps.drop(answer, BEGUN)
        keeps.begin(answer, granted.token, granted.principal.expires_at)
        if len(granted.id_token) <= MAX_COOKIE_BYTES:
            seconds = max(1, granted.principal.expires_at - int(time.time()))
            keeps.keep(answer, ID_TOKEN, granted.id_token, seconds, SIGN_OUT)
        return answer

    made.add_route(CALLBACK, callback, include_in_schema=False)


def _leave(made: Api, pages: Renders, flow: Flow | None, keeps: Keeps, public: str) -> None:
    @made.post(SIGN_OUT, include_in_schema=False)
    async def signout(request: Request) -> Response:
        there = None
        if flow is not None:
            id_token = request.cookies.get(keeps.name(ID_TOKEN, SIGN_OUT))
            there = await flow.issuer.end_session_url(id_token, public + SIGN_IN)
        # Not a redirect: browsers hold a form's redirects to `form-action` as well.
        answer = (
            pages.page("signout.html", there=there) if there else RedirectResponse(SIGN_IN, 303)
        )
        keeps.drop(answer, COOKIE)
        keeps.drop(answer, ID_TOKEN, SIGN_OUT)
        return answer
