"""The routes of the pages about circularity: of a facility's year, of a group's and its entities'.

Who may see what is decided by ghg, which is asked as the visitor.
"""

import asyncio
from typing import Annotated
from urllib.parse import quote

from fastapi import Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contracts.values import ID_PATTERN
from infra.web import Api

from . import charts
from .asking import Asking
from .circularity import SUMMARY, Shown, entities_of, indicator, shown
from .emissions import Picture, Place
from .emissions_pages import Key, Number, Renders, Token, Year

FORMULAS = "rule 6"
"""Where the indicators are laid down, as pages cite it."""


def add_circularity(made: Api, pages: Renders, asking: Asking, token_of: Token) -> None:
    """Add the pages."""
    _of_facility(made, pages, asking, token_of)
    _of_group(made, pages, asking, token_of)


def _of_facility(made: Api, pages: Renders, asking: Asking, token_of: Token) -> None:
    @made.get("/emissions/{facility_id}/{year}/circularity", include_in_schema=False)
    async def facility(
        request: Request, facility_id: Key, year: Year, result: Number = None
    ) -> Response:
        token = token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        place = Place(facility_id, year, result or 1)
        row = await asking.get(token, place.asked, {})
        answer = row if result is None else await asking.get(token, _result(place), {})
        for one in (row, answer):
            if not one.fine:
                return pages.page("problem.html", one.status, problem=one.content)
        version = answer.content["data_version"]
        told = await asking.get(token, f"{place.asked}/data/{version}/circularity", {})
        if not told.fine:
            return pages.page("problem.html", told.status, problem=told.content)
        found, picture = await _drawn(shown(told.content, f"{facility_id} in {year}"))
        return pages.page(
            "circularity_year.html",
            place=place,
            row=row.content,
            version=version,
            found=found,
            picture=picture,
            rule=FORMULAS,
        )


def _of_group(made: Api, pages: Renders, asking: Asking, token_of: Token) -> None:
    @made.get("/emissions/circularity", include_in_schema=False)
    async def group(
        request: Request,
        member: Annotated[str, Query(pattern=ID_PATTERN)],
        year: Annotated[int, Query(ge=1990, le=2199)],
        entity: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
    ) -> Response:
        token = token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        path = f"/ghg/members/{quote(member, safe='')}/circularity"
        answer = await asking.get(token, path, {"year": str(year)})
        if not answer.fine:
            return pages.page("problem.html", answer.status, problem=answer.content)
        told = answer.content
        of = {one["entity_id"]: one for one in told["entities"]}
        chosen = of.get(entity) if entity else {"facilities": told["facilities"], **told["whole"]}
        whose = entity or member
        found, picture = None, None
        if chosen is not None and chosen["facilities"]:
            found, picture = await _drawn(shown(chosen, f"{whose} in {year}"))
        return pages.page(
            "circularity_group.html",
            member=member,
            year=year,
            entity=entity,
            facilities=chosen["facilities"] if chosen is not None else 0,
            entities=entities_of(told["entities"]),
            columns=[indicator(name, told["whole"][name]).meaning.title for name in SUMMARY],
            found=found,
            picture=picture,
            rule=FORMULAS,
        )


def _result(place: Place) -> str:
    return f"{place.asked}/results/{place.result}"


async def _drawn(found: Shown) -> tuple[Shown, Picture | None]:
    """What is shown, with the picture of its waste."""
    asked = found.waste.picture
    if asked is None:
        return found, None
    return found, Picture(asked.title, await asyncio.to_thread(charts.waterfall, asked))
