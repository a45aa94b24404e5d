"""Who may see which of the ledger's rows: in the same words whether or not there is such a row."""

import asyncio
from typing import Protocol

from infra.auth import Principal, RoleKind
from infra.errors import Refused

from .documents.rows import DocumentRow
from .rows import PoolRow, ScopeRow


class Rows(Protocol):
    """Where the rows are looked up."""

    def scope(self, scope_id: str, /) -> ScopeRow | None:
        """A scope as it stands."""
        ...

    def pool(self, key: str, /) -> PoolRow | None:
        """A pool as it stands."""
        ...

    def document(self, number: str, /) -> DocumentRow | None:
        """A document as it stands."""
        ...


class Allowed:
    """Rows for those who may see them; Refused `not-your-member`, or `unknown-...`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def scope(self, principal: Principal, scope_id: str) -> ScopeRow:
        """A scope, for its member."""
        row = await asyncio.to_thread(self._rows.scope, scope_id)
        principal.require_owner(row.member_id if row else None, scope_id)
        if row is None:
            raise Refused("unknown-scope", f"there is no scope {scope_id}", scope_id=scope_id)
        return row

    async def pool(self, principal: Principal, pool: str) -> PoolRow:
        """A pool, for its member."""
        row = await asyncio.to_thread(self._rows.pool, pool)
        principal.require_owner(row.member_id if row else None, pool)
        if row is None:
            raise Refused("unknown-pool", f"there is no pool {pool}", pool=pool)
        return row

    async def document(self, principal: Principal, number: str) -> DocumentRow:
        """A document, for its two sides."""
        row = await asyncio.to_thread(self._rows.document, number)
        sides = {row.member_id, row.customer_member_id} if row else set()
        if not sides & principal.ids(RoleKind.MEMBER):
            principal.require_owner(row.member_id if row else None, number)
        if row is None:
            raise Refused("unknown-document", f"there is no document {number}", number=number)
        return row
