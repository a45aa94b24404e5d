"""Reads for what leaves the ledger: events of streams page by page, rows, what was published."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import islice
from typing import NamedTuple

from contracts.coc_documents import DocumentEnded, DocumentIssued
from contracts.coc_movements import apart
from contracts.envelope import Recorded
from contracts.values import Activity, Instant, instant
from infra.consumer import read_cursors
from infra.reading import Reader
from infra.service import Running
from infra.store import translated
from services.coc_ledger.documents.paper import Became
from services.coc_ledger.documents.rows import DocumentRow
from services.coc_ledger.documents.shown import stated
from services.coc_ledger.domain import CONSUMER
from services.coc_ledger.evidence import stages_of
from services.coc_ledger.flows import public_flow
from services.coc_ledger.flows.cells import Quarter, Rule, rule_of
from services.coc_ledger.flows.flow import (
    ELSEWHERE,
    SEVERAL,
    Choice,
    Flow,
    Picture,
    chosen,
    region_of,
    region_of_works,
    regions_of,
)
from services.coc_ledger.flows.public_flow import Public, Release
from services.coc_ledger.flows.publication import STREAM, Publication, PublishFlow, to_tell, told
from services.coc_ledger.rows import MovementRow, PoolRow, ScopeRow, movement_key, movement_of
from services.coc_ledger.yearly_reports import yearly

from .corrections import rests_on
from .export_rows import CONSUMER as OURS
from .export_rows import (
    CountryRow,
    FlowRow,
    PlaceRow,
    WorksRow,
    YearRow,
    flow_of,
    sums_of,
    year_key,
)
from .proofs import Proofs
from .statements import Line, Sides, lines, with_parties

PAGE = 100
LINES = 500
MANY = 10_000_000
DAYS_NAMED = 3_700
Places = Mapping[str, PlaceRow]
"""Scopes, by their ids."""


class Told(NamedTuple):
    """Some events, others that they rest on, and the version behind which the next ones are (None
    where there are none)."""

    records: Sequence[Recorded]
    also: Sequence[Recorded]
    made_at: Instant
    through: int | None


class Exports:
    """Every call may wait for the database."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._reader = Reader(running)

    # --- rows of the ledger ---

    def pool(self, key: str) -> PoolRow | None:
        """A pool as it stands."""
        row: PoolRow | None = self._reader.row(CONSUMER, "pools", key)
        return row

    def scope(self, scope_id: str) -> ScopeRow | None:
        """A scope as it stands."""
        row: ScopeRow | None = self._reader.row(CONSUMER, "scopes", scope_id)
        return row

    def scopes(self, member_id: str) -> list[ScopeRow]:
        """All scopes of a member."""
        return self._reader.page(CONSUMER, "scopes", None, MANY, {"member_id": member_id})

    def document(self, number: str) -> DocumentRow | None:
        """A document as it stands."""
        row: DocumentRow | None = self._reader.row(CONSUMER, "documents", number)
        return row

    def stated(self, row: DocumentRow) -> tuple[DocumentIssued, Became]:
        """What was stated to others, and what became of it."""
        issued = stated(DocumentIssued.model_validate(row.document))
        return issued, Became(row.state, row.reasons, row.replaced_by)

    # --- events ---

    def stream(self, stream: str, after: int = 0) -> Iterator[Recorded]:
        """The events of a stream behind a version, read page by page; movements that came together
        one by one."""
        while page := self.part(stream, after, PAGE):
            for one in page:
                yield from apart(one)
            after = page[-1].envelope.version

    def part(self, stream: str, after: int, limit: int) -> list[Recorded]:
        """Some events of a stream behind a version."""
        store = self._running.store
        return [store.catalog.recorded(one) for one in store.page_of_stream(stream, after, limit)]

    def statement(self, row: PoolRow) -> Iterator[Line]:
        """The lines of a pool's ledger."""
        policy = self._running.definition.policies.on(row.period)
        found = lines(self.stream(f"pool/{row.pool}"), policy)
        while page := list(islice(found, LINES)):
            yield from self.with_parties(page)

    def with_parties(self, some: Sequence[Line]) -> Iterator[Line]:
        """Lines with the other side of the documents that they are of: a pool's lines are as its
        stream tells them, so of a document that rows do not know yet its own stream is asked."""
        numbers = sorted({one.document for one in some if one.document})
        if not numbers:
            return iter(some)
        rows: Mapping[str, DocumentRow] = self._reader.rows(CONSUMER, "documents", numbers)
        sides = {
            number: Sides(row.scope_id, row.customer_scope_id or row.document["customer"]["name"])
            for number, row in rows.items()
        }
        sides |= {one: told for one in numbers if one not in rows and (told := self._sides(one))}
        return with_parties(some, sides)

    def _sides(self, number: str) -> Sides | None:
        for recorded in self.part(f"coc_document/{number}", 0, PAGE):
            if isinstance(issued := recorded.event, DocumentIssued):
                customer = issued.customer.scope_id or issued.customer.name
                return Sides(issued.pool.scope_id, customer)
        return None

    def pool_events(self, row: PoolRow, after: int, limit: int) -> Told:
        """A page of a pool's events, with those that it takes back, wherever they lie, and what
        holds instead of them."""
        page, through = _page(self.part(f"pool/{row.pool}", after, limit), limit)
        also = rests_on(page, row, self)
        return Told(page, also, self._made_at(page), through)

    def document_events(self, row: DocumentRow) -> Told:
        """All events of a document, with the one that stands in its place."""
        records = list(self.stream(f"coc_document/{row.number}"))
        instead = {one.event.by for one in records if isinstance(one.event, DocumentEnded)}
        also = [one for by in instead if by for one in self.stream(f"coc_document/{by}")]
        return Told(records, also, self._made_at(records), None)

    def _made_at(self, records: Sequence[Recorded]) -> Instant:
        """The last event's moment: the same events are the same file."""
        if records:
            return records[-1].envelope.recorded_at
        return instant(self._running.times.now())

    # --- reports ---

    def report(
        self, rows: Sequence[ScopeRow], year: int, *, as_told: bool = False
    ) -> list[tuple[yearly.ReportLine, list[yearly.ActivityLine]]]:
        """The lines of some scopes: one for each stage, in order, booked or not; with each those of
        its activities. `as_told`: by the formula before (`yearly.as_told`)."""
        keys = {
            year_key(row.scope_id, stage, year): (row, stage)
            for row in rows
            for stage in sorted(stages_of(_activities(row)))
        }
        found: Mapping[str, YearRow] = self._reader.rows(OURS, "years", list(keys))
        lines = []
        for key, (row, stage) in keys.items():
            sums = sums_of(found[key]) if key in found else yearly.NOTHING
            sums = yearly.as_told(sums) if as_told else sums
            line = yearly.report_line(row.scope_id, year, stage, _activities(row), sums)
            lines.append((line, yearly.activity_lines(line, sums)))
        return lines

    def proofs(self, row: ScopeRow, year: int) -> Proofs:
        """What the scopes of a scope's member name as proofs of origin in a calendar year: from
        their bookings, page by page. For a year of a million movements that takes seconds."""
        found = Proofs(year)
        for scope in self.scopes(row.member_id):
            pools: list[PoolRow] = self._reader.page(
                CONSUMER, "pools", None, MANY, {"scope_id": scope.scope_id}
            )
            for pool in pools:
                if pool.period.year <= year <= pool.ends_on.year:
                    self._name_proofs(pool, found)
        keys = [movement_key(*one) for one in found.taken_back]
        gone: Mapping[str, MovementRow] = self._reader.rows(CONSUMER, "movements", keys)
        for one in gone.values():
            found.take_back(movement_of(one))
        return found

    def _name_proofs(self, pool: PoolRow, found: Proofs) -> None:
        after = 0
        while page := self.part(f"pool/{pool.pool}", after, PAGE):
            for one in page:
                found.add(one.event)
            after = page[-1].envelope.version

    # --- flows ---

    def today(self) -> date:
        """The service's day."""
        return self._running.times.today()

    def flows_through(self) -> int:
        """How far the rows of flows know the ledger's own events."""
        return self._reader.through(OURS).get(self._running.name, 0)

    def regions(self) -> Sequence[str]:
        """The regions in which pools may lie; of several, where works stand in more than one."""
        policy = self._running.definition.policies.on(self.today())
        return [*regions_of(policy), SEVERAL]

    def picture(self, first: date, last: date, choice: Choice) -> Picture:
        """The flow of some days, as chosen from what may be seen. Days are looked up by name where
        they are few."""
        where: dict[str, object] = {}
        if (last - first).days < DAYS_NAMED:
            where["day"] = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        for column, some in (("member_id", choice.members), ("scope_id", choice.scopes)):
            if some is not None:
                where[column] = sorted(some)
        if choice.stage is not None:
            where["stage"] = choice.stage.value
        flows = self._flows(where, self._stand)
        scopes = sorted({one.scope_id for one in flows}) if choice.entities is not None else []
        places: Mapping[str, PlaceRow] = self._reader.rows(OURS, "scope_places", scopes)
        entity_of = {scope_id: place.entity_id for scope_id, place in places.items()}
        return chosen(flows, first, last, choice, entity_of)

    def published(self) -> tuple[Sequence[Release], Public]:
        """All releases that were told, and what they tell: as it was kept."""
        state: Publication = self._reader.state(STREAM)
        return state.releases, told(state)

    def to_publish(self) -> PublishFlow | None:
        """The first release that is due and was not kept yet; None where there is none, or where
        not all that was recorded by its day has been read here."""
        state: Publication = self._reader.state(STREAM)
        first = self._reader.page(OURS, "flows", None, 0, {}, "recorded_on")
        if not first:
            return None
        recorded: date = first[0].recorded_on
        policies, today = self._running.definition.policies, self._running.times.today()
        days = policies.on(today).integer("flow.release_days")
        releases = public_flow.calendar(recorded, days, today, state.releases)
        some = releases[: len(state.releases) + 1]
        if len(some) == len(state.releases) or not self._has_read(some[-1].recorded_through):
            return None
        flows = self._flows({}, partial(self._registered, on=recorded))
        found = public_flow.publish(flows, some, self._rule)
        return to_tell(state, some[-1], found, today)

    def _has_read(self, day: date) -> bool:
        """Whether the rows know all that was recorded here through a day. Each partition of the log
        gets an event when a day is closed, so that the slowest of them tells."""
        with translated(), self._running.engine.connect() as connection:
            cursors = read_cursors(connection, OURS)
        own = [one.position for (source, _), one in cursors.items() if source == self._running.name]
        unread = self._running.store.read_after(min(own, default=0), 1)
        if not unread:
            return True
        at = self._running.store.recorded(unread[0]).envelope.recorded_at
        return at[:10] > day.isoformat()

    def _rule(self, period: Quarter) -> Rule:
        day = public_flow.last_day(period)
        return rule_of(self._running.definition.policies.on(day))

    def _flows(
        self, where: Mapping[str, object], regions_of_scopes: Callable[[Places], Mapping[str, str]]
    ) -> list[Flow]:
        rows: list[FlowRow] = self._reader.page(OURS, "flows", None, MANY, where)
        scopes = sorted({row.scope_id for row in rows})
        places: Places = self._reader.rows(OURS, "scope_places", scopes)
        regions = regions_of_scopes(places)
        return [flow_of(row, regions.get(row.scope_id, ELSEWHERE)) for row in rows]

    def _stand(self, places: Places) -> Mapping[str, str]:
        """Where the works of scopes stand, by the regions that today's policy names."""
        policy = self._running.definition.policies.on(self.today())
        ids = sorted({one for place in places.values() for one in place.facilities})
        works: Mapping[str, WorksRow] = self._reader.rows(OURS, "works_places", ids)
        registered = self._countries(places)
        found = {}
        for scope_id, place in places.items():
            known = [works[one].country for one in place.facilities if one in works]
            found[scope_id] = region_of_works(known, registered.get(place.entity_id), policy)
        return found

    def _registered(self, places: Places, on: date) -> Mapping[str, str]:
        """Where the entities of scopes were registered, by the regions that a day's policy names:
        that does not change, so that no figure which was published once would be another now."""
        policy = self._running.definition.policies.on(on)
        registered = self._countries(places)
        return {
            scope_id: region_of(registered.get(place.entity_id), policy)
            for scope_id, place in places.items()
        }

    def _countries(self, places: Places) -> Mapping[str, str]:
        entities = sorted({place.entity_id for place in places.values()})
        rows: Mapping[str, CountryRow] = self._reader.rows(OURS, "entity_places", entities)
        return {entity_id: row.country for entity_id, row in rows.items()}


def _page(found: Sequence[Recorded], limit: int) -> tuple[list[Recorded], int | None]:
    """As many whole events as a page has room for, movements that came together one by one; and
    the version behind which there may be more."""
    page: list[Recorded] = []
    through: int | None = None
    for one in found:
        pieces = list(apart(one))
        if page and len(page) + len(pieces) > limit:
            return page, through
        page += pieces
        through = one.envelope.version
    return page, through if len(found) == limit else None


def _activities(row: ScopeRow) -> tuple[Activity, ...]:
    return tuple(Activity(one) for one in row.activities)
