"""The routes of the flow of material, and of the check of a document: some are for everybody."""

import asyncio
from typing import Annotated, Any

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contracts.values import ID_PATTERN
from infra.web import Api

from . import custody, flow, words
from .asking import Asking
from .custody import Picture
from .custody_pages import Visit
from .emissions_pages import Renders, Token
from .sankey import sankey

Number = Annotated[str, Path(pattern=ID_PATTERN)]
Code = Annotated[str, Path(pattern=r"^[A-Za-z2-7]{1,40}$")]
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
        first: Annotated[str | None, Query(pattern=DAY)] = None,
        last: Annotated[str | None, Query(pattern=DAY)] = None,
    ) -> Response:
        token = visit.token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        days = {"first": first, "last": last}
        query = {name: day for name, day in days.items() if day}
        answer = await visit.asking.get(token, "/coc/flow", query)
        if not answer.fine:
            return visit.problem(answer)
        told = answer.content
        period = f"{words.day(told['first'])} to {words.day(told['last'])}"
        stages = await asyncio.to_thread(_drawn, told, period)
        return visit.pages.page("flow.html", told=told, stages=stages)


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
        stages = await asyncio.to_thread(_drawn, told, str(told["period"]))
        return visit.pages.page(
            "flow_public.html",
            told=told,
            stages=stages,
            withheld=flow.withheld_of(told),
            periods=_periods(told["published_through"]),
            signed_in=visit.token_of(request) is not None,
        )


def _drawn(told: dict[str, Any], period: str) -> list[tuple[flow.StageFlow, Picture | None]]:
    return [
        (stage, Picture(stage.asked.title, sankey(stage.asked)) if stage.asked else None)
        for stage in flow.flow_of(told, period)
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
