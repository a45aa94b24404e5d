"""Who may do what: every kind of token against every kind of command, and every bad token."""

import base64
import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from infra.auth import LEEWAY_S, Keys, Principal, Role, RoleKind, SubjectKey, Tokens, read_role
from infra.devissuer import ISSUER
from infra.errors import Refused
from tests.api.small import NOW, Small, thing

BODIES: Mapping[str, Mapping[str, object]] = {
    "register_thing": thing(),
    "inspect_thing": {"auditor_firm": "F1", "thing_id": "T1"},
    "scrap_thing": {"thing_id": "T9"},
}
OK, HEAVY, GONE = "", "thing-too-heavy", "unknown-thing"
MATRIX = {
    # roles of the token: register_thing of M1, inspect_thing by F1, scrap_thing
    ("ops",): (OK, HEAVY, GONE),
    ("member:M1",): (OK, "role-missing", "role-missing"),
    ("member:M2",): ("not-your-member", "role-missing", "role-missing"),
    ("member:M2", "member:M1"): (OK, "role-missing", "role-missing"),
    ("auditor:F1",): ("role-missing", HEAVY, "role-missing"),
    ("auditor:F2",): ("role-missing", "not-your-firm", "role-missing"),
    ("member:M2", "auditor:F1"): ("not-your-member", HEAVY, "role-missing"),
    ("member:F1", "auditor:M1"): ("not-your-member", "not-your-firm", "role-missing"),
    ("verifier:M1",): ("role-missing", "role-missing", "role-missing"),
    ("subscriber:M1",): ("role-missing", "role-missing", "role-missing"),
    (): ("not-signed-in", "not-signed-in", "not-signed-in"),
}
STATUS = {"": 200, HEAVY: 409, GONE: 404, "not-signed-in": 401}


@pytest.mark.parametrize("roles", MATRIX, ids=lambda roles: "+".join(roles) or "nobody")
async def test_each_role_may_do_its_own_and_no_more(small: Small, roles: tuple[str, ...]) -> None:
    async with small.client(*roles) as client:
        for (command, body), slug in zip(BODIES.items(), MATRIX[roles], strict=True):
            answer = await client.post(
                f"/small/commands/{command}", json=body, headers={"idempotency-key": command}
            )
            assert answer.status_code == STATUS.get(slug, 403), command
            assert answer.json().get("slug", "") == slug, command
    reached = {request.command.NAME for request in small.writer.requests}
    expected = {
        command
        for command, slug in zip(BODIES, MATRIX[roles], strict=True)
        if slug in (OK, HEAVY, GONE)
    }
    assert reached == expected


async def test_a_read_that_wants_a_token_refuses_without_one(small: Small) -> None:
    async with small.client() as client:
        refused = await client.get("/small/things")
        public = await client.get("/small/things/T9")
    assert (refused.status_code, refused.json()["slug"]) == (401, "not-signed-in")
    assert refused.headers["www-authenticate"] == 'Bearer realm="castmark"'
    assert public.json()["slug"] == "unknown-thing"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic b3BzOm9wcw==", "ops", "Token abc", "bearer\tx"]
)
async def test_what_is_no_bearer_token_is_not_signed_in(small: Small, header: str) -> None:
    async with small.client() as client:
        answer = await client.get("/small/things", headers={"authorization": header})
    assert (answer.status_code, answer.json()["slug"]) == (401, "not-signed-in")


async def test_the_scheme_may_be_written_in_any_case(small: Small) -> None:
    token = small.issuer.mint(["ops"])
    async with small.client() as client:
        answer = await client.get("/small/things", headers={"authorization": f"bEARER {token}"})
    assert answer.status_code == 200


def claims(**changes: object) -> dict[str, object]:
    """Claims of a good token, some of them changed; None leaves one out."""
    good: dict[str, object] = {
        "iss": ISSUER,
        "aud": "castmark",
        "sub": "somebody",
        "roles": ["ops"],
        "exp": int(NOW) + 600,
    }
    return {key: value for key, value in {**good, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({}, ""),
        ({"aud": ["other", "castmark"]}, ""),
        ({"exp": NOW - LEEWAY_S + 1}, ""),
        ({"nbf": NOW + LEEWAY_S - 1}, ""),
        ({"exp": NOW - LEEWAY_S - 1}, "token-expired"),
        ({"exp": 0}, "token-expired"),
        ({"exp": None}, "token-invalid"),
        ({"exp": "tomorrow"}, "token-invalid"),
        ({"exp": True}, "token-invalid"),
        ({"nbf": NOW + LEEWAY_S + 5}, "token-invalid"),
        ({"iss": "somebody-else"}, "token-invalid"),
        ({"iss": None}, "token-invalid"),
        ({"aud": "castmark-sign-in"}, "token-invalid"),
        ({"aud": None}, "token-invalid"),
        ({"aud": {"castmark": 1}}, "token-invalid"),
        ({"sub": None}, "token-invalid"),
        ({"sub": ""}, "token-invalid"),
        ({"sub": 7}, "token-invalid"),
        ({"roles": "ops"}, "token-invalid"),
        ({"roles": [["ops"]]}, "token-invalid"),
        ({"roles": []}, "role-missing"),
        ({"roles": None}, "role-missing"),
        ({"roles": ["admin", "member:", "member:a b", "ops:x", "OPS"]}, "role-missing"),
    ],
)
async def test_every_claim_is_checked(small: Small, changes: dict[str, object], slug: str) -> None:
    key = await small.issuer.find(None)
    token = jwt.encode({"alg": "Ed25519"}, claims(**changes), key, algorithms=["Ed25519"])
    async with small.client() as client:
        answer = await client.post(
            "/small/commands/register_thing",
            json=thing(),
            headers={"authorization": f"Bearer {token}", "idempotency-key": "c1"},
        )
    assert answer.json().get("slug", "") == slug
    if slug.startswith("token-"):
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert "somebody" not in answer.text


class OneKey:
    """An issuer with one key."""

    def __init__(self, key: SubjectKey) -> None:
        self._key = key

    async def find(self, kid: str | None) -> SubjectKey:
        return self._key


def part(content: object) -> str:
    """One part of a compact JWT."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


async def test_each_allowed_algorithm_is_accepted() -> None:
    keys: Mapping[str, SubjectKey] = {
        "Ed25519": OKPKey.generate_key("Ed25519"),
        "ES256": ECKey.generate_key("P-256"),
        "RS256": RSAKey.generate_key(2048),
    }
    for algorithm, key in keys.items():
        token = jwt.encode({"alg": algorithm}, claims(), key, algorithms=[algorithm])
        principal = await tokens(OneKey(key)).check(token)
        assert principal.is_ops, algorithm


async def test_the_older_name_of_ed25519_is_accepted_without_a_warning() -> None:
    key = OKPKey.generate_key("Ed25519")
    with pytest.warns(match="EdDSA is deprecated"):
        token = jwt.encode({"alg": "EdDSA"}, claims(), key, algorithms=["EdDSA"])
    assert (await tokens(OneKey(key)).check(token)).is_ops


async def test_a_token_is_never_taken_unsigned_or_signed_with_a_shared_secret() -> None:
    key = RSAKey.generate_key(2048)
    public = json.dumps(key.as_dict(private=False))
    secret = OctKey.import_key(public)
    forged = {
        "none": f"{part({'alg': 'none'})}.{part(claims())}.",
        "public key as secret": jwt.encode(
            {"alg": "HS256"}, claims(), secret, algorithms=["HS256"]
        ),
        "another curve": jwt.encode(
            {"alg": "ES256"}, claims(), ECKey.generate_key("P-256"), algorithms=["ES256"]
        ),
        "another key": jwt.encode(
            {"alg": "RS256"}, claims(), RSAKey.generate_key(2048), algorithms=["RS256"]
        ),
        "longer hash": jwt.encode({"alg": "RS512"}, claims(), key, algorithms=["RS512"]),
    }
    for how, token in forged.items():
        with pytest.raises(Refused) as refused:
            await tokens(OneKey(key)).check(token)
        assert refused.value.slug == "token-invalid", how


async def test_a_token_that_was_good_is_not_good_for_ever() -> None:
    key, now = OKPKey.generate_key("Ed25519"), NOW
    checker = Tokens(OneKey(key), ISSUER, "castmark", now=lambda: now)
    token = jwt.encode({"alg": "Ed25519"}, claims(exp=int(NOW) + 40), key, algorithms=["Ed25519"])
    assert (await checker.check(token)).is_ops
    now = NOW + 41 + LEEWAY_S
    with pytest.raises(Refused, match="token-expired"):
        await checker.check(token)


async def test_a_withdrawn_key_is_noticed_within_a_minute() -> None:
    now, keys = NOW, OneKey(OKPKey.generate_key("Ed25519"))
    checker = Tokens(keys, ISSUER, "castmark", now=lambda: now)
    token = jwt.encode({"alg": "Ed25519"}, claims(), keys._key, algorithms=["Ed25519"])
    assert (await checker.check(token)).is_ops
    keys._key = OKPKey.generate_key("Ed25519")
    now = NOW + 61
    with pytest.raises(Refused, match="token-invalid"):
        await checker.check(token)


@given(st.one_of(st.text(), st.text(alphabet="eyJhbGci.OiJ-_9", max_size=200)))
async def test_no_text_whatever_is_more_than_a_refusal(text: str) -> None:
    key = OKPKey.generate_key("Ed25519")
    with pytest.raises(Refused) as refused:
        await tokens(OneKey(key)).check(text)
    assert refused.value.slug.startswith("token-")


def tokens(keys: Keys) -> Tokens:
    """A checker at the time of these tests."""
    return Tokens(keys, ISSUER, "castmark", now=lambda: NOW)


def test_roles_are_read_exactly() -> None:
    assert read_role("ops") == Role(RoleKind.OPS)
    assert read_role("member:M1") == Role(RoleKind.MEMBER, "M1")
    assert str(Role(RoleKind.AUDITOR, "F1")) == "auditor:F1"
    for text in ("", "ops:", "ops:x", "member", "member:", "member:a/b", "Member:M1", "root:x"):
        assert read_role(text) is None, text


def test_a_principal_shown_in_a_log_names_nobody() -> None:
    principal = Principal("https://login.example.org", "eve@example.org", frozenset(), 0)
    assert "eve" not in repr(principal)
    assert "login" not in repr(principal)


def test_operations_act_for_everybody_and_others_for_their_own() -> None:
    ops = Principal("i", "s", frozenset({Role(RoleKind.OPS)}), 0)
    verifier = Principal("i", "s", frozenset({Role(RoleKind.VERIFIER, "V1")}), 0)
    ops.require_verifier("V2")
    ops.require_subscriber("S2")
    verifier.require_verifier("V1")
    with pytest.raises(Refused, match="not-your-verifier"):
        verifier.require_verifier("V2")
    with pytest.raises(Refused, match="role-missing"):
        verifier.require_subscriber("V1")


async def test_the_development_key_is_published_without_its_private_part(small: Small) -> None:
    async with small.client() as client:
        (key,) = (await client.get("/dev/jwks")).json()["keys"]
    assert (key["kty"], key["crv"], key["use"]) == ("OKP", "Ed25519", "sig")
    assert "d" not in key
