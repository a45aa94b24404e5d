"""Forgetting somebody: the same routes for every service that keeps people apart from events.

Each service has its own reference for a subject, so a person is looked for and erased in each. The
subject travels in bodies only, never in an address: addresses are logged.
"""

import asyncio
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from contracts.values import ID_PATTERN

from .errors import Refused
from .persons import Persons
from .web import Api, Json, SignedIn

Ref = Annotated[str, Path(pattern=ID_PATTERN)]


class Wanted(BaseModel):
    """Who is looked for: the `iss` and `sub` of their tokens."""

    model_config = ConfigDict(extra="forbid")
    issuer: Annotated[str, Field(min_length=1, max_length=500)]
    subject: Annotated[str, Field(min_length=1, max_length=500)]


def add_people(api: Api, persons: Persons) -> None:
    """Add `{prefix}/persons/...`, for operations."""

    @api.post(f"{api.prefix}/persons/find", tags=["people"])
    async def find(principal: SignedIn, wanted: Wanted) -> Response:
        """The reference that stands for a subject in this service's events."""
        principal.require("ops")
        found = await asyncio.to_thread(persons.find, wanted.issuer, wanted.subject)
        if found is None:
            raise Refused("unknown-person", "this service knows nobody of that issuer and subject")
        return Json({"person_ref": found})

    @api.post(f"{api.prefix}/persons/{{person_ref}}/erase", tags=["people"])
    async def erase(principal: SignedIn, person_ref: Ref) -> Response:
        """Erase a person and the notes about them; references in events then stand for nobody."""
        principal.require("ops")
        if not await asyncio.to_thread(persons.erase, person_ref):
            raise Refused("unknown-person", f"there is nobody behind {person_ref}")
        return Json({"person_ref": person_ref, "erased": True})
