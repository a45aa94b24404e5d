"""The routes of an audit firm's pages: what is to be audited and by when, what to look at before.

They only read. They stand under `/auditing`, because `/audits` is the service's own.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from fastapi import Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contracts.values import ID_PATTERN
from infra.auth import RoleKind
from infra.web import Api

from . import auditing
from .asking import Asking
from .auditing import Content
from .custody_pages import Visit
from .emissions import STATES
from .emissions_pages import Key, Renders, Token
from .visits import chosen, visitor

PAGE = 50
DUTIES_AT_MOST = "1000"


def add_auditing(made: Api, pages: Renders, asking: Asking, token_of: Token) -> None:
    """Add the pages."""
    visit = Visit(pages, asking, token_of)
    _list(made, visit)
    _one(made, visit)


def _list(made: Api, visit: Visit) -> None:
    @made.get("/auditing", include_in_schema=False)
    async def every(
        request: Request,
        firm: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
        state: Literal["scheduled", "concluded", "cancelled"] = "scheduled",
        after: Annotated[str | None, Query(max_length=160)] = None,
    ) -> Response:
        token = visit.token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        who = await visitor(made.shared.tokens, token)
        firm = chosen(who, RoleKind.AUDITOR, firm)
        if firm is None:
            return visit.pages.page("auditing.html", firm=None)
        query = {"state": state, "limit": str(PAGE), **({"after": after} if after else {})}
        answer = await visit.asking.get(token, f"/audits/firms/{firm}/audits", query)
        if not answer.fine:
            return visit.problem(answer)
        audits, today = answer.content["items"], answer.content["today"]
        duties = await _duties(visit.asking, token, audits)
        own = who.ids(RoleKind.AUDITOR) if who else frozenset()
        following = answer.content["next"]
        return visit.pages.page(
            "auditing.html",
            firm=firm,
            others=sorted(own - {firm}),
            state=state,
            today=today,
            rows=[
                auditing.Row(
                    auditing.page_of(one["audit_id"]),
                    one,
                    auditing.deadline_of(one, duties, today),
                )
                for one in audits
            ],
            following=auditing.list_link(firm, state, following) if following else None,
            auditing=auditing,
        )


async def _duties(
    asking: Asking, token: str, audits: Sequence[Content]
) -> Mapping[tuple[str, str], str]:
    """Until when members have to be certified, from the public events; nothing while these cannot
    be asked."""
    members = auditing.members_asked(audits)
    if not members:
        return {}
    query = {"type": auditing.DUTIES, "member": members, "limit": DUTIES_AT_MOST}
    answer = await asking.get(token, "/feed/newest", query)
    return auditing.duties_of(answer.content) if answer.fine else {}


def _one(made: Api, visit: Visit) -> None:
    @made.get("/auditing/{audit_id}", include_in_schema=False)
    async def one(request: Request, audit_id: Key) -> Response:
        token = visit.token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        path = f"/audits/audits/{audit_id}"
        audit, preparation = await asyncio.gather(
            visit.asking.get(token, path, {}), visit.asking.get(token, f"{path}/preparation", {})
        )
        for answer in (audit, preparation):
            if not answer.fine:
                return visit.problem(answer)
        told = audit.content
        duties = await _duties(visit.asking, token, [told])
        return visit.pages.page(
            "auditing_audit.html",
            audit=told,
            deadline=auditing.deadline_of(told, duties, told["today"]),
            preparation=preparation.content,
            facilities=auditing.facilities_of(told, preparation.content),
            states={"": "nothing told", **STATES},
            auditing=auditing,
        )
