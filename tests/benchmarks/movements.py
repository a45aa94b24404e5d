"""Files of movements for the benchmark: a synthetic casthouse's year, in any number of rows; and
the same entries as a ledger of beancount.

Rows come in the order of their days, as ERPs write them. Every mass, movement and weighbridge note
is its own; suppliers, yards and customers come again. Some rows are of kinds that are booked alone.
"""

import csv
import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

SCOPE = "bench-S"
SUPPLIERS = tuple(f"SUP-{number}" for number in range(24))
YARDS = tuple(f"YARD-{number}" for number in range(8))
CUSTOMERS = tuple(f"CUST-{number}" for number in range(60))
COLUMNS = (
    "movement_id", "scope_id", "stage", "day", "movement", "mass_kg", "origin", "supplier_id",
    "origin_ref", "customer_id", "intensity_kgco2e_per_kg", "emission_kgco2e",
)  # fmt: skip
DAYS = 360
RARE = 5_000
"""One in so many rows tells the step's own emissions, one counts the stock."""
SIDES = {
    "receipt": ("Income:NonCoC", "Assets:Stock"),
    "scrap": ("Income:PostConsumer", "Assets:Stock"),
    "shipment": ("Assets:Stock", "Expenses:Products"),
    "scrap_shipment": ("Assets:Stock", "Expenses:Scrap"),
    "loss": ("Assets:Stock", "Expenses:Losses"),
    "count": ("Equity:Unexplained", "Assets:Stock"),
    "process_emissions": ("Equity:Process", "Assets:Stock"),
}
"""Accounts of beancount, which knows five kinds of them."""
Row = tuple[str, ...]


def rows(count: int, first: date) -> Iterator[Row]:
    """So many rows over a year from a first day on; the same ones every time."""
    made = random.Random(count)
    for number in range(count):
        day = (first + timedelta(days=number * DAYS // count)).isoformat()
        yield _row(number, day, made)


def _row(number: int, day: str, made: random.Random) -> Row:
    kg, what = str(made.randint(500, 25_000)), made.random()
    where = (SCOPE, "aluminium", day)
    if number % RARE == RARE - 1:
        told = str(made.randint(1_000, 90_000))
        return f"PE-{number:08d}", *where, "process_emissions", "", "", "", "", "", "", told
    if number % RARE == RARE // 2:
        return f"CO-{number:08d}", *where, "count", "90000000", "", "", "", "", "", ""
    if what < 0.32:
        at = made.randrange(len(SUPPLIERS))
        told = f"{4 + at / 2}"
        return (f"GR-{number:08d}", *where, "receipt", kg, "non_coc", SUPPLIERS[at], "", "", told,
                "")  # fmt: skip
    if what < 0.52:
        yard, note = made.choice(YARDS), f"WB-{number}"
        return (f"GR-{number:08d}", *where, "receipt", kg, "post_consumer_scrap", yard, note, "",
                "", "")  # fmt: skip
    if what < 0.94:
        customer = made.choice(CUSTOMERS)
        return f"GI-{number:08d}", *where, "shipment", kg, "", "", "", customer, "", ""
    if what < 0.98:
        return f"GI-{number:08d}", *where, "scrap_shipment", kg, "", "", "", "", "", ""
    return f"LO-{number:08d}", *where, "loss", str(made.randint(1, 200)), "", "", "", "", "", ""


def write(folder: Path, parts: Sequence[int], first: date) -> None:
    """All rows as CSV, in files of so many each: `0.csv` and so on."""
    made = rows(sum(parts), first)
    for number, part in enumerate(parts):
        with (folder / f"{number}.csv").open("w", newline="") as text:
            out = csv.writer(text)
            out.writerow(COLUMNS)
            out.writerows(islice(made, part))


def write_ledger(file: Path, count: int, first: date) -> None:
    """The same entries as beancount reads them: a transaction each, balanced in kilograms."""
    accounts = sorted({account for sides in SIDES.values() for account in sides})
    with file.open("w") as text:
        for account in accounts:
            text.write(f"{first} open {account}\n")
        for movement, _, _, day, word, kg, origin, supplier, _, customer, _, grams in rows(
            count, first
        ):
            source, target = SIDES["scrap" if origin == "post_consumer_scrap" else word]
            unit = "KG" if kg else "KGCO2E"
            text.write(
                f'\n{day} * "{supplier or customer or word}" "{movement}"\n'
                f"  {source}  -{kg or grams} {unit}\n"
                f"  {target}  {kg or grams} {unit}\n"
            )
