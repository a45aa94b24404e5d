"""Rows of a file of movements, many together: what they share is read once, the rest quickly. Pure.

The first row of its kind is read like any other (`movement_rows`), and becomes the ground of those
that differ from it in movement, mass, proof of origin and customer alone. On another day its kind
has a ground of that day, with what is known of it. What cannot be read so, or is not so simple, is
read by itself: a row means the same either way, its digest too.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from operator import itemgetter
from typing import NamedTuple

from contracts.canonical import canonical_json
from contracts.custody import MOST_KG
from contracts.values import ID_PATTERN
from infra.decider import derived_id
from infra.errors import Refused
from infra.importing.kinds import Asked, Built
from infra.importing.mapping import Binding
from services.coc_ledger.accounting import booking
from services.coc_ledger.accounting.together import PLAIN, Ground, Line, Plain
from services.coc_ledger.pools.commands import CountStock, ReceiveMaterial, ShipMaterial

from .rows import Evidence, Rows, day_of, kilograms

_is_movement = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}").fullmatch
_is_id = re.compile(ID_PATTERN.strip("^$")).fullmatch
APART = ("movement_id", "mass", "origin_ref", "customer_id")
"""What rows of one ground may differ in."""
KNOWN_BY = ("scope_id", "stage", "member_id")
"""What, with the day and the supplier, the server looks up for a command."""
DAY = '"day":"'
"""What stands before the day in what a digest is taken of."""
NO_ONE, NOTHING, NO_MOVEMENT, NO_PROOF = "~customer~", 10**15 + 7, "~movement~", "~proof~"
"""What no row says: it marks the places in what a digest is taken of."""


_made = tuple.__new__  # a row without its constructor: two are made of each


class _Like(NamedTuple):
    """What rows of a kind say on whatever day: the first of them, how their masses are read, and
    what a digest is taken of, without the day: that stands at `place`, at the end of the part."""

    like: Plain
    unit_kg: int
    least: int
    parts: tuple[str, ...]
    place: int
    behind: str


class _Shape(NamedTuple):
    """A ground, how its rows' masses are read, and what their digest is taken of."""

    ground: Ground
    unit_kg: int
    least: int
    parts: tuple[str, ...]


class Lines:
    """Reads the rows of one chunk. `evidence` fills in what the server knows of a command."""

    def __init__(self, asked: Asked, binding: Binding, on: date, evidence: Evidence) -> None:
        self._slow = Rows(asked, binding, on, evidence)
        self._evidence = evidence
        self._likes: dict[tuple[object, ...], _Like] = {}
        self._shapes: dict[tuple[object, ...], _Shape] = {}
        self._names: set[str] = set()
        fields = binding.fields
        at = {name: bound.at for name, bound in fields.items()}
        self._movement_at, self._mass_at = at.get("movement_id"), at.get("mass")
        self._proof_at, self._party_at = at.get("origin_ref"), at.get("customer_id")
        self._day_at = at.get("day")
        others = {place for name, place in at.items() if place is not None and name not in APART}
        self._others = _picker(sorted(others))
        self._of_any_day = _picker(sorted(others - {self._day_at}))

    def build(self, cells: Sequence[str]) -> Built:
        """A row as a line, a command, or faults."""
        movement_at, mass_at = self._movement_at, self._mass_at
        if movement_at is None or mass_at is None:
            return self._slow.build(cells)
        proof = "" if self._proof_at is None else cells[self._proof_at].strip()
        party = "" if self._party_at is None else cells[self._party_at].strip()
        says = (not proof, not party)
        key = (*self._others(cells), *says)
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._on_its_day(cells, says)
            if shape is None:
                return self._first(cells, key, says, proof, party)
            self._shapes[key] = shape
        movement_id = cells[movement_at].strip()
        kg = _kg(cells[mass_at].strip(), shape)
        if kg is None or not _is_movement(movement_id):
            return self._slow.build(cells)
        if (proof and not self._is_name(proof)) or (party and not self._is_name(party)):
            return self._slow.build(cells)
        line = _line(shape, movement_id, kg, proof, party)
        return _made(Built, (movement_id, None, (), (), line))

    def _is_name(self, text: str) -> bool:
        """Whether it is an id; customers come again."""
        if text in self._names:
            return True
        if not _is_id(text):
            return False
        self._names.add(text)
        return True

    def _on_its_day(self, cells: Sequence[str], says: tuple[bool, bool]) -> _Shape | None:
        """The shape of a row of whose kind there was one on another day; None where there was none,
        or where the day is refused, which is told of the row by itself."""
        found = self._likes.get((*self._of_any_day(cells), *says))
        if found is None or self._day_at is None:
            return None
        like = found.like
        values: dict[str, object] = {name: getattr(like, name) for name in KNOWN_BY}
        if isinstance(like, ReceiveMaterial) and like.supplier_id is not None:
            values["supplier_id"] = like.supplier_id
        try:
            day = values["day"] = day_of(cells[self._day_at].strip())
            known = self._evidence(type(like), values)
        except Refused:
            return None
        like = like.model_copy(update={**known, "day": day})
        return _shape(found._replace(like=like))

    def _first(
        self,
        cells: Sequence[str],
        key: tuple[object, ...],
        says: tuple[bool, bool],
        proof: str,
        party: str,
    ) -> Built:
        """The first row of its kind: the ground of the others, if it is so simple."""
        built = self._slow.build(cells)
        command = built.command
        if not isinstance(command, PLAIN):
            return built
        like = _like(command, self._slow.unit_of(cells))
        shape = _shape(like)
        line = _line(shape, command.movement_id, _mass(command), proof, party)
        if line.digest != booking.digest_of(command):
            return built
        self._likes[(*self._of_any_day(cells), *says)] = like
        self._shapes[key] = shape
        return Built(built.key, None, (), (), line)


def _picker(places: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """The cells at some places, as a tuple however many there are."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda cells: tuple(cells[place] for place in places)


def _mass(command: Plain) -> int:
    return command.counted_kg if isinstance(command, CountStock) else command.mass_kg


def _like(like: Plain, unit_kg: int) -> _Like:
    name = "counted_kg" if isinstance(like, CountStock) else "mass_kg"
    said: dict[str, object] = {"movement_id": NO_MOVEMENT, name: NOTHING}
    if isinstance(like, ReceiveMaterial) and like.origin_ref is not None:
        said["origin_ref"] = NO_PROOF
    if isinstance(like, ShipMaterial) and like.customer_id is not None:
        said["customer_id"] = NO_ONE
    marked = like.model_copy(update=said)
    text = canonical_json(marked, without=booking.unsaid(marked)).decode()
    customer, text = _parted(text, NO_ONE)
    mass, text = _parted(text, str(NOTHING))
    movement, text = _parted(text, NO_MOVEMENT)
    proof, text = _parted(text, NO_PROOF)
    parts = [customer, mass, movement, proof, text]
    # No value has quotes that stand by themselves, so that this is the day and nothing else.
    place = next(at for at, part in enumerate(parts) if DAY in part)
    before, day, behind = parts[place].partition(DAY)
    parts[place] = before + day
    least = 0 if isinstance(like, CountStock) else 1
    return _Like(like, unit_kg, least, tuple(parts), place, behind[len(like.day.isoformat()) :])


def _shape(found: _Like) -> _Shape:
    """What rows of a kind say, on the day of `found.like`."""
    parts = list(found.parts)
    parts[found.place] += found.like.day.isoformat() + found.behind
    return _Shape(Ground(found.like), found.unit_kg, found.least, tuple(parts))


def _parted(text: str, mark: str) -> tuple[str, str]:
    """What stands before a mark and behind it; nothing before one that is not there."""
    before, found, behind = text.partition(mark)
    return (before, behind) if found else ("", text)


def _line(shape: _Shape, movement_id: str, kg: int, proof: str, party: str) -> Line:
    ground, (one, two, three, four, five) = shape.ground, shape.parts
    asked = f"{one}{party}{two}{kg}{three}{movement_id}{four}{proof}{five}"
    digest = derived_id(ground.like.NAME, asked)
    return _made(Line, (movement_id, digest, kg, proof or None, party or None, ground))


def _kg(text: str, shape: _Shape) -> int | None:
    """A mass; None where it cannot be read, which is told of the row by itself."""
    if text.isdecimal() and text.isascii() and len(text) < 16:
        kg = int(text) * shape.unit_kg
        return kg if shape.least <= kg <= MOST_KG else None
    try:
        return kilograms(text, shape.unit_kg, shape.least)
    except Refused:
        return None
