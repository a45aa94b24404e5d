"""What a session is good for, how it ends, and what other sites send in its name."""

import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.routing import Route

from infra.auth import LEEWAY_S
from infra.devissuer import development_issuer
from infra.settings import load_settings
from infra.web import Api
from services.portal.signin_session import COOKIE, inside
from tests.api.by_issuer.browsing import (
    ASKED,
    PAGES,
    SESSION,
    Fresh,
    cookies,
    settings_of,
    signed_in,
)
from tests.api.by_issuer.provider import AUDIENCE, Provider

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_session_that_has_ended_leads_to_sign_in_and_back(
    browser: httpx.AsyncClient, issuer: Provider, tmp_path: Path
) -> None:
    now = int(time.time())
    development = load_settings(environment="development", data=tmp_path)
    good = {"aud": AUDIENCE, "roles": ["ops"]}
    for ended in (
        issuer.sign({**good, "exp": now - LEEWAY_S - 1}),
        issuer.sign({**good, "aud": "account"}),
        issuer.sign(good)[:-4] + "AAAA",
        development_issuer(development).mint(["ops"]),
        "nonsense",
        "",
    ):
        cookie = {"cookie": f"{SESSION}={ended}"}
        answer = await browser.get("/emissions?member=A%26B&year=2025", headers=cookie)
        assert answer.status_code == 303
        where = urlsplit(answer.headers["location"])
        assert (where.path, where.netloc) == ("/signin", "")
        assert parse_qs(where.query) == {"to": ["/emissions?member=A%26B&year=2025"]}
        live = await browser.get("/live", headers=cookie)
        assert (live.status_code, live.json()["slug"]) == (401, "not-signed-in")
    going = {"cookie": f"{SESSION}={issuer.sign({**good, 'exp': now - LEEWAY_S + 5})}"}
    assert (await browser.get("/deadlines/D-1", headers=going)).status_code == 503


async def test_what_a_form_sent_too_late_leads_back_to_the_page_it_stands_on(
    browser: httpx.AsyncClient,
) -> None:
    path = "/custody/documents/D-1"
    for referer, to in (
        (f"{PAGES}{path}?x=1", f"/signin?to={path}%3Fx%3D1"),
        ("", "/signin"),
        (f"{PAGES}//evil.example", "/signin"),
    ):
        headers = {"origin": PAGES, "referer": referer}
        answer = await browser.post(f"{path}/confirm", headers=headers)
        assert answer.headers["location"] == to


async def test_a_session_goes_on_while_its_issuer_is_away(
    browser: httpx.AsyncClient, issuer: Provider
) -> None:
    token = issuer.sign({"aud": AUDIENCE, "roles": ["ops"]})
    issuer.behave(away={"discovery", "keys"})
    answer = await browser.get("/deadlines/D-1", headers={"cookie": f"{SESSION}={token}"})
    assert answer.status_code == 503  # the services are asked, which know the keys or say so


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/é",
        "",
        "/" + "x" * 1_000,
        "/signin?to=/signin",
        "/signin/callback?code=1",
        "/signout",
    ],
)
async def test_no_sign_in_leads_to_another_host(browser: httpx.AsyncClient, to: str) -> None:
    assert inside(to) == "/"
    page = await browser.get("/signin", params={"to": to})
    assert 'href="/signin/start"' in page.text
    assert (await signed_in(browser, to)).headers["location"] == "/"


async def test_addresses_of_ours_are_led_back_to() -> None:
    for to in ("/", "/?bucket=none", "/emissions/F-1/2025?result=2", "/signing", "/a//b", "/%5Cx"):
        assert inside(to) == to


async def test_signing_out_of_an_issuer_that_knows_no_end_ends_our_session(
    pages: Fresh,
    issuer: Provider,
) -> None:
    for end in (None, "http://login.example.org/end"):
        issuer.behave(discovery={"end_session_endpoint": end})
        async with pages(settings_of(issuer)) as browser:
            assert (await signed_in(browser)).status_code == 303
            answer = await browser.post("/signout")
            assert (answer.status_code, answer.headers["location"]) == (303, "/signin")
            assert SESSION not in browser.cookies


async def test_signing_out_works_while_the_issuer_is_away(pages: Fresh, issuer: Provider) -> None:
    issuer.behave(away={"discovery"})
    async with pages(settings_of(issuer)) as browser:
        answer = await browser.post("/signout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin")


# --- what other sites send ---


@pytest.mark.parametrize(
    ("headers", "heard"),
    [
        ({}, True),  # no browser
        ({"origin": PAGES}, True),
        ({"origin": "https://castmark.example.org:444"}, False),
        ({"origin": "http://castmark.example.org.evil.example"}, False),
        ({"origin": "http://castmark.example.org"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"sec-fetch-site": "same-origin", "origin": PAGES}, True),
        ({"sec-fetch-site": "same-site", "origin": PAGES}, False),
        ({"sec-fetch-site": "cross-site"}, False),
    ],
    ids=str,
)
async def test_forms_are_heard_from_our_own_pages_alone(
    every_page: Api, browser: httpx.AsyncClient, headers: dict[str, str], heard: bool
) -> None:
    routes = [route for route in every_page.routes if isinstance(route, Route)]
    changing = [route.path_format for route in routes if "POST" in (route.methods or ())]
    assert len(changing) > 2
    for path in changing:
        answer = await browser.post(path, headers=headers)
        assert (answer.status_code == 403, "sent-from-elsewhere" in answer.text) == (not heard,) * 2
    assert (await browser.get("/signin", headers=headers)).status_code == 401  # reading is free


# --- without a client, and in development ---


async def test_without_a_client_the_page_says_what_is_missing(
    pages: Fresh, issuer: Provider
) -> None:
    settings = settings_of(issuer, oidc_client_id=None, oidc_client_secret=None)
    async with pages(settings) as browser:
        page = await browser.get("/signin")
        assert (await browser.get("/signin/start")).status_code == 404
        assert (await browser.get("/signin/callback?code=1&state=2")).status_code == 404
    assert "CASTMARK_OIDC_CLIENT_ID" in page.text
    assert issuer.asked == []


async def test_a_development_link_is_worth_nothing_where_an_issuer_is_named(
    pages: Fresh, issuer: Provider, tmp_path: Path
) -> None:
    development = load_settings(environment="development", data=tmp_path)
    ticket = development_issuer(development).ticket(["ops"])
    async with pages(settings_of(issuer, data=tmp_path, environment="development")) as browser:
        answer = await browser.get("/signin", params={"ticket": ticket})
        assert (answer.status_code, cookies(answer)) == (401, {})


async def test_a_development_link_leads_to_the_page_asked_for(pages: Fresh, tmp_path: Path) -> None:
    settings = load_settings(environment="development", data=tmp_path)
    ticket = development_issuer(settings).ticket(["ops"])
    async with pages(settings) as browser:
        answer = await browser.get("/signin", params={"ticket": ticket, "to": ASKED})
        again = await browser.get("/signin", params={"ticket": ticket, "to": ASKED})
    assert (answer.status_code, answer.headers["location"]) == (303, ASKED)
    session = cookies(answer)[COOKIE]
    assert (session["httponly"], session["samesite"], session["secure"]) == (True, "lax", "")
    assert 0 < int(session["max-age"]) <= 12 * 3_600 + LEEWAY_S
    assert (again.status_code, "token-used" in again.text) == (401, True)
