"""Rows of an activity file read column by column are what they are one by one."""

from hypothesis import given
from hypothesis import strategies as st

from .test_activity_rows import GOOD, reader

ODD = {
    "quantity": ("7", "0.50", "1e3", " 12 ", "", "-3", "1,2", "x\n5"),
    "unit": ("GJ", "Nm3", "t", "ton", ""),
    "kind": ("measured", "Supplier verified", "guess"),
    "item": ("fuel.gas", "natural gas", "scrap.in", "fuel.peat", "power.grid", "output.sold"),
    "of": ("", "metal cast", "fuel.gas", "nothing"),
    "treatment": ("", "Recycled", "buried somewhere"),
    "technology": ("", "cwpb", "new cells"),
    "source": ("", " meter 7 ", "x" * 201),
    "evidence": ("", "doc 1"),
    "supplier_id": ("", "SUP-1", "a b", "SUP-1\nSUP-2"),
    "supplier_name": ("", "ACME Ltd", "x" * 201),
    "factor": ("", "0.2", "99999999"),
    "factor_unit": ("", "kg CO2e/MJ", "t CO2e/MWh"),
    "from_on": ("", "2024-02-01", "2023-01-01"),
    "data_year": ("", "2023", "2023.0"),
    "left_out": ("", "no", "yes", "perhaps"),
    "calorific_value": ("", "40", "0.9"),
    "calorific_unit": ("", "MJ/Nm3", "GJ/t", "BTU"),
    "oxidation_factor": ("", "0.98", "98"),
    "certificates": ("", "GEC-7: 5", "GEC-7"),
    "certificate_years": ("", "2024", "GEC-8: 2024"),
    "certificate_lots": ("", "GEC-7: 50", "many"),
    "year": ("2024", "2024.0", "2025"),
    "datum_id": ("", "d1", "d2"),
    "country": ("Norway", "China", ""),
}
"""Cells of which some are right, some are not, and some are right together with others only."""


WHOLE = (
    {"item": "waste.dross", "unit": "t", "treatment": "Landfill"},
    {"item": "waste.dross", "unit": "t", "treatment": "buried somewhere"},
    {"item": "output.sold", "unit": "t", "of": "metal cast"},
    {"item": "output.sold", "unit": "t"},
)
"""Rows of which one word decides."""
CELLS = st.sampled_from([(name, cell) for name, cells in ODD.items() for cell in cells])


@given(
    st.lists(st.lists(CELLS, max_size=3).map(dict) | st.sampled_from(WHOLE), min_size=1, max_size=4)
)
def test_rows_read_column_by_column_are_what_they_are_one_by_one(
    changes: list[dict[str, str]],
) -> None:
    columns = list({**GOOD, **ODD})
    rows = [[{**GOOD, **change}.get(name, "") for name in columns] for change in changes]
    whole, single = reader(columns), reader(columns)
    assert whole.assemble(rows) == single.one_by_one(rows)


def test_rows_that_are_right_are_read_at_once() -> None:
    row = {**GOOD, "source": " meter 7 ", "factor": "0.05", "factor_unit": "kg CO2e/MJ"}
    cells = [[row[name] for name in row]] * 3
    found = reader(list(row)).at_once(cells)
    assert found is not None
    assert found == reader(list(row)).one_by_one(cells)
