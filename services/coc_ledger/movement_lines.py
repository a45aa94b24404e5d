"""Rows of a file of movements, many together: what they share is read once, the rest quickly. Pure.

The first row of its kind is read like any other (`movement_rows`), and becomes the ground of those
that differ from it in movement, mass and proof of origin alone. What cannot be read so, or is not
so simple, is read by itself: a row means the same either way, its digest too.
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

from . import booking
from .movement_rows import Evidence, Rows, kilograms
from .pool_commands import CountStock, ReceiveMaterial, ShipMaterial
from .together import PLAIN, Ground, Line, Plain

MOVEMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
NAME = re.compile(ID_PATTERN.strip("^$"))
APART = ("movement_id", "mass", "origin_ref", "customer_id")
"""What rows of one ground may differ in."""
NO_ONE, NOTHING, NO_MOVEMENT, NO_PROOF = "~customer~", 10**15 + 7, "~movement~", "~proof~"
"""What no row says: it marks the places in what a digest is taken of."""


class _Shape(NamedTuple):
    """A ground, how its rows' masses are read, and what their digest is taken of."""

    ground: Ground
    unit_kg: int
    least: int
    parts: tuple[str, str, str, str, str]


class Lines:
    """Reads the rows of one chunk. `evidence` fills in what the server knows of a command."""

    def __init__(self, asked: Asked, binding: Binding, on: date, evidence: Evidence) -> None:
        self._slow = Rows(asked, binding, on, evidence)
        self._shapes: dict[tuple[str, ...], _Shape] = {}
        fields = binding.fields
        self._at = {name: fields[name].at for name in APART if name in fields}
        others = {
            bound.at for name, bound in fields.items() if bound.at is not None and name not in APART
        }
        self._others = _picker(sorted(others))

    def build(self, cells: Sequence[str]) -> Built:
        """A row as a line, a command, or faults."""
        movement_at, mass_at = self._at.get("movement_id"), self._at.get("mass")
        if movement_at is None or mass_at is None:
            return self._slow.build(cells)
        proof, party = self._cell(cells, "origin_ref"), self._cell(cells, "customer_id")
        key = (*self._others(cells), "proof" if proof else "", "party" if party else "")
        shape = self._shapes.get(key)
        if shape is None:
            return self._first(cells, key)
        movement_id = cells[movement_at].strip()
        kg = _kg(cells[mass_at].strip(), shape)
        if kg is None or not MOVEMENT.fullmatch(movement_id):
            return self._slow.build(cells)
        if (proof and not NAME.fullmatch(proof)) or (party and not NAME.fullmatch(party)):
            return self._slow.build(cells)
        return Built(movement_id, None, line=_line(shape, movement_id, kg, proof, party))

    def _cell(self, cells: Sequence[str], name: str) -> str:
        at = self._at.get(name)
        return cells[at].strip() if at is not None else ""

    def _first(self, cells: Sequence[str], key: tuple[str, ...]) -> Built:
        """The first row of its kind: the ground of the others, if it is so simple."""
        built = self._slow.build(cells)
        command = built.command
        if not isinstance(command, PLAIN):
            return built
        shape = _shape(command, self._slow.unit_of(cells))
        proof, party = self._cell(cells, "origin_ref"), self._cell(cells, "customer_id")
        line = _line(shape, command.movement_id, _mass(command), proof, party)
        if line.digest != booking.digest_of(command):
            return built
        self._shapes[key] = shape
        return Built(built.key, None, line=line)


def _picker(places: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """The cells at some places, as a tuple however many there are."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda cells: tuple(cells[place] for place in places)


def _mass(command: Plain) -> int:
    return command.counted_kg if isinstance(command, CountStock) else command.mass_kg


def _shape(like: Plain, unit_kg: int) -> _Shape:
    name = "counted_kg" if isinstance(like, CountStock) else "mass_kg"
    said: dict[str, object] = {"movement_id": NO_MOVEMENT, name: NOTHING}
    if isinstance(like, ReceiveMaterial) and like.origin_ref is not None:
        said["origin_ref"] = NO_PROOF
    if isinstance(like, ShipMaterial) and like.customer_id is not None:
        said["customer_id"] = NO_ONE
    marked = like.model_copy(update=said)
    text = canonical_json(marked, without=marked.FILLED).decode()
    customer, text = _parted(text, NO_ONE)
    mass, text = _parted(text, str(NOTHING))
    movement, text = _parted(text, NO_MOVEMENT)
    proof, text = _parted(text, NO_PROOF)
    least = 0 if isinstance(like, CountStock) else 1
    return _Shape(Ground(like), unit_kg, least, (customer, mass, movement, proof, text))


def _parted(text: str, mark: str) -> tuple[str, str]:
    """What stands before a mark and behind it; nothing before one that is not there."""
    before, found, behind = text.partition(mark)
    return (before, behind) if found else ("", text)


def _line(shape: _Shape, movement_id: str, kg: int, proof: str, party: str) -> Line:
    ground, (one, two, three, four, five) = shape.ground, shape.parts
    asked = f"{one}{party}{two}{kg}{three}{movement_id}{four}{proof}{five}"
    digest = derived_id(ground.like.NAME, asked)
    return Line(movement_id, digest, kg, proof or None, party or None, ground)


def _kg(text: str, shape: _Shape) -> int | None:
    """A mass; None where it cannot be read, which is told of the row by itself."""
    if text.isdecimal() and text.isascii() and len(text) < 16:
        kg = int(text) * shape.unit_kg
        return kg if shape.least <= kg <= MOST_KG else None
    try:
        return kilograms(text, shape.unit_kg, shape.least)
    except Refused:
        return None
