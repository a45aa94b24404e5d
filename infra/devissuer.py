"""An issuer of tokens for development: a key in a file, no passwords, this machine only.

It exists only with `CASTMARK_ENV=development` on a loopback address; asked for anywhere else, the
process does not start. Tokens are minted by who can read the key file (mode 0600), never over HTTP;
HTTP only publishes the public key.
"""

import os
import secrets
import stat
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson
from joserfc import jwt
from joserfc.jwk import OKPKey

from .auth import Keys, SubjectKey, Tokens, read_role
from .errors import Refused
from .jwks import IssuerKeys
from .settings import PREFIX, Misconfigured, Settings, is_loopback

ISSUER = "castmark-development"
TICKET_AUDIENCE = "castmark-sign-in"
KEY_FILE = "dev-issuer.json"
TOKEN_TTL_S = 12 * 3_600
TICKET_TTL_S = 15 * 60
ALGORITHM = "Ed25519"


class DevIssuer:
    """Mints tokens and one-time sign-in tickets; knows its own key as `auth.Keys` does."""

    def __init__(self, key: OKPKey, audience: str, now: Callable[[], float] = time.time) -> None:
        self._key = key
        self._audience = audience
        self._now = now
        self._kid = key.thumbprint()
        self._tickets = Tokens(self, ISSUER, TICKET_AUDIENCE, now)
        self._used: dict[str, int] = {}

    async def find(self, kid: str | None) -> SubjectKey:
        """The one key there is."""
        if kid not in (None, self._kid):
            raise Refused(
                "token-key-unknown",
                f"the token was signed with another {KEY_FILE}: mint a new one (castmark token)",
            )
        return self._key

    def jwks(self) -> dict[str, list[dict[str, object]]]:
        """The public key as a JWK set."""
        public = dict(self._key.as_dict(private=False))
        return {"keys": [{**public, "kid": self._kid, "alg": ALGORITHM, "use": "sig"}]}

    def mint(
        self, roles: Sequence[str], ttl_s: int = TOKEN_TTL_S, subject: str | None = None
    ) -> str:
        """A bearer token with these roles (`ops`, `member:M1`); ValueError for what is none."""
        subject = subject or f"development {' '.join(sorted(roles))}"
        return self._sign(self._audience, roles, ttl_s, subject)

    def ticket(self, roles: Sequence[str], ttl_s: int = TICKET_TTL_S) -> str:
        """A ticket for a sign-in link: no token, but good for one (`redeem`), once."""
        return self._sign(TICKET_AUDIENCE, roles, ttl_s, secrets.token_hex(16))

    async def redeem(self, ticket: str) -> str:
        """Change a ticket for a token; Refused when it is spent, expired or none of ours.

        Spent tickets are remembered by this process until they expire.
        """
        principal = await self._tickets.check(ticket)
        now = int(self._now())
        self._used = {used: until for used, until in self._used.items() if until >= now}
        if principal.subject in self._used:
            raise Refused("token-used", "this sign-in link was used before: ask for a new one")
        # Kept longer than the ticket is good for, because expiry is judged with some leeway.
        self._used[principal.subject] = principal.expires_at + 3_600
        return self.mint(sorted(map(str, principal.roles)))

    def _sign(self, audience: str, roles: Sequence[str], ttl_s: int, subject: str) -> str:
        for role in roles:
            if read_role(role) is None:
                raise ValueError(
                    f"{role!r} is no role: ops, member:<id>, auditor:<firm>, verifier:<id> or"
                    " subscriber:<id> is"
                )
        now = int(self._now())
        claims = {
            "iss": ISSUER,
            "aud": audience,
            "sub": subject,
            "roles": list(roles),
            "iat": now,
            "nbf": now,
            "exp": now + ttl_s,
        }
        header = {"alg": ALGORITHM, "kid": self._kid}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])


def development_issuer(settings: Settings) -> DevIssuer:
    """The development issuer of a data folder; its key is made at first use.

    Raises Misconfigured outside development, off loopback, or when others can read the key.
    """
    if settings.environment != "development":
        raise Misconfigured(
            f"{PREFIX}OIDC_ISSUER is not set, and the development issuer works only with"
            f" {PREFIX}ENV=development: name the issuer whose tokens are to be accepted"
        )
    if not is_loopback(settings.host):
        raise Misconfigured(
            f"{PREFIX}HOST is not a loopback address, and the development issuer lets everybody"
            f" in: use 127.0.0.1, or name a real issuer with {PREFIX}OIDC_ISSUER"
        )
    return DevIssuer(_key_in(settings.data / KEY_FILE), settings.audience)


def tokens_of(settings: Settings) -> tuple[Tokens, DevIssuer | None]:
    """Who may sign in, as the settings say: the OIDC issuer where one is named, else the
    development issuer. Raises Misconfigured where neither may be."""
    if settings.oidc_issuer is not None:
        keys: Keys = IssuerKeys(settings.oidc_issuer, settings.jwks_url)
        return Tokens(keys, settings.oidc_issuer, settings.audience), None
    issuer = development_issuer(settings)
    return Tokens(issuer, ISSUER, settings.audience), issuer


def _key_in(path: Path) -> OKPKey:
    """Read the key; make it first if there is none. Two processes that start at once agree,
    because a complete file is linked into place and only one link can win."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(orjson.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True)))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # somebody else was first: theirs is the key
        finally:
            draft.unlink()
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Misconfigured(f"others can read {path}, which signs tokens: chmod 600 {path}")
    return OKPKey.import_key(orjson.loads(path.read_bytes()))
