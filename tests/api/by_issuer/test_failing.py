"""Every way in which a sign-in must not succeed."""

import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from structlog.testing import capture_logs

from infra.auth import LEEWAY_S
from infra.sealed import Sealed
from services.portal.signin_session import MAX_COOKIE_BYTES
from tests.api.by_issuer.browsing import (
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
from tests.api.by_issuer.provider import CLIENT_ID, SECRET, Provider

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("does", "status", "slug"),
    [
        ({"roles": []}, 403, "sign-in-without-role"),
        ({"roles": ["admin", "offline_access"]}, 403, "sign-in-without-role"),
        ({"access": {"roles": None}}, 403, "sign-in-without-role"),
        ({"access": {"roles": "ops"}}, 401, "token-invalid"),
        ({"access": {"aud": "account"}}, 502, "sign-in-other-audience"),
        ({"access": {"aud": None}}, 502, "sign-in-other-audience"),
        ({"access": {"iss": "https://other.example.org"}}, 401, "token-invalid"),
        ({"identity": {"aud": "another-client"}}, 502, "sign-in-other-audience"),
        ({"identity": {"aud": [CLIENT_ID, "x"], "azp": "x"}}, 502, "sign-in-other-audience"),
        ({"identity": {"nonce": "of another session"}}, 400, "sign-in-nonce-wrong"),
        ({"identity": {"nonce": None}}, 400, "sign-in-nonce-wrong"),
        ({"identity": {"nonce": 7}}, 400, "sign-in-nonce-wrong"),
        ({"identity": {"iss": "https://other.example.org"}}, 401, "token-invalid"),
        ({"opaque": True}, 401, "token-invalid"),
        ({"access": {"more": "x" * MAX_COOKIE_BYTES}}, 502, "sign-in-token-too-large"),
        ({"error": {"error": "access_denied"}}, 403, "sign-in-denied"),
        ({"error": {"error": "invalid_scope"}}, 502, "sign-in-not-granted"),
        ({"error": {"error": "temporarily_unavailable"}}, 503, "sign-in-issuer-away"),
        ({"away": {"token"}}, 503, "sign-in-issuer-away"),
    ],
    ids=str,
)
async def test_what_the_issuer_says_is_checked(
    browser: httpx.AsyncClient, issuer: Provider, does: dict[str, object], status: int, slug: str
) -> None:
    issuer.behave(**does)
    answer = await signed_in(browser)
    refused(answer, status, slug)
    assert cookies(answer)[KEPT].value == ""
    assert (await browser.get(f"/problems/{slug}")).status_code == 200
    assert (await browser.get("/")).headers["location"] == "/signin"


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://other.example.org"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "http://login.example.org/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
    ],
    ids=str,
)
async def test_an_issuer_that_does_not_say_where_to_go_is_away(
    pages: Fresh, issuer: Provider, discovery: dict[str, object]
) -> None:
    issuer.behave(discovery=discovery)
    async with pages(settings_of(issuer)) as browser:
        refused(await browser.get("/signin/start"), 503, "sign-in-issuer-away")
        issuer.behave()
        assert (await browser.get("/signin/start")).status_code == 303  # it is asked again


async def test_an_issuer_that_nobody_reaches_is_away(pages: Fresh, issuer: Provider) -> None:
    async with pages(settings_of(issuer, oidc_issuer="http://127.0.0.1:9")) as browser:
        refused(await browser.get("/signin/start"), 503, "sign-in-issuer-away")


async def test_an_issuer_whose_keys_nobody_gets_is_away(pages: Fresh, issuer: Provider) -> None:
    issuer.behave(away={"keys"})
    async with pages(settings_of(issuer)) as browser:
        refused(await signed_in(browser), 503, "sign-in-issuer-away")


async def test_another_secret_is_the_operators_fault(pages: Fresh, issuer: Provider) -> None:
    async with pages(settings_of(issuer, oidc_client_secret="another secret of ours")) as browser:
        refused(await signed_in(browser), 502, "sign-in-client-refused")


async def test_an_answer_to_another_sign_in_is_refused_and_the_one_under_way_goes_on(
    browser: httpx.AsyncClient,
) -> None:
    back = await begun(browser)
    state = parse_qs(urlsplit(back).query)["state"][0]
    for other in (state[:-1], state + "x", "", "é"):
        answer = await browser.get("/signin/callback", params={"code": "c", "state": other})
        refused(answer, 400, "sign-in-state-wrong")
    refused(await browser.get("/signin/callback?code=c"), 400, "sign-in-state-wrong")
    assert (await browser.get(back)).status_code == 303


async def test_an_answer_of_another_issuer_is_refused(browser: httpx.AsyncClient) -> None:
    back = await begun(browser)
    other = back.replace("&iss=http", "&iss=https")
    assert other != back
    refused(await browser.get(other), 400, "sign-in-other-issuer")
    back = (await begun(browser)).replace("&iss=", "&other=")
    refused(await browser.get(back), 400, "sign-in-other-issuer")


async def test_an_answer_without_a_code_is_refused(browser: httpx.AsyncClient) -> None:
    for code in ("", "x" * 3_000, "made-up"):
        back = await begun(browser)
        true = parse_qs(urlsplit(back).query)["code"][0]
        refused(await browser.get(back.replace(true, code)), 400, "sign-in-code-refused")


async def test_an_answer_works_once(browser: httpx.AsyncClient, issuer: Provider) -> None:
    back = await begun(browser)
    kept = browser.cookies[KEPT]
    assert (await browser.get(back)).status_code == 303
    browser.cookies.delete(SESSION)
    refused(await browser.get(back), 400, "sign-in-not-begun")
    # Who kept the cookie from being forgotten meets the issuer, which is the only guard there.
    stolen = {"cookie": f"{KEPT}={kept}"}
    refused(await browser.get(back, headers=stolen), 400, "sign-in-code-refused")
    issuer.behave(codes_work_twice=True)
    assert (await browser.get(back, headers=stolen)).status_code == 303


async def test_what_a_browser_kept_is_taken_back_unchanged_in_time_and_from_us_alone(
    browser: httpx.AsyncClient,
) -> None:
    sealed = Sealed(SECRET, "castmark sign-in under way")
    back = await begun(browser)
    kept = browser.cookies[KEPT]
    content = sealed.open(kept)
    assert content is not None
    late = sealed.seal({**content, "until": int(time.time()) - LEEWAY_S - 1})
    others = (
        ("", "sign-in-not-begun"),
        (kept[:-2] + ("AA" if kept[-2:] != "AA" else "BB"), "sign-in-not-begun"),
        (Sealed(SECRET, "another use").seal(content), "sign-in-not-begun"),
        (Sealed("another secret of ours", "castmark").seal(content), "sign-in-not-begun"),
        (late, "sign-in-expired"),
    )
    browser.cookies.clear()
    for cookie, slug in others:
        refused(await browser.get(back, headers={"cookie": f"{KEPT}={cookie}"}), 400, slug)
    in_time = sealed.seal({**content, "until": int(time.time()) - LEEWAY_S + 5})
    answer = await browser.get(back, headers={"cookie": f"{KEPT}={in_time}"})
    assert answer.status_code == 303


async def test_a_code_put_into_another_browsers_sign_in_lets_nobody_in(
    pages: Fresh, browser: httpx.AsyncClient, issuer: Provider
) -> None:
    async with pages(settings_of(issuer)) as thief:

        async def inject() -> httpx.Response:
            stolen = parse_qs(urlsplit(await begun(browser)).query)["code"][0]
            own = await begun(thief)
            return await thief.get(own.replace(parse_qs(urlsplit(own).query)["code"][0], stolen))

        # The issuer compares the verifier: this is what PKCE is for.
        refused(await inject(), 400, "sign-in-code-refused")
        # Where it does not, the token names the other sign-in.
        issuer.behave(checks_verifier=False)
        refused(await inject(), 400, "sign-in-nonce-wrong")
        # Were neither looked at, the thief would be in.
        start = await thief.get("/signin/start")
        nonce = parse_qs(urlsplit(start.headers["location"]).query)["nonce"][0]
        stolen = parse_qs(urlsplit(await begun(browser)).query)["code"][0]
        own = at_issuer(start.headers["location"])
        issuer.behave(checks_verifier=False, identity={"nonce": nonce})
        own = own.replace(parse_qs(urlsplit(own).query)["code"][0], stolen)
        assert (await thief.get(own)).status_code == 303


async def test_what_the_issuer_writes_is_shown_as_text(
    browser: httpx.AsyncClient, issuer: Provider
) -> None:
    script = "<script>alert(1)</script>" + "&lt;" * 100
    issuer.behave(error={"error": "access_denied", "error_description": script})
    with capture_logs() as logged:
        shown = (await signed_in(browser)).text
    assert "script" not in str(logged)
    assert [line["slug"] for line in logged if line["event"] == "sign-in-failed"] == [
        "sign-in-denied"
    ]
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script" not in shown
    assert len(shown) < 4_000
    issuer.behave(error={"error": "<b>x</b>"})
    shown = (await signed_in(browser)).text
    assert "an error without a name" in shown
    assert "<b>" not in shown
