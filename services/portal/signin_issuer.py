"""What the pages say to the OpenID Connect issuer, and what they believe of its answers.

The authorization code flow as a confidential client (OpenID Connect Core 1.0, section 3.1) with
PKCE (RFC 7636, S256). Both tokens that come are checked by `infra.auth`, against the same keys and
with the same leeway as those that come to the API. Whatever goes wrong is Refused with a slug of
this service's `problems.py`.
"""

import hmac
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote_plus, urlencode

import httpx
from joserfc.errors import ClaimError
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from infra.auth import Principal, Tokens
from infra.errors import Refused, Transient
from infra.jwks import REFRESH_AFTER_S, TIMEOUT_S, Discovery, discover
from infra.settings import KeyUrl

AWAY = "the issuer does not answer as OpenID Connect says it should: try again in a moment"
CLIENT_FAULTS = frozenset({"invalid_client", "unauthorized_client", "unsupported_grant_type"})
_SAFE = TypeAdapter[str](KeyUrl)


class Client(NamedTuple):
    """What the issuer knows the pages by."""

    client_id: str
    secret: str
    scope: str
    callback: str


class Asked(NamedTuple):
    """What a sign-in is begun with, all drawn at random."""

    state: str
    nonce: str
    verifier: str


class Granted(NamedTuple):
    """What a sign-in ends with: the token to ask the services with, whose it is, and the ID token
    by which the issuer knows the session again."""

    token: str
    principal: Principal
    id_token: str


class _Answer(BaseModel):
    """A token response, OpenID Connect Core 1.0, section 3.1.3.3."""

    model_config = ConfigDict(extra="ignore")
    access_token: str
    id_token: str


class Issuer:
    """One issuer, asked over `http`. `tokens` checks what is for our API."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        client: Client,
        tokens: Tokens,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._client = client
        self._tokens = tokens
        self._id_tokens = tokens.made_for(client.client_id)
        self._now = now
        self._known: Discovery | None = None
        self._known_at = 0.0

    async def authorization_url(self, asked: Asked) -> str:
        """Where a browser goes to sign in; Refused `sign-in-issuer-away`."""
        challenge = urlsafe_b64encode(sha256(asked.verifier.encode()).digest()).rstrip(b"=")
        query = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.callback,
            "scope": self._client.scope,
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        return _with(str((await self._says()).authorization_endpoint), query)

    async def end_session_url(self, id_token: str | None, back: str) -> str | None:
        """Where a browser goes to sign out at the issuer too (OpenID Connect RP-Initiated Logout
        1.0); None when it offers nothing of the kind, or cannot be asked."""
        try:
            offered = _SAFE.validate_python((await self._says()).end_session_endpoint)
        except (Refused, ValidationError):
            return None
        query = {"client_id": self._client.client_id, "post_logout_redirect_uri": back}
        hint = {"id_token_hint": id_token} if id_token else {}
        return _with(offered, {**query, **hint})

    async def require_itself(self, named: str | None) -> None:
        """Refuse (`sign-in-other-issuer`) an answer that says it is another issuer's, or that does
        not say whose it is though this one always does (RFC 9207)."""
        says = await self._says()
        if named is None and not says.authorization_response_iss_parameter_supported:
            return
        if named != says.issuer:
            raise Refused(
                "sign-in-other-issuer",
                "the answer is not of the issuer that was asked: sign in again, from our page",
            )

    async def redeem(self, code: str, asked: Asked) -> Granted:
        """Change a code for tokens, and check them; Refused for what is wrong with either."""
        answer = await self._exchange(code, asked.verifier)
        try:
            claims = await self._id_tokens.claims(answer.id_token)
            principal = await self._tokens.check(answer.access_token)
        except Transient as error:
            raise Refused("sign-in-issuer-away", AWAY) from error
        except Refused as refused:
            raise _explained(refused) from refused
        if claims.get("azp", self._client.client_id) != self._client.client_id:
            raise _other_audience()
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), asked.nonce.encode()):
            raise Refused(
                "sign-in-nonce-wrong",
                "the issuer answered another sign-in than the one begun in this browser: sign in"
                " again",
            )
        if not principal.roles:
            raise Refused(
                "sign-in-without-role",
                "you are known to your issuer, but with no role here: ask who runs this platform"
                " for one (member, auditor, verifier, subscriber or operations)",
            )
        return Granted(answer.access_token, principal, answer.id_token)

    async def _says(self) -> Discovery:
        """Its discovery document, asked for again when it is old; the old one while it is away."""
        if self._known is None or self._now() - self._known_at > REFRESH_AFTER_S:
            try:
                found = await discover(self._http, self._tokens.issuer)
                for needed in (found.authorization_endpoint, found.token_endpoint):
                    _SAFE.validate_python(needed)
                self._known, self._known_at = found, self._now()
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                if self._known is None:
                    raise Refused("sign-in-issuer-away", AWAY) from error
        return self._known

    async def _exchange(self, code: str, verifier: str) -> _Answer:
        says = await self._says()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.callback,
            "code_verifier": verifier,
        }
        headers = {"accept": "application/json"}
        if "client_secret_basic" in says.token_endpoint_auth_methods_supported:
            # Both parts are form-encoded before they are joined (RFC 6749, section 2.3.1).
            pair = f"{quote_plus(self._client.client_id)}:{quote_plus(self._client.secret)}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": self._client.client_id, "client_secret": self._client.secret}
        url = str(says.token_endpoint)
        try:
            response = await self._http.post(url, data=form, headers=headers, timeout=TIMEOUT_S)
            if response.is_client_error and response.status_code != 429:
                raise _code_refused(response)
            return _Answer.model_validate_json(response.raise_for_status().content)
        except (httpx.HTTPError, ValidationError) as error:
            raise Refused("sign-in-issuer-away", AWAY) from error


def _with(url: str, query: Mapping[str, str]) -> str:
    """The address with a query, beside the one that it may have already."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


def _code_refused(response: httpx.Response) -> Refused:
    """Why the token endpoint said no: our client, or the code."""
    try:
        content = response.json()
    except ValueError:
        content = None
    fault = content.get("error") if isinstance(content, dict) else None
    if response.status_code == 401 or fault in CLIENT_FAULTS:
        return Refused(
            "sign-in-client-refused",
            "the issuer does not accept these pages as its client: who runs this platform has to"
            " look at CASTMARK_OIDC_CLIENT_ID and _SECRET",
        )
    return Refused(
        "sign-in-code-refused",
        "the issuer does not accept the code that it gave (one works once, and not for long):"
        " sign in again",
    )


def _explained(refused: Refused) -> Refused:
    """The same refusal, with a slug of its own where a token is somebody else's."""
    cause = refused.__cause__
    if isinstance(cause, ClaimError) and "aud" in cause.claim.split(","):
        return _other_audience()
    return refused


def _other_audience() -> Refused:
    return Refused(
        "sign-in-other-audience",
        "the issuer gave a token that is for somebody else: who runs this platform has to have it"
        " made for CASTMARK_AUDIENCE",
    )
