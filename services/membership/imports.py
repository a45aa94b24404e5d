"""Files of facilities over HTTP: taken in, followed, answered row by row."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Annotated

from fastapi import Path, Query
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from contracts.values import ID_PATTERN
from infra.errors import Refused
from infra.importing import jobs, rejects
from infra.importing.formats import Format
from infra.importing.jobs import Job, Options, RefusedRow
from infra.importing.kinds import Absence, Asked, Build, Kind
from infra.importing.mapping import Binding
from infra.importing.places import places
from infra.importing.run import Imports
from infra.persons import Persons
from infra.service import Running
from infra.web import Api, Json, Paged, SignedIn, correlation_id

from . import facility_rows
from .domain import entity_evidence
from .facility_commands import ProposeClosure
from .queries import Queries

LIMITS: Mapping[str, int] = {"/membership/imports": 1 << 30}
"""A file may have 1 GB."""
MAX_CONSTANTS = 50
Key = Annotated[str, Path(pattern=ID_PATTERN)]
Text = Annotated[str, Query(max_length=500)]


def facilities_kind(queries: Queries) -> Kind:
    """Facilities as a kind of import."""

    def builder(asked: Asked, binding: Binding, today: date) -> Build:
        known = queries.knowledge()
        return facility_rows.builder(
            asked, binding, today, places(), lambda entity_id: entity_evidence(entity_id, known)
        )

    def absent(asked: Asked, today: date, after: str | None, limit: int) -> Sequence[Absence]:
        where = {"member_id": asked.member_id, "state": "open"}
        return [
            Absence(
                row.facility_id,
                ProposeClosure(
                    on=today,
                    facility_id=row.facility_id,
                    member_id=asked.member_id,
                    import_id=asked.import_id,
                ),
            )
            for row in queries.facilities(where, after, limit)[:limit]
        ]

    return Kind("facilities", facility_rows.FIELDS, facility_rows.check, builder, absent)


def add_imports(api: Api, running: Running, queries: Queries, persons: Persons) -> Imports:
    """Add `/membership/imports` and the worker behind it."""
    kind = facilities_kind(queries)
    imports = Imports(running, [kind])

    @api.post("/membership/imports", tags=["imports"], status_code=202, openapi_extra=_BODY)
    async def receive(
        request: Request,
        principal: SignedIn,
        import_id: Annotated[str, Query(pattern=ID_PATTERN)],
        member_id: Annotated[str, Query(pattern=ID_PATTERN)],
        format: Annotated[Format, Query()],  # noqa: A002  # its name in the address
        entity_id: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
        dry_run: Annotated[bool, Query()] = False,
        sync: Annotated[bool, Query()] = False,
        all_or_nothing: Annotated[bool, Query()] = False,
        map: Annotated[list[Text], Query(max_length=MAX_CONSTANTS)] = [],  # noqa: A002, B006
        set: Annotated[list[Text], Query(max_length=MAX_CONSTANTS)] = [],  # noqa: A002, B006
    ) -> Response:
        """Take in a file of facilities, streamed. `import_id` is the sender's: the same file sent
        again under it is the same import. Rows are answered at `/membership/imports/{id}`."""
        principal.require_member(member_id)
        constants = [*set, *([f"entity_id:{entity_id}"] if entity_id else [])]
        options = Options(format, dry_run, sync, all_or_nothing, tuple(map), tuple(constants))
        actor = await persons.actor(principal)
        asked = Asked(import_id, member_id)
        job = await imports.receive(
            kind, asked, options, actor, correlation_id(request), request.stream()
        )
        return Json(shown(job), 202)

    _add_reads(api, running, imports)
    return imports


_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def _add_reads(api: Api, running: Running, imports: Imports) -> None:
    async def own(principal: SignedIn, import_id: str) -> Job:
        job = await asyncio.to_thread(imports.job, import_id)
        if job is None and principal.is_ops:
            raise Refused("unknown-import", f"there is no import {import_id}")
        principal.require_member(job.member_id if job else "-")
        assert job is not None  # "-" is nobody's id
        return job

    @api.get("/membership/imports/{import_id}", tags=["imports"])
    async def state(principal: SignedIn, import_id: Key) -> Response:
        """How far an import is, and what became of its rows."""
        return Json(shown(await own(principal, import_id)))

    @api.get("/membership/imports/{import_id}/rows", tags=["imports"])
    async def rows(principal: SignedIn, import_id: Key, wanted: Paged) -> Response:
        """Answers to refused rows, in order; `after` is a row's number."""
        job = await own(principal, import_id)
        after = _row_number(wanted.after)
        found = await asyncio.to_thread(
            jobs.refused_rows, running.engine, job.import_id, after, wanted.limit + 1
        )
        items = [_answer(row) for row in found[: wanted.limit]]
        more = len(found) > wanted.limit
        return Json({"items": items, "next": str(items[-1]["row"]) if more else None})

    @api.get("/membership/imports/{import_id}/rejects", tags=["imports"])
    async def rejected(principal: SignedIn, import_id: Key) -> Response:
        """The refused rows in the columns they came in, with what was wrong: mend and send."""
        job = await own(principal, import_id)
        page = partial(jobs.refused_rows, running.engine, job.import_id)
        form = job.options.format
        name = f"{job.import_id.replace(':', '_')}-rejects.{form}"
        if form != "xlsx":
            headers = {"content-disposition": f'attachment; filename="{name}"'}
            return StreamingResponse(
                rejects.text_of(job, page), headers=headers, media_type=rejects.MEDIA_TYPES[form]
            )
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


def shown(job: Job) -> dict[str, object]:
    """A job as its sender sees it."""
    tally, options = job.tally, job.options
    problem = {"slug": job.problem_slug, "sentence": job.problem} if job.problem_slug else None
    return {
        "import_id": job.import_id,
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
