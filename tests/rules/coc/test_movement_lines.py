"""Rows of a file mean the same whether they are read many together or each by itself."""

from collections.abc import Mapping
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as some

from infra.errors import Refused
from infra.importing.kinds import Asked
from infra.importing.mapping import Said, bind
from services.coc_ledger import booking
from services.coc_ledger.evidence import PoolKnown
from services.coc_ledger.movement_lines import Lines
from services.coc_ledger.movement_rows import Rows
from services.coc_ledger.movement_words import FIELDS
from services.coc_ledger.pool_commands import Booking, ReceiveMaterial
from services.coc_ledger.together import Line, alone

from .given import DAY, LOOKED_AT, TODAY, scope_seen, seen

COLUMNS = (
    "movement_id", "scope_id", "stage", "day", "movement", "mass_t", "origin", "supplier_id",
    "origin_ref", "customer_id", "intensity_kgco2e_per_kg", "reverses",
)  # fmt: skip
NOTHING = Said({}, {})
LATEST = DAY + timedelta(days=1)


def known(command: type[Booking], values: Mapping[str, object]) -> Mapping[str, object]:
    """Evidence that differs by day and supplier; none for a late day."""
    day = values["day"]
    if day == LATEST or values["scope_id"] != "S-1":
        raise Refused("unknown-scope", "Member M-1 has no such scope.", scope_id="-")
    name = f"As of {day}"
    fields: dict[str, object] = {
        "scope": scope_seen().model_copy(update={"name": name}),
        "known": PoolKnown(),
    }
    if command is ReceiveMaterial:
        looked = (LOOKED_AT,) if values.get("supplier_id") == "SUP-1" else ()
        fields |= {"diligence": looked, "checked": seen()}
    return fields


def cell(*usual: str) -> some.SearchStrategy[str]:
    return some.sampled_from(usual)


DAYS = cell(*((DAY - timedelta(days=back)).isoformat() for back in range(-1, 4)), "soon", " ")
ROWS = some.lists(
    some.tuples(
        cell("M-1", "M-2", " M-3 ", "a:b", ""),
        cell("S-1", "S-1", "S-1", "S-2"),
        cell("aluminium", "aluminum", "bauxite"),
        DAYS,
        cell("receipt", "receipt", "shipment", "scrap_shipment", "loss", "count", "reversal"),
        cell("1.5", "0", "2", "0.0001", "x", " 7 "),
        cell("", "", "non_coc", "post_consumer_scrap"),
        cell("", "SUP-1", "SUP-2"),
        cell("", "", "note-1", "note 2"),
        cell("", "", "CAN", "B&B", "day"),
        cell("", "", "4.5", "-1"),
        cell("", "", "", "M-1"),
    ),
    min_size=1,
    max_size=30,
)


def plain(row: tuple[str, ...]) -> tuple[str, ...]:
    """A row without cells that its movement has no use for: most could not be booked else."""
    needed = {"receipt": {6, 7, 8, 10}, "shipment": {9}, "scrap_shipment": {9}, "reversal": {11}}
    own = needed.get(row[4], set())
    return tuple(text if at < 6 or at in own else "" for at, text in enumerate(row))


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, tidy=some.booleans())
def test_rows_together_mean_what_each_means_by_itself(
    rows: list[tuple[str, ...]], *, tidy: bool
) -> None:
    asked, binding = Asked("import-1", "M-1"), bind(COLUMNS, FIELDS, NOTHING, NOTHING)
    together, singly = Lines(asked, binding, TODAY, known), Rows(asked, binding, TODAY, known)
    for row in map(plain, rows) if tidy else rows:
        found, expected = together.build(row), singly.build(row)
        assert (found.key, found.faults, found.notes) == expected[0:1] + expected[2:4]
        if isinstance(found.line, Line):
            assert isinstance(expected.command, Booking)
            assert alone(found.line) == expected.command
            assert found.line.digest == booking.digest_of(alone(found.line))
        else:
            assert found.command == expected.command
