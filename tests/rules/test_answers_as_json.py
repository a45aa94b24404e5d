"""What services answer is written as JSON, whatever mappings go by in Python."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import orjson
import pytest

from contracts.ghg_plans import PathwayFamily
from contracts.inventory import Severity
from infra.web import Json


class Planned(NamedTuple):
    """A mapping inside something that is told by its fields."""

    values: Mapping[int, Decimal]


@pytest.mark.parametrize(
    ("key", "written"),
    [
        (2030, "2030"),
        (date(2030, 1, 31), "2030-01-31"),
        (PathwayFamily.PRIMARY, "primary"),
        (Severity.BLOCK, "block"),
        ("2030", "2030"),
    ],
)
def test_a_mapping_by_years_days_or_names_of_ours_is_answered(key: object, written: str) -> None:
    answer = Json({"outer": [{key: Decimal("10.50")}]})
    assert orjson.loads(answer.body) == {"outer": [{written: "10.5"}]}


def test_a_mapping_within_a_named_tuple_is_answered_too() -> None:
    answer = Json(Planned({2025: Decimal(12)}))
    assert orjson.loads(answer.body) == {"values": {"2025": "12"}}
