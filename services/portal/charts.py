"""Pictures of numbers, drawn on the server as SVG. Pure: the same numbers, the same text.

A picture names its title and describes itself in words; the page that shows it has the same numbers
as a table. Series differ by hatching or marker beside their colour. Kept by content.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from .drawing import DIM, HATCHES, INK, PAPER, SERIES, canvas, legend, settle, svg, wrapped, write

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


class Day(NamedTuple):
    """A day of a running balance."""

    day: date
    claimed: Decimal
    available: Decimal


class Running(NamedTuple):
    """What was claimed, and what may still be, day by day; nothing changed after the last day."""

    title: str
    told: str
    unit: str
    days: tuple[Day, ...]
    through: date


class Share(NamedTuple):
    """A part of a level, in per cent; `look`: goes on, ends, masked, above."""

    name: str
    percent: Decimal
    look: str


class Level(NamedTuple):
    """A bar of shares that are the whole together."""

    name: str
    shares: tuple[Share, ...]


class Levels(NamedTuple):
    """A whole cut into parts, level below level."""

    title: str
    told: str
    levels: tuple[Level, ...]


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
    settle()


@lru_cache(KEPT)
def waterfall(asked: Waterfall) -> str:
    """Stacked bars, each on the sum of those before it, and the total at the end."""
    figure, axes = canvas()
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
        write(axes, place, max(foot, base), f"{base - foot:,.2f}")
    end = len(asked.bars)
    axes.bar(end, base, 0.7, color=DIM)
    write(axes, end, base, f"{base:,.2f}")
    axes.set_xticks(range(end + 1), [*(wrapped(bar.name) for bar in asked.bars), "Total"])
    axes.set_ylabel(asked.unit)
    axes.margins(y=0.12)
    legend(axes)
    return svg(figure, asked.title, asked.told, asked)


@lru_cache(KEPT)
def pathway(asked: Pathway) -> str:
    """A line of targets, with marks: filled for a verified year, hollow for any other."""
    figure, axes = canvas()
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
    legend(axes)
    return svg(figure, asked.title, asked.told, asked)


@lru_cache(KEPT)
def curve(asked: Curve) -> str:
    """Blocks side by side, as wide as their output and as high as their intensity."""
    figure, axes = canvas()
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
        write(axes, left + width / 2, float(block.intensity), f"{block.intensity:.1f}")
        left += width
    axes.set_xlim(0, left or 1)
    axes.set_xlabel(f"cumulative primary metal, {asked.output_unit}")
    axes.set_ylabel(asked.unit)
    axes.margins(y=0.12)
    return svg(figure, asked.title, asked.told, asked)


@lru_cache(KEPT)
def running(asked: Running) -> str:
    """Two steps that lie on each other: what is claimed, and above it what still may be."""
    figure, axes = canvas(3.2)
    last = max(asked.through, asked.days[-1].day + timedelta(days=1))
    points = [*asked.days, asked.days[-1]._replace(day=last)]
    days = [one.day.toordinal() for one in points]
    claimed = [float(one.claimed) for one in points]
    together = [float(one.claimed + one.available) for one in points]
    for foot, top, colour, hatch, name in (
        ([0.0] * len(days), claimed, SERIES[0], "", "claimed"),
        (claimed, together, SERIES[2], "//", "may still be claimed"),
    ):
        axes.fill_between(
            days,
            foot,
            top,
            step="post",
            facecolor=colour,
            hatch=hatch,
            edgecolor=PAPER,
            linewidth=0.4,
            label=name,
        )
    axes.step(days, together, where="post", color=INK, linewidth=1.2)
    first = asked.days[0].day
    ticks = [
        date(year, month, 1)
        for year in range(first.year, last.year + 1)
        for month in range(1, 13)
        if first <= date(year, month, 1) <= last
    ]
    axes.set_xticks([one.toordinal() for one in ticks], [f"{one:%b %Y}" for one in ticks])
    axes.set_xlim(days[0], days[-1])
    axes.set_ylim(bottom=0)
    axes.set_ylabel(asked.unit)
    legend(axes)
    return svg(figure, asked.title, asked.told, asked)


LOOKS: Mapping[str, tuple[str, str]] = {
    "goes on": (SERIES[0], ""),
    "ends": (SERIES[2], "//"),
    "masked": (DIM, "xx"),
    "above": (PAPER, ""),
}
"""Colour and hatching of a share."""
NAMED_PERCENT = 9
"""A share as wide as this has its name beneath it."""


@lru_cache(KEPT)
def levels(asked: Levels) -> str:
    """Bars below each other, each as wide as the whole."""
    figure, axes = canvas(0.9 + 0.75 * len(asked.levels))
    named: set[str] = set()
    for place, level in enumerate(asked.levels):
        left = 0.0
        for share in level.shares:
            width = float(share.percent)
            colour, hatch = LOOKS[share.look]
            axes.barh(
                place,
                width,
                0.5,
                left,
                edgecolor=DIM if share.look == "above" else PAPER,
                linewidth=0.6,
                label=None if share.look in named else share.look.replace("above", "found above"),
                facecolor=colour,
                hatch=hatch,
            )
            named.add(share.look)
            if width >= NAMED_PERCENT and share.look != "above":
                room = int(width * 1.1)
                text = share.name if len(share.name) <= room else f"{share.name[: room - 1]}…"
                axes.text(left + width / 2, place + 0.29, text, ha="center", va="top", fontsize=8)
            left += width
    axes.set_yticks(range(len(asked.levels)), [one.name for one in asked.levels])
    axes.set_ylim(len(asked.levels) - 0.4, -0.5)
    axes.set_xlim(0, 100)
    axes.set_xlabel("per cent of the mass")
    legend(axes)
    return svg(figure, asked.title, asked.told, asked)
