"""The sets of facilities that a lender or buyer looks at. A decider, stream `portfolio/<id>`.

The id is that of the subscriber. A set is defined once and kept for ever: what a subscriber was
told of earlier sets decides what it may be told of a later one (`emission_curve.isolates`), so that
nobody is isolated by asking twice.
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


class PortfolioDefined(Event):
    """Private: a set of facilities, in order of their ids, each once."""

    TYPE: ClassVar[str] = "ghg.portfolio_defined.v1"
    subscriber_id: Id
    portfolio_id: Id
    facilities: tuple[FacilityId, ...]
    defined_on: date


class Portfolios(NamedTuple):
    """All sets that a subscriber ever defined."""

    sets: Mapping[str, frozenset[str]] = {}


INITIAL = Portfolios()


def decide(
    command: DefinePortfolio, state: Portfolios, policies: Policies
) -> Sequence[PortfolioDefined]:
    """Events of a command; raises Refused."""
    wanted = frozenset(command.facilities)
    before = state.sets.get(command.portfolio_id)
    if before == wanted:
        return []
    if before is not None:
        raise Refused(
            "portfolio-differs",
            f"{command.portfolio_id} is another set of facilities: a set is never changed, define"
            " another.",
            portfolio_id=command.portfolio_id,
        )
    _check(command, wanted, state, policies.on(command.on))
    return [
        PortfolioDefined(
            subscriber_id=command.subscriber_id,
            portfolio_id=command.portfolio_id,
            facilities=tuple(sorted(wanted)),
            defined_on=command.on,
        )
    ]


def evolve(state: Portfolios, event: PortfolioDefined) -> Portfolios:
    """The sets after an event."""
    match event:
        case PortfolioDefined():
            kept = {**state.sets, event.portfolio_id: frozenset(event.facilities)}
            return state._replace(sets=kept)
        case _:
            assert_never(event)


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
    most = policy.integer("aggregate.sets_max")
    if len(state.sets) >= most:
        raise Refused(
            "too-many-portfolios",
            f"{command.subscriber_id} has defined {most} sets: from more of them single facilities"
            " could be solved for.",
            most=most,
        )
