"""The sets of facilities that a lender or buyer looks at. A decider, stream `portfolio/<id>`.

The id is that of the subscriber. What a subscriber could be told of earlier sets decides what it
may be told of a later one (`public.verdicts`), so that nobody is isolated by asking twice. So a set
is never changed, and one that was removed goes on counting: it is only not shown any more.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, ClassVar, NamedTuple, assert_never

from pydantic import Field

from contracts.envelope import Event
from contracts.values import EntityId, FacilityId, Id, Value
from infra.decider import Command
from infra.errors import Refused
from infra.policy import Policies, Policy

from .emission_curve import check_size

SET_MAX = 2_000


class EntityOf(Value):
    """The entity of a facility."""

    facility_id: FacilityId
    entity_id: EntityId


class DefinePortfolio(Command):
    """Define a set of facilities to look at together. It is never changed: another set has
    another id."""

    NAME: ClassVar[str] = "define_portfolio"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "entities"})
    subscriber_id: Id
    portfolio_id: Id
    facilities: Annotated[tuple[FacilityId, ...], Field(min_length=1, max_length=SET_MAX)]
    entities: tuple[EntityOf, ...] = ()

    @property
    def stream(self) -> str:
        return f"portfolio/{self.subscriber_id}"


class RemovePortfolio(Command):
    """Show a set no more. What it told was told: it counts against later sets as before."""

    NAME: ClassVar[str] = "remove_portfolio"
    subscriber_id: Id
    portfolio_id: Id

    @property
    def stream(self) -> str:
        return f"portfolio/{self.subscriber_id}"


class PortfolioDefined(Event):
    """Private: a set of facilities, in order of their ids, each once."""

    TYPE: ClassVar[str] = "ghg.portfolio_defined.v1"
    subscriber_id: Id
    portfolio_id: Id
    facilities: tuple[FacilityId, ...]
    defined_on: date


class PortfolioRemoved(Event):
    """Private: a set that its subscriber does not look at any more."""

    TYPE: ClassVar[str] = "ghg.portfolio_removed.v1"
    subscriber_id: Id
    portfolio_id: Id
    removed_on: date


class Portfolios(NamedTuple):
    """All sets that a subscriber ever defined, in that order, which of them were removed, and the
    day on which each was defined first."""

    sets: Mapping[str, frozenset[str]] = {}
    removed: frozenset[str] = frozenset()
    defined: Mapping[str, date] = {}

    def shown(self, portfolio_id: str) -> frozenset[str]:
        """The facilities of a set; refused `unknown-portfolio`."""
        if portfolio_id not in self.sets or portfolio_id in self.removed:
            raise Refused(
                "unknown-portfolio",
                f"there is no set {portfolio_id}: it was never defined, or it was removed.",
                portfolio_id=portfolio_id,
            )
        return self.sets[portfolio_id]


INITIAL = Portfolios()
PortfolioEvent = PortfolioDefined | PortfolioRemoved


def decide(command: Command, state: Portfolios, policies: Policies) -> Sequence[PortfolioEvent]:
    """Events of a command; raises Refused."""
    match command:
        case DefinePortfolio():
            return _define(command, state, policies.on(command.on))
        case RemovePortfolio():
            return _remove(command, state)
        case _:
            raise TypeError(f"sets of facilities take no {command.NAME}")


def evolve(state: Portfolios, event: PortfolioEvent) -> Portfolios:
    """The sets after an event. One that is defined again after it was removed keeps its place."""
    match event:
        case PortfolioDefined():
            kept = {**state.sets, event.portfolio_id: frozenset(event.facilities)}
            first = {event.portfolio_id: event.defined_on, **state.defined}
            return Portfolios(kept, state.removed - {event.portfolio_id}, first)
        case PortfolioRemoved():
            return state._replace(removed=state.removed | {event.portfolio_id})
        case _:
            assert_never(event)


def _define(
    command: DefinePortfolio, state: Portfolios, policy: Policy
) -> Sequence[PortfolioDefined]:
    wanted = frozenset(command.facilities)
    before = state.sets.get(command.portfolio_id)
    if before == wanted and command.portfolio_id not in state.removed:
        return []
    if before not in (None, wanted):
        raise Refused(
            "portfolio-differs",
            f"{command.portfolio_id} is another set of facilities: a set is never changed, define"
            " another.",
            portfolio_id=command.portfolio_id,
        )
    _check(command, wanted, state, policy)
    return [
        PortfolioDefined(
            subscriber_id=command.subscriber_id,
            portfolio_id=command.portfolio_id,
            facilities=tuple(sorted(wanted)),
            defined_on=command.on,
        )
    ]


def _remove(command: RemovePortfolio, state: Portfolios) -> Sequence[PortfolioRemoved]:
    if command.portfolio_id in state.removed:
        return []
    state.shown(command.portfolio_id)
    return [
        PortfolioRemoved(
            subscriber_id=command.subscriber_id,
            portfolio_id=command.portfolio_id,
            removed_on=command.on,
        )
    ]


def _check(
    command: DefinePortfolio, wanted: frozenset[str], state: Portfolios, policy: Policy
) -> None:
    entity_of = {one.facility_id: one.entity_id for one in command.entities}
    unknown = sorted(wanted - entity_of.keys())
    if unknown:
        raise Refused(
            "unknown-facility",
            f"there is no facility {unknown[0]}.",
            facility_id=unknown[0],
            unknown=len(unknown),
        )
    check_size((entity_of[one] for one in wanted), policy)
    for count, figure, what in (
        (len(state.sets) - len(state.removed), "aggregate.sets_max", "has"),
        (len(state.sets.keys() - {command.portfolio_id}), "aggregate.sets_ever_max", "had"),
    ):
        most = policy.integer(figure)
        if count >= most:
            raise Refused(
                "too-many-portfolios",
                f"{command.subscriber_id} {what} {most} sets: each counts in what may be told of"
                " others.",
                most=most,
            )
