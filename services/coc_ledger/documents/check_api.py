"""Documents for who holds the paper: checked by number and check code, without an account."""

import asyncio
from typing import Annotated, Literal, NamedTuple

from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from contracts.values import ID_PATTERN
from infra.errors import Refused
from infra.web import Api, Json
from services.coc_ledger.exports.exports import Exports
from services.coc_ledger.overview import Overview

from .check_code import LENGTH, code_of, is_code_of, link_of
from .paper import Paper, paper
from .printing import pdf
from .verdict import why_not

Number = Annotated[str, Path(pattern=ID_PATTERN)]
Code = Annotated[str, Path(pattern=rf"^[A-Za-z2-7]{{{LENGTH}}}$")]


class Links(NamedTuple):
    """Makes the addresses that paper carries: `public` begins them (None: as a request came)."""

    public: str | None
    key: bytes

    def of(self, request: Request, number: str) -> str:
        """Where a document can be checked."""
        return link_of(self.public or base_of(request), number, code_of(number, self.key))


def add_check(made: Api, exports: Exports, overview: Overview, links: Links) -> None:
    """The route for everybody."""

    @made.get("/coc/public/documents/{number}/{code}", tags=["public"])
    async def check(
        request: Request, number: Number, code: Code, form: Literal["json", "pdf"] = "json"
    ) -> Response:
        """A CoC document as its paper says it, and whether it is good: for who has its check code.
        A wrong code and a number that does not exist are answered alike. Of certificates only the
        one that the document names is told; where what is known of them is behind, `late` says so.
        """
        known = is_code_of(code, number, links.key)
        row = await asyncio.to_thread(exports.document, number) if known else None
        if row is None:
            raise Refused(
                "unknown-document",
                "There is no document with this number and check code: compare with the paper.",
                number=number,
            )
        issued, became = exports.stated(row)
        found, known_age = await asyncio.to_thread(overview.standing, row)
        said = paper(issued, became, links.of(request, number), why_not(found))
        if form == "pdf":
            return await printed(said)
        held = [one for one in found.held if one.certificate_id == issued.certificate_id]
        standing = {**found._asdict(), "held": held, **known_age._asdict(), "state": row.state}
        return Json({**said._asdict(), "standing": standing, "replaced_by": became.replaced_by})


async def printed(said: Paper) -> Response:
    """A document as PDF with its QR code."""
    made = await asyncio.to_thread(pdf, said)
    return Response(made, media_type="application/pdf", headers=named(f"{said.number}.pdf"))


def named(file: str) -> dict[str, str]:
    """The headers of a file to keep."""
    return {"content-disposition": f'attachment; filename="{file.replace(":", "_")}"'}


def base_of(request: Request) -> str:
    """The address by which a request came."""
    return str(request.base_url).rstrip("/")
