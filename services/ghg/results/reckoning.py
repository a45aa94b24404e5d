"""From a version of activity data to a result that can be recorded, and to its working again.

Pure, and slow enough to stay outside the writer: here the calculation, its totals and its findings
come together. A result keeps the names of everything that it was pinned to; with these `rework`
makes its working anew, by the engine of that time, and its hash says whether it is the same.
Sources: sources.md 4.1, 4.10, 8.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import NamedTuple

from contracts.bought import ANODES_IN_KEPT, AnodesIn, BoughtMetal
from contracts.ghg import (
    FINDINGS_KEPT,
    Amount,
    Intensity,
    OwnFactor,
    PfcMeasured,
    PrimaryMetal,
    ResultCalculated,
    StepTotal,
)
from contracts.inventory import METAL_IN_KEPT, SUPPLIERS_KEPT, BoughtFrom, MetalIn, Scope, Step
from infra.errors import Refused
from infra.policy import Policies, Policy
from services.ghg.activity import packing
from services.ghg.activity.inventory import Datum, Inventory
from services.ghg.activity.items import ITEMS, Family
from services.ghg.activity.plausible import check_data, check_result
from services.ghg.calculation import totals
from services.ghg.calculation.flows import Flows, flows_of
from services.ghg.calculation.lines import Line, Result
from services.ghg.calculation.melts import OWN_SCRAP
from services.ghg.calculation.own_pfc import COEFFICIENTS, OWN, by_technology, measured
from services.ghg.calculation.spread import half_width_percent
from services.ghg.evidence import Calculated, Chunk, Packed
from services.ghg.factors.book import FactorBook
from services.ghg.factors.pinned import Pinned, pin
from services.ghg.factors.tables import PRIMARY_METAL
from services.ghg.findings import Context, blocks, findings
from services.ghg.power_certificates.power_certificate import certificates_of
from services.ghg.reports.cbam import plant_fuels
from services.ghg.reports.report import refused_cut_offs

from .engines import engine_of, newest

ENERGY = frozenset({Family.FUEL, Family.POWER})
OUTPUTS = frozenset({Family.OUTPUT})
MINE_TO_METAL = "mine_to_metal"
CERTIFICATES_TOLD = 1_000
"""So many certificates of a version are told to others; each is looked at when it is claimed."""
TRADED = frozenset(
    (
        "bought.bauxite",
        "bought.alumina",
        "bought.liquid_metal",
        "bought.primary_metal",
        "bought.cast_metal",
        "scrap.in",
        "output.scrap",
    )
)
"""What is bought, or credited, that has a footprint of its own from its seller."""
METAL = PRIMARY_METAL | {"scrap.in"}
ANODES = frozenset({"bought.anode", "bought.paste"})
ZERO = Decimal(0)


class Wanted(NamedTuple):
    """Under what to calculate: the day whose announcements count, the warming potentials, the PFC
    coefficients."""

    as_of: date
    gwp_set: str
    pfc_set: str


class Version(NamedTuple):
    """A version of activity data: its number and hash, what it says, and the day on which it was
    sent in (None: now)."""

    data_version: int
    data_hash: str
    inventory: Inventory
    sent_on: date | None = None


def usual(policy: Policy, as_of: date) -> Wanted:
    """What a calculation takes when nobody asked for anything else."""
    return Wanted(as_of, policy.text("calculation.gwp_set"), policy.text("calculation.pfc_set"))


def packed_of(inventory: Inventory) -> Packed:
    """The data as a command carries them."""
    chunks = packing.pack(inventory)
    own = [one for one in inventory.data if one.item in OWN]
    measured_on = [day for one in own if one.item in COEFFICIENTS and (day := measured(one))]
    return Packed(
        chunks=tuple(Chunk(columns=chunk.columns, rows=chunk.rows) for chunk in chunks),
        data_hash=packing.data_hash(chunks),
        lines=len(inventory.data),
        pfc_measured_on=max(measured_on, default=None),
        pfc_measurements=tuple(
            PfcMeasured(technology=technology, measured_on=day)
            for technology, day in by_technology(own, inventory.site).items()
        ),
        certificates=certificates_of(inventory)[:CERTIFICATES_TOLD],
    )


def reckon(
    version: Version,
    wanted: Wanted,
    book: FactorBook,
    policies: Policies,
    reported_on: date | None = None,
) -> Calculated:
    """Calculate and look for findings, by what is announced on the day of report (`as_of`, where no
    later one is given); refused as `calculate` and `pin` say. Other streams are for `current`."""
    policy = policies.on(wanted.as_of)
    check_data(version.inventory, policy)
    pinned = pin(book, policy, wanted.as_of, wanted.gwp_set, wanted.pfc_set, newest())
    result = _plausible(version.inventory, pinned)
    flows = flows_of(result.inventory, result.engine, result.melt_loss)
    added = totals.added(result, flows)
    intensities = per_tonne(result, flows, added.cells)
    found = findings(
        Context(
            inventory=version.inventory,
            result=result,
            policy=policy,
            reported_on=reported_on or wanted.as_of,
            intensity=judged(intensities),
            primary_share=added.primary_share,
            book=book,
            cut_offs=refused_cut_offs(version.inventory, pinned),
            sent_on=version.sent_on,
        )
    )
    bought = [line for line in result.lines if line.scope is Scope.PURCHASED]
    return Calculated(
        data_version=version.data_version,
        data_hash=version.data_hash,
        lines=len(version.inventory.data),
        as_of=wanted.as_of,
        gwp_set=wanted.gwp_set,
        pfc_set=wanted.pfc_set,
        factor_sets=used_sets(result, pinned),
        policy_id=policy.policy_id,
        engine=result.engine,
        working_hash=result.working_hash(),
        totals=step_totals(added.by_step),
        outputs=_amounts(version.inventory, OUTPUTS),
        energy=_amounts(version.inventory, ENERGY),
        intensities=intensities,
        primary_share=added.primary_share,
        uncertainty_percent=_half_width(result, policy),
        findings=found[:FINDINGS_KEPT],
        findings_count=len(found),
        blocking=tuple(sorted({one.rule for one in found if blocks([one])})),
        factors=own_factors(version.inventory),
        primary_metal=_primary_metal(result, flows, added.cells),
        bought_metal=_bought_metal(version.inventory, bought),
        brought_along=_brought_along(bought),
        metal_left_t=flows.metal_left_t or None,
        bought_of=_bought_of(version.inventory, bought),
        products_left=_sorted(flows.products_left),
        metal_in=_metal_in(version.inventory),
        anodes_in=_anodes_in(version.inventory, bought),
    )


def _plausible(inventory: Inventory, pinned: Pinned) -> Result:
    """Calculated by its engine; refused as `check_result` says."""
    result = engine_of(pinned.engine)(inventory, pinned)
    check_result(result)
    return result


def _half_width(result: Result, policy: Policy) -> Decimal | None:
    """How sure a result is, with power as it was bought."""
    return half_width_percent(totals.on_side(result.lines, totals.Side.MARKET), policy)


def rework(
    kept: ResultCalculated, inventory: Inventory, book: FactorBook, policies: Policies
) -> Result:
    """The working of a result, made anew; refused `engine-unknown`, `policy-unknown`, and
    `working-differs` when it is not what was recorded."""
    engine, policy = engine_of(kept.engine), policies.named(kept.policy_id)
    if policy is None:
        raise Refused(
            "policy-unknown", f"this build has no policy {kept.policy_id}.", policy=kept.policy_id
        )
    pinned = _pinned_again(kept, book, policy)
    made = engine(inventory, pinned)
    if made.working_hash() != kept.working_hash:
        changed = sorted(set(used_sets(made, pinned)) ^ set(kept.factor_sets))
        why = f"factor sets differ: {', '.join(changed)}" if changed else "the lines differ"
        raise Refused(
            "working-differs",
            f"worked out again, result {kept.result} is another than the one recorded: {why}.",
            result=kept.result,
            recorded=kept.working_hash,
            now=made.working_hash(),
        )
    return made


def used_sets(result: Result, pinned: Pinned) -> tuple[str, ...]:
    """The names of all sets behind a result: those it was pinned to, and the grid factors that its
    lines took."""
    names = pinned.names()
    factors = {id(line.factor): line.factor for line in result.lines}
    taken = {factor.factor_set for factor in factors.values()}
    more = sorted(name for name in taken if name not in names and pinned.book.knows(name))
    return *names, *more


def outdated(factor_sets: Iterable[str], site: tuple[str, str | None], pinned: Pinned) -> bool:
    """Whether one of these sets is no longer what a calculation of that site takes: a newer one
    is public. `site` is its country and subdivision, `pinned` what a calculation takes today."""
    grid, left, _ = pinned.grid_of(*site)
    taken = (*pinned.names(), pinned.other_fuels.factor_set)
    present = {*taken, grid.factor_set, *((left.factor_set,) if left else ())}
    return any(name not in present for name in factor_sets)


@lru_cache(maxsize=64)
def _only(book: FactorBook, names: tuple[str, ...]) -> FactorBook:
    return book.only(names)


def _pinned_again(kept: ResultCalculated, book: FactorBook, policy: Policy) -> Pinned:
    """Pinned as it was: to its engine and the sets that the result names, though newer ones of that
    day may have come into the book since."""
    then = _only(book, kept.factor_sets)
    return pin(then, policy, kept.as_of, kept.gwp_set, kept.pfc_set, kept.engine)


# --- sums ---


def _brought_along(bought: Iterable[Line]) -> tuple[StepTotal, ...]:
    """What purchased goods brought along that somebody sold as metal, or as what it is made of."""
    sums: dict[Step, Decimal] = {}
    for line in bought:
        if line.item in TRADED:
            sums[line.step] = sums.get(line.step, ZERO) + line.kg
    return tuple(
        StepTotal(step=step, scope=Scope.PURCHASED, kg=sums[step]) for step in Step if step in sums
    )


def step_totals(sums: Mapping[tuple[Step, Scope], Decimal]) -> tuple[StepTotal, ...]:
    """What each step emits in each scope; both sides of Scope 2 are told."""
    return tuple(
        StepTotal(step=step, scope=scope, kg=sums[step, scope])
        for step in Step
        for scope in Scope
        if (step, scope) in sums
    )


def per_tonne(result: Result, flows: Flows, cells: totals.Cells) -> tuple[Intensity, ...]:
    """Mine to metal where primary metal is cast, and each product from cradle to gate; power
    counted both ways."""
    found: list[Intensity] = []
    if flows.cast_primary_t > 0:
        metal = totals.mine_to_metal(result, flows, cells)
        found += _both(MINE_TO_METAL, metal.location, metal.market)
    for one in totals.footprints(result, flows, cells):
        found += _both(f"footprint.{one.step}", one.location, one.market)
    return tuple(found)


def judged(intensities: Iterable[Intensity]) -> Decimal | None:
    """The intensity that criterion 5.2 looks at: mine to metal, power as it was bought."""
    found = (one for one in intensities if (one.of, one.power) == (MINE_TO_METAL, "market"))
    return next((one.t_per_t for one in found), None)


def _both(of: str, location: Decimal, market: Decimal) -> list[Intensity]:
    return [
        Intensity(of=of, power="location", t_per_t=location),
        Intensity(of=of, power="market", t_per_t=market),
    ]


def _primary_metal(result: Result, flows: Flows, cells: totals.Cells) -> PrimaryMetal | None:
    if flows.cast_primary_t <= 0:
        return None
    power, own_t = totals.power_of_primary(flows, cells), None
    if fuels := plant_fuels(result.inventory):
        own = totals.own_power_of_primary(result.lines, fuels, flows, cells)
        own_t = own / totals.KG_PER_T
    return PrimaryMetal(
        cast_t=flows.cast_primary_t, power_t=power / totals.KG_PER_T, own_power_t=own_t
    )


def _bought_metal(inventory: Inventory, bought: Iterable[Line]) -> BoughtMetal:
    """Metal and scrap that came from outside; run-around and own dross did not."""
    tonnes = [datum.quantity for datum in _metal_bought(inventory)]
    made = [line.kg for line in bought if line.item in METAL]
    return BoughtMetal(tonnes=sum(tonnes, ZERO), emission_t=sum(made, ZERO) / totals.KG_PER_T)


def _metal_bought(inventory: Inventory) -> list[Datum]:
    return [one for one in inventory.data if one.item in METAL and one.scrap_kind not in OWN_SCRAP]


def _metal_in(inventory: Inventory) -> tuple[MetalIn, ...]:
    """The same by kind and supplier: all of nobody named, and the largest deliveries of suppliers;
    it is kept of so many."""
    tonnes: dict[tuple[str, str], Decimal] = {}
    for one in _metal_bought(inventory):
        key = one.item, one.supplier_id
        tonnes[key] = tonnes.get(key, ZERO) + one.quantity
    largest = sorted((bool(name), -t, item, name) for (item, name), t in tonnes.items() if t > 0)
    return tuple(
        MetalIn(item=item, tonnes=-t, supplier_id=name or None)
        for _, t, item, name in largest[:METAL_IN_KEPT]
    )


def _anodes_in(inventory: Inventory, bought: Iterable[Line]) -> tuple[AnodesIn, ...]:
    """Anodes and paste by kind, step and supplier, in the same order."""
    sellers = {one.datum_id: one.supplier_id for one in inventory.data if one.item in ANODES}
    sums: dict[tuple[str, Step, str], tuple[Decimal, Decimal]] = {}
    for line in bought:
        if line.item in ANODES and line.data[0] in sellers:  # and no line of their stock
            key = line.item, line.step, sellers[line.data[0]]
            tonnes, kg = sums.get(key, (ZERO, ZERO))
            sums[key] = tonnes + line.activity, kg + line.kg
    largest = sorted((bool(key[2]), -t, key, kg) for key, (t, kg) in sums.items() if t > 0)
    return tuple(
        AnodesIn(item=item, step=step, tonnes=-t, kg=kg, supplier_id=name or None)
        for _, t, (item, step, name), kg in largest[:ANODES_IN_KEPT]
    )


def _bought_of(inventory: Inventory, bought: Iterable[Line]) -> tuple[BoughtFrom, ...]:
    """The part of each supplier that is named, the largest first: an entity knows its own
    facilities among them."""
    sellers = {one.datum_id: one.supplier_id for one in _metal_bought(inventory)}
    tonnes: dict[str, Decimal] = {}
    kgs: dict[str, Decimal] = {}
    for one in _metal_bought(inventory):
        tonnes[one.supplier_id] = tonnes.get(one.supplier_id, ZERO) + one.quantity
    for line in bought:
        if line.item in METAL and line.data[0] in sellers:
            seller = sellers[line.data[0]]
            kgs[seller] = kgs.get(seller, ZERO) + line.kg
    every = sorted((-t, name) for name, t in tonnes.items() if name and t > 0)
    return tuple(
        BoughtFrom(supplier_id=name, tonnes=-t, emission_t=kgs.get(name, ZERO) / totals.KG_PER_T)
        for t, name in every[:SUPPLIERS_KEPT]
    )


def own_factors(inventory: Inventory) -> tuple[OwnFactor, ...]:
    """The mean own factor of each item that has any, weighed by quantity."""
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for datum in [one for one in inventory.data if one.factor is not None]:
        if datum.factor is not None and datum.quantity > 0:
            kg, quantity = sums.get(datum.item, (ZERO, ZERO))
            sums[datum.item] = kg + datum.quantity * datum.factor, quantity + datum.quantity
    return tuple(
        OwnFactor(item=item, kg_per_unit=kg / quantity)
        for item, (kg, quantity) in sorted(sums.items())
    )


@cache
def _items_of(families: frozenset[Family]) -> frozenset[str]:
    return frozenset(item.slug for item in ITEMS.values() if item.family in families)


def _amounts(inventory: Inventory, families: frozenset[Family]) -> tuple[Amount, ...]:
    of_them = _items_of(families)
    sums: dict[str, Decimal] = {}
    for datum in [one for one in inventory.data if one.item in of_them]:
        sums[datum.item] = sums.get(datum.item, ZERO) + datum.quantity
    return _sorted(sums)


def _sorted(sums: Mapping[str, Decimal]) -> tuple[Amount, ...]:
    return tuple(
        Amount(item=item, quantity=quantity, unit=ITEMS[item].unit)
        for item, quantity in sorted(sums.items())
    )
