"""The material flow: what went from where to where, by stage, region and CoC status. Pure.

A flow is a fact about one pool: so many kilograms went into it or out of it on a day. It lies in
the region of its works (`region_of_works`); in public figures, in that of its entity's
registration, which moves nothing that was published. Metal under CoC documents passes a market of
its own between pools, so that no flow names two organisations. The picture of a viewer sums the
flows of the scopes it may see over any days; the public picture is `public_flow`. What stays
(stock) or is lost is no flow between places, save `losses`.
Accounts: sources.md 5.3; regions: the policy's figures `flow.region.*`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from contracts.coc import DesignationReleased, MovementBooked, OutputDesignated
from contracts.coc_movements import Ways
from contracts.custody import Account, MovementKind, PoolKey, Stage
from contracts.envelope import Event
from infra.policy import Policy

REGIONS = "flow.region."
ELSEWHERE = "other"
SEVERAL = "several"
"""Stands for regions that are shown together."""


class Place(StrEnum):
    """Where metal comes from or goes to, as seen from a pool; `POOL` is the pool itself."""

    POOL = "pool"
    OWN_MINE = "own_mine"
    SUPPLY = "non_coc_supply"
    PRE_CONSUMER = "pre_consumer_scrap"
    POST_CONSUMER = "post_consumer_scrap"
    DROSS = "recovered_from_dross"
    COC_MARKET = "coc_market"
    MARKET = "non_coc_market"
    SCRAP_MARKET = "scrap_market"
    CONVERSION = "conversion"
    LOSSES = "losses"


class Node(NamedTuple):
    """A place of a stage; pools lie in a region. A conversion has the stage it starts from."""

    place: Place
    stage: Stage
    region: str = ""

    @property
    def key(self) -> str:
        """A name for pictures."""
        return ":".join(part for part in (self.place.value, self.stage.value, self.region) if part)


class Link(NamedTuple):
    """From one node to another, with or without CoC status."""

    source: Node
    target: Node
    coc: bool


class Flow(NamedTuple):
    """So much went along a link on a day, into or out of a pool of `member_id`. Negative where a
    booking was taken back. `recorded_on` is the day on which it became known."""

    day: date
    recorded_on: date
    member_id: str
    scope_id: str
    link: Link
    kg: int


class Passage(NamedTuple):
    """A flow of a pool as its events tell it, before the pool's region is known."""

    place: Place
    stage: Stage
    inward: bool
    coc: bool
    kg: int


class Picture(NamedTuple):
    """Nodes and links with their kilograms, in order."""

    nodes: Sequence[Node]
    links: Sequence[tuple[Link, int]]


SOURCE_OF: Mapping[Account, Place] = {
    Account.INPUT_COC: Place.OWN_MINE,
    Account.INPUT_PRE_CONSUMER: Place.PRE_CONSUMER,
    Account.INPUT_POST_CONSUMER: Place.POST_CONSUMER,
    Account.INPUT_DROSS: Place.DROSS,
    Account.NON_COC: Place.SUPPLY,
}
"""Metal without a document comes from there. With one it comes from the CoC market."""
TARGET_OF: Mapping[Account, Place] = {
    Account.OUTPUT_COC: Place.COC_MARKET,
    Account.OUTFLOW: Place.MARKET,
    Account.OUTFLOW_SCRAP: Place.SCRAP_MARKET,
    Account.LOSSES: Place.LOSSES,
}
BEFORE: Mapping[Stage, Stage] = {Stage.ALUMINA: Stage.BAUXITE, Stage.ALUMINIUM: Stage.ALUMINA}


def passages(event: Event) -> Sequence[Passage]:
    """The flows that an event tells of; none for events about other things."""
    match event:
        case MovementBooked():
            return _movement(event)
        case OutputDesignated() | DesignationReleased():
            stage = event.pool.stage
            return _summed(
                Passage(TARGET_OF[one.account], stage, False, _is_coc(one.account), one.kg)
                for one in event.entries
                if one.account in TARGET_OF
            )
        case _:
            return ()


def _movement(event: MovementBooked) -> Sequence[Passage]:
    stage = event.pool.stage
    found: list[Passage] = []
    for one in event.entries:
        coc = _is_coc(one.account)
        if one.account in SOURCE_OF:
            place, of_stage = SOURCE_OF[one.account], stage
            if event.moves_as is MovementKind.FROM_STAGE:
                place, of_stage = Place.CONVERSION, BEFORE[stage]
            elif event.document is not None:
                place = Place.COC_MARKET
            found.append(Passage(place, of_stage, True, coc, -one.kg))
        elif one.account in TARGET_OF:
            place = TARGET_OF[one.account]
            if event.moves_as is MovementKind.TO_STAGE:
                place = Place.CONVERSION
            found.append(Passage(place, stage, False, coc, one.kg))
    return _summed(found)


def passages_of(stage: Stage, ways: Ways) -> Sequence[Passage]:
    """The flows of movements that came together: none is of a document or of another stage."""
    found: list[Passage] = []
    for (source, target), moved in ways.items():
        for account, kg in ((source, -moved[0]), (target, moved[0])):
            if account in SOURCE_OF:
                found.append(Passage(SOURCE_OF[account], stage, True, _is_coc(account), -kg))
            elif account in TARGET_OF:
                found.append(Passage(TARGET_OF[account], stage, False, _is_coc(account), kg))
    return _summed(found)


def _is_coc(account: Account) -> bool:
    """Whether an account of what comes in or leaves holds metal with CoC status."""
    return account not in (
        Account.NON_COC,
        Account.OUTFLOW,
        Account.OUTFLOW_SCRAP,
        Account.LOSSES,
    )


def _summed(found: Iterable[Passage]) -> Sequence[Passage]:
    sums: dict[tuple[Place, Stage, bool, bool], int] = defaultdict(int)
    for one in found:
        sums[one[:4]] += one.kg
    return tuple(Passage(*way, kg) for way, kg in sums.items() if kg)


def link_of(passage: Passage, pool: PoolKey, region: str) -> Link:
    """The link of a passage into or out of a pool that lies in a region."""
    here = Node(Place.POOL, pool.stage, region)
    there = Node(passage.place, passage.stage)
    source, target = (there, here) if passage.inward else (here, there)
    return Link(source, target, passage.coc)


def region_of(country: str | None, policy: Policy) -> str:
    """The region of an ISO 3166 country; `other` where the policy names none."""
    for name in policy.figures:
        if name.startswith(REGIONS) and country in policy.words(name):
            return name.removeprefix(REGIONS)
    return ELSEWHERE


def region_of_works(countries: Collection[str], registered: str | None, policy: Policy) -> str:
    """The region in which facilities stand; `several` where they stand in more than one, and that
    of the entity's registration where it is not known of any."""
    found = {region_of(country, policy) for country in countries}
    if len(found) > 1:
        return SEVERAL
    return found.pop() if found else region_of(registered, policy)


def regions_of(policy: Policy) -> Sequence[str]:
    """All regions of a policy, the rest of the world last."""
    names = (name.removeprefix(REGIONS) for name in policy.figures if name.startswith(REGIONS))
    return [*sorted(names), ELSEWHERE]


def region_at(link: Link) -> str:
    """The region of a link's pool."""
    return link.source.region or link.target.region


def stage_at(link: Link) -> Stage:
    """The stage of a link's pool."""
    return link.source.stage if link.source.place is Place.POOL else link.target.stage


def stages_at(link: Link) -> frozenset[Stage]:
    """The stages that a link touches."""
    return frozenset({link.source.stage, link.target.stage})


class Choice(NamedTuple):
    """What a viewer chooses to see of what it may see: members, scopes, entities, the stage and the
    region of the pool; each None where it is no bound."""

    members: frozenset[str] | None = None
    scopes: frozenset[str] | None = None
    entities: frozenset[str] | None = None
    stage: Stage | None = None
    region: str | None = None


def picture(
    flows: Iterable[Flow], first: date, last: date, permitted: frozenset[str] | None
) -> Picture:
    """The flows of some days, of the members a viewer may see (None: all)."""
    return chosen(flows, first, last, Choice(permitted), {})


def chosen(
    flows: Iterable[Flow], first: date, last: date, choice: Choice, entity_of: Mapping[str, str]
) -> Picture:
    """The flows of some days that a viewer chose; `entity_of` a scope."""
    sums: dict[Link, int] = defaultdict(int)
    for flow in flows:
        if first <= flow.day <= last and _is_in(flow, choice, entity_of):
            sums[flow.link] += flow.kg
    return picture_of(sums)


def _is_in(flow: Flow, choice: Choice, entity_of: Mapping[str, str]) -> bool:
    bounds = (
        (choice.members, flow.member_id),
        (choice.scopes, flow.scope_id),
        (choice.entities, entity_of.get(flow.scope_id)),
    )
    if any(some is not None and one not in some for some, one in bounds):
        return False
    if choice.stage is not None and stage_at(flow.link) is not choice.stage:
        return False
    return choice.region is None or region_at(flow.link) == choice.region


def picture_of(sums: Mapping[Link, int]) -> Picture:
    """Links that carry anything, in order, and their nodes."""
    links = sorted((link, kg) for link, kg in sums.items() if kg)
    nodes = sorted({node for link, _ in links for node in (link.source, link.target)})
    return Picture(nodes, links)
