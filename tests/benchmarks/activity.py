"""Activity files for the benchmark: synthetic smelters with 200 lines a year each, in any number.

Lines are as companies send them: mixed units, own factors for some, transport of every input, texts
that name documents. The numbers of every year differ, so that nothing repeats but the words.
"""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

LINES = 200
COLUMNS = (
    "facility_id", "year", "datum_id", "step", "item", "quantity", "unit", "kind", "source",
    "evidence", "supplier_id", "factor", "factor_unit", "factor_source", "of", "cell_technology",
    "low_voltage",
)  # fmt: skip
FIRST_YEAR = 2015
YEARS = 10
Line = tuple[str, str, float, str, str]
"""Step, item, quantity per tonne of metal (or as it is), unit, what a leg carries."""
FIXED: tuple[Line, ...] = (
    ("electrolysis", "output.liquid_metal", 1.0, "t", ""),
    ("casting", "output.cast_metal", 0.995, "t", ""),
    ("casting", "loss.metal", 0.004, "t", ""),
    ("electrolysis", "anode_effect.minutes", 0.0, "min/cell-day", ""),
)
MANY: tuple[Line, ...] = (
    ("electrolysis", "power.grid", 13.6, "MWh", ""),
    ("casting", "fuel.gas", 1.1, "GJ", ""),
    ("casting", "fuel.gas", 28.0, "Nm3", ""),
    ("electrolysis", "fuel.diesel", 1.6, "l", ""),
    ("electrolysis", "input.net_anode", 420.0, "kg", ""),
    ("electrolysis", "bought.alumina", 1.925, "t", ""),
    ("electrolysis", "bought.alf3", 17.0, "kg", ""),
    ("electrolysis", "bought.anode", 0.43, "t", ""),
    ("casting", "bought.alloying", 0.01, "t", ""),
    ("electrolysis", "transport.sea", 12.0, "kt*km", "bought.alumina"),
    ("electrolysis", "transport.rail", 600.0, "t*km", "bought.alumina"),
    ("electrolysis", "transport.road", 40.0, "t*km", "bought.alf3"),
    ("casting", "waste.dross", 0.012, "t", ""),
    ("electrolysis", "waste.spl_carbon", 0.01, "t", ""),
)
FACTORS = {"bought.alumina": 1.2, "bought.alf3": 1.5, "bought.anode": 0.6}
"""Suppliers' own, t CO2e/t, in every other line of these."""


def facility(number: int) -> str:
    """The own id of the facility of a facility-year."""
    return f"plant-{number // YEARS + 1}"


def facilities(years: int) -> int:
    """How many facilities so many facility-years need."""
    return (years + YEARS - 1) // YEARS


def write(file: Path, years: int, seed: int = 7) -> int:
    """Write a file of so many facility-years; how many lines it has."""
    dice = random.Random(seed)  # the same file every time
    with file.open("w", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for number in range(years):
            writer.writerows(_year(number, dice))
    return years * LINES


def _year(number: int, dice: random.Random) -> Iterator[tuple[str, ...]]:
    metal = dice.uniform(90_000, 600_000)
    own, year = facility(number), str(FIRST_YEAR + number % YEARS)
    for at in range(LINES):
        line = FIXED[at] if at < len(FIXED) else MANY[at % len(MANY)]
        step, item, per_t, unit, of = line
        share = 1.0 if at < len(FIXED) else len(MANY) / (LINES - len(FIXED))
        quantity = metal * per_t * share * dice.uniform(0.97, 1.03) if at >= 3 else metal * per_t
        factor = FACTORS.get(item, 0.0) if at % 2 else 0.0
        yield (
            own, year, f"line-{at}", step, item,
            f"{dice.uniform(0.05, 0.5):.4f}" if per_t == 0 else f"{quantity:.3f}",
            unit,
            "supplier_verified" if factor else "measured",
            f"meter {at % 40}", f"doc-{number}-{at}",
            f"supplier-{at % 9}" if item.startswith(("bought", "transport")) else "",
            f"{factor * dice.uniform(0.8, 1.2):.4f}" if factor else "",
            "t CO2e/t" if factor else "",
            "statement" if factor else "",
            of, "PFPB_M", "measured",
        )  # fmt: skip
