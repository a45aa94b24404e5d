"""The ids under which the rows of an import are asked for."""

from infra.commandids import kept_id
from infra.importing.chunks import row_id

ROWS = (1, 2, 9, 10, 255, 256, 100_000, 4_992_000)


def test_ids_of_an_import_stand_side_by_side_in_the_order_of_its_rows() -> None:
    ours = [row_id("import-1", number) for number in ROWS]
    others = [row_id(f"import-{number}", 1) for number in range(2, 50)]
    together = sorted(ours + others)
    first = together.index(ours[0])
    assert together[first : first + len(ROWS)] == ours


def test_each_row_of_each_import_has_an_id_of_its_own_that_is_kept_as_it_is() -> None:
    ids = {row_id(f"import-{number}", row) for number in range(50) for row in ROWS}
    assert len(ids) == 50 * len(ROWS)
    assert all(kept_id(one, b"key") == one for one in ids)
