"""Where keys come from: an OIDC issuer that is asked rarely, a development issuer that is refused
outside development."""

import json
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import anyio
import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from infra.auth import Tokens
from infra.devissuer import KEY_FILE, DevIssuer, development_issuer, tokens_of
from infra.errors import Refused, Transient
from infra.jwks import ASK_AGAIN_S, KEEP_S, REFRESH_AFTER_S, IssuerKeys, usable_keys
from infra.settings import Misconfigured, Settings, load_settings

ISSUER = "https://login.example.org/asi"


class Login:
    """An OIDC issuer behind a transport; counts how often its keys are asked for."""

    def __init__(self) -> None:
        self.keys = {"k1": OKPKey.generate_key("Ed25519")}
        self.issuer = ISSUER
        self.asked = 0
        self.failure: Callable[[httpx.Request], httpx.Response] | None = None
        self.now = 0.0

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.failure is not None:
            return self.failure(request)
        if request.url.path.endswith("/.well-known/openid-configuration"):
            uri = "https://login.example.org/keys"
            return httpx.Response(200, json={"issuer": self.issuer, "jwks_uri": uri})
        self.asked += 1
        keys = [{**key.as_dict(private=False), "kid": kid} for kid, key in self.keys.items()]
        return httpx.Response(200, json={"keys": keys})

    def finder(self, jwks_url: str | None = None) -> IssuerKeys:
        transport = httpx.MockTransport(self.answer)
        return IssuerKeys(ISSUER, jwks_url, transport, now=lambda: self.now)


@pytest.fixture
def login() -> Login:
    """A fresh one."""
    return Login()


async def test_a_token_of_the_issuer_is_good(login: Login) -> None:
    tokens = Tokens(login.finder(), ISSUER, "castmark", now=lambda: 1000.0)
    claims = {"iss": ISSUER, "aud": "castmark", "sub": "s", "roles": ["ops"], "exp": 2000}
    token = jwt.encode(
        {"alg": "Ed25519", "kid": "k1"}, claims, login.keys["k1"], algorithms=["Ed25519"]
    )
    assert (await tokens.principal(f"Bearer {token}")).is_ops


async def test_keys_are_asked_for_once_however_many_need_them(login: Login) -> None:
    finder = login.finder()
    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(finder.find, "k1")
    await finder.find("k1")
    assert login.asked == 1


async def test_a_new_key_is_found_and_an_old_one_forgotten(login: Login) -> None:
    finder = login.finder()
    await finder.find("k1")
    login.keys = {"k2": OKPKey.generate_key("Ed25519")}
    login.now += ASK_AGAIN_S
    assert (await finder.find("k2")).thumbprint() == login.keys["k2"].thumbprint()
    with pytest.raises(Refused, match="token-key-unknown"):
        await finder.find("k1")


async def test_made_up_key_ids_do_not_flood_the_issuer(login: Login) -> None:
    finder = login.finder()
    for number in range(100):
        with pytest.raises(Refused, match="token-key-unknown"):
            await finder.find(f"made-up-{number}")
    assert login.asked == 1


async def test_an_issuer_that_is_away_does_not_stop_who_has_a_known_key(login: Login) -> None:
    finder = login.finder()
    await finder.find("k1")
    login.failure = lambda request: httpx.Response(502)
    login.now += REFRESH_AFTER_S + 1
    assert await finder.find("k1")
    with pytest.raises(Transient):  # nobody can tell whether this key is new
        await finder.find("k2")
    login.now += KEEP_S
    with pytest.raises(Transient):
        await finder.find("k1")


async def test_an_issuer_that_is_away_is_asked_ever_more_rarely(login: Login) -> None:
    finder, times = login.finder("https://login.example.org/keys"), []

    def away(request: httpx.Request) -> httpx.Response:
        times.append(login.now)
        raise httpx.ConnectError("refused", request=request)

    login.failure = away
    for second in range(200):
        login.now = float(second)
        with pytest.raises(Transient):
            await finder.find("k1")
    assert times == [0, 1, 3, 7, 15, 31, 63, 123, 183]
    login.failure = None
    login.now = 400.0
    assert await finder.find("k1")


async def test_a_slow_refresh_does_not_hold_up_who_has_a_key(login: Login) -> None:
    asked, go_on = anyio.Event(), anyio.Event()

    async def slow(request: httpx.Request) -> httpx.Response:
        asked.set()
        await go_on.wait()
        return login.answer(request)

    finder = login.finder("https://login.example.org/keys")
    await finder.find("k1")
    login.now += REFRESH_AFTER_S + 1
    finder._transport = httpx.MockTransport(slow)
    async with anyio.create_task_group() as group:
        group.start_soon(finder.find, "k1")
        await asked.wait()
        with anyio.fail_after(1):
            assert await finder.find("k1")
        go_on.set()


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[]", b'{"keys":7}', b'{"keys":[7]}', b'{"issuer":"https://evil.example"}'],
)
async def test_nonsense_from_the_issuer_is_an_issuer_that_is_away(
    login: Login, content: bytes
) -> None:
    login.failure = lambda request: httpx.Response(200, content=content)
    for url in (None, "https://login.example.org/keys"):
        with pytest.raises(Transient):
            await login.finder(url).find("k1")


async def test_a_discovery_document_of_another_issuer_is_not_believed(login: Login) -> None:
    login.issuer = "https://evil.example"
    with pytest.raises(Transient):
        await login.finder().find("k1")


def test_only_public_keys_of_accepted_kinds_are_taken() -> None:
    good = {
        "ed": OKPKey.generate_key("Ed25519").as_dict(private=True),  # careless, but usable
        "ec": ECKey.generate_key("P-256").as_dict(private=False),
        "rsa": RSAKey.generate_key(2048).as_dict(private=False),
    }
    with pytest.warns(match="2048 bits"):
        weak = RSAKey.generate_key(1024).as_dict(private=False)
    bad = {
        "weak": weak,
        "secret": OctKey.generate_key(256).as_dict(private=True),
        "other curve": ECKey.generate_key("P-384").as_dict(private=False),
        "for secrecy": {**good["ec"], "use": "enc"},
        "broken": {"kty": "OKP", "crv": "Ed25519", "x": "!"},
        "empty": {},
    }
    every = [{**json.loads(json.dumps(key)), "kid": kid} for kid, key in {**good, **bad}.items()]
    found = usable_keys(every)
    assert set(found) == set(good)
    assert not any(key.is_private for key in found.values())


# --- the development issuer ---


def development(folder: Path, **changes: object) -> Settings:
    """Settings under which the development issuer may work."""
    return load_settings(**{"environment": "development", "data": folder, **changes})


async def test_the_development_issuer_signs_tokens_that_it_accepts(tmp_path: Path) -> None:
    tokens, issuer = tokens_of(development(tmp_path))
    assert issuer is not None
    principal = await tokens.check(issuer.mint(["member:M1", "auditor:F1"]))
    assert sorted(map(str, principal.roles)) == ["auditor:F1", "member:M1"]


@pytest.mark.parametrize(
    ("changes", "variable"),
    [
        ({"environment": "production"}, "CASTMARK_OIDC_ISSUER"),
        ({"host": "0.0.0.0"}, "CASTMARK_HOST"),
        ({"host": "192.168.1.4"}, "CASTMARK_HOST"),
        ({"host": "::"}, "CASTMARK_HOST"),
        ({"host": "castmark.example.org"}, "CASTMARK_HOST"),
    ],
)
def test_the_development_issuer_refuses_to_start_anywhere_else(
    tmp_path: Path, changes: dict[str, object], variable: str
) -> None:
    settings = development(tmp_path, **changes)
    for start in (tokens_of, development_issuer):
        with pytest.raises(Misconfigured, match=variable):
            start(settings)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_it_starts_on_any_address_of_this_machine_alone(tmp_path: Path, host: str) -> None:
    assert development_issuer(development(tmp_path, host=host)).mint(["ops"])


async def test_a_real_issuer_leaves_no_room_for_the_development_one(tmp_path: Path) -> None:
    minted = development_issuer(development(tmp_path)).mint(["ops"])
    tokens, issuer = tokens_of(development(tmp_path, oidc_issuer=ISSUER))
    assert issuer is None
    assert tokens.issuer == ISSUER
    with pytest.raises((Refused, Transient)):
        await tokens.check(minted)


def test_its_key_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    development_issuer(development(tmp_path / "var"))
    path = tmp_path / "var" / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    with pytest.raises(Misconfigured, match="chmod 600"):
        development_issuer(development(tmp_path / "var"))


def test_processes_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    issuers: list[DevIssuer] = []
    gate = threading.Barrier(8)

    def start() -> None:
        gate.wait(60)
        issuers.append(development_issuer(development(tmp_path)))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(issuers) == 8
    assert len({json.dumps(issuer.jwks()) for issuer in issuers}) == 1
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_only_roles_that_exist_are_minted(tmp_path: Path) -> None:
    issuer = development_issuer(development(tmp_path))
    for role in ("admin", "member", "member:a b", "ops:1"):
        with pytest.raises(ValueError, match="is no role"):
            issuer.mint([role])


async def test_a_sign_in_ticket_works_once_and_is_no_token(tmp_path: Path) -> None:
    tokens, issuer = tokens_of(development(tmp_path))
    assert issuer is not None
    ticket = issuer.ticket(["member:M1"])
    with pytest.raises(Refused, match="token-invalid"):
        await tokens.check(ticket)
    with pytest.raises(Refused, match="token-invalid"):
        await issuer.redeem(issuer.mint(["ops"]))
    principal = await tokens.check(await issuer.redeem(ticket))
    assert [str(role) for role in principal.roles] == ["member:M1"]
    with pytest.raises(Refused, match="token-used"):
        await issuer.redeem(ticket)


async def test_a_sign_in_ticket_expires() -> None:
    now = 1_000.0
    issuer = DevIssuer(OKPKey.generate_key("Ed25519"), "castmark", now=lambda: now)
    ticket = issuer.ticket(["ops"], ttl_s=60)
    now = 1_200.0
    with pytest.raises(Refused, match="token-expired"):
        await issuer.redeem(ticket)
