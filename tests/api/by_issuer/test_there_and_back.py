"""Signing in leads to the page asked for and out again everywhere, and cookies are well kept."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from castmark.folder import listen
from castmark.process import Process
from infra.auth import LEEWAY_S
from services.portal.signin import ID_TOKEN, WITHIN_S
from services.portal.signin_session import COOKIE
from tests.api.by_issuer.browsing import (
    ASKED,
    IDENTITY,
    KEPT,
    SESSION,
    Fresh,
    at_issuer,
    begun,
    cookies,
    refused,
    settings_of,
    signed_in,
)
from tests.api.by_issuer.provider import TOKEN_S, Provider

pytestmark = pytest.mark.asyncio(loop_scope="module")


def visit(url: str) -> tuple[httpx.Response, httpx.Response, str]:
    """As a person's browser does it: a page, the way round, the page; the answers, the token."""
    with httpx.Client(follow_redirects=True) as browser:
        asked = browser.get(f"{url}/emissions?year=2025")
        assert asked.status_code == 401
        assert asked.url.path == "/signin"
        link = asked.text.split('href="/signin/start')[1].split('"')[0]
        reached = browser.get(f"{url}/signin/start{link}")
        token = browser.cookies[COOKIE]
        out = browser.post(f"{url}/signout", headers={"origin": url})
        assert COOKIE not in browser.cookies
        assert ID_TOKEN not in browser.cookies
        there = out.text.split("url=")[1].split('"')[0].replace("&amp;", "&")
        assert browser.get(there).url == f"{url}/signin"
    return reached, out, token


async def test_signing_in_leads_to_the_page_asked_for_and_out_again_everywhere(
    issuer: Provider, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "castmark")
    socket = listen("127.0.0.1", 0)
    port = socket.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    issuer.callbacks.add(f"{url}/signin/callback")
    settings = settings_of(issuer, data=tmp_path, port=port, public_url=url)

    process = Process(settings, ["portal"], socket)
    ready = asyncio.Event()
    serving = asyncio.create_task(process.run(ready.set))
    await ready.wait()
    try:
        reached, out, token = await asyncio.to_thread(visit, url)
        principal = await process.shared.tokens.check(token)
    finally:
        assert process.server is not None
        process.server.should_exit = True
        await serving
    assert [str(role) for role in principal.roles] == ["ops"]
    assert (str(reached.url), reached.status_code) == (f"{url}/emissions?year=2025", 503)
    assert "A service is away" in reached.text  # so somebody was signed in, and it was asked
    assert issuer.signed_out == ["eve"]
    passed = [*reached.history, reached, out]
    assert len(passed) == 5
    for answer in passed:
        assert token not in str(answer.url)
        assert token not in answer.text
    assert token not in caplog.text
    assert "code=" not in caplog.text


async def test_cookies_are_for_the_pages_alone_and_for_a_bounded_time(
    browser: httpx.AsyncClient,
) -> None:
    start = await browser.get("/signin/start", params={"to": ASKED})
    kept = cookies(start)[KEPT]
    answer = await browser.get(at_issuer(start.headers["location"]))
    assert (answer.status_code, answer.headers["location"]) == (303, ASKED)
    set_now = cookies(answer)
    for cookie in (kept, set_now[SESSION], set_now[IDENTITY]):
        assert (cookie["httponly"], cookie["secure"]) == (True, True), cookie.key
        assert (cookie["samesite"], cookie["domain"]) == ("lax", "")
    assert (kept["path"], set_now[SESSION]["path"]) == ("/", "/")
    assert set_now[IDENTITY]["path"] == "/signout"
    assert int(kept["max-age"]) == WITHIN_S
    assert TOKEN_S - 5 <= int(set_now[SESSION]["max-age"]) <= TOKEN_S + LEEWAY_S
    assert (set_now[KEPT].value, set_now[KEPT]["max-age"]) == ("", "0")
    assert "state" not in kept.value
    shown = await browser.get("/")
    assert shown.status_code == 503  # signed in: the board is asked for, and away


async def test_pages_in_several_processes_end_what_another_began(
    pages: Fresh, issuer: Provider
) -> None:
    settings = settings_of(issuer)
    async with pages(settings) as one, pages(settings) as other:
        back = await begun(one, ASKED)
        other.cookies = one.cookies
        answer = await other.get(back)
    assert (answer.status_code, answer.headers["location"]) == (303, ASKED)


async def test_a_secret_in_the_form_goes_to_an_issuer_that_wants_it_there(
    pages: Fresh,
    issuer: Provider,
) -> None:
    issuer.behave(discovery={"token_endpoint_auth_methods_supported": ["client_secret_post"]})
    async with pages(settings_of(issuer)) as browser:
        assert (await signed_in(browser)).status_code == 303


async def test_an_issuer_whose_name_ends_in_a_slash_is_believed(
    pages: Fresh, issuer: Provider
) -> None:
    name = f"{issuer.url}/"
    iss = {"iss": name}
    issuer.behave(
        discovery={"issuer": name, "authorization_response_iss_parameter_supported": False},
        access=iss,
        identity=iss,
    )
    async with pages(settings_of(issuer, oidc_issuer=name)) as browser:
        back = (await begun(browser)).replace("&iss=", "&other=")
        assert (await browser.get(back)).status_code == 303


async def test_clocks_may_differ_as_they_may_for_tokens_of_the_api(
    browser: httpx.AsyncClient, issuer: Provider
) -> None:
    now = time.time()
    issuer.behave(
        access={"nbf": now + LEEWAY_S - 5}, identity={"exp": now - LEEWAY_S + 5, "nbf": now + 20}
    )
    assert (await signed_in(browser)).status_code == 303
    issuer.behave(identity={"nbf": now + LEEWAY_S + 60})
    browser.cookies.clear()
    refused(await signed_in(browser), 401, "token-invalid")
    issuer.behave(access={"exp": now - LEEWAY_S - 1})
    browser.cookies.clear()
    refused(await signed_in(browser), 401, "token-expired")
