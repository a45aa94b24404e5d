"""The public keys of an OIDC issuer: fetched when needed, kept, fetched again when they change.

An issuer that is away does not stop us: keys that we hold are good for a day. An unknown key id
makes us ask again, but not more often than every few seconds, so nobody can make us flood it.
"""

import base64
import time
from collections.abc import Callable, Mapping

import anyio
import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from pydantic import BaseModel, ConfigDict

from .auth import SubjectKey
from .errors import Refused, Transient
from .settings import KeyUrl

REFRESH_AFTER_S = 600
KEEP_S = 86_400
ASK_AGAIN_S = 10
FIRST_BACKOFF_S = 1
LAST_BACKOFF_S = 60
TIMEOUT_S = 5
MIN_RSA_BYTES = 256

Jwk = Mapping[str, object]
log = structlog.stdlib.get_logger("castmark.jwks")


class Discovery(BaseModel):
    """What we need of OpenID Connect Discovery 1.0, section 3. Keys are looked for in any; who
    signs people in asks besides whether the other addresses are there, and what they are."""

    model_config = ConfigDict(extra="ignore")
    issuer: str
    jwks_uri: KeyUrl
    authorization_endpoint: str | None = None
    token_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    authorization_response_iss_parameter_supported: bool = False


class _KeySet(BaseModel):
    """RFC 7517, section 5."""

    model_config = ConfigDict(extra="ignore")
    keys: list[dict[str, object]]


class IssuerKeys:
    """Finds keys by id; safe for many requests at once, of which one asks and the others wait
    (or go on with a key that is merely old)."""

    def __init__(
        self,
        issuer: str,
        jwks_url: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._transport = transport
        self._now = now
        self._lock = anyio.Lock()
        self._keys: Mapping[str, SubjectKey] = {}
        self._fetched_at = float("-inf")
        self._ask_after = float("-inf")
        self._backoff_s = 0.0

    async def find(self, kid: str | None) -> SubjectKey:
        """The issuer's key of that id (or its only one); raises Refused `token-key-unknown`, or
        Transient when the issuer must be asked and does not answer."""
        key = self._held(kid)
        if key is None or (self._is_old and not self._lock.locked()):
            async with self._lock:
                if (self._held(kid) is None or self._is_old) and self._now() >= self._ask_after:
                    await self._refresh()
            key = self._held(kid)
        if key is not None:
            return key
        if self._backoff_s:
            raise Transient("the issuer of the token cannot be asked for its keys")
        raise Refused(
            "token-key-unknown",
            "the token is signed with a key that its issuer does not publish: sign in again",
        )

    @property
    def _is_old(self) -> bool:
        return self._now() - self._fetched_at > REFRESH_AFTER_S

    def _held(self, kid: str | None) -> SubjectKey | None:
        if self._now() - self._fetched_at > KEEP_S:
            return None
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid or "")

    async def _refresh(self) -> None:
        try:
            self._keys = await self._fetch()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            self._backoff_s = min(max(FIRST_BACKOFF_S, self._backoff_s * 2), LAST_BACKOFF_S)
            self._ask_after = self._now() + self._backoff_s
            log.warning("issuer-keys-not-fetched", error=type(error).__name__)
        else:
            self._backoff_s = 0.0
            self._fetched_at = self._now()
            self._ask_after = self._now() + ASK_AGAIN_S

    async def _fetch(self) -> Mapping[str, SubjectKey]:
        async with httpx.AsyncClient(transport=self._transport, timeout=TIMEOUT_S) as client:
            url = self._jwks_url
            if url is None:
                url = (await discover(client, self._issuer)).jwks_uri
            response = (await client.get(url)).raise_for_status()
        return usable_keys(_KeySet.model_validate_json(response.content).keys)


async def discover(client: httpx.AsyncClient, issuer: str) -> Discovery:
    """What an issuer (without a slash at its end) says of itself; raises what httpx raises, or
    ValueError for what cannot be read or is another issuer's."""
    url = f"{issuer}/.well-known/openid-configuration"
    response = (await client.get(url, timeout=TIMEOUT_S)).raise_for_status()
    found = Discovery.model_validate_json(response.content)
    if found.issuer.rstrip("/") != issuer:
        raise ValueError("the discovery document is another issuer's")
    return found


def usable_keys(jwks: list[dict[str, object]]) -> Mapping[str, SubjectKey]:
    """Public signature keys of the kinds we accept, by id; others are passed over."""
    keys = [key for key in map(_usable, jwks) if key is not None]
    return {key.kid or key.thumbprint(): key for key in keys}


def _usable(jwk: Jwk) -> SubjectKey | None:
    """An Ed25519, P-256 or RSA (2048 bits or more) key, without its private part."""
    if jwk.get("use", "sig") != "sig":
        return None
    try:
        match jwk.get("kty"), jwk.get("crv"):
            case "OKP", "Ed25519":
                return OKPKey.import_key(_text(jwk, "kty", "crv", "x"))
            case "EC", "P-256":
                return ECKey.import_key(_text(jwk, "kty", "crv", "x", "y"))
            case "RSA", _:
                public = _text(jwk, "kty", "n", "e")
                return RSAKey.import_key(public) if _rsa_bytes(public) >= MIN_RSA_BYTES else None
            case _:
                return None
    except (JoseError, ValueError, TypeError, KeyError) as error:
        log.warning("issuer-key-unusable", error=type(error).__name__)
        return None


def _text(jwk: Jwk, *members: str) -> dict[str, str | list[str]]:
    """The named members and the id; the rest (a private part, above all) is left behind."""
    public: dict[str, str | list[str]] = {}
    for member in members:
        value = jwk[member]
        if not isinstance(value, str):
            raise TypeError(f"the member {member} of a key must be a text")
        public[member] = value
    kid = jwk.get("kid")
    if isinstance(kid, str) and kid:
        public["kid"] = kid
    return public


def _rsa_bytes(public: Mapping[str, str | list[str]]) -> int:
    modulus = str(public["n"])
    return len(base64.urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4)).lstrip(b"\x00"))
