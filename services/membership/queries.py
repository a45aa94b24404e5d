"""What membership can tell: members, entities, facilities, page by page; evidence for commands."""

from collections.abc import Mapping, Sequence
from typing import Any

from infra.reading import Reader
from infra.service import Running

from .domain import Knowledge, fill
from .guards import label_of
from .rows import EntityRow, FacilityRow, MemberRow

CONSUMER = "membership"
SOME = 5


class Queries:
    """Reads for the API and the import; every call may wait for the database."""

    def __init__(self, running: Running) -> None:
        self.reader = Reader(running)
        self._running = running

    def member(self, member_id: str) -> MemberRow | None:
        """A member or applicant."""
        row: MemberRow | None = self.reader.row(CONSUMER, "members", member_id)
        return row

    def members(self, after: str | None, limit: int, standing: str | None) -> list[MemberRow]:
        """Members in order of id, up to `limit + 1`."""
        where = {"standing": standing}
        return self.reader.page(CONSUMER, "members", after, limit, where)

    def contradicted(
        self, own: Sequence[str] | None, after: str | None, limit: int
    ) -> list[MemberRow]:
        """Members whose class is contradicted, in order of id, up to `limit + 1`; of `own` ones."""
        where = {"class_contradicted": True, "member_id": own}
        return self.reader.page(CONSUMER, "members", after, limit, where)

    def shown(self, row: MemberRow) -> dict[str, object]:
        """A member as the API shows it: with how ASI calls such a member, and how far that is
        known."""
        if row.membership_class is None:
            return {**row._asdict(), "class_label": None}
        policy = self._running.definition.policies.on(self._running.times.today())
        name, figure = label_of(row.membership_class, policy)
        label = {"name": name, "evidence": figure.evidence, "source": figure.source}
        return {**row._asdict(), "class_label": label}

    def entities(self, member_id: str, after: str | None, limit: int) -> list[EntityRow]:
        """A member's entities in order of id, up to `limit + 1`."""
        return self.reader.page(CONSUMER, "entities", after, limit, {"member_id": member_id})

    def facilities(
        self, where: Mapping[str, Any], after: str | None, limit: int
    ) -> list[FacilityRow]:
        """Facilities in order of id, up to `limit + 1`; each with its `version`."""
        return self.reader.page(CONSUMER, "facilities", after, limit, where)

    def facility(self, facility_id: str) -> FacilityRow | None:
        """A facility."""
        row: FacilityRow | None = self.reader.row(CONSUMER, "facilities", facility_id)
        return row

    def evidence(self, name: str, sent: Mapping[str, object]) -> dict[str, object]:
        """The evidence fields of a command."""
        return fill(name, sent, self.knowledge())

    def knowledge(self) -> Knowledge:
        """What the server can look up, as of now."""
        head = self._running.store.head().position
        return Knowledge(self.reader.state, self._facilities_in, head)

    def _facilities_in(self, entity_id: str) -> list[str]:
        where = {"entity_id": entity_id, "state": "open"}
        return [row.facility_id for row in self.facilities(where, None, SOME)]
