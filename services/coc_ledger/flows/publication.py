"""What the public flow has told: it stays told. A decider, stream `public_flow/all`.

A release is worked out once, from all that was recorded by its day, and kept as events before
anybody is told of it. Later releases add to it. So no restart, no rebuild, no new policy and no row
that comes late changes a figure: whoever could subtract the new one from the old one would find
whose metal came late. Rules: policy figures `flow.*`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, ClassVar, NamedTuple, assert_never

from pydantic import Field

from contracts.custody import Stage
from contracts.envelope import Event
from contracts.values import Value
from infra.decider import Command
from infra.policy import Policies

from .cells import Quarter, kind_of
from .flow import Link, Node, Place
from .public_flow import Cell, Public, Release, Withheld, complete

STREAM = "public_flow/all"
Year = Annotated[int, Field(ge=1900, le=9999)]
NumberOfQuarter = Annotated[int, Field(ge=0, le=4)]


class ToldLink(Value):
    """A link by the keys of its nodes, with its kilograms; none where it is withheld."""

    source: str
    target: str
    coc: bool
    kg: int | None = None


class PeriodTold(Value):
    """A quarter, or a year (number 0): what is shown of it, and of what something is withheld."""

    year: Year
    number: NumberOfQuarter
    shown: tuple[ToldLink, ...]
    withheld: tuple[ToldLink, ...]


class FlowPublished(Event):
    """Private: a period of the public flow as it is told from now on, by the release of all
    quarters through one, made of what was recorded through a day."""

    TYPE: ClassVar[str] = "coc.flow_published.v1"
    through_year: Year
    through_number: NumberOfQuarter
    recorded_through: date
    period: PeriodTold


class PublishFlow(Command):
    """Ours: keep a release, before it is told. `periods` are those that it tells for the first
    time; there is always one."""

    NAME: ClassVar[str] = "publish_flow"
    through_year: Year
    through_number: NumberOfQuarter
    recorded_through: date
    periods: tuple[PeriodTold, ...]

    @property
    def stream(self) -> str:
        return STREAM


class Publication(NamedTuple):
    """All that was told."""

    releases: tuple[Release, ...] = ()
    periods: Mapping[Quarter, PeriodTold] = {}


INITIAL = Publication()


def decide(command: PublishFlow, state: Publication, policies: Policies) -> Sequence[FlowPublished]:
    """The periods of a release; nothing where a release of that quarter, or a later one, was told
    before: the first one stands."""
    through = Quarter(command.through_year, command.through_number)
    if state.releases and through <= state.releases[-1].through:
        return ()
    return [
        FlowPublished(
            through_year=command.through_year,
            through_number=command.through_number,
            recorded_through=command.recorded_through,
            period=period,
        )
        for period in command.periods
        if Quarter(period.year, period.number) not in state.periods
    ]


def evolve(state: Publication, event: FlowPublished) -> Publication:
    """With one more period."""
    match event:
        case FlowPublished():
            through = Quarter(event.through_year, event.through_number)
            release = Release(through, event.recorded_through)
            releases = state.releases
            releases = releases if release in releases else (*releases, release)
            period = event.period
            named = {Quarter(period.year, period.number): period}
            return Publication(releases, {**state.periods, **named})
        case _:
            assert_never(event)


def due(state: Publication) -> Mapping[str, date]:
    """No clock asks: a release is kept when somebody looks, and is the same whenever that is."""
    return {}


# --- to and from figures ---


def told(state: Publication) -> Public:
    """The figures."""
    cells, withheld = list[Cell](), list[Withheld]()
    for quarter, period in state.periods.items():
        cells += [Cell(quarter, _link(one), one.kg) for one in period.shown if one.kg is not None]
        withheld += [Withheld(quarter, _link(one)) for one in period.withheld]
    return Public(sorted(cells), sorted(withheld))


def to_tell(state: Publication, release: Release, found: Public, on: date) -> PublishFlow:
    """What a release tells beyond what was told, of the figures that are `found` by now. A year of
    which a quarter was told otherwise tells nothing by itself: it would not fit to that."""
    before = told(state)
    years = {one.quarter for one in found.cells if not one.quarter.number}
    odd = {one for one in years if _of_told(before, one, state) != _of_told(found, one, state)}
    cells = [one for one in found.cells if one.quarter not in odd]
    hidden = [Withheld(one.quarter, kind_of(one.link)) for one in found.cells if one.quarter in odd]
    withheld = [*found.withheld, *hidden]
    quarters = {release.through}
    quarters.update(one.quarter for one in cells)
    quarters.update(one.quarter for one in withheld)
    return PublishFlow(
        on=on,
        through_year=release.through.year,
        through_number=release.through.number,
        recorded_through=release.recorded_through,
        periods=tuple(
            _period(quarter, cells, withheld)
            for quarter in sorted(quarters)
            if quarter not in state.periods and _covered(quarter, release)
        ),
    )


def _covered(quarter: Quarter, release: Release) -> bool:
    if quarter.number:
        return quarter <= release.through
    return complete(quarter.year, [release])


def _of_told(public: Public, year: Quarter, state: Publication) -> Sequence[Cell]:
    """The figures of a year's quarters that were told."""
    return sorted(
        one
        for one in public.cells
        if one.quarter.year == year.year and one.quarter.number and one.quarter in state.periods
    )


def _period(quarter: Quarter, cells: Iterable[Cell], withheld: Iterable[Withheld]) -> PeriodTold:
    return PeriodTold(
        year=quarter.year,
        number=quarter.number,
        shown=tuple(_told(one.link, one.kg) for one in cells if one.quarter == quarter),
        withheld=tuple(_told(one.link) for one in withheld if one.quarter == quarter),
    )


def _told(link: Link, kg: int | None = None) -> ToldLink:
    return ToldLink(source=link.source.key, target=link.target.key, coc=link.coc, kg=kg)


def _link(one: ToldLink) -> Link:
    return Link(_node(one.source), _node(one.target), one.coc)


def _node(key: str) -> Node:
    place, stage, *region = key.split(":")
    return Node(Place(place), Stage(stage), region[0] if region else "")
