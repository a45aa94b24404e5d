"""Circularity of a facility's year, and of many: scrap, yield, dross, linings, waste. Pure.

Source: sources.md 6 (its formulas, but for collection times yield, are general knowledge [G]).
Whoever adds facilities adds masses, never shares. A facility that does not tell a mass is silent:
it is in neither part nor whole of that share, and counted, so that a reader sees how much of a
group a figure speaks for. Where of what cells tapped the cast alone is told, what cells made of it
is taken as the equations take it (`cells`); the metal yield is then silent, since nobody tells what
was lost on the way, and all shares of metal that enters are while something must be told first.
Cast metal that a mill buys counts as primary, since nobody tells what is
in it: recycled content is then understated, never overstated.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum, Inventory
from services.ghg.factors.pinned import ENGINE

from .cells import made_of_cast, made_of_tapped, told_as_cast
from .metal import (
    AT_CASTHOUSE,
    BOUGHT_METAL,
    IN_DROSS,
    RECOVERED,
    RETURNED,
    SCRAP_IN,
    SCRAP_OUT,
    TAPPED,
    ByItem,
    accounts,
    own_dross,
    plant,
    sold,
)
from .scrap import Kind

ZERO = Decimal(0)
ALLOYING = "bought.alloying"
LININGS = ("waste.spl_carbon", "waste.spl_refractory")
RESIDUE = "waste.bauxite_residue"
COLLECTED, AVAILABLE = "end_of_life.collected", "end_of_life.available"
PROCESSING_YIELD, MELT_YIELD = "end_of_life.processing_yield", "end_of_life.melt_yield"
MELTS = frozenset({Step.CASTING, Step.REMELTING})


class Level(StrEnum):
    """What became of a waste, the best first: the mitigation hierarchy, and nothing told."""

    REUSED = "reused"
    RECYCLED = "recycled"
    RECOVERED = "recovered"
    TREATED = "treated"
    STORED = "stored"
    LANDFILLED = "landfilled"
    LANDFILLED_UNTREATED = "landfilled_untreated"
    DISCHARGED = "discharged"
    UNTOLD = "untold"


UNTREATED = frozenset({Level.LANDFILLED_UNTREATED, Level.DISCHARGED})
KEPT_IN_USE = frozenset({Level.REUSED, Level.RECYCLED, Level.RECOVERED})
_LEVELS = {level.value: level for level in Level}


class Share(NamedTuple):
    """A part of a whole in t, of `told` facilities; `silent` ones do not tell."""

    part_t: Decimal = ZERO
    whole_t: Decimal = ZERO
    told: int = 0
    silent: int = 0

    @property
    def value(self) -> Decimal | None:
        """The share as a fraction; None where nobody tells, or there is no whole."""
        return self.part_t / self.whole_t if self.told and self.whole_t > 0 else None


class Mass(NamedTuple):
    """Tonnes of `told` facilities; `silent` ones do not tell."""

    t: Decimal = ZERO
    told: int = 0
    silent: int = 0

    @property
    def value(self) -> Decimal | None:
        """Tonnes; None where nobody tells."""
        return self.t if self.told else None


NO_SHARE, SILENT_SHARE = Share(), Share(silent=1)
NO_MASS, SILENT_MASS = Mass(), Mass(silent=1)


class Circularity(NamedTuple):
    """The indicators. Shares of the metal that enters from outside (own liquid metal included):
    `recycled` is `pre_consumer` and `post_consumer` together; `recycling_input` leaves alloying
    elements out of the whole. `process_scrap` is scrap generated of metal that enters,
    `closed_loop` scrap returned to its line of scrap generated, `metal_yield` metal that leaves the
    plant usable of metal that came into it (a slab that is rolled there did neither),
    `dross_recovery` aluminium won back of that in dross. Of old scrap (`EndOfLife`)
    `eol_collection_rate` is what was collected of what was available, and `recycling_efficiency`
    what of that becomes metal again; whoever tells nothing of it is not asked. `waste` has tonnes
    by item and what became of them."""

    recycled: Share
    pre_consumer: Share
    post_consumer: Share
    recycling_input: Share
    process_scrap: Share
    closed_loop: Share
    metal_yield: Share
    dross_recovery: Share
    spl_untreated: Mass
    bauxite_residue: Mass
    bauxite_residue_used: Share
    eol_collection_rate: Share
    recycling_efficiency: Share
    waste: Mapping[tuple[str, Level], Decimal]


class _Metal(NamedTuple):
    primary_t: Decimal
    alloying_t: Decimal
    scrap_t: Mapping[Kind, Decimal]
    told: bool

    @property
    def entered_t(self) -> Decimal:
        return self.primary_t + self.alloying_t + sum(self.scrap_t.values(), ZERO)


def circularity(inventory: Inventory) -> Circularity:
    """The indicators of one facility and year."""
    by_item: dict[str, list[Datum]] = {}
    for datum in inventory.data:
        by_item.setdefault(datum.item, []).append(datum)
    steps = {datum.step for datum in inventory.data}
    as_cast = told_as_cast(inventory)
    metal = _metal(by_item, inventory, as_cast=as_cast)
    recycled, pre, post, recycling = _contents(metal)
    process_scrap, closed_loop = _scrap_made(metal, by_item)
    residue, residue_used = _residue(by_item, Step.ALUMINA_REFINING in steps)
    collection, efficiency = _end_of_life(by_item)
    return Circularity(
        recycled=recycled,
        pre_consumer=pre,
        post_consumer=post,
        recycling_input=recycling,
        process_scrap=process_scrap,
        closed_loop=closed_loop,
        metal_yield=_yield(by_item, as_cast=as_cast),
        dross_recovery=_dross(by_item, bool(steps & MELTS)),
        spl_untreated=_linings(by_item, Step.ELECTROLYSIS in steps),
        bauxite_residue=residue,
        bauxite_residue_used=residue_used,
        eol_collection_rate=collection,
        recycling_efficiency=efficiency,
        waste=_waste(by_item),
    )


def added(parts: Iterable[Circularity]) -> Circularity:
    """Several facilities, or years, as one: masses are added."""
    every = list(parts)
    waste: dict[tuple[str, Level], Decimal] = {}
    for one in every:
        for key, mass in one.waste.items():
            waste[key] = waste.get(key, ZERO) + mass
    return Circularity(
        recycled=_shares(one.recycled for one in every),
        pre_consumer=_shares(one.pre_consumer for one in every),
        post_consumer=_shares(one.post_consumer for one in every),
        recycling_input=_shares(one.recycling_input for one in every),
        process_scrap=_shares(one.process_scrap for one in every),
        closed_loop=_shares(one.closed_loop for one in every),
        metal_yield=_shares(one.metal_yield for one in every),
        dross_recovery=_shares(one.dross_recovery for one in every),
        spl_untreated=_masses(one.spl_untreated for one in every),
        bauxite_residue=_masses(one.bauxite_residue for one in every),
        bauxite_residue_used=_shares(one.bauxite_residue_used for one in every),
        eol_collection_rate=_shares(one.eol_collection_rate for one in every),
        recycling_efficiency=_shares(one.recycling_efficiency for one in every),
        waste=waste,
    )


class EndOfLife(NamedTuple):
    """Old scrap, of a market or a programme: a facility alone does not know it. None: not told."""

    collected_t: Decimal | None = None
    available_t: Decimal | None = None
    processing_yield: Decimal | None = None
    melt_yield: Decimal | None = None

    @property
    def collection_rate(self) -> Decimal | None:
        """Old scrap collected of old scrap available."""
        if self.collected_t is None or not self.available_t:
            return None
        return self.collected_t / self.available_t

    @property
    def recycling_efficiency(self) -> Decimal | None:
        """What becomes metal again: collection times processing times melt yield."""
        rate = self.collection_rate
        if rate is None or self.processing_yield is None or self.melt_yield is None:
            return None
        return rate * self.processing_yield * self.melt_yield


def end_of_life(by_item: ByItem) -> EndOfLife | None:
    """What data tell of old scrap, None where they tell nothing. Masses are added; of a yield that
    is told more than once the lowest counts."""

    def mass(item: str) -> Decimal | None:
        return _sum(by_item, item) if item in by_item else None

    def least(item: str) -> Decimal | None:
        return min((one.quantity for one in by_item.get(item, ())), default=None)

    told = EndOfLife(mass(COLLECTED), mass(AVAILABLE), least(PROCESSING_YIELD), least(MELT_YIELD))
    return None if told == EndOfLife() else told


def by_level(waste: Mapping[tuple[str, Level], Decimal]) -> Mapping[Level, Decimal]:
    """All waste by what became of it, the best first."""
    found = dict.fromkeys(Level, ZERO)
    for (_, level), mass in waste.items():
        found[level] += mass
    return found


def level_of(treatment: str) -> Level:
    """What a datum's treatment means; a word that nobody knows tells nothing."""
    return _LEVELS.get(treatment, Level.UNTOLD)


def _metal(by_item: ByItem, inventory: Inventory, *, as_cast: bool) -> _Metal:
    """The metal that enters, scrap that cells melted once: not also in what they tapped. Tapped
    metal may be told as cast alone (`as_cast`): what such cells sold liquid is not in that."""
    primary = sum((_sum(by_item, item) for item in BOUGHT_METAL), ZERO)
    if as_cast:
        made = made_of_cast(inventory, ENGINE)
    else:
        made = made_of_tapped(inventory, ENGINE)
        primary -= sum((one.quantity for one in sold(TAPPED, by_item)), ZERO)
    told = made is not None
    primary += sum((one.quantity for one in made or ()), ZERO)
    alloying = _sum(by_item, ALLOYING)
    scrap = {Kind.PRE_CONSUMER: ZERO, Kind.POST_CONSUMER: ZERO}
    for one in by_item.get(SCRAP_IN, ()):
        if one.scrap_kind in (Kind.PRE_CONSUMER, Kind.POST_CONSUMER):
            scrap[Kind(one.scrap_kind)] += one.quantity
        elif one.scrap_kind == Kind.DROSS:
            if not own_dross(one):  # bought: another's process gave it
                scrap[Kind.PRE_CONSUMER] += one.quantity
        elif one.scrap_kind != Kind.INTERNAL:
            told = False
    return _Metal(primary - alloying, alloying, scrap, told)


def _contents(metal: _Metal) -> tuple[Share, Share, Share, Share]:
    if not metal.told:  # of some scrap its kind, or what cells made
        return SILENT_SHARE, SILENT_SHARE, SILENT_SHARE, SILENT_SHARE
    entered = metal.entered_t
    if entered <= 0:
        return NO_SHARE, NO_SHARE, NO_SHARE, NO_SHARE
    pre, post = metal.scrap_t[Kind.PRE_CONSUMER], metal.scrap_t[Kind.POST_CONSUMER]
    both = pre + post
    return (
        Share(both, entered, 1),
        Share(pre, entered, 1),
        Share(post, entered, 1),
        Share(both, entered - metal.alloying_t, 1),
    )


def _scrap_made(metal: _Metal, by_item: ByItem) -> tuple[Share, Share]:
    """Scrap generated, and what of it went back to its line. Run-around that was only weighed when
    it went in again was generated all the same, and is not counted twice."""
    internal = [one for one in by_item.get(SCRAP_IN, ()) if one.scrap_kind == Kind.INTERNAL]
    if SCRAP_OUT not in by_item and RETURNED not in by_item and not internal:
        silent = SILENT_SHARE if metal.entered_t > 0 else NO_SHARE
        return silent, silent
    again = sum((one.quantity for one in internal), ZERO)
    returned = max(_sum(by_item, RETURNED), again)
    generated = _sum(by_item, SCRAP_OUT) + returned
    rate = Share(generated, metal.entered_t, 1) if metal.told else SILENT_SHARE
    return rate, Share(returned, generated, 1)


def _yield(by_item: ByItem, *, as_cast: bool) -> Share:
    """Of the plant; where nobody tells what its cells tapped, of a mill alone that nothing but the
    casthouse feeds, else of nothing: what the casthouse lost is not known."""
    found = [one.where for one in accounts(by_item)] if as_cast else []
    if as_cast and (not found or AT_CASTHOUSE in found):
        return SILENT_SHARE
    whole = plant(by_item)
    return NO_SHARE if whole is None else Share(whole.left_t, whole.came_in_t, 1)


def _dross(by_item: ByItem, melts: bool) -> Share:
    """Metal won back of that in dross. More than lay in it tells of two different wholes: of dross
    of another year, or another's."""
    if IN_DROSS in by_item and RECOVERED in by_item:
        share = Share(_sum(by_item, RECOVERED), _sum(by_item, IN_DROSS), 1)
        return share if share.part_t <= share.whole_t else SILENT_SHARE
    return SILENT_SHARE if melts else NO_SHARE


def _linings(by_item: ByItem, cells: bool) -> Mass:
    linings = [one for item in LININGS for one in by_item.get(item, ())]
    levels = [level_of(one.treatment) for one in linings]
    if not linings or Level.UNTOLD in levels:
        return SILENT_MASS if cells else NO_MASS
    pairs = zip(linings, levels, strict=True)
    return Mass(sum((one.quantity for one, level in pairs if level in UNTREATED), ZERO), 1)


def _residue(by_item: ByItem, refines: bool) -> tuple[Mass, Share]:
    """Bauxite residue, and what of it found a use."""
    residue = by_item.get(RESIDUE)
    if not residue:
        return (SILENT_MASS, SILENT_SHARE) if refines else (NO_MASS, NO_SHARE)
    total = _sum(by_item, RESIDUE)
    levels = [level_of(one.treatment) for one in residue]
    if Level.UNTOLD in levels:
        return Mass(total, 1), SILENT_SHARE
    pairs = zip(residue, levels, strict=True)
    used = sum((one.quantity for one, level in pairs if level in KEPT_IN_USE), ZERO)
    return Mass(total, 1), Share(used, total, 1)


def _end_of_life(by_item: ByItem) -> tuple[Share, Share]:
    """Collection and recycling efficiency, both of the old scrap that is available: so facilities
    and programmes add masses. More collected than available tells of two different wholes."""
    told = end_of_life(by_item)
    if told is None:
        return NO_SHARE, NO_SHARE
    rate, collected, available = told.collection_rate, told.collected_t, told.available_t
    if rate is None or rate > 1 or collected is None or available is None:
        return SILENT_SHARE, SILENT_SHARE
    collection = Share(collected, available, 1)
    if told.processing_yield is None or told.melt_yield is None:
        return collection, SILENT_SHARE
    metal_t = collected * told.processing_yield * told.melt_yield
    return collection, Share(metal_t, available, 1)


def _waste(by_item: ByItem) -> Mapping[tuple[str, Level], Decimal]:
    """Tonnes of waste by item and level. Aluminium in dross is a part of dross and left out."""
    found: dict[tuple[str, Level], Decimal] = {}
    for item, data in by_item.items():
        if item.startswith("waste.") and item != IN_DROSS:
            for one in data:
                key = item, level_of(one.treatment)
                found[key] = found.get(key, ZERO) + one.quantity
    return found


def _shares(shares: Iterable[Share]) -> Share:
    parts: Sequence[Share] = list(shares)
    return Share(
        sum((one.part_t for one in parts), ZERO),
        sum((one.whole_t for one in parts), ZERO),
        sum(one.told for one in parts),
        sum(one.silent for one in parts),
    )


def _masses(masses: Iterable[Mass]) -> Mass:
    parts: Sequence[Mass] = list(masses)
    return Mass(
        sum((one.t for one in parts), ZERO),
        sum(one.told for one in parts),
        sum(one.silent for one in parts),
    )


def _sum(by_item: ByItem, item: str) -> Decimal:
    return sum((one.quantity for one in by_item.get(item, ())), ZERO)
