"""The routes of the pages about emissions: they ask ghg as the visitor, and draw what it tells.

They stand under `/emissions`, because `/ghg` is the service's own. A member takes a result back
from its verifier on the page of its year, with an id of its own in the form.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Protocol

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contracts.values import ID_PATTERN
from infra.auth import RoleKind
from infra.web import Api

from . import charts, emissions
from .asking import Answer, Asking
from .emissions import Place, YearPage
from .forms import sent
from .visits import visitor

Key = Annotated[str, Path(pattern=ID_PATTERN)]
Year = Annotated[int, Path(ge=1990, le=2199)]
Number = Annotated[int | None, Query(ge=1, le=1_000_000)]
Word = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_.:-]{0,128}$")]
Token = Callable[[Request], str | None]
FIGURES_SHOWN = ("5.2.", "5.3.curve.primary", "5.3.base.first_year", "5.3.end_year")
PAGE = 100


class Renders(Protocol):
    """Makes an HTML page of a template."""

    def page(self, name: str, status: int = 200, **values: object) -> Response:
        """An HTML page that loads nothing from elsewhere."""


def add_emissions(made: Api, pages: Renders, asking: Asking, token_of: Token) -> None:
    """Add the pages."""
    _list(made, pages, asking, token_of)
    _curve(made, pages, asking, token_of)
    _year(made, pages, asking, token_of)
    _lines(made, pages, asking, token_of)
    _reports(made, pages, asking, token_of)
    _differences(made, pages, asking, token_of)
    _withdrawal(made, pages, asking, token_of)


def _list(made: Api, pages: Renders, asking: Asking, token_of: Token) -> None:
    @made.get("/emissions", include_in_schema=False)
    async def every(
        request: Request,
        year: Annotated[str | None, Query(pattern=r"^([0-9]{4})?$")] = None,
        member: Annotated[str | None, Query(max_length=128)] = None,
        after: Annotated[str | None, Query(max_length=400)] = None,
    ) -> Response:
        token = token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        asked = {"year": year, "member_id": member, "after": after, "limit": str(PAGE)}
        query = {name: value for name, value in asked.items() if value}
        answer = await asking.get(token, "/ghg/years", query)
        if not answer.fine:
            return pages.page("problem.html", answer.status, problem=answer.content)
        drawing = asyncio.get_running_loop().run_in_executor(None, charts.load)
        drawing.add_done_callback(lambda done: done.exception())  # told when a picture is asked for
        return pages.page(
            "emissions.html",
            rows=[
                (Place(row["facility_id"], row["year"], 1), row) for row in answer.content["items"]
            ],
            states=emissions.STATES,
            wanted={"year": year or "", "member": member or ""},
            circular=emissions.circular_of(answer.content["items"], year, member),
            following=answer.content["next"],
        )


def _curve(made: Api, pages: Renders, asking: Asking, token_of: Token) -> None:
    @made.get("/emissions/curve", include_in_schema=False)
    async def curve(
        request: Request,
        year: Annotated[int, Query(ge=1990, le=2199)],
        certified: bool = False,
    ) -> Response:
        token = token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        answer, least = await asyncio.gather(
            asking.get(token, "/ghg/emission-curve", {"year": str(year)}),
            asking.get(token, "/ghg/aggregates", {"year": str(year), "by": "region"}),
        )
        if not answer.fine:
            return pages.page("problem.html", answer.status, problem=answer.content)
        asked, steps = emissions.curve_of(answer.content, certified)
        drawn = None
        if asked is not None:
            svg = await asyncio.to_thread(charts.curve, asked)
            drawn = emissions.Picture(asked.title, svg)
        return pages.page(
            "emissions_curve.html",
            year=year,
            certified=certified,
            edition=answer.content.get("edition"),
            last_edition=answer.content.get("last_edition"),
            outlook=answer.content.get("outlook"),
            because=answer.content.get("because"),
            picture=drawn,
            steps=steps,
            least=least.content.get("entities_min") if least.fine else None,
            regions=least.content.get("rows", []) if least.fine else [],
        )


def _year(made: Api, pages: Renders, asking: Asking, token_of: Token) -> None:
    @made.get("/emissions/{facility_id}/{year}", include_in_schema=False)
    async def one(
        request: Request, facility_id: Key, year: Year, result: Number = None
    ) -> Response:
        token = token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        place = Place(facility_id, year, result or 1)
        row = await asking.get(token, place.asked, {})
        if not row.fine:
            return pages.page("problem.html", row.status, problem=row.content)
        if not row.content["results"]:
            return pages.page("emissions_waiting.html", place=place, row=row.content)
        place = place._replace(result=result or row.content["latest"]["result"])
        told = await asking.get(token, f"{place.asked}/results/{place.result}", {})
        if not told.fine:
            return pages.page("problem.html", told.status, problem=told.content)
        found = await _gathered(asking, token, place, told.content["policy_id"])
        shown = await asyncio.to_thread(_page, place, row.content, told.content, found)
        return pages.page(
            "emissions_year.html",
            page=shown,
            scopes=emissions.SCOPES,
            happened=emissions.HAPPENED,
            lies=row.content["submitted"] if await _owns(made, token, row.content) else None,
            once=secrets.token_urlsafe(18),
            factors_shown=emissions.FACTORS_SHOWN,
        )


async def _owns(made: Api, token: str, row: Mapping[str, Any]) -> bool:
    """Whether the visitor may act for the member whose facility it is."""
    who = await visitor(made.shared.tokens, token)
    return who is not None and (who.is_ops or row["member_id"] in who.ids(RoleKind.MEMBER))


def _withdrawal(made: Api, pages: Renders, asking: Asking, token_of: Token) -> None:
    @made.post("/emissions/{facility_id}/{year}/withdraw", include_in_schema=False)
    async def withdraw(request: Request, facility_id: Key, year: Year) -> Response:
        token = token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        said = await sent(request)
        number = said.get("result", [""])[0]
        fields: dict[str, object] = {
            "facility_id": facility_id,
            "year": year,
            "member_id": said.get("member_id", [""])[0],
            "result": int(number) if number.isascii() and number.isdecimal() else number,
        }
        once = said.get("once", [""])[0]
        answer = await asking.send(token, "/ghg/commands/withdraw_submission", fields, once)
        if not answer.fine:
            return pages.page("problem.html", answer.status, problem=answer.content)
        return RedirectResponse(Place(facility_id, year, 1).page, 303)


async def _gathered(
    asking: Asking, token: str, place: Place, policy_id: str
) -> Mapping[str, Answer]:
    """All that a page of a facility-year shows, asked at once."""
    base = f"{place.asked}/results/{place.result}"
    paths = {
        "working": f"{base}/working",
        "what_if": f"{base}/what-if",
        "threshold": f"{base}/threshold",
        "uncertainty": f"{base}/uncertainty",
        "findings": f"{base}/findings",
        "pathway": f"{place.asked}/pathway",
        "events": f"{place.asked}/events",
        "policy": f"/ghg/policies/{policy_id}",
    }
    answers = await asyncio.gather(*(asking.get(token, path, {}) for path in paths.values()))
    return dict(zip(paths, answers, strict=True))


def _page(
    place: Place,
    row: Mapping[str, Any],
    result: Mapping[str, Any],
    found: Mapping[str, Answer],
) -> YearPage:
    told = {name: answer.content if answer.fine else None for name, answer in found.items()}
    absent = {
        name: "" if answer.fine else str(answer.content.get("detail", ""))
        for name, answer in found.items()
    }
    policy = told["policy"] or {}
    rows = emissions.table_of(result["totals"])
    limits = emissions.limits_of(told["what_if"], policy)
    used, unverified = emissions.used_of(told["working"]["lines"] if told["working"] else [])
    waterfall = emissions.waterfall_of(rows, place)
    pathway = told["pathway"]
    drawn = None
    if pathway is not None:
        asked = emissions.pathway_of(pathway, place, [one.told for one in limits])
        drawn = emissions.Picture(asked.title, charts.pathway(asked))
    return YearPage(
        place=place,
        row=row,
        result=result,
        results=range(1, row["results"] + 1),
        state=emissions.STATES[row["state"]],
        rows=rows,
        sums=emissions.sums_of(rows),
        waterfall=waterfall and emissions.Picture(waterfall.title, charts.waterfall(waterfall)),
        pathway=drawn,
        pathway_told=pathway,
        limits=limits,
        levers=emissions.levers_of(told["what_if"]),
        threshold=told["threshold"],
        uncertainty=told["uncertainty"],
        used=used,
        unverified_percent=unverified,
        from_grid=told["working"].get("primary_share_from_grid") if told["working"] else None,
        figures=emissions.figures_of(policy, FIGURES_SHOWN),
        events=told["events"]["items"] if told["events"] else [],
        findings=emissions.findings_of(result, told["findings"]),
        absent=absent,
    )


def _lines(made: Api, pages: Renders, asking: Asking, token_of: Token) -> None:
    @made.get("/emissions/{facility_id}/{year}/lines", include_in_schema=False)
    async def lines(
        request: Request,
        facility_id: Key,
        year: Year,
        result: Number = None,
        step: Word = None,
        scope: Word = None,
        datum: Word = None,
    ) -> Response:
        token = token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        place, page = await _of_newest(asking, pages, token, Place(facility_id, year, result or 0))
        if page is not None:
            return page
        path = f"{place.asked}/results/{place.result}"
        kept, answer = await asyncio.gather(
            asking.get(token, path, {}), asking.get(token, f"{path}/working", {})
        )
        for one in (kept, answer):
            if not one.fine:
                return pages.page("problem.html", one.status, problem=one.content)
        data = await asking.get(token, f"{place.asked}/data/{kept.content['data_version']}", {})
        known = data.content["data"] if data.fine else []
        told = {one["datum_id"]: one for one in known}
        return pages.page(
            "emissions_lines.html",
            place=place,
            kept=kept.content,
            lines=emissions.lines_shown(answer.content["lines"], step, scope, datum),
            every=len(answer.content["lines"]),
            told=told,
            data=[told[datum]] if datum in told else [],
            step=step,
            scope=scope,
            datum=datum,
            scopes=emissions.SCOPES,
        )


async def _of_newest(
    asking: Asking, pages: Renders, token: str, place: Place
) -> tuple[Place, Response | None]:
    """The place with its newest result, where none is named (zero); or the page to show where the
    year is not to be read, or nothing was calculated of it yet."""
    if place.result:
        return place, None
    row = await asking.get(token, place.asked, {})
    if not row.fine:
        return place, pages.page("problem.html", row.status, problem=row.content)
    if not row.content["results"]:
        return place, pages.page("emissions_waiting.html", place=place, row=row.content)
    return place._replace(result=row.content["latest"]["result"]), None


def _reports(made: Api, pages: Renders, asking: Asking, token_of: Token) -> None:
    @made.get("/emissions/{facility_id}/{year}/reports", include_in_schema=False)
    async def reports(
        request: Request,
        facility_id: Key,
        year: Year,
        result: Number = None,
        regime: Annotated[str, Query(pattern="^[a-z0-9_]{1,40}$")] = emissions.REGIMES[0],
        against: Annotated[str, Query(pattern="^[a-z0-9_]{0,40}$")] = "",
        scrap_method: Annotated[str, Query(pattern="^[a-z_]{0,40}$")] = "",
        product: Annotated[str, Query(pattern="^[a-z_]{0,40}$")] = "",
    ) -> Response:
        token = token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        place, page = await _of_newest(asking, pages, token, Place(facility_id, year, result or 0))
        if page is not None:
            return page
        path = f"{place.asked}/results/{place.result}/reports"
        compared = against if against != regime else ""
        asked = {"against": compared, "scrap_method": scrap_method, "product": product}
        query = {name: value for name, value in asked.items() if value}
        names = list(dict.fromkeys((*emissions.REGIMES, regime)))
        answers = await asyncio.gather(
            *(asking.get(token, f"{path}/{one}", query if one == regime else {}) for one in names)
        )
        found = dict(zip(names, answers, strict=True))
        if not found[regime].fine:
            problem = found[regime]
            return pages.page("problem.html", problem.status, problem=problem.content)
        return pages.page(
            "emissions_reports.html",
            place=place,
            report=found[regime].content,
            against=compared or None,
            scrap_method=scrap_method or None,
            product=product or None,
            every=[one.content for one in answers if one.fine],
            scopes=emissions.SCOPES,
        )


def _differences(made: Api, pages: Renders, asking: Asking, token_of: Token) -> None:
    @made.get("/emissions/{facility_id}/{year}/differences", include_in_schema=False)
    async def differences(
        request: Request,
        facility_id: Key,
        year: Year,
        result: Annotated[int, Query(ge=1, le=1_000_000)],
        of: Annotated[int, Query(ge=1, le=1_000_000)],
    ) -> Response:
        token = token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        place = Place(facility_id, year, result)
        path = f"{place.asked}/results/{result}/differences"
        answer = await asking.get(token, path, {"of": str(of)})
        if not answer.fine:
            return pages.page("problem.html", answer.status, problem=answer.content)
        return pages.page(
            "emissions_differences.html",
            place=place,
            told=answer.content,
            scopes=emissions.SCOPES,
        )
