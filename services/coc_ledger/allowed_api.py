"""Who may see which of the ledger's rows: in the same words whether or not there is such a row."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from contracts.custody import PoolKey
from infra.auth import Principal, RoleKind
from infra.errors import Refused
from infra.reading import Reader
from infra.service import Running

from . import auditors
from .auditors import AuditRow
from .documents.readers import readers_of
from .documents.rows import DocumentRow
from .documents.state import Document
from .domain import CONSUMER
from .own_writes_api import Row, caught_up, followed
from .pools.leaving import key_of, left_by
from .pools.state import Pool
from .rows import PoolRow, ScopeRow
from .scopes.neighbours import stream_of
from .scopes.state import Scope

MANY = 100_000


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
    """Rows for those who may see them: operations, their members, and the audit firms that look at
    their entities. Refused `not-your-member`, `not-your-audit`, or `unknown-...`."""

    def __init__(self, running: Running, rows: Rows) -> None:
        self._running = running
        self._reader = Reader(running)
        self._rows = rows

    async def scope(self, principal: Principal, scope_id: str) -> ScopeRow:
        """A scope, for its member."""
        stream = stream_of(scope_id)

        def look() -> ScopeRow | None:
            return self._rows.scope(scope_id)

        row = await followed(look, lambda: self._is_theirs(principal, stream), scope_id)
        await self._require(principal, row, scope_id)
        if row is None:
            raise Refused("unknown-scope", f"there is no scope {scope_id}", scope_id=scope_id)
        return await self._current(look, stream) or row

    async def pool(self, principal: Principal, pool: str) -> PoolRow:
        """A pool, for its member, with what the periods before have left it by now."""
        stream = f"pool/{pool}"

        def look() -> PoolRow | None:
            return self._rows.pool(pool)

        def theirs() -> bool:
            return self._is_theirs(principal, stream)

        row = await followed(look, theirs, pool)
        if row is None and await asyncio.to_thread(self._in_their_scope, principal, pool):
            await self._carried(pool)  # a close that was just answered may open it
            row = await followed(look, theirs, pool)
        await self._require(principal, row, pool)
        if row is None:
            told = f"there is no pool {pool}: it is SCOPE:STAGE:FIRST DAY OF ITS PERIOD"
            told += ", as in works-1:aluminium:2026-01-01, and opens with its first booking"
            raise Refused("unknown-pool", told, pool=pool)
        await self._carried(pool)
        return await self._current(look, stream) or row

    async def document(self, principal: Principal, number: str) -> DocumentRow:
        """A document, for its two sides and who stands in their place."""
        row, _ = await self.reading(principal, number)
        return row

    async def reading(self, principal: Principal, number: str) -> tuple[DocumentRow, bool]:
        """The same; and whether all that the ledger keeps of it is theirs to see, or what was
        stated to its customer alone."""
        stream = f"coc_document/{number}"

        def look() -> DocumentRow | None:
            return self._rows.document(number)

        row = await followed(look, lambda: self._is_theirs(principal, stream), number)
        whole = await self._reads_whole(principal, row, number)
        if row is None:
            raise Refused("unknown-document", f"there is no document {number}", number=number)
        return await self._current(look, stream) or row, whole

    async def _reads_whole(
        self, principal: Principal, row: DocumentRow | None, number: str
    ) -> bool:
        own = await self.members(principal, row) if row else frozenset()
        if row is not None and row.member_id in own:
            return True
        if row is not None and not principal.is_ops:
            today = self._running.times.today()
            who = await asyncio.to_thread(readers_of, row, self._rows, today)
            if own & (who.issuers | who.others):
                return bool(own & who.issuers)
        await self._require(principal, row, number)
        return True

    async def caught_up_with(self, pool: PoolKey) -> None:
        """Wait a little until rows know all that a pool's stream has told by now, and the pool has
        what those before it left: reactions carry it together with the rows."""
        await self._carried(pool.key)
        await self._current(lambda: None, pool.stream)

    async def _carried(self, pool: str) -> None:
        for before in await asyncio.to_thread(self._before, pool):
            await self._current(lambda: None, before.stream)

    def _before(self, pool: str) -> list[PoolKey]:
        try:
            key = key_of(pool)
        except ValueError:
            return []
        scope = self._rows.scope(key.scope_id)
        if scope is None:
            return []
        where = {"to_scope_id": key.scope_id}
        over: list[ScopeRow] = self._reader.page(CONSUMER, "scopes", None, MANY, where)
        return left_by(key, scope, over)

    def _in_their_scope(self, principal: Principal, pool: str) -> bool:
        scope = self._rows.scope(pool.rpartition(":")[0].rpartition(":")[0])
        return scope is not None and (
            principal.is_ops or scope.member_id in principal.ids(RoleKind.MEMBER)
        )

    async def _current(self, look: Callable[[], Row], stream: str) -> Row:
        """A row that somebody may see, with all that its stream has told by now."""
        name, store = self._running.name, self._running.store
        return await caught_up(
            look,
            lambda: store.last_of_stream(stream),
            lambda: self._reader.through(CONSUMER).get(name, 0),
        )

    async def members(self, principal: Principal, row: DocumentRow) -> frozenset[str]:
        """In whose place somebody looks at a document: their own members', and of its two sides
        those whose entity they audit."""
        own = principal.ids(RoleKind.MEMBER)
        if not principal.ids(RoleKind.AUDITOR):
            return own
        audited = await asyncio.to_thread(self.audited, principal)
        theirs = await asyncio.to_thread(self._rows.scope, row.customer_scope_id or "")
        sides = {row.member_id} if row.issuer_entity_id in audited else set()
        if theirs is not None and theirs.entity_id in audited:
            sides.add(theirs.member_id)
        return own | sides

    def audited(self, principal: Principal) -> frozenset[str]:
        """The entities whose books somebody reads as their auditor. May wait for the database."""
        firms = sorted(principal.ids(RoleKind.AUDITOR))
        found = self._open({"firm": firms}) if firms else []
        return frozenset(one.entity_id for one in found)

    def of_member(self, principal: Principal, row: ScopeRow) -> frozenset[str]:
        """Which scopes of a scope's member somebody who may see that one sees. May wait for the
        database."""
        where = {"member_id": row.member_id}
        scopes: list[ScopeRow] = self._reader.page(CONSUMER, "scopes", None, MANY, where)
        own = principal.is_ops or row.member_id in principal.ids(RoleKind.MEMBER)
        audited = frozenset() if own else self.audited(principal)
        return frozenset(one.scope_id for one in scopes if own or one.entity_id in audited)

    def readers(self, entity_id: str) -> list[str]:
        """The audit firms that read an entity's books now. May wait for the database."""
        return sorted({one.firm for one in self._open({"entity_id": entity_id})})

    def _open(self, where: dict[str, object]) -> list[AuditRow]:
        rows = self._reader.page(auditors.CONSUMER, "audits", None, MANY, where)
        policy = self._running.definition.policies.on(self._running.times.today())
        return [row for row in rows if auditors.reads(row, policy)]

    def _is_theirs(self, principal: Principal, stream: str) -> bool:
        """Whether a stream tells a member of something of theirs that no row tells yet. May wait
        for the database."""
        state = self._reader.state(stream)
        assert isinstance(state, Scope | Pool | Document)  # the streams that are asked here
        members = _members_of(state)
        return bool(members if principal.is_ops else members & principal.ids(RoleKind.MEMBER))

    async def _require(
        self, principal: Principal, row: ScopeRow | PoolRow | DocumentRow | None, what: str
    ) -> None:
        """Refuse who is neither its member, nor operations, nor the auditor of its entity."""
        member_id = row.member_id if row else None
        own = principal.ids(RoleKind.MEMBER)
        if principal.is_ops or member_id in own or not principal.ids(RoleKind.AUDITOR):
            return principal.require_owner(member_id, what)
        audited = await asyncio.to_thread(self.audited, principal)
        scope = row if isinstance(row, ScopeRow) else None
        if isinstance(row, PoolRow):
            scope = await asyncio.to_thread(self._rows.scope, row.scope_id)
        if scope is not None and scope.entity_id in audited:
            return None
        if own:
            return principal.require_owner(None, what)
        firms = ", ".join(sorted(principal.ids(RoleKind.AUDITOR)))
        raise Refused(
            "not-your-audit",
            f"your token is for audit firm {firms}, and no Chain of Custody audit of theirs that"
            f" is open concerns {what}",
            asked=what,
        )


def _members_of(state: Scope | Pool | Document) -> frozenset[str]:
    """Whose a stream is by its own events; nobody's where it has none, or only a draft."""
    if not isinstance(state, Document):
        return frozenset({state.member_id} - {""})
    issued = state.issued
    sides = (issued.member_id, issued.customer_member_id) if issued else ()
    return frozenset(one for one in sides if one is not None)
