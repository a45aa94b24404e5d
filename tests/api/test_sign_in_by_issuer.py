"""Signing in to the pages through an OpenID Connect issuer: there and back over real sockets, and
every way in which it must not come to that."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from starlette.routing import Route
from structlog.testing import capture_logs

from castmark.folder import listen
from castmark.process import Process
from infra.auth import LEEWAY_S
from infra.devissuer import development_issuer, tokens_of
from infra.problems import Problems
from infra.sealed import Sealed
from infra.settings import Settings, load_settings
from infra.telemetry import Metrics, new_registry
from infra.web import Api, Readiness, Shared, build_api
from services.portal.app import Pages, build
from services.portal.problems import PROBLEMS
from services.portal.signin import BEGUN, ID_TOKEN, WITHIN_S, add_sign_in
from services.portal.signin_session import COOKIE, MAX_COOKIE_BYTES, inside
from tests.api.provider import AUDIENCE, CLIENT_ID, SECRET, TOKEN_S, Provider, provider

PAGES = "https://castmark.example.org"
CALLBACK = f"{PAGES}/signin/callback"
ASKED = "/check?number=D-1"
Fresh = Callable[[Settings], AbstractAsyncContextManager[httpx.AsyncClient]]
pytestmark = pytest.mark.asyncio(loop_scope="module")
SESSION, KEPT, IDENTITY = f"__Host-{COOKIE}", f"__Host-{BEGUN}", f"__Secure-{ID_TOKEN}"


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    """The issuer of all these tests."""
    with provider() as made:
        yield made


@pytest.fixture
def issuer(running: Provider) -> Provider:
    """It, doing as usual."""
    running.behave()
    running.callbacks.add(CALLBACK)
    return running


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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """What the pages of sign-in alone ask the issuer with; making one is slow."""
    async with httpx.AsyncClient() as made:
        yield made


@pytest.fixture
def pages(http: httpx.AsyncClient) -> Fresh:
    """A browser before the pages of sign-in alone, made anew: they know nothing of the issuer."""

    def fresh(settings: Settings) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        shared = shared_of(settings)
        made = build_api("portal", "", "Sign-in", shared, ready, PROBLEMS)
        add_sign_in(made, Pages(), shared, settings, http)
        return visiting(made, settings)

    return fresh


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def every_page(running: Provider) -> Api:
    """All pages of this issuer, as they are served."""
    settings = settings_of(running)
    return build(settings, shared_of(settings))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_browser(running: Provider, every_page: Api) -> AsyncIterator[httpx.AsyncClient]:
    """Before all pages of this issuer; they learn its addresses and keys once."""
    running.behave()
    async with (
        every_page.router.lifespan_context(every_page),
        visiting(every_page, settings_of(running)) as browser,
    ):
        yield browser


@pytest.fixture
def browser(shared_browser: httpx.AsyncClient, issuer: Provider) -> httpx.AsyncClient:
    """A browser that nobody has used."""
    shared_browser.cookies.clear()
    return shared_browser


def at_issuer(url: str) -> str:
    """What the issuer's own page leads back to, once somebody has signed in there."""
    parts = urlsplit(url)
    talk = HTTPConnection(parts.netloc, timeout=10)
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


# --- there and back ---


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


# --- what must not come to that ---


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


# --- sessions ---


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
