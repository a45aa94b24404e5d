"""Rows of a file mean the same whether they are read many together or each by itself."""

from collections.abc import Mapping
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as some

from infra.errors import Refused
from infra.importing.kinds import Asked
from infra.importing.mapping import Said, bind
from services.coc_ledger.accounting import booking
from services.coc_ledger.accounting.together import Line, alone
from services.coc_ledger.evidence import PoolKnown
from services.coc_ledger.movements.lines import Lines
from services.coc_ledger.movements.rows import Rows
from services.coc_ledger.movements.words import FIELDS
from services.coc_ledger.pools.commands import Booking, ReceiveMaterial

from .given import DAY, LOOKED_AT, TODAY, scope_seen, seen

COLUMNS = (
    "movement_id", "scope_id", "stage", "day", "movement", "mass_t", "origin", "supplier_id",
    "origin_ref", "customer_id", "intensity_kgco2e_per_kg", "reverses", "activity",
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
KINDS = some.sampled_from(
    (
        ("receipt", "non_coc", "SUP-1", "4.5"),
        ("receipt", "post_consumer_scrap", "SUP-2", ""),
        ("shipment", "", "", ""),
        ("loss", "", "", ""),
        ("count", "", "", ""),
    )
)
USES = {"receipt": "origin_ref", "shipment": "customer_id"}


def usual(
    kind: tuple[str, ...], name: str, day: str, mass: str, proof: str, party: str
) -> dict[str, str]:
    """A row of one of a few kinds, which is right but for its odd cells."""
    movement, origin, supplier, intensity = kind
    says = {"origin_ref": proof, "customer_id": party}
    return {
        **dict.fromkeys(COLUMNS, ""),
        **{what: text for what, text in says.items() if USES.get(movement) == what},
        "movement_id": name,
        "scope_id": "S-1",
        "stage": "aluminium",
        "day": day,
        "movement": movement,
        "mass_t": mass,
        "origin": origin,
        "supplier_id": supplier,
        "intensity_kgco2e_per_kg": intensity,
    }


USUAL = some.builds(
    usual,
    KINDS,
    cell("M-1", "M-2", " M-3 ", "a:b"),
    DAYS,
    cell("1.5", "2", " 7 ", "0", "0.0001", "x"),
    cell("", "note-1", "note 2"),
    cell("", "CAN", "day", "B&B"),
)
ODD = some.sampled_from(
    (
        {},
        {},
        {},
        {"scope_id": "S-2"},
        {"stage": "bauxite"},
        {"movement_id": ""},
        {"movement": "reversal", "reverses": "M-1", "mass_t": ""},
        {"movement": "scrap shipment", "origin": "", "supplier_id": ""},
        {"customer_id": "CAN"},
        {"intensity_kgco2e_per_kg": "-1"},
        {"activity": "casthouse"},
        {"activity": "smelting"},
        {"activity": "alchemy"},
    )
)
ROWS = some.lists(some.builds(lambda row, odd: {**row, **odd}, USUAL, ODD), max_size=30)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_rows_together_mean_what_each_means_by_itself(rows: list[dict[str, str]]) -> None:
    asked, binding = Asked("import-1", "M-1"), bind(COLUMNS, FIELDS, NOTHING, NOTHING)
    together, singly = Lines(asked, binding, TODAY, known), Rows(asked, binding, TODAY, known)
    for row in rows:
        cells = tuple(row[name] for name in COLUMNS)
        found, expected = together.build(cells), singly.build(cells)
        assert (found.key, found.faults, found.notes) == (expected.key, expected.faults, ())
        if isinstance(found.line, Line):
            assert alone(found.line) == expected.command
            assert found.line.digest == booking.digest_of(alone(found.line))
        else:
            assert found.command == expected.command
