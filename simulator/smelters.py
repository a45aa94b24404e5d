"""Inventories of the world's smelters, made from public asset data: real plants, assumed habits.

    python -m simulator.smelters ASSETS.csv ENERGY.csv > activity.csv

ASSETS lists smelters with country, capacity, utilisation and power; ENERGY is a region's power per
tonne by year (IAI). Everything else is assumed alike for all, is written as `industry_average` and
says so in its source. What a real plant's year looks like is not in such files and is not claimed.
A smelter that stands idle has no year; power under a purchase agreement whose plant nobody names
counts as grid power.
"""

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, TextIO

YEAR = 2021
COLUMNS = (
    "facility_id", "year", "country", "cell_technology", "started",
    "step", "item", "quantity", "unit", "kind", "factor", "source", "of", "proofs",
)  # fmt: skip
ASSUMED = "assumed alike for all smelters"

REGIONS: Mapping[str, str] = {
    "Africa": "Africa",
    "Canada": "North America",
    "US": "North America",
    "South America": "South America",
    "Middle East": "Gulf Cooperation Council",
    "Rest of Asia": "Asia (ex China)",
    "Oceania": "Oceania",
    "Rest of Europe": "Europe",
    "Russia": "Europe",
    "Scandinavia": "Europe",
}
"""Regions of the assets, in the words of the energy series; whatever begins with China is China."""

COUNTRIES: Mapping[str, str] = {
    "Argentina": "AR", "Australia": "AU", "Azerbaijan": "AZ", "Bahrain": "BH",
    "Bosnia and Herzegovina": "BA", "Brazil": "BR", "Cameroon": "CM", "Canada": "CA",
    "Egypt": "EG", "France": "FR", "Germany": "DE", "Ghana": "GH", "Greece": "GR",
    "Iceland": "IS", "India": "IN", "Indonesia": "ID", "Iran": "IR", "Italy": "IT",
    "Kazakhstan": "KZ", "Malaysia": "MY", "Montenegro": "ME", "Mozambique": "MZ",
    "Netherlands": "NL", "New Zealand": "NZ", "Nigeria": "NG", "Norway": "NO", "Oman": "OM",
    "Qatar": "QA", "Romania": "RO", "Russia": "RU", "Saudi Arabia": "SA", "Slovakia": "SK",
    "Slovenia": "SI", "South Africa": "ZA", "Spain": "ES", "Sweden": "SE", "Tajikistan": "TJ",
    "Turkey": "TR", "United Arab Emirates": "AE", "United Kingdom": "GB",
    "United States": "US", "Venezuela": "VE", "Vietnam": "VN",
}  # fmt: skip

PER_TONNE: tuple[tuple[str, str, str, str, str], ...] = (
    ("electrolysis", "input.net_anode", "0.42", "t", ""),
    ("electrolysis", "bought.anode", "0.55", "t", ""),
    ("electrolysis", "bought.alumina", "1.928", "t", ""),
    ("electrolysis", "bought.alf3", "0.0167", "t", ""),
    ("electrolysis", "transport.sea", "9000", "t*km", "bought.alumina"),
    ("electrolysis", "transport.rail", "300", "t*km", "bought.alumina"),
    ("electrolysis", "transport.road", "60", "t*km", "bought.anode"),
    ("casting", "fuel.gas", "1238", "MJ", ""),
    ("casting", "power.grid", "53", "kWh", ""),
)
"""What a tonne of metal takes everywhere: step, item, amount, unit, what a leg carries."""
MINUTES = "0.52"
"""Anode-effect minutes per cell and day that give the world average of CF4 (sources.md 4.5)."""
COAL_MJ_PER_KWH = Decimal("9.6")
GAS_MJ_PER_KWH = Decimal("7.6")
"""What a plant of the smelter's own burns for a kilowatt-hour: 37.5 and 47 % efficient."""

Row = dict[str, str]


class Smelter(NamedTuple):
    """One operating smelter: its metal in tonnes and its power per tonne in kWh."""

    facility_id: str
    country: str
    power: str
    started: int
    metal_t: Decimal
    kwh_per_t: Decimal


def smelters(assets: Path, energy: Path, year: int = YEAR) -> Iterator[Smelter]:
    """The smelters that run, in the order of the file; KeyError for a region or a country that
    nobody knows."""
    power = _energy(energy, year)
    with assets.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            metal = (
                Decimal(row["annual_production_capacity_mt"])
                * Decimal(row["capacity_factor"] or 0)
                * 1_000_000
            )
            if row["kind"] != "smelter" or metal <= 0:
                continue
            china = row["region"].startswith("China")
            yield Smelter(
                facility_id=row["asset_id"],
                country="CN" if china else COUNTRIES[row["country"]],
                power=row["technology"].partition(" + ")[2],
                started=int(row["start_year"]),
                metal_t=metal,
                kwh_per_t=power["China" if china else REGIONS[row["region"]]],
            )


def _energy(file: Path, year: int) -> Mapping[str, Decimal]:
    with file.open(newline="", encoding="utf-8") as opened:
        for row in csv.DictReader(opened):
            if row["year"] == str(year) and row["Type"] == "Total Energy_ac":
                named = {name: value for name, value in row.items() if name not in ("year", "Type")}
                return {name: Decimal(value) for name, value in named.items() if value}
    raise LookupError(f"{file.name} tells no total energy of {year}")


def rows(smelter: Smelter, year: int = YEAR) -> Iterator[Row]:
    """The year of a smelter as rows of an activity file."""
    base = {
        "facility_id": smelter.facility_id,
        "year": str(year),
        "country": smelter.country,
        "cell_technology": "CWPB",
        "started": str(smelter.started),
        "kind": "industry_average",
        "source": ASSUMED,
    }

    def row(step: str, item: str, quantity: Decimal, unit: str, **more: str) -> Row:
        said = {"step": step, "item": item, "quantity": f"{quantity.normalize():f}", "unit": unit}
        return {**base, **said, **more}

    metal = smelter.metal_t
    capacity = {"source": "capacity times utilisation"}
    yield row("electrolysis", "output.liquid_metal", metal, "t", **capacity)
    yield row("casting", "output.cast_metal", metal, "t", **capacity)
    yield row("electrolysis", "anode_effect.minutes", Decimal(MINUTES), "min/cell-day")
    for step, item, amount, unit, carried in PER_TONNE:
        yield row(step, item, metal * Decimal(amount), unit, of=carried)
    for item, quantity, unit, more in _power(smelter):
        yield row("electrolysis", item, quantity, unit, **{"source": "IAI, by region", **more})


def _power(smelter: Smelter) -> Iterator[tuple[str, Decimal, str, Row]]:
    kwh = smelter.metal_t * smelter.kwh_per_t
    match smelter.power:
        case "Coal":
            yield "power.own_generation", kwh, "kWh", {}
            yield "fuel.coal_hard", kwh * COAL_MJ_PER_KWH, "MJ", {"source": ASSUMED}
        case "Natural Gas":
            yield "power.own_generation", kwh, "kWh", {}
            yield "fuel.gas", kwh * GAS_MJ_PER_KWH, "MJ", {"source": ASSUMED}
        case "Hydro":
            yield "power.direct_line", kwh, "kWh", {"factor": "0", "proofs": "dedicated_line meter"}
        case _:
            yield "power.grid", kwh, "kWh", {}


def write(out: TextIO, found: Iterable[Smelter]) -> int:
    """Write an activity file; how many smelters stand in it."""
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    number = 0
    for smelter in found:
        writer.writerows(rows(smelter))
        number += 1
    return number


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"give two files: {(__doc__ or '').splitlines()[2].strip()}")
    print(
        f"{write(sys.stdout, smelters(Path(sys.argv[1]), Path(sys.argv[2])))} smelters",
        file=sys.stderr,
    )
