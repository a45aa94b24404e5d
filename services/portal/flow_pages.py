"""The routes of the flow of material, and of the check of a document: some are for everybody."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contracts.values import ID_PATTERN
from infra.errors import Refused
from infra.web import Api

from . import custody, flow, words
from .asking import AGAIN_S, WAIT_S, Asking
from .custody import Picture
from .custody_pages import Visit
from .emissions_pages import Renders, Token
from .sankey import sankey

Number = Annotated[str, Path(pattern=ID_PATTERN)]
Code = Annotated[str, Path(pattern=r"^[A-Za-z2-7]{1,40}$")]
Some = Annotated[tuple[str, ...], Query(max_length=100)]
SCOPES = 100
"""So many scopes can be chosen from on the page; all others by their address."""
DAY = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"


def add_flow(made: Api, pages: Renders, asking: Asking, token_of: Token) -> None:
    """Add the pages."""
    visit = Visit(pages, asking, token_of)
    _own(made, visit)
    _public(made, visit)
    _check(made, visit)


def _own(made: Api, visit: Visit) -> None:
    @made.get("/custody/flow", include_in_schema=False)
    async def own(
        request: Request,
        wanted: Annotated[flow.Choice, Depends(_choice)],
    ) -> Response:
        token = visit.token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        answer, scopes = await asyncio.gather(
            visit.asking.get(token, "/coc/flow", wanted.query()),
            visit.asking.get(token, "/coc/scopes", {"limit": str(SCOPES)}),
        )
        for one in (answer, scopes):
            if not one.fine:
                return visit.problem(one)
        told = answer.content
        period = f"{words.day(told['first'])} to {words.day(told['last'])}"
        stages = await asyncio.to_thread(_drawn, told, period)
        rows = scopes.content["items"]
        return visit.pages.page(
            "flow.html",
            told=told,
            stages=stages,
            wanted=wanted,
            scopes=rows,
            more=scopes.content["next"] is not None,
            entities=sorted({row["entity_id"] for row in rows}),
            flow=flow,
        )

    @made.get("/custody/flow/live", include_in_schema=False)
    async def live(
        request: Request,
        after: Annotated[str, Query(pattern="^[0-9]{0,18}$")] = "0",
        last_event_id: Annotated[str | None, Header(pattern="^[0-9]{1,18}$")] = None,
    ) -> Response:
        token = visit.token_of(request)
        if token is None:
            raise Refused("not-signed-in", "sign in first")
        seen = last_event_id or after or "0"
        return EventSourceResponse(_changes(visit.asking, token, seen), ping=15)


def _choice(
    first: Annotated[str, Query(pattern=DAY)] = "",
    last: Annotated[str, Query(pattern=DAY)] = "",
    member: Annotated[str, Query(max_length=2000)] = "",
    scope: Some = (),
    entity: Some = (),
    stage: Annotated[str, Query(pattern=r"^[a-z]{0,20}$")] = "",
    region: Annotated[str, Query(pattern=r"^[a-z_]{0,40}$")] = "",
) -> flow.Choice:
    scopes, entities = (tuple(name for name in some if name) for some in (scope, entity))
    return flow.Choice(first, last, flow.members_of(member), scopes, entities, stage, region)


async def _changes(asking: Asking, token: str, seen: str) -> AsyncIterator[ServerSentEvent]:
    """Tell a page each time that more was booked than it shows; not more often than it is read."""
    while True:
        query = {"changed_from": seen, "wait": str(WAIT_S)}
        answer = await asking.get(token, "/coc/flow/through", query)
        if not answer.fine:
            yield ServerSentEvent(event="away", data=str(answer.status))
            if answer.status in (401, 403):
                return
        elif str(answer.content["position"]) != seen:
            seen = str(answer.content["position"])
            yield ServerSentEvent(event="changed", data=seen, id=seen)
        else:
            continue
        await asyncio.sleep(AGAIN_S)


def _public(made: Api, visit: Visit) -> None:
    @made.get("/flow", include_in_schema=False)
    async def public(
        request: Request,
        period: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{0,10}$")] = None,
    ) -> Response:
        query = {"period": period} if period else {}
        answer = await visit.asking.get(None, "/coc/public/flow", query)
        if not answer.fine:
            return visit.problem(answer)
        told = answer.content
        stages = await asyncio.to_thread(_drawn, told, str(told["period"]), public=True)
        return visit.pages.page(
            "flow_public.html",
            told=told,
            stages=stages,
            withheld=flow.withheld_of(told),
            periods=_periods(told["published_through"]),
            signed_in=visit.token_of(request) is not None,
        )


def _drawn(
    told: dict[str, Any], period: str, *, public: bool = False
) -> list[tuple[flow.StageFlow, Picture | None]]:
    return [
        (stage, Picture(stage.asked.title, sankey(stage.asked)) if stage.asked else None)
        for stage in flow.flow_of(told, period, public=public)
    ]


def _periods(last: str | None) -> list[str]:
    """What can be asked: the last eight quarters published, and the complete years in them."""
    if last is None:
        return []
    year, quarter = int(last[:4]), int(last[-1])
    found = [f"{year}-Q{quarter}"]
    while len(found) < 8:
        year, quarter = (year, quarter - 1) if quarter > 1 else (year - 1, 4)
        found.append(f"{year}-Q{quarter}")
    years = {one[:4] for one in found if one.endswith("Q4")}
    return [*found, *sorted(years, reverse=True)]


def _check(made: Api, visit: Visit) -> None:
    @made.get("/check", include_in_schema=False)
    async def asked(
        request: Request,
        number: Annotated[str | None, Query(max_length=100)] = None,
        code: Annotated[str | None, Query(max_length=60)] = None,
    ) -> Response:
        if number and code:
            plain = "".join(code.split()).replace("-", "")
            return RedirectResponse(custody.check_page(number.strip(), plain), 303)
        return visit.pages.page("check.html", signed_in=visit.token_of(request) is not None)

    @made.get("/check/{number}/{code}", include_in_schema=False)
    async def checked(request: Request, number: Number, code: Code) -> Response:
        answer = await visit.asking.get(None, custody.checked(number, code), {})
        signed_in = visit.token_of(request) is not None
        if not answer.fine:
            return visit.pages.page(
                "check_unknown.html", answer.status, problem=answer.content, signed_in=signed_in
            )
        return visit.pages.page(
            "check_document.html",
            paper=answer.content,
            json=custody.checked(number, code),
            custody=custody,
            signed_in=signed_in,
        )

    @made.get("/check/{number}/{code}/paper", include_in_schema=False)
    async def printed(number: Number, code: Code) -> Response:
        found = await visit.asking.file(None, custody.checked(number, code), {"form": "pdf"})
        return found if isinstance(found, Response) else visit.problem(found)
