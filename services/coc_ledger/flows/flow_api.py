"""The flow of metal over HTTP: what a viewer chooses of what it may see, and what all may see."""

import asyncio
from datetime import date
from typing import Annotated, NamedTuple

import structlog
from fastapi import Depends, Query
from starlette.responses import Response

from contracts.custody import Stage
from contracts.values import Id
from infra.auth import Principal, RoleKind
from infra.decider import own_id
from infra.errors import Refused
from infra.execute import request_of
from infra.news import News
from infra.service import Running
from infra.web import Api, Day, Json, SignedIn
from services.coc_ledger.allowed_api import Allowed
from services.coc_ledger.exports.exports import Exports

from . import public_flow
from .flow import Choice, Picture

Region = Annotated[str | None, Query(pattern=r"^[a-z_]{1,40}$")]
ACTOR = "castmark:coc"
log = structlog.stdlib.get_logger("castmark.coc")
Some = Annotated[tuple[Id, ...], Query(max_length=100)]


class Wanted(NamedTuple):
    """What a viewer chooses: days, members, scopes, entities, a stage, a region; nothing chosen is
    no bound."""

    first: date | None
    last: date | None
    members: frozenset[str]
    scopes: frozenset[str]
    entities: frozenset[str]
    stage: Stage | None
    region: str | None


def wanted_of(
    first: Day | None = None,
    last: Day | None = None,
    member_id: Some = (),
    scope_id: Some = (),
    entity_id: Some = (),
    stage: Stage | None = None,
    region: Region = None,
) -> Wanted:
    """A choice from a query."""
    members, scopes, entities = map(frozenset, (member_id, scope_id, entity_id))
    return Wanted(first, last, members, scopes, entities, stage, region)


def add_flow(made: Api, running: Running, exports: Exports, allowed: Allowed) -> None:
    """All routes of the flow."""
    _own(made, exports, allowed)
    _through(made, running, exports)
    _public(made, running, exports)


def _own(made: Api, exports: Exports, allowed: Allowed) -> None:
    @made.get("/coc/flow", tags=["exports"])
    async def own_flow(
        principal: SignedIn, wanted: Annotated[Wanted, Depends(wanted_of)]
    ) -> Response:
        """The flow of metal through the pools that you may see, by stage, region and status: of
        all, or of the members, scopes and entities that you name, at a stage, in a region: the one
        in which a scope's facilities stand, `several` where they stand in more. Without days, of
        this calendar year. `through` is the position of the ledger's own events that the
        picture knows."""
        principal.require(RoleKind.OPS, RoleKind.MEMBER)
        last = wanted.last or exports.today()
        first = wanted.first or last.replace(month=1, day=1)
        if first > last:
            raise Refused(
                "period-out-of-range",
                "`last` lies on or after `first`.",
                first=first,
                last=last,
            )
        for scope_id in sorted(wanted.scopes):
            await allowed.scope(principal, scope_id)
        choice = Choice(
            _members(principal, wanted),
            wanted.scopes or None,
            wanted.entities or None,
            wanted.stage,
            wanted.region,
        )
        through = await asyncio.to_thread(exports.flows_through)
        seen = await asyncio.to_thread(exports.picture, first, last, choice)
        regions = exports.regions()
        told = {"first": first, "last": last, "through": through, "regions": regions}
        return Json({**told, **_drawn(seen)})


def _members(principal: Principal, wanted: Wanted) -> frozenset[str] | None:
    """Whose flows are shown; None for all. Refused `not-your-member` where one is not theirs."""
    for member_id in sorted(wanted.members):
        principal.require_member(member_id)
    if wanted.members:
        return wanted.members
    return None if principal.is_ops else principal.ids(RoleKind.MEMBER)


def _through(made: Api, running: Running, exports: Exports) -> None:
    news = News(running.writer)

    @made.get("/coc/flow/through", tags=["operation"])
    async def through(
        principal: SignedIn,
        changed_from: Annotated[int, Query(ge=0, le=2**53 - 1)] = 0,
        wait: Annotated[float, Query(ge=0, le=60)] = 0,
    ) -> Response:
        """How far the flow knows the ledger's own events; with `wait`, answers once that is
        another position than the one named, or after so many seconds."""
        principal.require(RoleKind.OPS, RoleKind.MEMBER)
        until = asyncio.get_running_loop().time() + wait
        while True:
            told = news.next()
            reached = await asyncio.to_thread(exports.flows_through)
            left = until - asyncio.get_running_loop().time()
            if reached != changed_from or left <= 0:
                return Json({"position": reached})
            await news.wait(told, min(left, 1.0))


async def _kept(running: Running, exports: Exports) -> None:
    """Keep the releases that are due, one after the other, before anybody is told of them. Where
    two keep the same one, the first stands."""
    while (wanted := await asyncio.to_thread(exports.to_publish)) is not None:
        command_id = own_id("flow", f"{wanted.through_year}-Q{wanted.through_number}")
        try:
            outcome = await running.writer.execute(request_of(command_id, wanted, ACTOR))
        except Refused as refused:
            log.warning("flow-kept-by-another", slug=refused.slug)
            return
        if not outcome.recorded:
            return


def _public(made: Api, running: Running, exports: Exports) -> None:
    @made.get("/coc/public/flow", tags=["exports"])
    async def public(
        period: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{1,10}$")] = None,
        stage: Stage | None = None,
        region: Region = None,
    ) -> Response:
        """The public flow of certified metal in a quarter (`2026-Q1`) or a complete year; without
        a period, the last one published. The region is that of the entity's registration.
        Small numbers are not shown, nor can they be worked out."""
        await _kept(running, exports)
        releases, shown = await asyncio.to_thread(exports.published)
        if period is None and not releases:
            return Json({"period": None, "published_through": None, "nodes": [], "links": []})
        wanted = public_flow.parse_quarter(period) if period else releases[-1].through
        query = public_flow.Query(wanted, stage, region)
        found = public_flow.answer(shown, query, releases)
        withheld = [_ends(link.source.key, link.target.key, link.coc) for link in found.withheld]
        return Json(
            {
                "period": wanted.name,
                "published_through": releases[-1].through.name,
                "recorded_through": releases[-1].recorded_through,
                **_drawn(found.picture),
                "withheld": withheld,
            }
        )


def _drawn(seen: Picture) -> dict[str, object]:
    nodes = [{"id": node.key, **node._asdict()} for node in seen.nodes]
    links = [
        {**_ends(link.source.key, link.target.key, link.coc), "kg": kg} for link, kg in seen.links
    ]
    return {"nodes": nodes, "links": links}


def _ends(source: str, target: str, coc: bool) -> dict[str, object]:
    return {"source": source, "target": target, "status": "coc" if coc else "non_coc"}
