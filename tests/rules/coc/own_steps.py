"""What metal of a scope carries, and how much of it has the scope's own step in, from what was
asked of the ledger alone: in fractions, by section 5.7 of the sources and decisions 0007 and 0010.
It uses none of the service's code, and reads none of its rows.

Metal is mixed in the stock; what leaves takes its part of all that the stock carries, and what a
document claims its part of what left. Who books the step's emissions by hand has them in all that
left since those before them and in what is there by then; a year that did so leaves its stock with
the step in. A document adds the step, by verified results, to metal that has it not: once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import NamedTuple

NONE = Fraction(0)


class Metal(NamedTuple):
    """Kilograms, their grams of CO2e, and how many of them have the step in."""

    kg: Fraction = NONE
    grams: Fraction = NONE
    stepped: Fraction = NONE

    def part(self, kg: Fraction) -> "Metal":
        share = kg / self.kg if self.kg else NONE
        return Metal(*(one * share for one in self))

    def plus(self, other: "Metal") -> "Metal":
        return Metal(*(one + more for one, more in zip(self, other, strict=True)))

    def less(self, other: "Metal") -> "Metal":
        return Metal(*(one - gone for one, gone in zip(self, other, strict=True)))


class Line(NamedTuple):
    """What was booked: kilograms that came `in`, went `out`, were `lost`, or that a `claim` is of;
    grams that were booked by `hand`."""

    day: date
    word: str
    much: int
    name: str


class Part(NamedTuple):
    """What of a document was claimed in a year: as the metal came in, and what its step added.
    `by_hand`: the step was booked by hand in that year."""

    metal: Metal
    added: Fraction
    by_hand: bool

    @property
    def has_step_in(self) -> Fraction:
        return self.metal.kg if self.by_hand else self.metal.stepped

    def share(self, kg: Fraction) -> "Part":
        return Part(self.metal.part(kg), self.added * kg / self.metal.kg, self.by_hand)


@dataclass
class OwnSteps:
    """A scope's years. `own` is what the step gives off by verified results, in grams per kg, and
    `came` what all metal brings along."""

    own: Fraction
    came: Fraction
    lines: list[Line] = field(default_factory=list)
    papers: dict[str, dict[int, Part]] = field(default_factory=dict)

    # --- what was asked ---

    def book(self, day: date, word: str, much: int, name: str) -> None:
        self.lines.append(Line(day, word, much, name))

    def take_back(self, name: str) -> None:
        """As if it had never been booked."""
        self.lines = [one for one in self.lines if one.name != name]

    def claim(self, day: date, kg: int, name: str, old: str = "") -> None:
        """A document, and what it is of: what it keeps of closed years as that was told."""
        left, parts = Fraction(kg), dict[int, Part]()
        for year, part in sorted(self.papers.pop(old, {}).items()):
            kept = min(left, part.metal.kg) if year != day.year else NONE
            self._unclaim(old, year)
            if kept:
                parts[year] = part.share(kept)
                self.lines.append(Line(self._last(year), "claim", int(kept), name))
                left -= kept
        if left:
            metal = self.waits(day.year).part(left)
            by_hand = self.by_hand(day.year)
            added = NONE if by_hand else self.own * (left - metal.stepped)
            parts[day.year] = Part(metal, added, by_hand)
            self.lines.append(Line(day, "claim", int(left), name))
        self.papers[name] = parts

    def withdraw(self, name: str) -> None:
        for year in self.papers.pop(name):
            self._unclaim(name, year)

    def _unclaim(self, name: str, year: int) -> None:
        self.lines = [one for one in self.lines if not (one.name == name and one.day.year == year)]

    def _last(self, year: int) -> date:
        return max(one.day for one in self.lines if one.day.year == year)

    # --- what that makes ---

    def of(self, year: int, *words: str) -> list[Line]:
        found = [one for one in self.lines if one.day.year == year and one.word in words]
        return sorted(found, key=lambda one: one.day)

    def by_hand(self, year: int) -> bool:
        return bool(self.of(year, "hand"))

    def adds(self, year: int) -> bool:
        """Whether a document adds the step to metal of the year: it is not booked by hand then."""
        return any(parts[year].added for parts in self.papers.values() if year in parts)

    def opening(self, year: int) -> Metal:
        """What the year before left."""
        if not any(one.day.year < year for one in self.lines):
            return Metal()
        stock, _ = self._at_end(year - 1)
        return stock._replace(stepped=stock.kg) if self.by_hand(year - 1) else stock

    def stock(self, year: int) -> Metal:
        return self._at_end(year)[0]

    def waits(self, year: int) -> Metal:
        """What left and no document claims."""
        return self._at_end(year)[1]

    def should(self, year: int) -> dict[str, Metal]:
        """What each document of a year would claim, had nothing come late."""
        found: dict[str, Metal] = {}
        self._at_end(year, found)
        return found

    def _at_end(self, year: int, found: dict[str, Metal] | None = None) -> tuple[Metal, Metal]:
        stock, waiting, claims = self.opening(year), Metal(), list[tuple[str, Fraction]]()
        off = dict(self._given_off(year, stock.kg))
        for line in self.of(year, "in", "out", "lost", "hand", "claim"):
            kg = Fraction(line.much)
            if line.word == "in":
                stock = stock.plus(Metal(kg, kg * self.came))
            elif line.word == "lost":  # its emissions stay with the rest
                stock = stock.less(stock.part(kg)._replace(grams=NONE))
            elif line.word == "out":
                gone = stock.part(kg)
                stock = stock.less(gone)
                more = sum((per_kg for on, per_kg in off.items() if self._is_on(line, on)), NONE)
                waiting = waiting.plus(gone._replace(grams=gone.grams + more * kg))
            elif line.word == "claim":
                claims.append((line.name, kg))
            else:
                since = (line.day, self._before(line))
                stock = stock._replace(grams=stock.grams + off[since] * stock.kg)
            while claims and waiting.kg:  # what is claimed of metal taken back waits for other
                name, asked = claims.pop(0)
                taken = waiting.part(min(asked, waiting.kg))
                waiting = waiting.less(taken)
                if found is not None:
                    found[name] = found.get(name, Metal()).plus(taken)
                if taken.kg < asked:
                    claims.insert(0, (name, asked - taken.kg))
        return stock, waiting

    def _given_off(
        self, year: int, opening_kg: Fraction
    ) -> Iterator[tuple[tuple[date, date], Fraction]]:
        """Of each booking by hand its day, that of the one before it, and its grams for each
        kilogram that it is on."""
        for line in self.of(year, "hand"):
            moved = [one for one in self.of(year, "in", "out", "lost") if one.day < line.day]
            there = opening_kg + sum(one.much if one.word == "in" else -one.much for one in moved)
            since = self._before(line)
            gone = sum(one.much for one in moved if one.word == "out" and one.day > since)
            yield (line.day, since), Fraction(line.much) / (there + gone)

    def _before(self, line: Line) -> date:
        earlier = [one.day for one in self.of(line.day.year, "hand") if one.day < line.day]
        return max(earlier, default=date.min)

    def _is_on(self, line: Line, on: tuple[date, date]) -> bool:
        until, since = on
        return since < line.day < until
