"""Whose anode effects they were: cells of a site by technology and line, with their metal. Pure.

Source: sources.md 4.3. Data that name a technology are of the cells of that technology; without one
they are of the site's. Cells of one technology that stand in several lines (potlines) are told
apart where the data name the line: anode effects of a line then count for the metal of that line,
since a mean over lines of different size is nobody's. Several values of the same cells make one as
`weighing` says: by the metal of their days, a value that names none being of the whole year.

The first two engines knew no lines, and gave a value without days the weight of one day; these and
the third weighed by days alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.values import plain
from infra.errors import Refused
from services.ghg.activity.inventory import Datum, Inventory
from services.ghg.activity.items import Family
from services.ghg.factors.pinned import BEFORE_FOURTH, FIRST_ENGINE, SECOND_ENGINE, Pinned

from .cells import made as made_by
from .own_pfc import OWN, chosen
from .pfc import SOURCE, LowVoltage, Technology, anode_effect_minutes
from .weighing import Weights, by_days, by_metal, overlapping, period
from .working import PERCENT, Doubt

ByFamily = Mapping[Family, Sequence[Datum]]
ByItem = dict[str, list[Datum]]
ZERO = Decimal(0)
ONE = Decimal(1)
EFFECT = "anode_effect."
EFFECTS = (Family.ANODE_EFFECT, Family.DUCT, Family.PARAMETER)
ONE_DAY_ENGINES = frozenset({FIRST_ENGINE, SECOND_ENGINE})
MINUTES, OFTEN, LONG = "anode_effect.minutes", "anode_effect.frequency", "anode_effect.duration"
GASES = frozenset({"duct.cf4", "duct.c2f6"})
"""Sums over cells: what is told of all lines cannot be told of each."""
NAMED, PLACES = 5, 3
"""So many data stand in a sentence, and so many places of a number."""


class Cells(NamedTuple):
    """The cells of one technology, or of one line of it: their data by item, and the metal that
    they made. `ties` is what is doubtful about the choice of an own coefficient, `asked` about the
    values of an item; both by item. `engine` says how several values are weighed."""

    technology: Technology
    metal_t: Decimal
    metal: Sequence[Datum]
    told: Mapping[str, Sequence[Datum]]
    low_voltage: LowVoltage
    year: int
    ties: Mapping[str, Doubt]
    asked: Mapping[str, Doubt]
    engine: str

    def value(self, item: str) -> Decimal | None:
        """A yearly value: the mean of those told; of one, itself, to the last digit."""
        values = [one.quantity for one in self.told.get(item, ())]
        if len(values) == 1 and self.engine not in BEFORE_FOURTH:
            return values[0]
        return self.weights(item).mean(values) if values else None

    def weights(self, item: str) -> Weights:
        """What the values of an item weigh."""
        found = self.told.get(item, ())
        if self.engine in ONE_DAY_ENGINES:
            days = by_days(found, self.year).of
            told = [one.from_on is not None and one.to_on is not None for one in found]
            return Weights(
                [many if both else ONE for many, both in zip(days, told, strict=True)],
                by_metal=False,
            )
        if self.engine in BEFORE_FOURTH or not item.startswith(EFFECT):
            return by_days(found, self.year)
        return by_metal(found, self.metal, self.year)

    def total(self, item: str) -> Decimal | None:
        """A yearly sum."""
        found = self.told.get(item, ())
        return sum((one.quantity for one in found), ZERO) if found else None

    def minutes(self) -> Decimal | None:
        """Anode-effect minutes per cell and day: recorded, or frequency times duration."""
        recorded = self.value(MINUTES)
        return self.product() if recorded is None else recorded

    def product(self) -> Decimal | None:
        """Frequency times duration, where both are told; of each period, where both are told of
        the same."""
        often, long = self.value(OFTEN), self.value(LONG)
        if often is None or long is None:
            return None
        by_period = {period(one, self.year): one.quantity for one in self.told[LONG]}
        each = self.told[OFTEN]
        alike = [period(one, self.year) for one in each]
        apart = self.engine not in BEFORE_FOURTH and not overlapping(alike)
        if not apart or sorted(by_period) != sorted(alike) or len(each) != len(self.told[LONG]):
            return anode_effect_minutes(often, long)
        found = [
            anode_effect_minutes(one.quantity, by_period[days])
            for one, days in zip(each, alike, strict=True)
        ]
        return self.weights(OFTEN).mean(found)


def cells_of(
    data: ByFamily, inventory: Inventory, pinned: Pinned, doubts: list[Doubt]
) -> Iterator[Cells]:
    """The cells with metal; `doubts` takes what belongs to none. Refused:
    `cell-technology-missing`."""
    site = inventory.site
    metal = made_by(data[Family.OUTPUT], inventory, pinned.engine, doubts)
    effects = [datum for family in EFFECTS for datum in data[family] if _is_of_pfc(datum)]
    groups: dict[str, tuple[list[Datum], list[Datum]]] = {}
    for place, they in enumerate((metal, effects)):
        for datum in they:
            name = datum.technology or site.technology or ""
            groups.setdefault(name, ([], []))[place].append(datum)
    seen = LowVoltage(site.low_voltage) if site.low_voltage in _SEEN else LowVoltage.NOT_ADDRESSED
    old = pinned.engine in ONE_DAY_ENGINES
    for name, (made, told) in groups.items():
        for part, of_part in [(made, told)] if old else _lines_of_cells(made, told):
            metal_t = sum((one.quantity for one in part), ZERO)
            by_item = _by_item(of_part)
            if not metal_t and "duct.cf4" not in by_item:
                sentence = f"Anode effects of {name or 'cells'} are told, but no metal they made."
                doubts.append(Doubt("tapped_metal_missing", sentence, SOURCE))
                continue
            technology = _technology(name)
            holds = chosen(by_item, pinned.engine)
            whole = (technology, metal_t, part, holds.told, seen, inventory.year, holds.doubts)
            cells = Cells(*whole, {}, pinned.engine)
            yield cells if old else cells._replace(asked=dict(_asked(cells, pinned)))


_SEEN = frozenset(one.value for one in LowVoltage)
_KNOWN = tuple(one.value for one in Technology)


def _is_of_pfc(datum: Datum) -> bool:
    return not datum.item.startswith("parameter.") or datum.item in OWN


def _technology(name: str) -> Technology:
    if name not in _KNOWN:
        raise Refused(
            "cell-technology-missing",
            f"the technology of the cells is {name or 'not given'}: name one of"
            f" {', '.join(_KNOWN)}.",
            technology=name,
            known=_KNOWN,
        )
    return Technology(name)


def _lines_of_cells(
    metal: list[Datum], told: list[Datum]
) -> Iterator[tuple[list[Datum], list[Datum]]]:
    """Metal and data of each line of which both are told, with what is told of all lines; then of
    the cells that are left."""
    made = {one.potline for one in metal if one.quantity} - {""}
    lines = list(dict.fromkeys(one.potline for one in told if one.potline in made))
    if not lines or any(one.item in GASES and not one.potline for one in told):
        yield metal, told
        return
    of_all = [one for one in told if not one.potline]
    for line in lines:
        own = [one for one in told if one.potline == line]
        items = {one.item for one in own}
        more = [one for one in of_all if one.item not in items]
        yield [one for one in metal if one.potline == line], [*own, *more]
    rest = [one for one in metal if one.potline not in lines]
    others = [one for one in told if one.potline not in lines]
    if rest or any(one.potline for one in others):
        yield rest, others


def _by_item(data: Iterable[Datum]) -> ByItem:
    found: ByItem = {}
    for datum in data:
        found.setdefault(datum.item, []).append(datum)
    return found


def _asked(cells: Cells, pinned: Pinned) -> Iterator[tuple[str, Doubt]]:
    """What a verifier would ask about the values of an item: several for the same days, and
    minutes that are not those of frequency and duration."""
    for item, found in cells.told.items():
        if not item.startswith(EFFECT):
            continue
        if (
            overlapping([period(one, cells.year) for one in found])
            and len({one.quantity for one in found}) > 1
        ):
            names = ", ".join([one.datum_id for one in found][:NAMED])
            sentence = (
                f"{len(found)} values of {item} for the same days ({names}): their mean by days was"
                " taken for all metal. Name the line of cells (potline) of each and of its metal,"
                " or the days that each covers."
            )
            yield item, Doubt("anode_effects_overlap", sentence, f"{SOURCE}, R-25")
    recorded, product = cells.value(MINUTES), cells.product()
    if recorded is None or product is None:
        return
    most = pinned.policy.decimal("pfc.minutes_differ_percent_max")
    if abs(recorded - product) * PERCENT > most * max(recorded, product):
        sentence = (
            f"Frequency times duration gives {plain(round(product, PLACES))} anode-effect minutes"
            f" per cell and day, and {plain(round(recorded, PLACES))} are recorded: these were"
            " taken. Say which are right."
        )
        yield OFTEN, Doubt("anode_effect_minutes_differ", sentence, f"{SOURCE}, R-25")
