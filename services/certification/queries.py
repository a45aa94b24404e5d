"""Reading certification: status on two axes, the registry, deadlines by bucket, risk."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, and_, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from contracts.values import Instant
from infra.clock import Gates
from infra.parking import parked_streams
from infra.policy import Policy
from infra.reading import Reader, steps, through
from infra.readmodel import Attributes, as_of
from infra.service import Running
from infra.store import translated

from .buckets import PAST_DUE, UNDETERMINED, Bucket, Seen, bucket_of, names
from .deadline_parts import DeadlineRow, items_of
from .domain import CONSUMERS
from .facts import public_part
from .lapse import ENDED, ENDING, EndedRow, lapsed
from .reminder import ReminderDue, ReminderSet
from .risk import Risk, ranked
from .status import Status, gather, is_listed, status
from .subjects import SUBJECTS, SubjectRow, attributes

CONSUMER = "certification"
SOURCES = CONSUMERS[0].sources


class Wanted(NamedTuple):
    """Which deadlines: of a bucket, kind, member; `after` is the key of the last one seen."""

    bucket: str | None = None
    kind: str | None = None
    member_id: str | None = None
    within: int | None = None
    after: tuple[str, str] | None = None
    limit: int = 100


class Listed(NamedTuple):
    """A deadline in its bucket."""

    row: DeadlineRow
    bucket: Bucket


class Page(NamedTuple):
    """A page of deadlines with what it rests on; `steps` is another number once it may be another
    page."""

    items: Sequence[Listed]
    next: tuple[str, str] | None
    counts: Mapping[str, int]
    seen: Seen
    through: Mapping[str, int]
    steps: int


class Reminded(NamedTuple):
    """A reminder step of a deadline."""

    on: date
    days_before: int
    sent: bool


class Queries:
    """Reads for the API; every call may wait for the database."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self.reader = Reader(running)

    def today(self) -> date:
        """The present day of this service."""
        return self._running.times.today()

    def policy(self) -> Policy:
        """Our policy of today."""
        return self._running.definition.policies.on(self.today())

    # --- status ---

    def facts(self, subjects: Sequence[str], *, public: bool) -> dict[str, Attributes]:
        """All that is known of subjects on both axes; `public`: only what anyone may see."""
        found = self.reader.facts(CONSUMER, "facts", subjects)
        if not public:
            return found
        return {subject: public_part(subject, known) for subject, known in found.items()}

    def status(self, subject: str, on: date, known_at: Instant | None, *, public: bool) -> Status:
        """`status` of a subject on a day, as known at an instant."""

        def load(subjects: Sequence[str]) -> Mapping[str, Attributes]:
            return self.facts(subjects, public=public)

        found = status(gather(subject, load), on, known_at)
        return found._replace(standing=None, duties=()) if public else found

    def held(
        self, subject: str, on: date, known_at: Instant | None, *, public: bool
    ) -> list[dict[str, object]]:
        """The facts of a subject that hold on a day, each with where it was recorded."""
        holding = as_of(self.facts([subject], public=public)[subject], on, known_at)
        return [{"attribute": name, **known._asdict()} for name, known in sorted(holding.items())]

    def owner(self, subject: str) -> str | None:
        """The member whose subject it is now, as far as that is known."""
        row: SubjectRow | None = self.reader.row(CONSUMER, "subjects", subject)
        return row.member_id if row else None

    def certificates(self, after: str | None, limit: int) -> list[SubjectRow]:
        """The registry's rows in order of id, up to `limit + 1`."""
        start = None if after is None else f"certificate/{after}"
        where = {"kind": "certificate"}
        return self.reader.page(CONSUMER, "subjects", start, limit, where)

    def hidden(self, members: Iterable[str | None]) -> frozenset[str]:
        """Those of some members whom the public does not see today."""
        names = sorted({member for member in members if member is not None})
        known, today = self.current([f"member/{name}" for name in names]), self.today()
        return frozenset(name for name in names if not is_listed(known[f"member/{name}"], today))

    def names(self, members: Iterable[str]) -> dict[str, str]:
        """What members are called today, by id; those of whom no name is known are not there."""
        found = self.current([f"member/{member}" for member in sorted(set(members))])
        held = {subject: as_of(known, self.today()).get("name") for subject, known in found.items()}
        return {
            subject.partition("/")[2]: str(name.value)
            for subject, name in held.items()
            if name is not None
        }

    def current(self, subjects: Sequence[str]) -> dict[str, Attributes]:
        """What is known now of subjects, from their current rows."""
        rows = self.reader.rows(CONSUMER, "subjects", subjects)
        return {subject: attributes(rows.get(subject)) for subject in subjects}

    # --- deadlines ---

    def deadlines(self, wanted: Wanted) -> Page:
        """A page of deadlines, the nearest first, with counts by bucket."""
        today, policy = self.today(), self.policy()
        with translated(), self._running.engine.connect() as connection:
            reached = through(connection, CONSUMER)  # before what it is told of: that is newer
            taken = steps(connection, CONSUMER)
            live = self._running.models[CONSUMER].live(connection).rows["deadlines"]
            seen = self._seen(connection)
            where = and_(_matching(live.table, wanted), self._runs(connection))
            rows = self._rows(connection, where, live.table.c.due_on < today.isoformat())
            late = [
                Listed(row, bucket)
                for row in lapsed(rows, {}, self._load(connection), today)
                if (bucket := bucket_of(row, today, seen, policy)) is not None
            ]
            counts = _counts(connection, live.table, where, today, policy)
            for name in (PAST_DUE, UNDETERMINED):
                counts[name] += sum(item.bucket.name == name for item in late)
            items = self._page(connection, live.table, where, wanted, today, seen)
        following = None
        if len(items) > wanted.limit:
            items = items[: wanted.limit]
            last = items[-1].row
            following = (str(last.due_on), last.deadline_id)
        return Page(items, following, counts, seen, reached, taken)

    def _page(
        self,
        connection: Connection,
        table: Table,
        where: ColumnElement[bool],
        wanted: Wanted,
        today: date,
        seen: Seen,
    ) -> list[Listed]:
        """Up to `limit + 1` deadlines behind the key; buckets that SQL cannot tell apart are
        sorted out here, reading on until the page is full."""
        policy, found, after = self.policy(), list[Listed](), wanted.after
        ranged = and_(where, _range(table, wanted, today, policy))
        while len(found) <= wanted.limit:
            condition = ranged if after is None else and_(ranged, _behind(table, after))
            rows = self._rows(connection, condition, limit=wanted.limit + 1)
            for row in lapsed(rows, {}, self._load(connection), today):
                bucket = bucket_of(row, today, seen, policy)
                if bucket is not None and wanted.bucket in (None, bucket.name):
                    found.append(Listed(row, bucket))
            if len(rows) <= wanted.limit:
                break
            after = (str(rows[-1].due_on), rows[-1].deadline_id)
        return found[: wanted.limit + 1]

    def _rows(
        self,
        connection: Connection,
        *where: ColumnElement[bool],
        limit: int | None = None,
    ) -> list[DeadlineRow]:
        live = self._running.models[CONSUMER].live(connection).rows["deadlines"]
        order = (live.table.c.due_on, live.table.c.deadline_id)
        query = select(live.table).where(*where).order_by(*order)
        return [live.codec.read(row) for row in connection.execute(query.limit(limit))]

    def deadline(self, deadline_id: str) -> tuple[DeadlineRow, Bucket | None] | None:
        """A deadline with its bucket; None when there is none."""
        row: DeadlineRow | None = self.reader.row(CONSUMER, "deadlines", deadline_id)
        if row is None or row.due_on is None:
            return None
        ended: EndedRow | None = self.reader.row(CONSUMER, ENDED.name, row.member_id)
        over = {} if ended is None else {row.member_id: ended}
        (row,) = lapsed([row], over, self.current, self.today())
        with translated(), self._running.engine.connect() as connection:
            return row, bucket_of(row, self.today(), self._seen(connection), self.policy())

    def reminders(self, deadline_id: str) -> list[Reminded]:
        """The reminder steps of a deadline, sent and to come."""
        steps: dict[date, Reminded] = {}
        for recorded in self.reader.history(f"deadline/{deadline_id}"):
            event = recorded.event
            if isinstance(event, ReminderSet):
                kept = {on: step for on, step in steps.items() if step.sent}
                steps = {d: Reminded(d, (event.due_on - d).days, False) for d in event.days} | kept
            elif isinstance(event, ReminderDue):
                steps[event.effective_on] = Reminded(event.effective_on, event.days_left, True)
        return [steps[on] for on in sorted(steps)]

    def at_risk(self, within: int, limit: int) -> list[tuple[DeadlineRow, Risk]]:
        """Deadlines due within some days, the riskiest first."""
        today = self.today()
        with translated(), self._running.engine.connect() as connection:
            live = self._running.models[CONSUMER].live(connection).rows["deadlines"]
            last = (today + timedelta(days=within)).isoformat()
            where = and_(_matching(live.table, Wanted()), self._runs(connection))
            rows = self._rows(connection, where, live.table.c.due_on <= last)
        rows = lapsed(rows, {}, self.current, today)
        members = sorted({f"member/{row.member_id}" for row in rows})
        known = self.current(members)
        standings = {
            member: status(gather(member, lambda _: known), today).standing or "none"
            for member in members
        }
        risks = ranked(
            rows, lambda member: standings[f"member/{member}"], today, within, self.policy()
        )
        by_id = {row.deadline_id: row for row in rows}
        return [(by_id[risk.deadline_id], risk) for risk in risks[:limit]]

    def _load(self, connection: Connection) -> Callable[[Sequence[str]], Mapping[str, Attributes]]:
        """What is known now of subjects, in the transaction of a page."""
        part = self._running.models[CONSUMER].live(connection).rows[SUBJECTS.name]

        def load(subjects: Sequence[str]) -> Mapping[str, Attributes]:
            rows = part.read(connection, subjects)
            return {subject: attributes(rows.get(subject)) for subject in subjects}

        return load

    def _runs(self, connection: Connection) -> ColumnElement[bool]:
        """Not those on certificates of members whose membership ended."""
        live = self._running.models[CONSUMER].live(connection).rows
        column, ended = live["deadlines"].table.c, live[ENDED.name].table
        return or_(column.kind.not_in(ENDING), column.member_id.not_in(select(ended.c.member_id)))

    def _seen(self, connection: Connection) -> Seen:
        gates = Gates(connection, CONSUMERS, self._running.log)
        closed = {source: gates.closed(source) for source in SOURCES}
        parked = {
            stream for source in SOURCES for stream in parked_streams(connection, CONSUMER, source)
        }
        return Seen(closed, parked)


def _matching(table: Table, wanted: Wanted) -> ColumnElement[bool]:
    """Deadlines on which something is left to do, of a kind and member."""
    column = table.c
    parts: list[ColumnElement[bool]] = [
        column.state.in_(("open", "missed")),
        column.closed_on.is_(None),
        column.due_on.is_not(None),
    ]
    if wanted.kind is not None:
        parts.append(column.kind == wanted.kind)
    if wanted.member_id is not None:
        parts.append(column.member_id == wanted.member_id)
    return and_(*parts)


def _range(table: Table, wanted: Wanted, today: date, policy: Policy) -> ColumnElement[bool]:
    """The days in which a bucket's deadlines can fall."""
    column, at = table.c, today.isoformat()
    ranges = _ranges(today, policy)
    if wanted.bucket in (PAST_DUE, UNDETERMINED):
        return or_(column.state == "missed", column.due_on < at)
    if wanted.bucket in ranges:
        first, last = ranges[wanted.bucket]
        return and_(column.due_on >= first, column.due_on <= last, column.state == "open")
    if wanted.within is not None:
        return column.due_on <= (today + timedelta(days=wanted.within)).isoformat()
    return column.due_on.is_not(None)


def _ranges(today: date, policy: Policy) -> dict[str, tuple[str, str]]:
    """First and last day of each bucket ahead."""
    found: dict[str, tuple[str, str]] = {}
    first = today
    ahead = [name for name in names(policy) if name not in (PAST_DUE, UNDETERMINED)]
    for name, days in zip(ahead, sorted(policy.integers("buckets.days")), strict=False):
        last = today + timedelta(days=days)
        found[name] = (first.isoformat(), last.isoformat())
        first = last + timedelta(days=1)
    found[ahead[-1]] = (first.isoformat(), "9999-12-31")
    return found


def _counts(
    connection: Connection, table: Table, where: ColumnElement[bool], today: date, policy: Policy
) -> dict[str, int]:
    """Deadlines per bucket, without those whose day is over and that nobody has called missed."""
    column = table.c
    counts = dict.fromkeys(names(policy), 0)

    def count(*more: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(table).where(where, *more)
        return int(connection.execute(query).scalar_one())

    counts[PAST_DUE] = count(column.state == "missed", column.due_on >= today.isoformat())
    for name, (first, last) in _ranges(today, policy).items():
        counts[name] = count(column.state == "open", column.due_on >= first, column.due_on <= last)
    return counts


def _behind(table: Table, after: tuple[str, str]) -> ColumnElement[bool]:
    due_on, key = table.c.due_on, table.c.deadline_id
    return or_(due_on > after[0], and_(due_on == after[0], key > after[1]))


def shown(row: DeadlineRow, bucket: Bucket | None) -> dict[str, Any]:
    """A deadline as the API shows it."""
    kept = {name: value for name, value in row._asdict().items() if name not in ("parts", "events")}
    return {
        **kept,
        "items": items_of(row),
        "bucket": bucket.name if bucket else None,
        "days_left": bucket.days_left if bucket else None,
        "reason": bucket.reason if bucket else None,
    }
