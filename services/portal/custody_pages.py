"""The routes of the pages about the chain of custody: they ask the ledger as the visitor.

They stand under `/custody`, because `/coc` is the service's own. What a buyer does here (confirm,
dispute) is sent with an id of its own in the form, so that a page sent twice does it once.
"""

import asyncio
import secrets
from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import quote

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contracts.values import ID_PATTERN
from infra.web import Api

from . import charts, custody
from .asking import Answer, Asking
from .custody import Picture
from .emissions_pages import Key, Renders, Token
from .forms import sent, word

Number = Annotated[str, Path(pattern=ID_PATTERN)]
OnDay = Annotated[str | None, Query(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
Year = Annotated[int, Query(ge=2010, le=2100)]
Word = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_.:-]{0,255}$")]
PAGE = 50
SCOPES = 100
BOOKINGS = 15
WAITING = 20
KNOWN_S = 5


class Visit(NamedTuple):
    """What every route needs."""

    pages: Renders
    asking: Asking
    token_of: Token

    def problem(self, answer: Answer) -> Response:
        """A refusal as a page."""
        return self.pages.page("problem.html", answer.status, problem=answer.content)


def add_custody(made: Api, pages: Renders, asking: Asking, token_of: Token) -> None:
    """Add the pages."""
    visit = Visit(pages, asking, token_of)
    _list(made, visit)
    _scope(made, visit)
    _document(made, visit)
    _trace(made, visit)
    _files(made, visit)
    _deeds(made, visit)


def _list(made: Api, visit: Visit) -> None:
    @made.get("/custody", include_in_schema=False)
    async def every(
        request: Request,
        member: Annotated[str | None, Query(max_length=128)] = None,
        after: Word = None,
        number: Annotated[str | None, Query(max_length=100)] = None,
    ) -> Response:
        token = visit.token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        if number:
            return RedirectResponse(custody.document_page(number.strip()), 303)
        asked = {"member_id": member, "after": after, "limit": str(SCOPES)}
        query = {name: value for name, value in asked.items() if value}
        answer = await visit.asking.get(token, "/coc/scopes", query)
        if not answer.fine:
            return visit.problem(answer)
        drawing = asyncio.get_running_loop().run_in_executor(None, charts.load)
        drawing.add_done_callback(lambda done: done.exception())  # told when a picture is asked for
        return visit.pages.page(
            "custody.html",
            rows=[(custody.scope_page(row["scope_id"]), row) for row in answer.content["items"]],
            member=member or "",
            following=answer.content["next"],
        )


def _scope(made: Api, visit: Visit) -> None:
    @made.get("/custody/scopes/{scope_id}", include_in_schema=False)
    async def scope(
        request: Request,
        scope_id: Key,
        stage: Annotated[Literal["bauxite", "alumina", "aluminium"] | None, Query()] = None,
        before: Annotated[str | None, Query(pattern=r"^[0-9.]{1,24}$")] = None,
        on: OnDay = None,
    ) -> Response:
        token = visit.token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        base = f"/coc/scopes/{quote(scope_id, safe='')}"
        dated = {"on": on} if on else {}
        row, pools, held, looked, selling, buying = await asyncio.gather(
            visit.asking.get(token, base, {}),
            visit.asking.get(token, f"{base}/accounts", {}),
            visit.asking.get(token, f"{base}/certificates", dated),
            visit.asking.get(token, f"{base}/diligence", dated),
            *(
                visit.asking.get(
                    token,
                    f"{base}/documents",
                    {"side": side, "state": "issued", "limit": str(WAITING)},
                )
                for side in ("issued", "received")
            ),
        )
        for one in (row, pools, held, looked, selling, buying):
            if not one.fine:
                return visit.problem(one)
        stages = custody.stages_of(pools.content["items"])
        shown: dict[str, Any] = {"scope": row.content, "stages": stages}
        if stages:
            chosen = stage if stage and stage in stages else stages[0]
            which = (dated, {"before": before} if before else {})
            told = await _stage(visit, token, scope_id, chosen, which)
            if isinstance(told, Answer):
                return visit.problem(told)
            shown |= told
        return visit.pages.page(
            "custody_scope.html",
            **{**NOTHING_BOOKED, **shown},
            pools=sorted(pools.content["items"], key=_newest),
            certificates=held.content,
            diligence=looked.content,
            selling=selling.content,
            buying=buying.content,
            on=on or "",
            custody=custody,
        )


NOTHING_BOOKED: dict[str, Any] = {
    "stage": None,
    "balance": None,
    "picture": None,
    "days": [],
    "bookings": {"items": [], "next": None},
}


def _newest(pool: dict[str, Any]) -> tuple[int, int]:
    first = int(pool["period"].replace("-", ""))
    return -first, list(custody.STAGES).index(pool["stage"])


async def _stage(
    visit: Visit,
    token: str,
    scope_id: str,
    stage: str,
    which: tuple[dict[str, str], dict[str, str]],
) -> dict[str, Any] | Answer:
    """The balance of a stage with its days and last bookings, or what was refused. `which`: for
    which day, and the bookings before which."""
    path = f"/coc/scopes/{quote(scope_id, safe='')}/balance"
    balance = await visit.asking.get(token, path, {"stage": stage, **which[0]})
    if not balance.fine:
        return balance
    pool = f"/coc/pools/{quote(balance.content['pool'], safe='')}"
    paged = {"limit": str(BOOKINGS), **which[1]}
    days, bookings = await asyncio.gather(
        visit.asking.get(token, f"{pool}/days", {"on": balance.content["on"]}),
        visit.asking.get(token, f"{pool}/bookings", paged),
    )
    shown: dict[str, Any] = {"stage": stage, "balance": balance.content}
    if days.fine and bookings.fine:  # else: nothing was booked in this period yet
        asked = custody.running_of(balance.content, days.content["items"])
        svg = await asyncio.to_thread(charts.running, asked) if asked else ""
        shown |= {
            "days": days.content["items"],
            "bookings": bookings.content,
            "picture": Picture(asked.title, svg) if asked else None,
        }
    return shown


def _document(made: Api, visit: Visit) -> None:
    @made.get("/custody/documents/{number}", include_in_schema=False)
    async def document(request: Request, number: Number) -> Response:
        token = visit.token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        return await _shown(visit, token, number, None)


async def _shown(visit: Visit, token: str, number: str, refused: Answer | None) -> Response:
    """A document's page; with what a buyer was refused just now, if anything."""
    base = f"/coc/documents/{quote(number, safe='')}"
    row, standing, paper = await asyncio.gather(
        *(visit.asking.get(token, path, {}) for path in (base, f"{base}/standing", f"{base}/paper"))
    )
    for one in (row, standing, paper):
        if not one.fine:
            return visit.problem(one)
    sharing = await _sharing(visit, token, row.content) if standing.content["may_answer"] else ()
    return visit.pages.page(
        "custody_document.html",
        refused.status if refused else 200,
        sharing=sharing,
        row=row.content,
        standing=standing.content,
        paper=paper.content,
        refused=refused.content if refused else None,
        once=secrets.token_urlsafe(18),
        custody=custody,
    )


async def _sharing(visit: Visit, token: str, row: dict[str, Any]) -> Sequence[str]:
    """The activities of which the buyer may name one: those that share the pool of the metal."""
    scope_id = row["customer_scope_id"]
    if scope_id is None:
        return ()
    scope = await visit.asking.get(token, f"/coc/scopes/{quote(scope_id, safe='')}", {})
    if not scope.fine:
        return ()
    found: Sequence[str] = scope.content["sharing"][row["document"]["pool"]["stage"]]
    return found if len(found) > 1 else ()


def _trace(made: Api, visit: Visit) -> None:
    @made.get("/custody/documents/{number}/trace", include_in_schema=False)
    async def trace(
        request: Request,
        number: Number,
        direction: Literal["upstream", "downstream"] = "upstream",
        on: OnDay = None,
    ) -> Response:
        token = visit.token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        query = {"direction": direction, **({"on": on} if on else {})}
        path = f"/coc/documents/{quote(number, safe='')}/trace"
        answer = await visit.asking.get(token, path, query)
        if not answer.fine:
            return visit.problem(answer)
        entries = custody.entries_of(answer.content)
        asked = custody.levels_of(number, direction == "upstream", entries)
        svg = await asyncio.to_thread(charts.levels, asked) if asked else ""
        return visit.pages.page(
            "custody_trace.html",
            number=number,
            direction=direction,
            on=on or "",
            state=answer.content.get("state"),
            changed_on=answer.content.get("changed_on"),
            replaced_by=answer.content.get("replaced_by"),
            replaced_on=answer.content.get("replaced_on"),
            ends=custody.ends_of(answer.content),
            mix=custody.mix_of(answer.content),
            entries=entries[: custody.SHOWN_AT_MOST],
            more=max(0, len(entries) - custody.SHOWN_AT_MOST),
            picture=Picture(asked.title, svg) if asked else None,
            custody=custody,
        )


def _files(made: Api, visit: Visit) -> None:
    @made.get("/custody/pools/{pool}/statement", include_in_schema=False)
    async def statement(
        request: Request, pool: Key, form: Literal["csv", "xlsx"] = "csv"
    ) -> Response:
        path = f"/coc/pools/{quote(pool, safe='')}/statement"
        return await _handed_on(visit, request, path, {"form": form})

    @made.get("/custody/scopes/{scope_id}/proofs", include_in_schema=False)
    async def proofs(
        request: Request, scope_id: Key, year: Year, form: Literal["csv", "xlsx"] = "csv"
    ) -> Response:
        path = f"/coc/scopes/{quote(scope_id, safe='')}/proofs"
        return await _handed_on(visit, request, path, {"year": str(year), "form": form})

    @made.get("/custody/documents/{number}/paper", include_in_schema=False)
    async def paper(request: Request, number: Number) -> Response:
        path = f"/coc/documents/{quote(number, safe='')}/paper"
        return await _handed_on(visit, request, path, {"form": "pdf"})


async def _handed_on(visit: Visit, request: Request, path: str, query: dict[str, str]) -> Response:
    token = visit.token_of(request)
    if token is None:
        return RedirectResponse("/signin", 303)
    found = await visit.asking.file(token, path, query)
    return visit.problem(found) if isinstance(found, Answer) else found


def _deeds(made: Api, visit: Visit) -> None:
    @made.post("/custody/documents/{number}/{deed}", include_in_schema=False)
    async def answer(
        request: Request, number: Number, deed: Literal["confirm", "dispute"]
    ) -> Response:
        token = visit.token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        said = {name: values[0].strip() for name, values in (await sent(request)).items()}
        fields: dict[str, object] = {"number": number, "member_id": said.get("member_id", "")}
        if deed == "confirm":
            fields |= {
                "received_kg": _kilograms(said.get("received_kg", "")),
                "received_on": said.get("received_on", ""),
                **({"activity": said["activity"]} if said.get("activity") else {}),
            }
        else:
            fields["reason"] = word(said.get("reason", ""))
        told = await visit.asking.send(
            token, f"/coc/commands/{deed}_document", fields, said.get("once", "")
        )
        if told.fine:
            # The page that follows shows what was just done, and not what was before it.
            known = {"position": str(told.content["position"]), "wait": str(KNOWN_S)}
            await visit.asking.get(token, "/coc/through", known)
            return RedirectResponse(custody.document_page(number), 303)
        return await _shown(visit, token, number, told)


def _kilograms(text: str) -> int | str:
    """A mass as people write it: `12 500`, `12,500`; as it came where it is no number."""
    plain = text.replace(",", "").replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
    return int(plain) if plain.isascii() and plain.isdecimal() else text
