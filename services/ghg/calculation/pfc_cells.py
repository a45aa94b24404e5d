"""Whose anode effects they were: cells of a site by technology and line, with their metal. Pure.

Source: sources.md 4.3. Data that name a technology are of the cells of that technology; without one
they are of the site's. Cells of one technology that stand in several lines (potlines) are told
apart where the data name the line: anode effects of a line then count for the metal of that line,
since a mean over lines of different size is nobody's. Several values of a whole year and the same
cells are weighed by the days that each covers, all of the year where it names none.

The first two engines knew no lines, and gave a value without days the weight of one day.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from contracts.values import plain
from infra.errors import Refused
from services.ghg.activity.inventory import Datum, Inventory
from services.ghg.activity.items import Family
from services.ghg.factors.pinned import FIRST_ENGINE, SECOND_ENGINE, Pinned

from .cells import tapped
from .own_pfc import OWN, chosen
from .pfc import SOURCE, LowVoltage, Technology, anode_effect_minutes
from .working import PERCENT, Doubt

ByFamily = Mapping[Family, Sequence[Datum]]
ByItem = dict[str, list[Datum]]
ZERO = Decimal(0)
EFFECTS = (Family.ANODE_EFFECT, Family.DUCT, Family.PARAMETER)
ONE_DAY_ENGINES = frozenset({FIRST_ENGINE, SECOND_ENGINE})
MINUTES, OFTEN, LONG = "anode_effect.minutes", "anode_effect.frequency", "anode_effect.duration"
GASES = frozenset({"duct.cf4", "duct.c2f6"})
"""Sums over cells: what is told of all lines cannot be told of each."""
NAMED, PLACES = 5, 3
"""So many data stand in a sentence, and so many places of a number."""


class Cells(NamedTuple):
    """The cells of one technology, or of one line of it: their data by item, and the metal that
    they made. `days` are those that a datum weighs, `ties` what is doubtful about the choice of an
    own coefficient, `asked` about the values of an item; both by item."""

    technology: Technology
    metal_t: Decimal
    metal: Sequence[Datum]
    told: Mapping[str, Sequence[Datum]]
    low_voltage: LowVoltage
    year: int
    ties: Mapping[str, Doubt]
    asked: Mapping[str, Doubt]
    whole_years: bool

    def value(self, item: str) -> Decimal | None:
        """A yearly value: weighed by the days that each datum covers, if there are several."""
        found = self.told.get(item, ())
        if not found:
            return None
        days = [self._days(datum) for datum in found]
        weighed = (one.quantity * day for one, day in zip(found, days, strict=True))
        return sum(weighed, ZERO) / sum(days)

    def total(self, item: str) -> Decimal | None:
        """A yearly sum."""
        found = self.told.get(item, ())
        return sum((one.quantity for one in found), ZERO) if found else None

    def minutes(self) -> Decimal | None:
        """Anode-effect minutes per cell and day: recorded, or frequency times duration."""
        recorded = self.value(MINUTES)
        return self.product() if recorded is None else recorded

    def product(self) -> Decimal | None:
        """Frequency times duration, where both are told."""
        often, long = self.value(OFTEN), self.value(LONG)
        return None if often is None or long is None else anode_effect_minutes(often, long)

    def _days(self, datum: Datum) -> int:
        if not self.whole_years and (datum.from_on is None or datum.to_on is None):
            return 1
        first, last = _period(datum, self.year)
        return max((last - first).days + 1, 1)


def cells_of(
    data: ByFamily, inventory: Inventory, pinned: Pinned, doubts: list[Doubt]
) -> Iterator[Cells]:
    """The cells with metal; `doubts` takes what belongs to none. Refused:
    `cell-technology-missing`."""
    site = inventory.site
    metal, _ = tapped(data[Family.OUTPUT], site, doubts)
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
            cells = Cells(*whole, {}, not old)
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
        if not item.startswith("anode_effect."):
            continue
        days = sorted(_period(one, cells.year) for one in found)
        over = any(before[1] >= after[0] for before, after in pairwise(days))
        if over and len({one.quantity for one in found}) > 1:
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


def _period(datum: Datum, year: int) -> tuple[date, date]:
    """The days that a datum covers: all of the year where it names none."""
    return datum.from_on or date(year, 1, 1), datum.to_on or date(year, 12, 31)
