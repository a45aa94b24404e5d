"""Who is asking: bearer tokens of an OIDC issuer, and what the roles in them allow.

A token says who (`sub`, never written into an event) and as what (`roles`): `ops`, `member:<id>`,
`auditor:<firm>`, `verifier:<id>`, `subscriber:<id>`. Everything that is wrong with one is Refused
with `not-signed-in` or a slug that begins with `token-`. Signatures are checked by joserfc.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple, Protocol

from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jwt import Claims, JWTClaimsRegistry

from contracts.values import ID_PATTERN

from .errors import Refused

ALGORITHMS = ("Ed25519", "EdDSA", "ES256", "RS256")
"""Asymmetric ones only: a public key must never do as a shared secret. `EdDSA` is the older name
of `Ed25519` (RFC 9864), which issuers still write."""
LEEWAY_S = 30
MAX_TOKEN_BYTES = 8_192
REMEMBERED_S = 60
"""A token that was found good is not checked again for so long (signatures cost more than the
rest of a request); its expiry still is. So a key that its issuer withdrew lives a minute longer."""
MAX_REMEMBERED = 2_048

SubjectKey = OKPKey | ECKey | RSAKey
_ID = re.compile(ID_PATTERN)


class RoleKind(StrEnum):
    """What somebody can sign in as; all but `ops` are for one organisation."""

    OPS = "ops"
    MEMBER = "member"
    AUDITOR = "auditor"
    VERIFIER = "verifier"
    SUBSCRIBER = "subscriber"


class Role(NamedTuple):
    """One role of a token: `member:M1` is `Role(MEMBER, "M1")`; `ops` is for nobody."""

    kind: RoleKind
    of: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.of}" if self.of else str(self.kind)


def read_role(text: str) -> Role | None:
    """Read `member:M1`; None for what is no role of ours (an issuer may have others)."""
    kind, _, of = text.partition(":")
    if kind not in RoleKind.__members__.values():
        return None
    role = Role(RoleKind(kind), of)
    if role.kind is RoleKind.OPS:
        return role if text == "ops" else None
    return role if _ID.fullmatch(of) else None


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody whose token was good. Issuer and subject name a person: they stay out of events,
    logs and answers; `infra.persons` gives the reference that stands for them."""

    issuer: str = field(repr=False)
    subject: str = field(repr=False)
    roles: frozenset[Role]
    expires_at: int

    @property
    def is_ops(self) -> bool:
        """Whether they run the programme."""
        return Role(RoleKind.OPS) in self.roles

    def ids(self, kind: RoleKind) -> frozenset[str]:
        """The organisations they may act for as that kind: `ids(RoleKind.MEMBER)`."""
        return frozenset(role.of for role in self.roles if role.kind is kind)

    def only(self, role: Role) -> "Principal":
        """The same person in one role of theirs."""
        return replace(self, roles=self.roles & {role})

    def require(self, *kinds: RoleKind | str) -> None:
        """Refuse (`role-missing`) who has no role of these kinds."""
        if not any(role.kind in kinds for role in self.roles):
            raise Refused(
                "role-missing",
                f"this needs one of the roles {', '.join(sorted(kinds))}, and the token has none",
                needed=tuple(kinds),
            )

    def require_member(self, member_id: str) -> None:
        """Refuse who acts neither for that member nor for operations."""
        self._require_own(RoleKind.MEMBER, member_id, "not-your-member", "member")

    def require_owner(self, member_id: str | None, what: str) -> None:
        """Refuse who acts neither for the member that owns `what` nor for operations: in the same
        words whether or not there is such a thing (None), and without naming its owner."""
        own = self.ids(RoleKind.MEMBER)
        if self.is_ops or member_id in own:
            return
        self.require(RoleKind.OPS, RoleKind.MEMBER)
        raise Refused(
            "not-your-member",
            f"your token is for member {', '.join(sorted(own))}, and they have no {what}",
            asked=what,
            yours=own,
        )

    def require_auditor(self, firm: str) -> None:
        """Refuse who belongs neither to that audit firm nor to operations."""
        self._require_own(RoleKind.AUDITOR, firm, "not-your-firm", "audit firm")

    def require_verifier(self, verifier: str) -> None:
        """Refuse who acts neither for that verifier nor for operations."""
        self._require_own(RoleKind.VERIFIER, verifier, "not-your-verifier", "verifier")

    def require_subscriber(self, subscriber: str) -> None:
        """Refuse who acts neither for that subscriber nor for operations."""
        self._require_own(RoleKind.SUBSCRIBER, subscriber, "not-your-subscription", "subscriber")

    def _require_own(self, kind: RoleKind, of: str, slug: str, what: str) -> None:
        if self.is_ops:
            return
        own = self.ids(kind)
        if not own:
            self.require(RoleKind.OPS, kind)
        if of not in own:
            raise Refused(
                slug,
                f"your token is for {what} {', '.join(sorted(own))}; this concerns {of}",
                asked=of,
                yours=own,
            )


class Keys(Protocol):
    """Where an issuer's public keys come from."""

    async def find(self, kid: str | None) -> SubjectKey:
        """The key of that id; raises Refused (`token-key-unknown`), or Transient when the issuer
        cannot be asked."""
        ...


class _Registry(jws.JWSRegistry):
    """The allowed algorithms; header fields that we do not know are ignored (RFC 7515, 4)."""

    def __init__(self) -> None:
        super().__init__(algorithms=ALGORITHMS, strict_check_header=False)

    def get_alg(self, name: str) -> JWSAlgModel:
        # The library warns at each use of the older name; we allow it knowingly.
        return self.algorithms[name] if name == "EdDSA" else super().get_alg(name)


class Tokens:
    """Checks bearer tokens of one issuer, made for one audience. For one event loop."""

    def __init__(
        self, keys: Keys, issuer: str, audience: str, now: Callable[[], float] = time.time
    ) -> None:
        self.issuer = issuer
        self._keys = keys
        self._now = now
        self._registry = _Registry()
        self._audience = audience
        self._good: dict[bytes, tuple[Principal, float]] = {}

    async def principal(self, authorization: str | None, at: float | None = None) -> Principal:
        """Who an `Authorization` header speaks for; raises Refused or Transient.

        `at` is when the request arrived, in seconds since 1970, where it has waited since then
        (in a topic): a token must have been good then.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Refused(
                "not-signed-in",
                "this needs a token: send the header 'Authorization: Bearer <token>'",
            )
        return await self.check(token.strip(), at)

    async def check(self, token: str, at: float | None = None) -> Principal:
        """Who a token speaks for; raises Refused or Transient."""
        _not_too_long(token)
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        now = self._now()
        arrived = now if at is None else min(at, now)
        principal, until = self._good.get(digest, (None, 0.0))
        if principal is None or now > until or arrived > principal.expires_at:
            principal = principal_of(await self._verified(token, arrived))
            if len(self._good) >= MAX_REMEMBERED:
                self._good.clear()
            self._good[digest] = principal, now + REMEMBERED_S
        return principal

    def made_for(self, audience: str) -> "Tokens":
        """A check of the same issuer's tokens that are for another audience: a client's own."""
        return Tokens(self._keys, self.issuer, audience, self._now)

    async def claims(self, token: str) -> Claims:
        """All that a good token says, whatever its roles; raises Refused or Transient."""
        _not_too_long(token)
        return await self._verified(token, self._now())

    async def _verified(self, token: str, at: float) -> Claims:
        wanted = JWTClaimsRegistry(
            now=lambda: int(at),
            leeway=LEEWAY_S,
            # The setting stands without a slash at its end; some issuers write one in every token.
            iss={"essential": True, "values": [self.issuer, f"{self.issuer}/"]},
            aud={"essential": True, "value": self._audience},
            sub={"essential": True},
            exp={"essential": True},
        )
        try:
            signed = jws.extract_compact(token.encode("utf-8", "replace"), None, self._registry)
            kid = signed.headers().get("kid")
            key = await self._keys.find(kid if isinstance(kid, str) else None)
            claims = jwt.decode(token, key, registry=self._registry).claims
            wanted.validate(claims)
        except ExpiredTokenError as error:
            raise Refused("token-expired", "the token has expired: sign in again") from error
        except (JoseError, ValueError, TypeError, KeyError) as error:
            # The reason helps an honest client and tells a forger nothing he does not know.
            reason = str(error) if isinstance(error, JoseError) else "it is not a signed JWT"
            raise Refused("token-invalid", f"the token is not acceptable: {reason}") from error
        return claims


def _not_too_long(token: str) -> None:
    if len(token) > MAX_TOKEN_BYTES:
        raise Refused("token-invalid", f"a token has at most {MAX_TOKEN_BYTES} characters")


def principal_of(claims: Claims) -> Principal:
    """The principal of checked claims; roles that are not ours are passed over."""
    written = claims.get("roles", [])
    if not isinstance(written, list) or not all(isinstance(role, str) for role in written):
        raise Refused("token-invalid", "the claim `roles` must be a list of texts: ['member:M1']")
    return Principal(
        issuer=claims["iss"],
        subject=claims["sub"],
        roles=roles_of(written),
        expires_at=int(claims["exp"]),
    )


def roles_of(written: Iterable[str]) -> frozenset[Role]:
    """All roles of ours among those written."""
    return frozenset(role for role in map(read_role, written) if role is not None)
