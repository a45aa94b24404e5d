"""Files of facilities over HTTP: taken in, followed, answered row by row."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.values import ID_PATTERN
from infra.importing.formats import Format
from infra.importing.jobs import Options
from infra.importing.kinds import Absence, Asked, Build, Kind
from infra.importing.mapping import Binding
from infra.importing.places import places
from infra.importing.run import Imports
from infra.importing.web import BODY, FILE_LIMIT, MAX_CONSTANTS, add_reads, asked_as, shown
from infra.persons import Persons
from infra.service import Running
from infra.web import Api, Json, SignedIn, correlation_id

from . import facility_rows
from .domain import entity_evidence
from .facility_commands import ProposeClosure
from .queries import Queries

LIMITS: Mapping[str, int] = {"/membership/imports": FILE_LIMIT}
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

    @api.post("/membership/imports", tags=["imports"], status_code=202, openapi_extra=BODY)
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
        asked = await asked_as(imports, import_id, member_id)
        job = await imports.receive(
            kind, asked, options, actor, correlation_id(request), request.stream()
        )
        return Json(shown(job, import_id), 202)

    add_reads(api, running, imports)
    return imports
