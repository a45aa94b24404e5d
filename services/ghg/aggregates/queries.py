"""Reads the editions of aggregates for who may not see every facility; each call may wait for the
database. Kept for as long as there is no further edition."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from contracts.values import FacilityId
from infra.auth import Principal, RoleKind
from infra.keeping import Keeping
from infra.service import Running
from services.ghg.queries import CONSUMER, Queries
from services.ghg.rows import YearRow

from .editions import EVERYBODY, Asker, Defined, Edition, Stage, in_force, stages
from .kept import Awaited, Editions, awaited, editions_of, stream_of
from .portfolio import Portfolios
from .sums import Entry

MANY = 100_000
KEPT = 32


class Present(NamedTuple):
    """The verified figures of a year as they are now, and the facilities of which just these were
    disclosed: they are no secret to anybody."""

    entries: tuple[Entry, ...] = ()
    disclosed: frozenset[str] = frozenset()


class AskedEditions:
    """What editions tell to somebody."""

    def __init__(self, running: Running, queries: Queries) -> None:
        self._running, self._queries = running, queries
        self._kept = Keeping(KEPT)

    def asker(self, principal: Principal, year: int) -> Asker:
        """What somebody knows of a year, and all sets that they could ask about."""
        own = principal.ids(RoleKind.MEMBER)
        sets: list[Defined] = []
        for subscriber_id in sorted(principal.ids(RoleKind.SUBSCRIBER)):
            state: Portfolios = self._queries.reader.state(f"portfolio/{subscriber_id}")
            sets += [Defined(state.defined[name], of) for name, of in state.sets.items()]
        sets.sort(key=lambda one: one.on)
        reads = self._read_by(principal, own, year)
        firms = principal.ids(RoleKind.AUDITOR)
        once = self._queries.facilities_once_audited(firms, year)
        verifiers = principal.ids(RoleKind.VERIFIER)
        once |= self._queries.facilities_once_submitted(verifiers, year)
        return Asker(own, reads, tuple(sets), once - reads)

    def _read_by(
        self, principal: Principal, own: Collection[str], year: int
    ) -> frozenset[FacilityId]:
        """The facilities of which somebody may read the figures of a year (`seeing`): a member's
        own, and those that it gave away with figures that it sent; those whose results lie or lay
        with a verifier; those of which an audit is open, for its firm."""
        page = self._queries.reader.page
        has = page(CONSUMER, "facilities", None, MANY, {"member_id": sorted(own)})
        gone = [
            row
            for member_id in sorted(own)
            for row in self._queries.given_away(member_id, year, None, MANY)
            if row.latest.get("member_id") == member_id
        ]
        verifiers = sorted(principal.ids(RoleKind.VERIFIER))
        lay = verifiers and page(
            CONSUMER, "years", None, MANY, {"verifier_id": verifiers, "year": year}
        )
        audited = self._queries.facilities_audited(principal.ids(RoleKind.AUDITOR))
        return audited.union(one.facility_id for one in (*has, *gone, *lay))

    def stages(self, year: int, on: date, asker: Asker) -> tuple[Stage, ...]:
        """What somebody is told of the editions that were in force by a day. All that are in force
        today are looked at: what was defined since a later one is told of no earlier one."""
        state: Editions = self._queries.reader.state(stream_of(year))
        some = in_force(editions_of(year, state), self._running.times.today())
        found = self._everybody(year, some)
        knows = {one.member_id for edition in some for one in edition.entries} & asker.own
        if knows or asker.facilities or asker.sets or asker.once:
            found = self._told(year, some, asker, found)
        return tuple(one for one in found if one.edition.kept_on < on)

    def reckon(self, year: int) -> None:
        """Have ready what everybody is told of the editions that are in force today: of many
        facilities that takes seconds, which nobody should wait for."""
        state: Editions = self._queries.reader.state(stream_of(year))
        self._everybody(year, in_force(editions_of(year, state), self._running.times.today()))

    def _everybody(self, year: int, some: Sequence[Edition]) -> tuple[Stage, ...]:
        return self._told(year, some, EVERYBODY, None)

    def awaited(self, year: int, on: date) -> Awaited:
        """What is to come, for who asks about a day."""
        state: Editions = self._queries.reader.state(stream_of(year))
        today = self._running.times.today()
        return awaited(year, state, on, today, self._running.definition.policies.on(today))

    def _told(
        self,
        year: int,
        some: Sequence[Edition],
        asker: Asker,
        everybody: Sequence[Stage] | None,
    ) -> tuple[Stage, ...]:
        policies = self._running.definition.policies
        found: tuple[Stage, ...] = self._kept.get(
            (year, tuple(one.kept_on for one in some), asker),
            self._running.store.store_id,
            lambda: stages(some, policies, asker, everybody),
        )
        return found


def is_public(row: YearRow) -> bool:
    """Whether the figures of a facility-year that count (`figures.counted`) were disclosed: then
    every number of them is public."""
    told, latest = row.disclosed.get("result"), row.latest.get("result")
    if not told or told == latest:
        return bool(told)
    return row.disclosed_member != row.latest.get("member_id") or latest not in row.verified
