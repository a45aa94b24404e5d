"""The HTTP side of membership: its commands; members, entities, facilities; notes on people."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from contracts.values import ID_PATTERN
from infra.auth import Principal, RoleKind
from infra.decider import Command
from infra.errors import Refused
from infra.importing.places import places
from infra.importing.problems import PROBLEMS as IMPORT_PROBLEMS
from infra.operations import add_operations, readiness_of
from infra.people import add_people
from infra.persons import Persons
from infra.service import Running
from infra.web import Api, Json, Paged, Readiness, Shared, SignedIn, build_api, listed
from infra.webcommands import command_routes

from .domain import COMMANDS, ROLES
from .guards import WANTED
from .imports import LIMITS, add_imports
from .places import check_places
from .problems import PROBLEMS
from .queries import Queries

Key = Annotated[str, Path(pattern=ID_PATTERN)]


class Note(BaseModel):
    """A free text about whoever writes it; events only refer to it."""

    model_config = ConfigDict(extra="forbid")
    text: str


def api(running: Running, shared: Shared) -> Api:
    """All routes under `/membership`."""
    queries = Queries(running)
    persons = Persons(running.engine)

    async def ready() -> Readiness:
        return readiness_of(running)

    async def filled(
        command: type[Command], principal: Principal, sent: Mapping[str, object]
    ) -> Mapping[str, object]:
        check_places(sent, await asyncio.to_thread(places))
        fields = await asyncio.to_thread(queries.evidence, command.NAME, sent)
        fields["on"] = running.times.today()
        if "approver" in command.FILLED:
            fields["approver"] = await persons.actor(principal)
        return fields

    problems = (*PROBLEMS, *IMPORT_PROBLEMS)
    made = build_api(running.name, "/membership", "Membership", shared, ready, problems, LIMITS)
    command_routes(made, COMMANDS, ROLES, running.writer, filled, persons.actor)
    add_operations(made, running)
    _members(made, queries)
    _facilities(made, queries)
    _people(made, persons)
    add_people(made, persons)
    add_imports(made, running, queries, persons)
    return made


def _members(made: Api, queries: Queries) -> None:
    @made.get("/membership/members", tags=["members"])
    async def members(
        principal: SignedIn,
        wanted: Paged,
        standing: Annotated[str | None, Query(pattern=r"^[a-z_]{1,40}$")] = None,
    ) -> Response:
        """All members and applicants, by id; for operations."""
        principal.require("ops")
        rows = await asyncio.to_thread(queries.members, wanted.after, wanted.limit, standing)
        items = [queries.shown(row) for row in rows]
        return Json(listed(items, wanted, lambda row: str(row["member_id"])))

    @made.get("/membership/members/{member_id}", tags=["members"])
    async def member(principal: SignedIn, member_id: Key) -> Response:
        """A member or applicant as it stands."""
        principal.require_member(member_id)
        row = await asyncio.to_thread(queries.member, member_id)
        if row is None:
            raise Refused("unknown-member", f"there is no member {member_id}", member_id=member_id)
        return Json(queries.shown(row))

    @made.get("/membership/contradictions", tags=["members"])
    async def contradictions(principal: SignedIn, wanted: Paged) -> Response:
        """Members whose class does not fit what one of their facilities does, by id: somebody
        should change the class. Operations see all, a member itself."""
        principal.require(RoleKind.OPS, RoleKind.MEMBER)
        own = None if principal.is_ops else sorted(principal.ids(RoleKind.MEMBER))
        rows = await asyncio.to_thread(queries.contradicted, own, wanted.after, wanted.limit)
        items = [{**queries.shown(row), "wanted_class": WANTED.value} for row in rows]
        return Json(listed(items, wanted, lambda row: str(row["member_id"])))

    @made.get("/membership/members/{member_id}/entities", tags=["members"])
    async def entities(principal: SignedIn, member_id: Key, wanted: Paged) -> Response:
        """A member's entities, by id."""
        principal.require_member(member_id)
        rows = await asyncio.to_thread(queries.entities, member_id, wanted.after, wanted.limit)
        await _known(queries, member_id, rows)
        return Json(listed([row._asdict() for row in rows], wanted, lambda row: row["entity_id"]))


async def _known(queries: Queries, member_id: str, rows: Sequence[object]) -> None:
    """An empty listing is of somebody, not of an id mistyped."""
    if not rows and await asyncio.to_thread(queries.member, member_id) is None:
        raise Refused("unknown-member", f"there is no member {member_id}", member_id=member_id)


def _facilities(made: Api, queries: Queries) -> None:
    @made.get("/membership/members/{member_id}/facilities", tags=["facilities"])
    async def facilities(
        principal: SignedIn,
        member_id: Key,
        wanted: Paged,
        state: Annotated[str | None, Query(pattern="^(open|closed)$")] = None,
    ) -> Response:
        """A member's facilities, by id, each with its `version`: page through them with `after`
        and compare with a system of your own."""
        principal.require_member(member_id)
        where = {"member_id": member_id, "state": state}
        rows = await asyncio.to_thread(queries.facilities, where, wanted.after, wanted.limit)
        await _known(queries, member_id, rows)
        items = [row._asdict() for row in rows]
        return Json(listed(items, wanted, lambda row: row["facility_id"]))

    @made.get("/membership/facilities/{facility_id}", tags=["facilities"])
    async def facility(principal: SignedIn, facility_id: Key) -> Response:
        """A facility as it stands."""
        row = await asyncio.to_thread(queries.facility, facility_id)
        principal.require_owner(row.member_id if row else None, facility_id)
        if row is None:
            raise Refused("unknown-facility", f"there is no facility {facility_id}")
        return Json(row._asdict())


def _people(made: Api, persons: Persons) -> None:
    @made.post("/membership/notes", tags=["people"], status_code=201)
    async def add_note(principal: SignedIn, note: Note) -> Response:
        """Keep a text beside the person who writes it; send its `note_ref` in commands."""
        person_ref = await persons.actor(principal)
        note_ref = await asyncio.to_thread(persons.add_note, person_ref, note.text)
        return Json({"note_ref": note_ref}, 201)

    @made.get("/membership/notes/{note_ref}", tags=["people"])
    async def note(principal: SignedIn, note_ref: Key) -> Response:
        """A note; for operations."""
        principal.require("ops")
        text = await asyncio.to_thread(persons.note, note_ref)
        if text is None:
            raise Refused("unknown-note", "there is no such note, or it was erased")
        return Json({"note_ref": note_ref, "text": text})
