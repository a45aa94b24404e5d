"""The flow of material as data: a picture for each stage, the same as a table. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from . import sankey, words
from .custody import Content

STAGES: Mapping[str, str] = {
    "bauxite": "Bauxite",
    "alumina": "Alumina",
    "aluminium": "Aluminium",
}
BEFORE = {"alumina": "bauxite", "aluminium": "alumina"}
FROM: Mapping[str, str] = {
    "own_mine": "Own mine",
    "coc_market": "Bought as CoC",
    "post_consumer_scrap": "Post-consumer scrap",
    "pre_consumer_scrap": "Pre-consumer scrap",
    "recovered_from_dross": "Recovered from dross",
    "non_coc_supply": "Bought without CoC",
}
INTO: Mapping[str, str] = {
    "coc_market": "Sold as CoC",
    "non_coc_market": "Sold without CoC",
    "scrap_market": "Scrap sold",
    "losses": "Losses",
}
REGIONS: Mapping[str, str] = {
    "north_america": "North America",
    "south_america": "South America",
    "gulf": "the Gulf",
    "other": "other places",
    "several": "several regions",
}
"""Regions whose names are not one word."""
KILOTONNE = Decimal(1_000_000)


class Choice(NamedTuple):
    """What a visitor chose; empty is no bound."""

    first: str = ""
    last: str = ""
    members: Sequence[str] = ()
    scopes: Sequence[str] = ()
    entities: Sequence[str] = ()
    stage: str = ""
    region: str = ""

    def query(self) -> dict[str, str | Sequence[str]]:
        """As parameters of the ledger's flow."""
        named: Mapping[str, str | Sequence[str]] = {
            "first": self.first,
            "last": self.last,
            "member_id": self.members,
            "scope_id": self.scopes,
            "entity_id": self.entities,
            "stage": self.stage,
            "region": self.region,
        }
        return {name: value for name, value in named.items() if value}


def members_of(text: str) -> Sequence[str]:
    """Members as somebody writes them, one behind another."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def region_name(region: str) -> str:
    """A region in words."""
    return REGIONS.get(region, words.label(region))


class Line(NamedTuple):
    """A link in words: from where to where; kilograms, None where they are not told."""

    stage: str
    source: str
    target: str
    coc: bool
    kg: int | None


class StageFlow(NamedTuple):
    """A stage with its lines, and what its picture shows; None where nothing flows."""

    name: str
    lines: Sequence[Line]
    asked: sankey.Sankey | None


def flow_of(told: Content, period: str, *, public: bool = False) -> Sequence[StageFlow]:
    """The flow of a period by stage, in the order of stages; those without any are left out. Public
    figures go by where the entities are registered, all others by where the works stand."""
    works = "Registered" if public else "Works"
    lines = [_line(one, one["kg"], works) for one in told["links"]]
    found = []
    for stage, name in STAGES.items():
        mine = [(line, one) for line, one in zip(lines, told["links"], strict=True)
                if line.stage == stage]  # fmt: skip
        if mine:
            asked = _asked(name, period, [(line, one) for line, one in mine if one["kg"] > 0])
            found.append(StageFlow(name, [line for line, _ in mine], asked))
    return found


def withheld_of(told: Content) -> Sequence[Line]:
    """The cells of which something is not told."""
    return [_line(one, None) for one in told.get("withheld", ())]


def _line(link: Content, kg: int | None, works: str = "Works") -> Line:
    source, target = _node(link["source"]), _node(link["target"])
    pool = source if source[0] == "pool" else target
    ends = _named(source, FROM, works), _named(target, INTO, works)
    return Line(pool[1], *ends, link["status"] == "coc", kg)


def _node(key: str) -> tuple[str, str, str]:
    place, stage, *region = key.split(":")
    return place, stage, region[0] if region else ""


def _named(node: tuple[str, str, str], names: Mapping[str, str], works: str) -> str:
    """A node in words, as seen from the pool at the other end."""
    place, stage, region = node
    if place == "pool":
        return f"{works} in {region_name(region)}" if region else "Works"
    if place == "conversion":
        after = next((later for later, before in BEFORE.items() if before == stage), stage)
        return f"From {stage}" if names is FROM else f"Made into {after}"
    return names.get(place, words.label(place))


def _asked(
    name: str, period: str, links: Iterable[tuple[Line, Mapping[str, Any]]]
) -> sankey.Sankey | None:
    """Sources on the left, pools in the middle, where it went on the right."""
    sums: tuple[dict[str, Decimal], ...] = ({}, {}, {})
    inward: dict[str, Decimal] = {}
    outward: dict[str, Decimal] = {}
    bands = []
    for line, link in links:
        comes = link["target"].startswith("pool:")
        value = Decimal(line.kg or 0) / KILOTONNE
        pool = line.target if comes else line.source
        side, other = (0, line.source) if comes else (2, line.target)
        sums[side][other] = sums[side].get(other, Decimal(0)) + value
        flows = inward if comes else outward
        flows[pool] = flows.get(pool, Decimal(0)) + value
        ends = (f"0 {other}", f"1 {pool}") if comes else (f"1 {pool}", f"2 {other}")
        bands.append(sankey.Band(*ends, line.coc, value))
    if not bands:
        return None
    for pool in {**inward, **outward}:
        sums[1][pool] = max(inward.get(pool, Decimal(0)), outward.get(pool, Decimal(0)))
    columns = tuple(_column(at, found) for at, found in enumerate(sums))
    order = {box.key: at for column in columns for at, box in enumerate(column)}
    bands.sort(key=lambda band: (order[band.source], order[band.target], not band.coc))
    spoken = "; ".join(
        f"{line.source} to {line.target}, {'CoC' if line.coc else 'not CoC'},"
        f" {words.number(Decimal(line.kg or 0) / KILOTONNE, 1)}"
        for line, _ in links
    )
    told = f"Thousand tonnes. {spoken}. The table below has the same numbers."
    return sankey.Sankey(f"{name}, {period}", told, "kt", columns, tuple(bands))


def _column(at: int, found: Mapping[str, Decimal]) -> tuple[sankey.Box, ...]:
    """The boxes of a column, in the order of the words above; others by name."""
    listed = [*FROM.values(), *INTO.values()]
    names = sorted(found, key=lambda name: (listed.index(name) if name in listed else 99, name))
    return tuple(sankey.Box(f"{at} {name}", name, found[name]) for name in names)
