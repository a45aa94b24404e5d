"""Pictures of numbers, drawn on the server as SVG. Pure: the same numbers, the same text.

A picture names its title and describes itself in words; the page that shows it has the same numbers
as a table. Colours are classes of our style sheet, so that a picture follows light and dark; series
differ by hatching or marker too. Nothing in a picture is a link, a script, a style or a font from
elsewhere: the pages' content security policy would refuse it. Drawn by matplotlib, which is loaded
when the first picture is asked for, and kept by content.
"""

from decimal import Decimal
from functools import cache, lru_cache
from hashlib import sha256
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}href"
INK, DIM, PAPER = "#000101", "#000102", "#000103"
SERIES = ("#000111", "#000112", "#000113", "#000114", "#000115", "#000116")
HATCHES = ("", "//", "\\\\", "--", "||", "xx")
CLASSES = {
    INK: "ink",
    DIM: "dim",
    PAPER: "paper",
    **{colour: f"series-{number}" for number, colour in enumerate(SERIES)},
}
"""Colours that only stand for a class of the style sheet."""
KEPT = 256
"""So many pictures are kept."""


class Part(NamedTuple):
    """A piece of a bar: of which series, how much."""

    series: str
    value: Decimal


class Bar(NamedTuple):
    """A bar of a waterfall: it begins where the one before it ended."""

    name: str
    parts: tuple[Part, ...]


class Waterfall(NamedTuple):
    """What adds up to a total, bar by bar. `series` are in the order of their colours."""

    title: str
    told: str
    unit: str
    series: tuple[str, ...]
    bars: tuple[Bar, ...]


class Year(NamedTuple):
    """A year of a pathway; `actual` is None where nothing is known yet."""

    year: int
    target: Decimal
    actual: Decimal | None
    verified: bool


class Pathway(NamedTuple):
    """Targets as a line, years as they were as marks, limits as lines with a name."""

    title: str
    told: str
    unit: str
    years: tuple[Year, ...]
    limits: tuple[tuple[str, Decimal], ...]


class Block(NamedTuple):
    """A step of an emissions curve: its output, its intensity."""

    output: Decimal
    intensity: Decimal


class Curve(NamedTuple):
    """Cumulative output against intensity."""

    title: str
    told: str
    output_unit: str
    unit: str
    blocks: tuple[Block, ...]


def load() -> None:
    """Load what draws, so that the first picture need not wait for it (a second or more)."""
    _settled()


@lru_cache(KEPT)
def waterfall(asked: Waterfall) -> str:
    """Stacked bars, each on the sum of those before it, and the total at the end."""
    figure, axes = _figure()
    colours = dict(zip(asked.series, zip(SERIES, HATCHES, strict=True), strict=False))
    base = 0.0
    named: set[str] = set()
    for place, bar in enumerate(asked.bars):
        foot = base
        for part in bar.parts:
            colour, hatch = colours[part.series]
            height = float(part.value)
            axes.bar(
                place,
                height,
                0.7,
                base,
                color=colour,
                hatch=hatch,
                edgecolor=PAPER,
                linewidth=0.6,
                label=None if part.series in named else part.series,
            )
            named.add(part.series)
            base += height
        axes.plot([place - 0.35, place + 1.35], [base, base], color=DIM, linewidth=0.8)
        _write(axes, place, max(foot, base), f"{base - foot:,.2f}")
    end = len(asked.bars)
    axes.bar(end, base, 0.7, color=DIM)
    _write(axes, end, base, f"{base:,.2f}")
    axes.set_xticks(range(end + 1), [*(_wrapped(bar.name) for bar in asked.bars), "Total"])
    axes.set_ylabel(asked.unit)
    axes.margins(y=0.12)
    _legend(axes)
    return _svg(figure, asked.title, asked.told, asked)


@lru_cache(KEPT)
def pathway(asked: Pathway) -> str:
    """A line of targets, with marks: filled for a verified year, hollow for any other."""
    figure, axes = _figure()
    axes.plot(
        [one.year for one in asked.years],
        [float(one.target) for one in asked.years],
        color=SERIES[0],
        linewidth=1.8,
        label="1.5 °C pathway",
    )
    for verified, name in ((True, "actual, verified"), (False, "actual, not verified")):
        known = [one for one in asked.years if one.actual is not None and one.verified is verified]
        if known:
            axes.plot(
                [one.year for one in known],
                [float(one.actual) for one in known if one.actual is not None],
                linestyle="none",
                marker="o" if verified else "s",
                markersize=7,
                markerfacecolor=SERIES[1] if verified else PAPER,
                markeredgecolor=SERIES[1],
                label=name,
            )
    for number, (name, limit) in enumerate(asked.limits):
        line = ("--", ":")[number % 2]
        axes.axhline(float(limit), color=DIM, linewidth=1.2, linestyle=line, label=name)
    axes.set_ylim(bottom=0)
    axes.set_ylabel(asked.unit)
    _legend(axes)
    return _svg(figure, asked.title, asked.told, asked)


@lru_cache(KEPT)
def curve(asked: Curve) -> str:
    """Blocks side by side, as wide as their output and as high as their intensity."""
    figure, axes = _figure()
    left = 0.0
    for block in asked.blocks:
        width = float(block.output)
        axes.bar(
            left,
            float(block.intensity),
            width,
            align="edge",
            color=SERIES[0],
            edgecolor=PAPER,
            linewidth=1.5,
        )
        _write(axes, left + width / 2, float(block.intensity), f"{block.intensity:.1f}")
        left += width
    axes.set_xlim(0, left or 1)
    axes.set_xlabel(f"cumulative output, {asked.output_unit}")
    axes.set_ylabel(asked.unit)
    axes.margins(y=0.12)
    return _svg(figure, asked.title, asked.told, asked)


# --- how it is drawn ---


@cache
def _settled() -> None:
    """matplotlib as we use it: text stays text, the same picture has the same bytes."""
    import matplotlib as drawing  # loaded late: most processes draw nothing

    drawing.rcParams.update(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "castmark",
            "text.parse_math": False,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": DIM,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "xtick.color": DIM,
            "ytick.color": DIM,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
            "hatch.linewidth": 0.7,
        }
    )


def _figure() -> "tuple[Figure, Axes]":
    _settled()
    from matplotlib.figure import Figure  # loaded late, as above

    figure = Figure(figsize=(10, 4), layout="tight")
    figure.patch.set_visible(False)
    axes = figure.subplots()
    axes.patch.set_visible(False)
    return figure, axes


def _write(axes: "Axes", x: float, y: float, text: str) -> None:
    axes.annotate(text, (x, y), (0, 3), textcoords="offset points", ha="center", fontsize=9)


def _legend(axes: "Axes") -> None:
    """Beside the picture, so that it hides nothing."""
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, labelcolor=INK, fontsize=9)


def _wrapped(name: str) -> str:
    return name.replace(" ", "\n", 1)


def _svg(figure: "Figure", title: str, told: str, asked: object) -> str:
    """A figure as SVG to stand in a page: named and described, without ids of others, with classes
    for colours and attributes for styles."""
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    root = ElementTree.fromstring(text.getvalue())
    key = _key(asked)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.rpartition("}")[2] in ("metadata", "style"):
                parent.remove(child)
    for element in root.iter():
        _cleaned(element, key)
    _introduced(root, key, title, told)
    ElementTree.register_namespace("", SVG)
    return ElementTree.tostring(root, encoding="unicode")


def _introduced(root: ElementTree.Element, key: str, title: str, told: str) -> None:
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.attrib |= {"role": "img", "aria-labelledby": f"{key}-title {key}-told"}
    for name, words in (("desc", told), ("title", title)):
        element = ElementTree.Element(f"{{{SVG}}}{name}")
        element.set("id", f"{key}-{'told' if name == 'desc' else name}")
        element.text = words
        root.insert(0, element)


def _cleaned(element: ElementTree.Element, key: str) -> None:
    """Ids are needed by what refers to them only, and are ours alone on a page."""
    if element.tag == f"{{{SVG}}}g":
        element.attrib.pop("id", None)
    elif "id" in element.attrib:
        element.set("id", f"{key}-{element.attrib['id']}")
    if XLINK in element.attrib:
        element.set("href", f"#{key}-{element.attrib.pop(XLINK)[1:]}")
    classes: list[str] = []
    for declared in element.attrib.pop("style", "").split(";"):
        name, _, value = declared.partition(":")
        name, value = name.strip(), value.strip()
        if not name or name == "font-family":
            continue
        element.set(name, value)
    for name in ("fill", "stroke"):
        value = element.attrib.get(name, "")
        if value in CLASSES:
            classes.append(f"{name}-{CLASSES[element.attrib.pop(name)]}")
    for name, value in element.attrib.items():
        if value.startswith("url(#"):
            element.set(name, f"url(#{key}-{value[5:]}")
    if classes:
        element.set("class", " ".join(classes))


def _key(asked: object) -> str:
    """A word for a picture on its page, the same for the same content."""
    return "p" + sha256(repr(asked).encode()).hexdigest()[:10]
