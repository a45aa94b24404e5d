"""Which column holds which field: said, remembered, or told by its name. Pure.

A mapping is remembered per member and set of columns, so that next month's file of the same
program needs no words. What is said now stands before what is remembered, and that before names.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from infra.errors import Refused

from .rows import ERROR_COLUMNS

How = Literal["said", "remembered", "by name"]
_PLAIN = re.compile(r"[^a-z0-9]+")


class Field(NamedTuple):
    """A field that a row may give. `names` are further column names that mean it."""

    name: str
    names: tuple[str, ...] = ()
    required: bool = False


class Said(NamedTuple):
    """A mapping as somebody says it: field to column name, field to constant."""

    columns: Mapping[str, str]
    constants: Mapping[str, str]


class Bound(NamedTuple):
    """Where a field comes from: the column `at`, or a constant `value`."""

    field: str
    column: str | None
    at: int | None
    value: str | None
    how: How


class Binding(NamedTuple):
    """All fields of a file that were found, and the columns that nobody asked for."""

    fields: Mapping[str, Bound]
    ignored: tuple[str, ...]

    def column(self, field: str) -> str:
        """The name of the column that a field comes from; "" for a constant or none."""
        bound = self.fields.get(field)
        return (bound.column or "") if bound else ""


def plain_name(name: str) -> str:
    """A name for comparison: small letters and digits, the rest underscores."""
    return _PLAIN.sub("_", name.casefold()).strip("_")


def read_said(maps: Sequence[str], constants: Sequence[str], fields: Sequence[Field]) -> Said:
    """`field:column` and `field:value` texts; Refused `invalid-mapping`."""
    known = {field.name for field in fields}
    said: tuple[dict[str, str], dict[str, str]] = {}, {}
    for into, texts in zip(said, (maps, constants), strict=True):
        for text in texts:
            name, colon, value = text.partition(":")
            if not colon or not value.strip():
                raise Refused("invalid-mapping", f"{text[:100]!r} is not field:column")
            if name not in known:
                raise Refused(
                    "invalid-mapping",
                    f"there is no field {name[:100]!r}; there are {', '.join(sorted(known))}",
                )
            if name in said[0] or name in said[1]:
                raise Refused("invalid-mapping", f"the field {name} is mapped twice: say it once")
            into[name] = value.strip()
    return Said(*said)


def signature(columns: Sequence[str]) -> str:
    """The same for the same columns in any order; those of rejects do not count."""
    names = sorted(name.casefold() for name in columns if name not in ERROR_COLUMNS)
    return hashlib.blake2b("\n".join(names).encode(), digest_size=16).hexdigest()


def merged(remembered: Said, said: Said) -> Said:
    """What holds from now on: what is said stands before what is remembered."""
    now = said.columns.keys() | said.constants.keys()
    return Said(
        {k: v for k, v in remembered.columns.items() if k not in now} | {**said.columns},
        {k: v for k, v in remembered.constants.items() if k not in now} | {**said.constants},
    )


def bind(columns: Sequence[str], fields: Sequence[Field], said: Said, remembered: Said) -> Binding:
    """Find every field; Refused `unknown-column`, `column-ambiguous` or `columns-missing`."""
    places = {name.casefold(): index for index, name in enumerate(columns)}
    found: dict[str, Bound] = {}
    for words, how in ((said, "said"), (remembered, "remembered")):
        for field, column in words.columns.items():
            index = places.get(column.casefold())
            if index is not None and field not in found:
                found[field] = Bound(field, columns[index], index, None, _how(how))
            elif index is None and how == "said":
                raise Refused(
                    "unknown-column",
                    f"the file has no column {column[:80]!r} for {field}; it has"
                    f" {', '.join(columns)[:500]}",
                )
        for field, value in words.constants.items():
            if field not in found:
                found[field] = Bound(field, None, None, value, _how(how))
    _by_name(columns, fields, found)
    missing = [field.name for field in fields if field.required and field.name not in found]
    if missing:
        raise Refused(
            "columns-missing",
            f"no column of row 1 is known to mean {', '.join(missing)}: map a column"
            f" ({missing[0]}=COLUMN) or set a value for all rows; the columns are"
            f" {', '.join(columns)[:500]}",
            missing=missing,
        )
    used = {bound.at for bound in found.values()}
    ignored = [
        name
        for index, name in enumerate(columns)
        if index not in used and name not in ERROR_COLUMNS
    ]
    return Binding(found, tuple(ignored))


def _how(word: str) -> How:
    return "said" if word == "said" else "remembered"


def _by_name(columns: Sequence[str], fields: Sequence[Field], found: dict[str, Bound]) -> None:
    """Columns called like a field; one of its own name stands before one of another name. A field
    that every row needs may share a column that was said to mean another field too."""
    said = {bound.at for bound in found.values()}
    used: set[int] = set()
    named = {i: plain_name(name) for i, name in enumerate(columns) if name not in ERROR_COLUMNS}
    for field in fields:
        if field.name in found:
            continue
        free = [i for i in named if i not in used and (field.required or i not in said)]
        same = [i for i in free if named[i] == field.name]
        alike = [i for i in free if named[i] in field.names]
        match = same or alike
        if len(match) > 1:
            raise Refused(
                "column-ambiguous",
                f"{' and '.join(columns[i] for i in match)} could both mean {field.name}: map one",
            )
        if match:
            used.add(match[0])
            found[field.name] = Bound(field.name, columns[match[0]], match[0], None, "by name")
