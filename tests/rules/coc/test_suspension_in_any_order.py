"""Days without claims are those of a reader who knew all in time, in whatever order certificates,
missed days and facilities that leave are heard of (rules 5.6, R-29)."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as some

from contracts.coc import PsObligationMet, ScopeFacilityAdded, ScopeOpened, ScopeReinstated
from contracts.envelope import Event
from contracts.values import Standard
from infra.decider import Command, Tick
from services.coc_ledger.exports.export_rows import EXPORTS
from services.coc_ledger.rows import PROJECTIONS, ScopeRow
from services.coc_ledger.scopes.commands import NoteFacilityLeft, NotePsCertificate
from services.coc_ledger.scopes.state import due, evidence
from tests.rules.coc.given import TODAY, scopes, seen
from tests.rules.coc.test_scope import MILL, OWN, add_mill, found, opening
from tests.rules.coc.told import recorded
from tests.simulation.inmemory import Reader

DAY = timedelta(days=1)
WHOLE, PARTS, EACH = "", ("F-1", "F-2"), ("F-3", "F-4", "F-5")
START = date(2027, 1, 1)
DUE = {WHOLE: date(2027, 2, 1), "F-3": date(2027, 2, 20), "F-4": date(2027, 3, 10)}
DUE |= {"F-5": date(2027, 3, 10)}
DAYS = [START + n * DAY for n in range(250)]


class News(NamedTuple):
    """Something holds of a facility from a day on, and is heard of on another one."""

    facility: str
    leaves: bool
    since: date
    heard: date


class Told(NamedTuple):
    """Last days, and in which order the clock and others tell of what; a day of the clock is that
    of which it tells."""

    due: Mapping[str, date]
    order: tuple[News | str, ...]


def without_claims(told: Told) -> list[date]:
    """The oracle: from a last day on until the first of what covers it, or the leaving; the whole
    until the last of its parts."""
    ends: dict[str, date] = {}
    for one in told.order:
        if isinstance(one, News):
            ends[one.facility] = min(one.since, ends.get(one.facility, date.max))
    ends[WHOLE] = max(ends.get(one, date.max) for one in PARTS)
    return [
        day
        for day in DAYS
        if any(last < day < ends.get(key, date.max) for key, last in told.due.items())
    ]


def command(one: News) -> Command:
    named: dict[str, Any] = {**OWN, "on": one.heard, "effective_on": one.since}
    if one.leaves:
        return NoteFacilityLeft(**named, facility_id=one.facility, because="closed")
    return NotePsCertificate(**named, certificate_id="C-9", facilities=(one.facility,))


def opened(last_days: Mapping[str, date]) -> list[Event]:
    """A mill of two facilities, and those that were added."""
    chain = seen(Standard.CHAIN_OF_CUSTODY, day=TODAY, facilities=PARTS)
    two = found(*PARTS, does=MILL)
    new = opening(facilities=PARTS, activities=MILL, found=two, checked=chain)
    [first] = scopes.when(new).events
    assert isinstance(first, ScopeOpened)
    whole = last_days.get(WHOLE)
    events: list[Event] = [first.model_copy(update={"ps_due_on": whole})]
    [more] = scopes.when(opening(), add_mill("F-2", TODAY)).events
    assert isinstance(more, ScopeFacilityAdded)
    return [
        *events,
        *(
            more.model_copy(update={"facility_id": name, "ps_due_on": day})
            for name, day in last_days.items()
            if name
        ),
    ]


def happened(told: Told) -> list[Event]:
    """Everything that a scope tells of it."""
    events = opened(told.due)
    made = scopes.given(*events)
    for one in told.order:
        if isinstance(one, News):
            answer = made.when(command(one))
        else:
            last = told.due[one]
            answer = made.when(Tick(on=last, target="coc_scope/S-1", rule=f"ps_due:{one}"))
        assert answer.refusal is None
        events += answer.events
        made = made.given(*answer.events)
    assert not due(made.state), "the clock was asked of all"
    return events


def shown(events: Sequence[Event]) -> tuple[list[date], list[date]]:
    """On which days nothing is claimed, as a scope has it and as its row does."""
    state = scopes.given(*events).state
    told = evidence(state, START)
    assert told is not None
    reader = Reader(EXPORTS._replace(projections=PROJECTIONS))
    for one in recorded(*events, stream="coc_scope/S-1"):
        reader.apply(one)
    row: ScopeRow = reader.rows["scopes"]["S-1"]
    days = [day for day in DAYS if told.suspended(day)]
    return days, [day for day in DAYS if row.suspended(day)]


def some_news(last_days: Mapping[str, date], facility: str) -> some.SearchStrategy[News]:
    last = last_days.get(facility, DUE[WHOLE])
    near = some.integers(-25, 45).map(lambda n: last + n * DAY)
    heard = some.integers(-30, 120).map(lambda n: last + n * DAY)
    return some.builds(News, some.just(facility), some.booleans(), near, heard)


@some.composite
def tellings(draw: some.DrawFn) -> Told:
    """News in the order in which it is heard; the clock is up to thirty days behind."""
    keys = draw(some.sets(some.sampled_from(sorted(DUE)), min_size=1))
    last_days = {key: DUE[key] for key in sorted(keys)}
    names = [one for one in EACH if one in keys] + (list(PARTS) if WHOLE in keys else [])
    news = [
        one for name in names for one in draw(some.lists(some_news(last_days, name), max_size=3))
    ]
    once = {one.facility: one for one in reversed(news) if one.leaves}
    news = [one for one in news if not one.leaves or once[one.facility] is one]
    late = {key: draw(some.integers(0, 30)) for key in last_days}
    clock: list[tuple[date, News | str]] = [
        (last + late[key] * DAY, key) for key, last in last_days.items()
    ]
    line = draw(some.permutations([*clock, *((one.heard, one) for one in news)]))
    return Told(last_days, tuple(one for _, one in sorted(line, key=lambda pair: pair[0])))


def of(facility: str, since: date, heard: date, *, leaves: bool = False) -> News:
    return News(facility, leaves, since, heard)


JUNE, JULY, HEARD = date(2027, 2, 1), date(2027, 3, 10), DAYS[200]


@settings(max_examples=300, deadline=None)
@given(tellings())
@example(
    Told(
        DUE,
        (
            *(WHOLE, "F-3", "F-4", "F-5"),
            of("F-4", JULY + 20 * DAY, HEARD),
            of("F-3", JUNE, HEARD),
            of("F-2", JULY - 9 * DAY, HEARD, leaves=True),
            of("F-1", JULY - 12 * DAY, HEARD),
            of("F-5", JULY + 40 * DAY, HEARD),
        ),
    )
)
def test_days_without_claims_are_those_of_a_reader_who_knew_all_in_time(told: Told) -> None:
    days = without_claims(told)
    assert shown(happened(told)) == (days, days)


def test_an_earlier_suspension_is_shortened_by_its_first_day() -> None:
    """F-3's is over, and F-4's too, when an earlier certificate of F-3 is heard of."""
    three, four = DUE["F-3"], DUE["F-4"]
    told = (
        *("F-3", of("F-3", three + 9 * DAY, three + 9 * DAY)),
        *("F-4", of("F-4", four + 9 * DAY, four + 9 * DAY)),
    )
    last_days = {"F-3": three, "F-4": four}
    before = happened(Told(last_days, told))
    both = Told(last_days, (*told, of("F-3", three + 4 * DAY, HEARD)))
    met, ended = happened(both)[len(before) :]
    assert isinstance(met, PsObligationMet)
    assert isinstance(ended, ScopeReinstated)
    assert (ended.since, ended.effective_on) == (three + DAY, three + 4 * DAY)
    assert shown(happened(both))[1] == without_claims(both)


def test_a_certificate_that_is_heard_of_before_the_clock_tells_of_the_days_between() -> None:
    last = DUE["F-3"]
    told = Told({"F-3": last}, (of("F-3", last + 9 * DAY, last - 20 * DAY), "F-3"))
    assert shown(happened(told))[0] == [last + n * DAY for n in range(1, 9)]


def test_who_asks_is_told_since_when_of_the_time_in_which_the_day_lies() -> None:
    three, four = DUE["F-3"], DUE["F-4"]
    over = ("F-3", of("F-3", three + 9 * DAY, three + 9 * DAY), "F-4")
    told = evidence(scopes.given(*happened(Told({"F-3": three, "F-4": four}, over))).state, three)
    assert told is not None
    asked = [told.suspended_since(day) for day in (three, three + DAY, three + 9 * DAY, HEARD)]
    assert asked == [None, three + DAY, None, four + DAY]
