"""The routes of a verifier's pages: what lies with them, and their answer to it.

What is answered is sent with an id of its own in the form, so that a page sent twice does it once.
They stand under `/verifying`; figures and findings are on the pages of emissions.
"""

import secrets
from typing import Annotated, Literal

from fastapi import Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contracts.values import ID_PATTERN
from infra.auth import RoleKind
from infra.web import Api

from . import emissions
from .asking import Answer, Asking
from .custody_pages import Visit
from .emissions import Content, Place
from .emissions_pages import Key, Renders, Token, Year
from .forms import sent
from .verifying import COMMANDS, answer_of, answering
from .visits import chosen, visitor

PAGE = 50


def add_verifying(made: Api, pages: Renders, asking: Asking, token_of: Token) -> None:
    """Add the pages."""
    visit = Visit(pages, asking, token_of)
    _list(made, visit)
    _one(made, visit)
    _deeds(made, visit)


def _list(made: Api, visit: Visit) -> None:
    @made.get("/verifying", include_in_schema=False)
    async def waiting(
        request: Request,
        verifier: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
        after: Annotated[str | None, Query(max_length=400)] = None,
    ) -> Response:
        token = visit.token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        who = await visitor(made.shared.tokens, token)
        verifier = chosen(who, RoleKind.VERIFIER, verifier)
        if verifier is None:
            return visit.pages.page("verifying.html", verifier=None, others=[])
        query = {"limit": str(PAGE), **({"after": after} if after else {})}
        answer = await visit.asking.get(token, f"/ghg/verifiers/{verifier}/waiting", query)
        if not answer.fine:
            return visit.problem(answer)
        own = who.ids(RoleKind.VERIFIER) if who else frozenset()
        return visit.pages.page(
            "verifying.html",
            verifier=verifier,
            others=sorted(own - {verifier}),
            rows=[
                (Place(row["facility_id"], row["year"], row["submitted"]["result"]), row)
                for row in answer.content["items"]
            ],
            following=answer.content["next"],
        )


def _one(made: Api, visit: Visit) -> None:
    @made.get("/verifying/{facility_id}/{year}", include_in_schema=False)
    async def one(request: Request, facility_id: Key, year: Year) -> Response:
        token = visit.token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        return await _shown(visit, token, Place(facility_id, year, 1), None)


async def _shown(visit: Visit, token: str, place: Place, refused: Answer | None) -> Response:
    """The page of a result that lies with a verifier; with what was refused just now, if it was."""
    row = await visit.asking.get(token, place.asked, {})
    if not row.fine:
        return visit.problem(row)
    lies = row.content["submitted"]
    result: Content | None = None
    figures: Content = {}
    if lies is not None:
        place = place._replace(result=lies["result"])
        told = await visit.asking.get(token, f"{place.asked}/results/{place.result}", {})
        if not told.fine:
            return visit.problem(told)
        result = told.content
        policy = await visit.asking.get(token, f"/ghg/policies/{result['policy_id']}", {})
        figures = policy.content.get("figures", {}) if policy.fine else {}
    return visit.pages.page(
        "verifying_answer.html",
        refused.status if refused else 200,
        place=place,
        row=row.content,
        state=emissions.STATES[row.content["state"]],
        lies=lies,
        result=result,
        scopes=answering(figures),
        refused=refused.content if refused else None,
        once=secrets.token_urlsafe(18),
    )


def _deeds(made: Api, visit: Visit) -> None:
    @made.post("/verifying/{facility_id}/{year}/{deed}", include_in_schema=False)
    async def answer(
        request: Request, facility_id: Key, year: Year, deed: Literal["verify", "return"]
    ) -> Response:
        token = visit.token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        place = Place(facility_id, year, 1)
        said = await sent(request)
        fields = {"facility_id": facility_id, "year": year, **answer_of(deed, said)}
        once = said.get("once", [""])[0]
        told = await visit.asking.send(token, f"/ghg/commands/{COMMANDS[deed]}", fields, once)
        if told.fine:
            return RedirectResponse("/verifying", 303)
        return await _shown(visit, token, place, told)
