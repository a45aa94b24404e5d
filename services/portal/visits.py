"""Who visits: as what somebody signed in, and on which page those begin for whom there is no board.

The services decide what a visitor may see; here only which page suits.
"""

from collections.abc import Mapping

from infra.auth import Principal, RoleKind, Tokens
from infra.errors import Refused, Transient

BEGINS: Mapping[RoleKind, str] = {
    RoleKind.AUDITOR: "/auditing",
    RoleKind.VERIFIER: "/verifying",
    RoleKind.SUBSCRIBER: "/events",
}
"""The first page of those whose only roles these are."""


async def visitor(tokens: Tokens, token: str) -> Principal | None:
    """Who a token speaks for; None where it is not good, or that cannot be told just now."""
    try:
        return await tokens.check(token)
    except (Refused, Transient):
        return None


def begins_at(principal: Principal | None) -> str | None:
    """The page to go to instead of the board; None for whom the board is there."""
    kinds = {role.kind for role in principal.roles} if principal else set()
    if kinds & {RoleKind.OPS, RoleKind.MEMBER}:
        return None
    return next((page for kind, page in BEGINS.items() if kind in kinds), None)


def chosen(principal: Principal | None, kind: RoleKind, asked: str | None) -> str | None:
    """For which organisation of that kind a page is: the one asked for, else their only one."""
    own = principal.ids(kind) if principal else frozenset()
    return asked or (min(own) if own else None)
