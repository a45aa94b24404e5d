"""Sankey pictures: what came, where it went, as bands between columns of boxes. Pure.

matplotlib's own `sankey` draws the arrows of one process, and joins diagrams by hand; boxes in
columns with bands between them need a layout, which is here. Bands of one status have one colour,
and those of the other a hatching.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from . import words
from .drawing import DIM, INK, PAPER, SERIES, canvas, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KEPT = 128
WIDTH, GAP, SLOT = 0.022, 0.05, 0.085
"""Of a box, between boxes, and for the words beside the smallest: parts of the picture."""
PLACES = (0.2, 0.5, 0.8)


class Box(NamedTuple):
    """A place through which material goes."""

    key: str
    name: str
    value: Decimal


class Band(NamedTuple):
    """From one box to one of the next column."""

    source: str
    target: str
    coc: bool
    value: Decimal


class Sankey(NamedTuple):
    """Three columns of boxes and what goes between them, in the order in which they are drawn."""

    title: str
    told: str
    unit: str
    columns: tuple[tuple[Box, ...], ...]
    bands: tuple[Band, ...]


class Spot(NamedTuple):
    """Where a box lies: its left edge, its foot, its height."""

    x: float
    foot: float
    height: float


@lru_cache(KEPT)
def sankey(asked: Sankey) -> str:
    """Boxes as high as what goes through them, and bands as wide."""
    most = max(len(column) for column in asked.columns)
    figure, axes = canvas(1.1 + 0.62 * most)
    axes.axis("off")
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.02, 1.06)
    spots, scale = placed(asked.columns)
    for at, column in enumerate(asked.columns):
        for box in column:
            _box(axes, at, box, spots[box.key], asked.unit)
    left = {key: spot.foot + spot.height for key, spot in spots.items()}
    right = dict(left)
    for band in asked.bands:
        height = float(band.value) * scale
        source, target = spots[band.source], spots[band.target]
        _band(
            axes,
            (source.x + WIDTH, right[band.source]),
            (target.x, left[band.target]),
            height,
            coc=band.coc,
        )
        right[band.source] -= height
        left[band.target] -= height
    _key(axes)
    return svg(figure, asked.title, asked.told, asked)


def placed(columns: Sequence[Sequence[Box]]) -> tuple[Mapping[str, Spot], float]:
    """Where boxes lie, and how high a unit is: all columns share the scale of the fullest."""
    shares = []
    for column in columns:
        room = 1 - GAP * max(len(column) - 1, 0)
        total = float(sum((box.value for box in column), Decimal(0))) or 1.0
        small = sum(1 for box in column if float(box.value) / total * room < SLOT)
        shares.append(max(room - SLOT * small, 0.2) / total)
    scale = min(shares)
    spots: dict[str, Spot] = {}
    for x, column in zip(PLACES, columns, strict=True):
        slots = [max(float(box.value) * scale, SLOT) for box in column]
        top = 0.5 + (sum(slots) + GAP * max(len(column) - 1, 0)) / 2
        for box, slot in zip(column, slots, strict=True):
            height = float(box.value) * scale
            spots[box.key] = Spot(x - WIDTH / 2, top - slot / 2 - height / 2, height)
            top -= slot + GAP
    return spots, scale


def _box(axes: "Axes", at: int, box: Box, spot: Spot, unit: str) -> None:
    axes.bar(spot.x, spot.height, WIDTH, spot.foot, align="edge", color=INK)
    text = f"{box.name}\n{words.number(box.value, 1)} {unit}"
    middle = spot.foot + spot.height / 2
    if at == 0:
        axes.text(spot.x - 0.012, middle, text, ha="right", va="center", fontsize=9)
    elif at == len(PLACES) - 1:
        axes.text(spot.x + WIDTH + 0.012, middle, text, ha="left", va="center", fontsize=9)
    else:
        above = spot.foot + spot.height + 0.01
        axes.text(
            spot.x + WIDTH / 2,
            above,
            text.replace("\n", " "),
            ha="center",
            va="bottom",
            fontsize=9,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.8},
        )


def _band(
    axes: "Axes", start: tuple[float, float], end: tuple[float, float], height: float, *, coc: bool
) -> None:
    """A band of equal width; `start` and `end` are its upper corners."""
    from matplotlib.patches import PathPatch  # loaded late: most processes draw nothing
    from matplotlib.path import Path

    (x0, y0), (x1, y1) = start, end
    bend = (x0 + x1) / 2
    outline = [
        (x0, y0), (bend, y0), (bend, y1), (x1, y1),
        (x1, y1 - height), (bend, y1 - height), (bend, y0 - height), (x0, y0 - height), (x0, y0),
    ]  # fmt: skip
    curve = [Path.CURVE4] * 3
    codes = [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY]
    look = {"facecolor": SERIES[2]} if coc else {"facecolor": DIM, "hatch": "//"}
    axes.add_patch(PathPatch(Path(outline, codes), edgecolor=PAPER, linewidth=0.4, **look))


def _key(axes: "Axes") -> None:
    from matplotlib.patches import Patch  # loaded late, as above

    axes.legend(
        handles=[
            Patch(facecolor=SERIES[2], edgecolor=PAPER, label="CoC"),
            Patch(facecolor=DIM, edgecolor=PAPER, hatch="//", label="not CoC"),
        ],
        loc="upper center",
        bbox_to_anchor=(0.5, 0.02),
        ncols=2,
        frameon=False,
        labelcolor=INK,
        fontsize=9,
    )
