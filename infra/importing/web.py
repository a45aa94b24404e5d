"""Imports over HTTP: a file is taken in, followed, answered row by row and group by group.

The address under which a kind is received is the service's own where its query says more than
others (`add_receive` is for those that do not). All else is the same for every kind.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import orjson
from fastapi import Path, Query
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from contracts.values import ID_PATTERN
from infra.auth import Principal, RoleKind
from infra.decider import derived_id
from infra.errors import Refused
from infra.persons import Persons
from infra.service import Running
from infra.web import Api, Json, Page, Paged, SignedIn, correlation_id

from . import jobs, noted, rejects
from .formats import Format
from .jobs import Job, Options, RefusedRow, Told
from .kinds import Asked, Kind
from .run import Imports
from .spool import room

MAX_CONSTANTS = 50
FILE_LIMIT = 1 << 30
"""A file may have 1 GB."""
BESIDE = "beside."
"""How ids begin under which no sender's own id is kept as it is: else one could take another's."""
Key = Annotated[str, Path(pattern=ID_PATTERN)]
Whose = Annotated[str | None, Query(pattern=ID_PATTERN)]
"""Of which member an import is asked about: an id may name one of each."""
Text = Annotated[str, Query(max_length=500)]


BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def add_receive(
    api: Api, running: Running, imports: Imports, kind: Kind, persons: Persons, about: str
) -> None:
    """The address that takes in a file of a kind that needs no more said of it; `about` is what
    its users read."""

    @api.post(
        f"{running.definition.prefix}/imports",
        tags=["imports"],
        status_code=202,
        openapi_extra=BODY,
        description=about,
    )
    async def receive(
        request: Request,
        principal: SignedIn,
        import_id: Annotated[str, Query(pattern=ID_PATTERN)],
        member_id: Annotated[str, Query(pattern=ID_PATTERN)],
        format: Annotated[Format, Query()],  # noqa: A002  # its name in the address
        dry_run: Annotated[bool, Query()] = False,
        all_or_nothing: Annotated[bool, Query()] = False,
        map: Annotated[list[Text], Query(max_length=MAX_CONSTANTS)] = [],  # noqa: A002, B006
        set: Annotated[list[Text], Query(max_length=MAX_CONSTANTS)] = [],  # noqa: A002, B006
    ) -> Response:
        principal.require_member(member_id)
        options = Options(format, dry_run, False, all_or_nothing, tuple(map), tuple(set))
        actor = await persons.actor(principal)
        asked = await asked_as(imports, import_id, member_id)
        job = await imports.receive(
            kind, asked, options, actor, correlation_id(request), request.stream()
        )
        return Json(shown(job, import_id), 202)


def add_reads(api: Api, running: Running, imports: Imports) -> None:
    """What is asked about imports under `<prefix>/imports`."""
    at = f"{running.definition.prefix}/imports"

    @api.get(at + "/{import_id}", tags=["imports"])
    async def state(principal: SignedIn, import_id: Key, member_id: Whose = None) -> Response:
        """How far an import is, and what became of its rows."""
        return Json(shown(await _own(imports, principal, import_id, member_id), import_id))

    @api.get(at + "/{import_id}/rows", tags=["imports"])
    async def rows(
        principal: SignedIn, import_id: Key, wanted: Paged, member_id: Whose = None
    ) -> Response:
        """Answers to refused rows, in order; `after` is a row's number."""
        job = await _own(imports, principal, import_id, member_id)
        after = _row_number(wanted.after)
        found = await asyncio.to_thread(
            jobs.refused_rows, running.engine, job.import_id, after, wanted.limit + 1
        )
        return Json(_page([_answer(row) for row in found], wanted))

    if any(kind.noted is not None for kind in imports.kinds.values()):

        @api.get(at + "/{import_id}/notes", tags=["imports"])
        async def notes(
            principal: SignedIn, import_id: Key, wanted: Paged, member_id: Whose = None
        ) -> Response:
            """What has to be said of rows that were taken, each once and in the order of their
            first rows: `rows` are all of which it is said, from and through. A dry run tells it
            too."""
            job = await _own(imports, principal, import_id, member_id)
            after = _row_number(wanted.after)
            found = await asyncio.to_thread(
                noted.notes, running.engine, job.import_id, after, wanted.limit + 1
            )
            return Json(_page([one._asdict() for one in found], wanted))

    @api.get(at + "/{import_id}/rejects", tags=["imports"])
    async def rejected(principal: SignedIn, import_id: Key, member_id: Whose = None) -> Response:
        """The refused rows in the columns they came in, with what was wrong: mend and send."""
        job = await _own(imports, principal, import_id, member_id)
        return await _rejects(running, imports, job, import_id)

    if any(kind.grouped is not None for kind in imports.kinds.values()):

        @api.get(at + "/{import_id}/groups", tags=["imports"])
        async def groups(
            principal: SignedIn, import_id: Key, wanted: Paged, member_id: Whose = None
        ) -> Response:
            """What became of rows that are taken together, in the order of their first rows, and
            what was found about them; `after` is the number of such a row. A dry run tells it
            too."""
            job = await _own(imports, principal, import_id, member_id)
            after = _row_number(wanted.after)
            found = await asyncio.to_thread(
                jobs.groups, running.engine, job.import_id, after, wanted.limit + 1
            )
            return Json(_page([_group(one) for one in found], wanted))


async def _own(
    imports: Imports, principal: Principal, import_id: str, member_id: str | None
) -> Job:
    """An import of whoever asks, or of the member that they name. Ids are their members' own, so
    another's is as unknown as one that nobody has sent: `unknown-import`, which tells a sender that
    theirs is free to use."""
    principal.require(RoleKind.OPS, RoleKind.MEMBER)
    if member_id is not None:
        principal.require_member(member_id)
        job = await asyncio.to_thread(_of_member, imports, import_id, member_id)
    else:
        job = await asyncio.to_thread(_theirs, imports, principal, import_id)
    if job is None:
        raise Refused("unknown-import", f"there is no import {import_id}")
    return job


def _theirs(imports: Imports, principal: Principal, import_id: str) -> Job | None:
    """The import that an id names for whoever asks. May wait for the database."""
    own = principal.ids(RoleKind.MEMBER)
    job = imports.job(import_id)
    if job is not None and (principal.is_ops or job.member_id in own):
        return job
    found = (imports.job(_beside(import_id, member_id)) for member_id in sorted(own))
    return next((one for one in found if one is not None), None)


def _of_member(imports: Imports, import_id: str, member_id: str) -> Job | None:
    """The import that an id names for a member. May wait for the database."""
    found = (imports.job(kept) for kept in (import_id, _beside(import_id, member_id)))
    return next((one for one in found if one is not None and one.member_id == member_id), None)


def _beside(import_id: str, member_id: str) -> str:
    """As what a member's import is kept whose id another member had used before."""
    return BESIDE + derived_id("import", member_id, import_id)


async def asked_as(imports: Imports, import_id: str, member_id: str) -> Asked:
    """What is asked for a member, by the id under which it is kept: that of the member's import it
    is a repeat of, else the sender's own. Where that is used for another member, it is kept under
    one derived from both: nobody is told of it, and nobody is in another's way."""

    def found() -> str:
        job = _of_member(imports, import_id, member_id)
        if job is not None:
            return job.import_id
        free = imports.job(import_id) is None and not import_id.startswith(BESIDE)
        return import_id if free else _beside(import_id, member_id)

    return Asked(await asyncio.to_thread(found), member_id, import_id)


def _page(found: Sequence[dict[str, object]], wanted: Page) -> dict[str, object]:
    """Answers by row; one more was asked for, which says whether there are more."""
    items = found[: wanted.limit]
    return {"items": items, "next": str(items[-1]["row"]) if len(found) > wanted.limit else None}


async def _rejects(running: Running, imports: Imports, job: Job, import_id: str) -> Response:
    page = partial(jobs.refused_rows, running.engine, job.import_id)
    form = job.options.format
    name = f"{import_id.replace(':', '_')}-rejects.{form}"
    if form != "xlsx":
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(
            rejects.text_of(job, page), headers=headers, media_type=rejects.MEDIA_TYPES[form]
        )
    with room():
        made = await asyncio.to_thread(rejects.make_xlsx, job, page, imports.folder)
    return FileResponse(
        made,
        media_type=rejects.MEDIA_TYPES[form],
        filename=name,
        background=BackgroundTask(made.unlink),
    )


def _row_number(after: str | None) -> int:
    if after is None:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) <= 9):
        raise Refused("invalid-request", "`after` is the number of a row here")
    return int(after)


def _answer(row: RefusedRow) -> dict[str, object]:
    more = [{"column": c, "slug": slug, "sentence": sentence} for c, slug, sentence in row.more]
    return {
        "row": row.row,
        "column": row.column,
        "slug": row.slug,
        "sentence": row.sentence,
        "more": more,
    }


def _group(group: Told) -> dict[str, object]:
    told = orjson.loads(group.told) if group.told else None
    return {**group._asdict(), "told": told}


def shown(job: Job, import_id: str) -> dict[str, object]:
    """A job as its sender sees it, under the sender's own id."""
    tally, options = job.tally, job.options
    problem = {"slug": job.problem_slug, "sentence": job.problem} if job.problem_slug else None
    return {
        "import_id": import_id,
        "kind": job.kind,
        "member_id": job.member_id,
        "sha256": job.sha256,
        "format": options.format,
        "dry_run": options.dry_run,
        "sync": options.sync,
        "all_or_nothing": options.all_or_nothing,
        "state": job.state,
        "phase": job.phase,
        "rows": job.rows,
        "done": tally.done,
        "accepted": tally.changed + tally.unchanged,
        "changed": tally.changed,
        "unchanged": tally.unchanged,
        "refused": tally.refused,
        "unreadable": tally.unreadable,
        "proposed": job.proposed,
        "slugs": tally.slugs,
        "notes": tally.notes,
        "mapping": [
            {"field": one.field, "column": one.column, "value": one.value, "how": one.how}
            for one in job.binding.fields.values()
        ],
        "ignored": job.binding.ignored,
        "problem": problem,
        "received_at": job.received_at,
        "finished_at": job.finished_at,
    }
