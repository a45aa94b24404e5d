"""What a person's browser does on its way to an issuer and back."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import httpx

from infra.devissuer import tokens_of
from infra.problems import Problems
from infra.settings import Settings, load_settings
from infra.telemetry import Metrics, new_registry
from infra.web import Api, Readiness, Shared
from services.portal.signin import BEGUN, ID_TOKEN
from services.portal.signin_session import COOKIE
from tests.api.by_issuer.provider import CLIENT_ID, SECRET, Provider

PAGES = "https://castmark.example.org"
CALLBACK = f"{PAGES}/signin/callback"
ASKED = "/check?number=D-1"
Fresh = Callable[[Settings], AbstractAsyncContextManager[httpx.AsyncClient]]
SESSION, KEPT, IDENTITY = f"__Host-{COOKIE}", f"__Host-{BEGUN}", f"__Secure-{ID_TOKEN}"


def settings_of(issuer: Provider, **changes: object) -> Settings:
    """How an operator sets it up."""
    chosen = {
        "oidc_issuer": issuer.url,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": SECRET,
        "public_url": PAGES,
        # Nothing answers there: what the pages ask of the services is away.
        "certification_url": "http://127.0.0.1:9",
        "ghg_url": "http://127.0.0.1:9",
        "membership_url": "http://127.0.0.1:9",
    }
    return load_settings(**{**chosen, **changes})


def shared_of(settings: Settings) -> Shared:
    """What the pages are given of their process."""
    tokens, dev = tokens_of(settings)
    return Shared(tokens, Metrics(new_registry()), Problems(), dev, settings.public)


async def ready() -> Readiness:
    """They are."""
    return Readiness(True, {})


@asynccontextmanager
async def visiting(made: Api, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A browser before an application; it follows nothing by itself."""
    transport = httpx.ASGITransport(made)
    async with httpx.AsyncClient(transport=transport, base_url=settings.public) as browser:
        yield browser


def at_issuer(url: str) -> str:
    """What the issuer's own page leads back to, once somebody has signed in there."""
    parts = urlsplit(url)
    talk = HTTPConnection(parts.netloc, timeout=60)
    try:
        talk.request("GET", f"{parts.path}?{parts.query}")
        answer = talk.getresponse()
        assert answer.status == 307, answer.read()
        return str(answer.headers["location"])
    finally:
        talk.close()


async def begun(browser: httpx.AsyncClient, to: str = "/") -> str:
    """Sign in up to the issuer's answer: the address to come back by."""
    start = await browser.get("/signin/start", params={"to": to})
    assert start.status_code == 303, start.text
    return at_issuer(start.headers["location"])


async def signed_in(browser: httpx.AsyncClient, to: str = "/") -> httpx.Response:
    """Sign in: the answer to the callback."""
    return await browser.get(await begun(browser, to))


def refused(answer: httpx.Response, status: int, slug: str) -> None:
    """A page says so, and nobody is signed in by it."""
    assert (answer.status_code, slug in answer.text) == (status, True), answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert f'href="/problems/{slug}"' in answer.text
    assert SESSION not in cookies(answer)
    assert SESSION not in answer.request.headers.get("cookie", "")


def cookies(answer: httpx.Response) -> SimpleCookie:
    """The cookies that an answer sets."""
    found = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        found.load(header)
    return found
