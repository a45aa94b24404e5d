"""What the pages ask beside the ledger's own routes: scopes, days, last bookings, standing."""

import asyncio
from typing import Annotated, Literal

from fastapi import Path, Query
from starlette.responses import Response

from contracts.values import ID_PATTERN
from infra.auth import Principal, RoleKind
from infra.news import News
from infra.service import Running
from infra.web import Api, Day, Json, Paged, SignedIn, listed

from .allowed_api import Allowed
from .documents.shown import once, to_customer
from .exports.statements import before_of
from .overview import Overview

Key = Annotated[str, Path(pattern=ID_PATTERN)]
PLACE = r"^[1-9][0-9]{0,14}(\.[1-9][0-9]{0,5})?$"
RUNNING = ("stock_kg", "available_kg", "overdraft_used_kg", "carried_kg", "owed_kg")
"""Figures of a statement's line that stand after it: told by the statement alone."""


def add_overview(made: Api, running: Running, overview: Overview, allowed: Allowed) -> None:
    """All these routes."""
    _scopes(made, running, overview, allowed)
    _pools(made, running, overview, allowed)
    _documents(made, overview, allowed)
    _through(made, running, overview)


def _scopes(made: Api, running: Running, overview: Overview, allowed: Allowed) -> None:
    @made.get("/coc/scopes", tags=["scopes"])
    async def seen(
        principal: SignedIn,
        wanted: Paged,
        member_id: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
    ) -> Response:
        """The scopes that you may see, by id: your members', those that you audit, all of them for
        operations."""
        principal.require(RoleKind.OPS, RoleKind.MEMBER, RoleKind.AUDITOR)
        if member_id is not None:
            principal.require_member(member_id)
        where = await asyncio.to_thread(_whose, principal, member_id, allowed)
        rows = await asyncio.to_thread(overview.scopes, where, wanted.after, wanted.limit)
        return Json(listed([row._asdict() for row in rows], wanted, lambda row: row["scope_id"]))

    @made.get("/coc/scopes/{scope_id}/certificates", tags=["scopes"])
    async def certificates(principal: SignedIn, scope_id: Key, on: Day | None = None) -> Response:
        """The certificates of a scope's entity as known here, with their status on a day (today),
        and the last day on which those of each standard that hold then cover the scope."""
        row = await allowed.scope(principal, scope_id)
        day = on or running.times.today()
        return Json(await asyncio.to_thread(overview.certificates, row, day))

    @made.get("/coc/scopes/{scope_id}/diligence", tags=["scopes"])
    async def diligence(principal: SignedIn, scope_id: Key, on: Day | None = None) -> Response:
        """Due diligence on a day (today): by topic the criteria of the Performance Standard that
        satisfy it and the scope's certificates that show them; by supplier what is recorded, and
        asked for; `without_record`: by stage and supplier (null: not named; of documents their
        issuer's scope) what came without CoC in the day's periods, and the topics not covered."""
        row = await allowed.scope(principal, scope_id)
        day = on or running.times.today()
        return Json(await asyncio.to_thread(overview.diligence, row, day))

    @made.get("/coc/scopes/{scope_id}/accounts", tags=["scopes"])
    async def accounts(principal: SignedIn, scope_id: Key) -> Response:
        """What came in, left and was claimed, by stage and period."""
        await allowed.scope(principal, scope_id)
        return Json({"items": await asyncio.to_thread(overview.accounts, scope_id)})

    @made.get("/coc/scopes/{scope_id}/documents", tags=["documents"])
    async def documents(
        principal: SignedIn,
        scope_id: Key,
        wanted: Paged,
        side: Literal["issued", "received"] = "issued",
        state: Annotated[str | None, Query(pattern=r"^[a-z_]{1,40}$")] = None,
    ) -> Response:
        """A scope's documents on one side, by number; what was received as it was stated."""
        scope = await allowed.scope(principal, scope_id)
        sides = {"issued": ("member_id", "scope_id")}
        member, column = sides.get(side, ("customer_member_id", "customer_scope_id"))
        where = {member: scope.member_id, column: scope_id, "state": state}
        rows = await asyncio.to_thread(overview.documents, where, wanted.after, wanted.limit)
        if side == "received":
            own = scope.member_id
            rows = [row if row.member_id == own else to_customer(row) for row in rows]
        return Json(
            listed([once(row)._asdict() for row in rows], wanted, lambda row: row["number"])
        )


def _pools(made: Api, running: Running, overview: Overview, allowed: Allowed) -> None:
    @made.get("/coc/pools/{pool}/days", tags=["pools"])
    async def days(principal: SignedIn, pool: Key, on: Day | None = None) -> Response:
        """The days through one (today) on which anything was booked in a pool, or what covers
        claims changed: what moved, what stood at their end. The last is the balance as of the
        day."""
        row = await allowed.pool(principal, pool)
        day = on or running.times.today()
        return Json({"pool": pool, "items": await asyncio.to_thread(overview.days, row, day)})

    @made.get("/coc/pools/{pool}/bookings", tags=["pools"])
    async def bookings(
        principal: SignedIn,
        pool: Key,
        before: Annotated[str | None, Query(pattern=PLACE)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 25,
    ) -> Response:
        """A pool's bookings, the newest first. `before` is the `next` of the page before."""
        row = await allowed.pool(principal, pool)
        start = before_of(before) if before else None
        found, following = await asyncio.to_thread(overview.bookings, row, start, limit)
        items = [
            {name: value for name, value in line._asdict().items() if name not in RUNNING}
            for line in found
        ]
        return Json({"pool": pool, "items": items, "next": str(following) if following else None})


def _documents(made: Api, overview: Overview, allowed: Allowed) -> None:
    @made.get("/coc/documents/{number}/standing", tags=["documents"])
    async def standing(principal: SignedIn, number: Key) -> Response:
        """Whether a document is good as far as is known now, and how old that is; the documents
        that it replaces or that replace it, the oldest first; whether you may answer it as its
        buyer."""
        row = await allowed.document(principal, number)
        buyer = principal.is_ops or row.customer_member_id in principal.ids(RoleKind.MEMBER)
        waits = row.state in ("issued", "disputed")  # a dispute may end in a confirmation
        open_ = waits and row.customer_member_id is not None

        def found() -> dict[str, object]:
            chain = [
                {
                    "number": one.number,
                    "state": one.state,
                    "issued_on": one.issued_on,
                    "mass_kg": one.mass_kg,
                }
                for one in overview.chain(row)
            ]
            stands, known = overview.standing(row)
            told = {**stands._asdict(), **known._asdict(), "state": row.state}
            return {"number": number, **told, "chain": chain, "may_answer": buyer and open_}

        return Json(await asyncio.to_thread(found))


def _through(made: Api, running: Running, overview: Overview) -> None:
    news = News(running.writer)

    @made.get("/coc/through", tags=["operation"])
    async def through(
        principal: SignedIn,
        position: Annotated[int, Query(ge=0, le=2**53 - 1)] = 0,
        wait: Annotated[float, Query(ge=0, le=60)] = 0,
    ) -> Response:
        """How far the ledger's rows know its own events; with `wait`, answers once they know what
        a command's answer called its `position`, or after so many seconds."""
        principal.require(RoleKind.OPS, RoleKind.MEMBER)
        until = asyncio.get_running_loop().time() + wait
        while True:
            told = news.next()
            reached = await asyncio.to_thread(overview.own_position)
            left = until - asyncio.get_running_loop().time()
            if reached >= position or left <= 0:
                return Json({"position": reached})
            await news.wait(told, min(left, 1.0))


def _whose(principal: Principal, member_id: str | None, allowed: Allowed) -> dict[str, object]:
    """Whose scopes somebody may see: a member's that they ask for, all of operations, those of
    their members; or those of the entities that they audit."""
    if member_id is not None:
        return {"member_id": member_id}
    if principal.is_ops:
        return {}
    own = principal.ids(RoleKind.MEMBER)
    return {"member_id": sorted(own)} if own else {"entity_id": sorted(allowed.audited(principal))}
