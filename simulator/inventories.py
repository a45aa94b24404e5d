"""Greenhouse-gas inventories of the synthetic world: what some of its members report each year.

Members that are certified in time tell the activity of their plants each spring, have it verified
and disclose it; a few leave out what an auditor looks for. Habits are plausible ranges, not data.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from heapq import merge
from random import Random
from typing import Protocol

from contracts.values import Activity

from .custody import custody_steps
from .history import FacilityChanged, FacilityClosed, FacilityRegistered, Site, TransferOffered
from .steps import JSON, Step, steps
from .world import World

YEARS = (2022, 2023, 2024)
VERIFIERS = ("synthetic-verifier-1", "synthetic-verifier-2", "synthetic-verifier-3")
ACCREDITATION = "synthetic-accreditation"
WAITING = 0.25
"""The share of the last year's results on which their verifiers have not answered yet."""
CLEAN = frozenset({"NO", "IS", "CA", "BR", "NZ", "SE"})
"""Countries whose plants are given hydro power over a direct line."""

_A = Activity
PLANTS: Mapping[Activity, int] = {
    _A.SMELTING: 20,
    _A.ALUMINA_REFINING: 6,
    _A.REMELTING_REFINING: 10,
    _A.SEMI_FABRICATION: 8,
}
"""At most so many plants of a kind: enough for a curve, few enough to load in a moment."""
UNITS: Mapping[str, str] = {
    **dict.fromkeys(("output", "input", "bought", "scrap", "waste"), "t"),
    "fuel": "MJ",
    "power": "kWh",
    "transport": "t*km",
    "anode_effect": "min/cell-day",
}
"""In what each family of items is told."""
Row = dict[str, JSON]


class RowOf(Protocol):
    """Makes one datum of a plant's year."""

    def __call__(self, step: str, item: str, quantity: float, **more: JSON) -> Row:
        """The datum, numbered."""
        ...


def all_steps(world: World) -> Iterator[Step]:
    """What users send to every service, in order of days."""
    told = (steps(world), inventory_steps(world), custody_steps(world))
    return merge(*told, key=lambda step: step.on)


def inventory_steps(world: World) -> Iterator[Step]:
    """All that is sent to `ghg`, in order of days."""
    found = [
        step
        for entry in _plants(world)
        for year in YEARS
        if entry.recorded_on.year <= year
        for step in _year(world, entry, year)
    ]
    return iter(sorted(found, key=lambda step: (step.on, step.command_id)))


def _plants(world: World) -> Iterator[FacilityRegistered]:
    """Plants that stay as and whose they are, of members that are certified in time; one of each
    member, so that many members are on a curve."""
    left = dict(PLANTS)
    for member_id, seat in world.members.items():
        if seat.script != "in_time":
            continue
        entries = world.by_member.get(member_id, ())
        moved = {
            entry.facility_id
            for entry in entries
            if isinstance(entry, (FacilityChanged, FacilityClosed, TransferOffered))
        }
        stay = [
            entry
            for entry in entries
            if isinstance(entry, FacilityRegistered) and entry.facility_id not in moved
        ]
        for kind in PLANTS:
            plant = next((one for one in stay if kind in one.site.activities), None)
            if plant is not None:
                if left[kind] and plant.site.operating:
                    left[kind] -= 1
                    yield plant
                break


def _year(world: World, entry: FacilityRegistered, year: int) -> Iterator[Step]:
    """A facility's year from its data to its disclosure, as far as that has come."""
    dice = Random(f"inventory/{world.seed}/{entry.facility_id}/{year}")
    on = date(year + 1, 2, 1) + timedelta(days=dice.randrange(50))
    whose: Row = {"facility_id": entry.facility_id, "year": year}
    own: Row = {**whose, "member_id": entry.member_id}
    data: list[JSON] = [*_data(entry.site, dice)]
    smelter = _A.SMELTING in entry.site.activities
    site: Row = {"technology": "CWPB"} if smelter else {}
    if dice.random() < 0.5:
        site = {**site, "low_voltage": "measured"}
    sender = f"member:{entry.member_id}"
    yield Step(
        on, "ghg", "submit_activity", {**own, "site": site, "data": data}, "a year's data", sender
    )
    verifier = dice.choice(VERIFIERS)
    on += timedelta(days=7 + dice.randrange(14))
    if on > world.as_of:
        return
    asked: Row = {**own, "result": 1, "verifier_id": verifier}
    yield Step(on, "ghg", "submit_for_verification", asked, "to a verifier", sender)
    unread = Random(f"waiting/{world.seed}/{entry.facility_id}").random() < WAITING
    if year == YEARS[-1] and unread:
        return
    on += timedelta(days=14 + dice.randrange(50))
    if on > world.as_of:
        return
    said: Row = {
        **whose,
        "result": 1,
        "verifier_id": verifier,
        "accreditation": ACCREDITATION,
        "statement_ref": f"SYN-{entry.facility_id}-{year}",
        "scopes": ["1", "2_location", "2_market", "3.1", "3.3", "3.4"],
        "assurance": dice.choice(("limited", "reasonable")),
        "verified_on": on.isoformat(),
    }
    yield Step(on, "ghg", "verify_result", said, "verified", f"verifier:{verifier}")
    on += timedelta(days=7 + dice.randrange(7))
    if on <= world.as_of and dice.random() < 0.9:
        yield Step(on, "ghg", "publish_disclosure", {**own, "result": 1}, "disclosed", sender)


def _data(site: Site, dice: Random) -> Iterator[Row]:
    """Activity of a plant's year, some hundred thousand tonnes of it."""
    made = round(site.capacity_t_per_year * dice.uniform(0.75, 0.98))
    number = 0

    def row(step: str, item: str, quantity: float, **more: JSON) -> Row:
        nonlocal number
        number += 1
        return {
            "datum_id": f"D{number:02d}",
            "step": step,
            "item": item,
            "quantity": f"{quantity:.6g}" if quantity < 1 else str(round(quantity)),
            "unit": UNITS[item.partition(".")[0]],
            "kind": "measured",
            "source": "synthetic",
            **more,
        }

    if _A.SMELTING in site.activities:
        yield from _smelter(site, made, dice, row)
    elif _A.ALUMINA_REFINING in site.activities:
        yield from _refinery(made, dice, row)
    elif _A.REMELTING_REFINING in site.activities:
        yield from _remelter(made, dice, row)
    else:
        yield from _rolling_mill(made, dice, row)


def _smelter(site: Site, made: int, dice: Random, row: RowOf) -> Iterator[Row]:
    cells, cast = "electrolysis", "casting"
    yield row(cells, "output.liquid_metal", made)
    yield row(cast, "output.cast_metal", made * 0.992)
    yield row(cells, "input.net_anode", made * dice.uniform(0.40, 0.44))
    yield row(cells, "anode_effect.minutes", dice.uniform(0.05, 0.9))
    kwh = made * dice.uniform(13_100, 15_200)
    if site.country in CLEAN:
        proofs: list[JSON] = ["dedicated_line", "meter"]
        yield row(cells, "power.direct_line", kwh, factor="0", proofs=proofs)
    else:
        yield row(cells, "power.grid", kwh)
    yield row(cast, "power.grid", made * 55)
    yield row(cast, "fuel.gas", made * dice.uniform(900, 1500))
    supplied = dice.random() < 0.6
    primary: Row = {"kind": "supplier_verified", "supplier_id": "synthetic-refiner"}
    alumina: Row = {**primary, "factor": f"{dice.uniform(700, 1500):.0f}"} if supplied else {}
    yield row(cells, "bought.alumina", made * 1.93, **alumina)
    yield row(cells, "bought.anode", made * 0.54, kind="supplier_unverified")
    yield row(cells, "bought.alf3", made * 0.017)
    if dice.random() < 0.8:  # the others forget how their alumina came: an auditor's first question
        yield row(cells, "transport.sea", made * 1.93 * 7_000, of="bought.alumina")
        yield row(cells, "transport.rail", made * 1.93 * 250, of="bought.alumina")
        yield row(cells, "transport.road", made * 0.54 * 300, of="bought.anode")
    yield row(cells, "waste.spl_carbon", made * 0.01, treatment="recovered")
    yield row(cells, "waste.spl_refractory", made * 0.012, treatment="landfilled")


def _refinery(made: int, dice: Random, row: RowOf) -> Iterator[Row]:
    step = "alumina_refining"
    yield row(step, "output.alumina", made)
    yield row(step, "bought.bauxite", made * dice.uniform(2.1, 2.9), kind="supplier_unverified")
    yield row(step, "bought.caustic", made * 0.07)
    yield row(step, "bought.lime", made * 0.03)
    yield row(step, "fuel.coal_hard", made * dice.uniform(2_000, 9_000))
    yield row(step, "fuel.gas", made * dice.uniform(500, 4_000))
    yield row(step, "power.grid", made * 210)
    yield row(step, "transport.sea", made * 2.5 * 5_000, of="bought.bauxite")
    yield row(step, "waste.bauxite_residue", made * 1.1, treatment="stored")


def _remelter(made: int, dice: Random, row: RowOf) -> Iterator[Row]:
    step, post = "remelting", dice.uniform(0.2, 0.7)
    yield row(step, "output.cast_metal", made)
    yield row(step, "scrap.in", made * post, scrap_kind="post_consumer", evidence="weighbridge")
    burden: Row = {"factor": "9200"} if dice.random() < 0.7 else {}
    yield row(step, "scrap.in", made * (0.95 - post), scrap_kind="pre_consumer", **burden)
    yield row(step, "bought.primary_metal", made * 0.08, kind="supplier_verified", factor="8400")
    yield row(step, "fuel.gas", made * dice.uniform(2_500, 4_500))
    yield row(step, "power.grid", made * 120)
    yield row(step, "transport.road", made * 250, of="scrap.in")
    yield row(step, "waste.dross", made * 0.02, treatment="recovered")


def _rolling_mill(made: int, dice: Random, row: RowOf) -> Iterator[Row]:
    step = "semi_fabrication"
    yield row(step, "output.semi", made)
    yield row(step, "output.scrap_returned", made * 0.25)
    yield row(step, "bought.cast_metal", made * 1.28, kind="supplier_unverified", factor="9800")
    yield row(step, "fuel.gas", made * dice.uniform(1_500, 4_000))
    yield row(step, "power.grid", made * dice.uniform(400, 900))
    yield row(step, "transport.road", made * 1.28 * 400, of="bought.cast_metal")
