"""Circularity as it is shown: indicators with their masses, waste by what became of it. Pure.

What nobody tells is never a nought: it is said to be not told. Source: sources.md 6.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from . import charts, words

Content = Mapping[str, Any]
ZERO, THOUSAND = Decimal(0), Decimal(1000)
KILOTONNES_FROM = 10 * THOUSAND
"""From so many tonnes on a picture is in kilotonnes."""


class Meaning(NamedTuple):
    """What an indicator is called, what it is a part of (empty: it is a mass), and its
    criterion."""

    title: str
    part: str
    whole: str = ""
    criterion: str = ""


INDICATORS: Mapping[str, Meaning] = {
    "recycled": Meaning("Recycled content", "scrap from outside", "metal that enters"),
    "pre_consumer": Meaning(
        "Pre-consumer content", "pre-consumer scrap from outside", "metal that enters"
    ),
    "post_consumer": Meaning("Post-consumer content", "post-consumer scrap", "metal that enters"),
    "recycling_input": Meaning(
        "Recycling input rate", "scrap from outside", "primary metal and scrap"
    ),
    "process_scrap": Meaning("Process scrap rate", "scrap generated", "metal that enters", "4.3"),
    "closed_loop": Meaning(
        "Closed-loop share", "scrap returned to the same product line", "scrap generated", "4.3"
    ),
    "metal_yield": Meaning("Metal yield", "metal that leaves usable", "metal that goes in"),
    "eol_collection_rate": Meaning(
        "End-of-life collection rate", "old scrap collected", "old scrap available", "4.4"
    ),
    "recycling_efficiency": Meaning(
        "Recycling efficiency", "old scrap that becomes metal", "old scrap available", "4.4"
    ),
    "bauxite_residue": Meaning("Bauxite residue", "dry mass", criterion="6.6"),
    "bauxite_residue_used": Meaning(
        "Bauxite residue put to use", "residue reused, recycled or recovered", "residue", "6.6"
    ),
    "spl_untreated": Meaning(
        "Spent pot lining untreated",
        "landfilled untreated or discharged: it has to be none",
        criterion="6.7",
    ),
    "dross_recovery": Meaning(
        "Aluminium recovered from dross", "aluminium won back", "aluminium in dross", "6.8"
    ),
}
OLD_SCRAP = frozenset({"eol_collection_rate", "recycling_efficiency"})
"""Nobody is asked for these: who knows of a market or a programme tells them."""
LEVELS: Mapping[str, str] = {
    "reused": "reused",
    "recycled": "recycled",
    "recovered": "recovered",
    "treated": "treated",
    "stored": "stored",
    "landfilled": "landfilled",
    "landfilled_untreated": "landfilled untreated",
    "discharged": "discharged",
    "untold": "not told",
}
"""What became of a waste, the best first: the mitigation hierarchy."""
WASTE: Mapping[str, str] = {
    "waste.bauxite_residue": "bauxite residue",
    "waste.spl_carbon": "spent pot lining, carbon",
    "waste.spl_refractory": "spent pot lining, refractory",
    "waste.dross": "dross",
    "waste.other": "other waste",
}
SUMMARY = (
    "recycled",
    "post_consumer",
    "process_scrap",
    "closed_loop",
    "metal_yield",
    "dross_recovery",
    "spl_untreated",
    "bauxite_residue",
)
"""The columns of a table of entities."""


class Indicator(NamedTuple):
    """An indicator with its masses in t. `untold` says in words why there is no value (empty: there
    is one); `told` of `asked` facilities are in it."""

    name: str
    meaning: Meaning
    value: str | None
    part_t: str | None
    whole_t: str | None
    untold: str
    told: int
    asked: int


class WasteRow(NamedTuple):
    """What became of waste: tonnes by item in the order of the columns (None: none told), all of
    it, and its share of all waste."""

    title: str
    cells: Sequence[Decimal | None]
    t: Decimal
    share: Decimal | None


class Waste(NamedTuple):
    """Waste by what became of it, the best first. Without a row none is told of."""

    columns: Sequence[str]
    rows: Sequence[WasteRow]
    sums: WasteRow
    picture: charts.Waterfall | None


class Shown(NamedTuple):
    """The circularity of a facility, an entity or a group in a year."""

    indicators: Sequence[Indicator]
    waste: Waste


class Entity(NamedTuple):
    """An entity in a table: its indicators in the order of SUMMARY."""

    entity_id: str
    facilities: int
    indicators: Sequence[Indicator]


def shown(told: Content, whose: str) -> Shown:
    """What a service tells of somebody's year, for a page; `whose` names both in the picture."""
    every = [indicator(name, told[name]) for name in INDICATORS if name in told]
    return Shown(every, waste_of(told["waste"], whose))


def indicator(name: str, told: Content) -> Indicator:
    """One of them, with a word where it has no value."""
    meaning = INDICATORS[name]
    share = bool(meaning.whole)
    known = told["told"] > 0
    return Indicator(
        name=name,
        meaning=meaning,
        value=told["value"],
        part_t=told["part_t" if share else "t"] if known else None,
        whole_t=told["whole_t"] if share and known else None,
        untold=_untold(name, told),
        told=told["told"],
        asked=told["told"] + told["silent"],
    )


def _untold(name: str, told: Content) -> str:
    if told["value"] is not None:
        return ""
    if told["told"]:
        return "no whole"  # a share of nothing
    return "not told" if told["silent"] or name in OLD_SCRAP else "does not arise"


def entities_of(told: Iterable[Content]) -> Sequence[Entity]:
    """The rows of a table of entities."""
    return [
        Entity(
            one["entity_id"],
            one["facilities"],
            [indicator(name, one[name]) for name in SUMMARY],
        )
        for one in told
    ]


def waste_of(told: Sequence[Content], whose: str) -> Waste:
    """Waste by what became of it: every level, so that a reader sees where nothing went."""
    by = {(one["level"], one["item"]): Decimal(one["t"]) for one in told}
    if not by:
        return Waste([], [], _row("all", [], ZERO), None)
    items = _ordered(WASTE, (item for _, item in by))
    levels = _ordered(LEVELS, (level for level, _ in by), every=True)
    total = sum(by.values(), ZERO)
    rows = [
        _row(LEVELS.get(level, level), [by.get((level, item)) for item in items], total)
        for level in levels
    ]
    sums = [sum((t for (_, of), t in by.items() if of == item), ZERO) for item in items]
    columns = [WASTE.get(item, words.label(item)) for item in items]
    return Waste(columns, rows, _row("all", sums, total), _picture(columns, rows, total, whose))


def _ordered(known: Iterable[str], found: Iterable[str], *, every: bool = False) -> list[str]:
    """The names found (or `every` known one) in the order that is known, others after them."""
    present = dict.fromkeys(found)
    first = [name for name in known if every or name in present]
    return [*first, *(name for name in present if name not in first)]


def _row(title: str, cells: Sequence[Decimal | None], total: Decimal) -> WasteRow:
    t = sum((one for one in cells if one is not None), ZERO)
    return WasteRow(title, cells, t, t / total if total else None)


def _picture(
    columns: Sequence[str], rows: Sequence[WasteRow], total: Decimal, whose: str
) -> charts.Waterfall | None:
    """What each level adds to all waste, by item; None where there is none."""
    if not total:
        return None
    large = total >= KILOTONNES_FROM
    unit, per = ("kt", THOUSAND) if large else ("t", Decimal(1))
    bars = tuple(
        charts.Bar(
            row.title,
            tuple(
                charts.Part(column, cell / per)
                for column, cell in zip(columns, row.cells, strict=True)
                if cell
            ),
        )
        for row in rows
        if row.t
    )
    parts = "; ".join(f"{row.title} {words.number(row.t / per)}" for row in rows if row.t)
    return charts.Waterfall(
        f"Waste of {whose} by what became of it",
        f"In {unit}, the best first. {parts}; together {words.number(total / per)}. The table below"
        " has the same numbers.",
        unit,
        tuple(columns),
        bars,
    )
