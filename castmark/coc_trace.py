"""A trace in the terminal: level by level, with ids and figures whole in a window of any width."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .columns import Head, fits, folded, uncut

Row = Mapping[str, Any]
MASKED = "(not yours to see)"
GOES_ON = " ..."
BESIDE = ("non_coc_metal", "opening_stock")
"""Metal of a pool that a trace does not follow."""


def trace(found: Row, out: Console, direction: str = "upstream") -> None:
    """Level by level; the parts of all ends are the whole."""
    past = found.get("on")
    way = "comes from" if direction == "upstream" else "went"
    out.print(f"where the metal of {escape(found['number'])} {way}")
    if instead := found.get("replaced_by"):
        _replaced(escape(found["number"]), escape(instead), found, out)
    if past:
        out.print(f"what was so on {past}; the document was {found['state'].replace('_', ' ')}")
        if changed := found.get("changed_on"):
            out.print(f"movements of that day or before were told afterwards, last on {changed}")
    nodes = found["nodes"]
    if not nodes:
        out.print("nothing is known of it")
        return
    out.print(_table(found, out))
    if not all(node["final"] for node in nodes):
        out.print(f"{GOES_ON.strip()} goes on at the next level; all others end here")
    _totals(found, out)
    _mix(found, out)


def _replaced(number: str, other: str, found: Row, out: Console) -> None:
    """What stands in a document's place, since when; a day before that is no day to warn of."""
    since, past = found.get("replaced_on"), found.get("on")
    if since and past and past < since:
        out.print(f"{number} was replaced by {other} from {since} on, after the day asked about")
        return
    by = f"{other} from {since} on" if since else other
    out.print(f"{number} was replaced by {by}: ask for the trace of that", style="bold red")


def _table(found: Row, out: Console) -> Table:
    """The widest form that there is room for; ids are folded only where nothing else helps."""
    nodes, whole, past = found["nodes"], found["whole"], bool(found.get("on"))
    if fits(wide := _wide(nodes, whole, past=past), out):
        return wide
    narrow = _narrow(nodes, whole, past=past, ids_whole=True)
    if fits(narrow, out, wrapped=True):
        return narrow
    return _narrow(nodes, whole, past=past, ids_whole=False)


def _totals(found: Row, out: Console) -> None:
    """What all ends are together: of a long trace that is what one reads."""
    ends = found.get("totals", ())
    if not ends:
        return
    out.print("all ends together, by what they are and where they lie")
    table = Table(folded("what"), folded("where"), uncut("share %"), box=SIMPLE_HEAD)
    parts = [one["parts"] for one in ends]
    for one, share in zip(ends, percents(parts, found["whole"]), strict=True):
        place = (one["member_id"], one["scope_id"], one["stage"])
        where = MASKED if one["masked"] else " ".join(filter(None, place))
        table.add_row(str(one["kind"]).replace("_", " "), escape(where), share)
    out.print(table)


def _mix(found: Row, out: Console) -> None:
    """What the document's average is of, where that is more than what the trace follows."""
    kinds = found.get("mix", ())
    if not any(one["kind"] in BESIDE for one in kinds):
        return
    out.print(
        "all metal that came into its pool: the trace follows what counts as CoC, and the document"
        " tells the average of all of it"
    )
    table = Table(folded("what"), uncut("share %"), folded("kg CO2e/kg"), box=SIMPLE_HEAD)
    parts = [one["parts"] for one in kinds]
    for one, share in zip(kinds, percents(parts, found["whole"]), strict=True):
        table.add_row(one["kind"].replace("_", " "), share, footprint(one["carries"]))
    out.print(table)


def _wide(nodes: Sequence[Row], whole: int, *, past: bool) -> Table:
    """A line a part."""
    heads: list[Head] = ["level", "what", uncut("share %"), "kg CO2e/kg", "document", "pool"]
    table = Table(*heads, *(["told on, and since"] if past else []), box=SIMPLE_HEAD)
    for node in nodes:
        table.add_row(
            str(node["level"]),
            _kind(node),
            percent(node["parts"], whole),
            footprint(node["carries"]),
            escape(node["document"] or (MASKED if node["masked"] else "")),
            escape(node["pool"] or ""),
            *([since(node.get("told"))] if past else []),
        )
    return table


def _narrow(nodes: Sequence[Row], whole: int, *, past: bool, ids_whole: bool) -> Table:
    """What has no room beside a part stands below what it is."""
    heads: list[Head] = [uncut("level"), folded("what", whole=ids_whole), uncut("share %")]
    table = Table(*heads, folded("kg CO2e/kg"), box=SIMPLE_HEAD)
    for node in nodes:
        told = since(node.get("told")) if past else ""
        below = [
            escape(node["document"] or (MASKED if node["masked"] else "")),
            escape(node["pool"] or ""),
            f"told {told}" if told else "",
        ]
        table.add_row(
            str(node["level"]),
            "\n".join([_kind(node), *filter(None, below)]),
            percent(node["parts"], whole),
            footprint(node["carries"]),
        )
    return table


def _kind(node: Row) -> str:
    return str(node["kind"]).replace("_", " ") + ("" if node["final"] else GOES_ON)


def since(told: Row | None) -> str:
    """When the ledger was told of a part of a past day, and what it became afterwards, if that is
    something else."""
    if told is None:
        return ""
    became = told["became"]
    later = f", {became.replace('_', ' ')} from {told['became_on']}" if became else ""
    return f"{told['known_since']}{later}"


def footprint(carries: Row | None) -> str:
    """The average of a lot; of the part alone that is known, or at least so much."""
    if carries is None or not carries["kg"]:
        return ""
    kg, known = carries["kg"], carries["known_kg"]
    if known >= kg:
        return f"{carries['emission_g'] / known / 1000:.3f}"
    least = (carries["emission_g"] + carries["partial_g"]) / kg / 1000
    known_percent = percent(known, kg).rstrip("0").rstrip(".")
    return f"at least {least:.3f}, known for {known_percent} %"


def percents(parts: Sequence[int], whole: int) -> list[str]:
    """Parts that are a whole together, in per cent to four places: these are 100 together."""
    cut = [part * 1_000_000 // whole for part in parts]
    rests = [part * 1_000_000 % whole for part in parts]
    left = sum(parts) * 1_000_000 // whole - sum(cut)
    for at in sorted(range(len(parts)), key=lambda one: -rests[one])[:left]:
        cut[at] += 1
    return [f"{one // 10_000}.{one % 10_000:04}" for one in cut]


def percent(part: int, whole: int) -> str:
    """A part in per cent to four places, cut."""
    cut = part * 1_000_000 // whole
    return f"{cut // 10_000}.{cut % 10_000:04}"
