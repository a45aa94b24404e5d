"""A small OpenID Connect provider on a socket of this machine: what an issuer does, and no more.

Discovery, authorization code with PKCE, tokens, keys and the end of a session, with one client. It
refuses what the specifications have it refuse; a test may have it do wrong itself.
"""

import hmac
import secrets
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Thread
from urllib.parse import parse_qs, unquote_plus, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import OKPKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from castmark.folder import listen, url_of

REALM = "/realms/asi"
CLIENT_ID = "castmark:pages"
SECRET = "a secret+of/the=client:1"
AUDIENCE = "castmark"
TOKEN_S = 600
KEY = OKPKey.generate_key("Ed25519", {"kid": "k1"})


@dataclass
class Code:
    """What a code was given for."""

    challenge: str
    nonce: str
    callback: str
    used: bool = False


@dataclass
class Behaviour:
    """What a test may change. `access` and `identity` are claims in the place of the usual ones."""

    roles: list[str] = field(default_factory=lambda: ["ops"])
    access: Mapping[str, object] = field(default_factory=dict)
    identity: Mapping[str, object] = field(default_factory=dict)
    discovery: Mapping[str, object] = field(default_factory=dict)
    error: dict[str, str] | None = None
    away: frozenset[str] = frozenset()
    checks_verifier: bool = True
    codes_work_twice: bool = False
    opaque: bool = False


class Provider:
    """The issuer at `url`; `asked` are the paths that were asked for."""

    def __init__(self, origin: str) -> None:
        self.url = origin + REALM
        self.callbacks: set[str] = set()
        self.signed_out: list[str] = []
        self.asked: list[str] = []
        self._codes: dict[str, Code] = {}
        self.does = Behaviour()
        self.app = Starlette(
            routes=[
                Route(f"{REALM}/.well-known/openid-configuration", self._discovery),
                Route(f"{REALM}/authorize", self._authorize),
                Route(f"{REALM}/token", self._token, methods=["POST"]),
                Route(f"{REALM}/keys", self._keys),
                Route(f"{REALM}/end", self._end),
            ]
        )

    def behave(self, **changes: object) -> None:
        """Do as usual, but for these."""
        self.does = Behaviour(**changes)  # type: ignore[arg-type]  # the tests' own words
        self.asked.clear()
        self.signed_out.clear()

    def sign(self, claims: Mapping[str, object]) -> str:
        """A token of this issuer; None leaves a claim out."""
        now = int(time.time())
        usual = {"iss": self.url, "sub": "eve", "iat": now, "exp": now + TOKEN_S}
        told = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        return jwt.encode({"alg": "Ed25519", "kid": "k1"}, told, KEY, algorithms=["Ed25519"])

    def _away(self, request: Request, name: str) -> Response | None:
        self.asked.append(name)
        return Response("<h1>Bad gateway</h1>", 502) if name in self.does.away else None

    async def _discovery(self, request: Request) -> Response:
        found = {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
            "authorization_endpoint": f"{self.url}/authorize?kc=1",
            "token_endpoint": f"{self.url}/token",
            "end_session_endpoint": f"{self.url}/end",
            "authorization_response_iss_parameter_supported": True,
            **self.does.discovery,
        }
        return self._away(request, "discovery") or JSONResponse(found)

    async def _keys(self, request: Request) -> Response:
        public = {**KEY.as_dict(private=False), "alg": "Ed25519", "use": "sig"}
        return self._away(request, "keys") or JSONResponse({"keys": [public]})

    async def _authorize(self, request: Request) -> Response:
        asked = request.query_params
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert asked["kc"] == "1"
        assert "openid" in asked["scope"].split()
        assert asked["redirect_uri"] in self.callbacks
        back = {"state": asked["state"], "iss": self.url, "session_state": "7"}
        if self.does.error is not None:
            return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back | self.does.error)}")
        code = secrets.token_urlsafe(16)
        self._codes[code] = Code(asked["code_challenge"], asked["nonce"], asked["redirect_uri"])
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({**back, 'code': code})}")

    async def _token(self, request: Request) -> Response:
        if (away := self._away(request, "token")) is not None:
            return away
        form = {name: one[0] for name, one in parse_qs((await request.body()).decode()).items()}
        if not self._is_client(request.headers.get("authorization"), form):
            return JSONResponse({"error": "invalid_client"}, 401)
        code = self._codes.get(form["code"])
        hashed = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        if (
            code is None
            or (code.used and not self.does.codes_work_twice)
            or code.callback != form["redirect_uri"]
            or (self.does.checks_verifier and code.challenge != hashed.decode())
        ):
            return JSONResponse({"error": "invalid_grant", "error_description": "<b>no</b>"}, 400)
        code.used = True
        access = self.sign(
            {"aud": ["account", AUDIENCE], "roles": self.does.roles, **self.does.access}
        )
        identity = self.sign({"aud": CLIENT_ID, "nonce": code.nonce, **self.does.identity})
        answer = {"access_token": access, "id_token": identity, "token_type": "Bearer"}
        if self.does.opaque:
            answer["access_token"] = secrets.token_urlsafe(24)
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    def _is_client(self, authorization: str | None, form: Mapping[str, str]) -> bool:
        if "token_endpoint_auth_methods_supported" in self.does.discovery:
            name, secret = form.get("client_id", ""), form.get("client_secret", "")
        else:
            pair = b64decode((authorization or "").removeprefix("Basic ")).decode()
            name, _, secret = (unquote_plus(part) for part in pair.partition(":"))
        return name == CLIENT_ID and hmac.compare_digest(secret, SECRET)

    async def _end(self, request: Request) -> Response:
        hint = jwt.decode(request.query_params["id_token_hint"], KEY, ["Ed25519"]).claims
        assert hint["aud"] == request.query_params["client_id"] == CLIENT_ID
        self.signed_out.append(hint["sub"])
        return RedirectResponse(request.query_params["post_logout_redirect_uri"])


@contextmanager
def provider() -> Iterator[Provider]:
    """One that answers, in a thread of this process."""
    socket = listen("127.0.0.1", 0)
    made = Provider(url_of(socket))
    config = uvicorn.Config(
        made.app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, args=([socket],), name="provider")
    thread.start()
    try:
        yield made
    finally:
        server.should_exit = True
        thread.join(60)
        socket.close()
