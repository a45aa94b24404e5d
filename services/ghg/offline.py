"""An inventory file calculated without a server: years in, results, reports and findings out. Pure.

What the file does not say of a site (its country, its cells) is said for all rows, or refused.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from contracts.ghg import Finding
from contracts.inventory import Regime, Scope, Step
from infra.errors import Refused
from infra.importing.kinds import Fault, KeyOf
from infra.importing.mapping import Binding
from infra.importing.order import Ranked
from infra.importing.places import places
from infra.importing.rows import Row

from .activity.inventory import Inventory
from .activity.rows import Assembled, Rows
from .activity.sites import SiteReader
from .activity.work import at_rows, units_on
from .calculation.scrap import Method
from .calculation.untold import WHAT
from .evidence import Calculated
from .factors import books
from .factors.pinned import Pinned, pin
from .reports.regimes import method_of, rules_of
from .reports.report import Report, report
from .reports.threshold import NO_PLAN, Assessment, Smelter, assess, doubted_by, exit_rate_of
from .results.assumed import assumptions
from .results.biogenic import Biogenic, biogenic_co2
from .results.engines import newest
from .results.reckoning import Version, Wanted, judged, reckon, usual

NO_HASH = "0" * 64
"""Nothing is stored, so nothing is compared by its hash."""
UNTOLD = "how much primary metal was cast is not known ({}): R-34 says which row to add"


class Under(NamedTuple):
    """Under what to calculate; None takes what a calculation usually takes. `today` is the day by
    whose end a year has to have begun."""

    regime: Regime
    as_of: date
    today: date
    gwp_set: str | None = None
    pfc_set: str | None = None
    scrap_method: Method | None = None
    product: Step | None = None


class Year(NamedTuple):
    """One facility-year: what it says, what it adds up to, what an auditor would find, the report
    of the regime, and criterion 5.2 where it can be judged (`unjudged` says why not), with the
    findings by which it is doubted."""

    inventory: Inventory
    calculated: Calculated
    report: Report
    by_step: Mapping[tuple[Step, Scope], Decimal]
    threshold: Assessment | None
    unjudged: str
    notes: tuple[str, ...]

    doubted_by: Sequence[Finding] = ()

    @property
    def findings(self) -> Sequence[Finding]:
        """The gravest first."""
        return self.calculated.findings

    @property
    def biogenic(self) -> Biogenic:
        """The CO2 of biomass, which no scope counts."""
        return biogenic_co2(self.calculated.energy, self.calculated.as_of, books.factors())

    @property
    def assumed(self) -> tuple[str, ...]:
        """What is taken for granted of its fuels."""
        return assumptions(self.calculated.energy, self.calculated.as_of, books.factors())


class Wrong(NamedTuple):
    """A row that is the reason why its facility-year was not calculated."""

    key: str
    row: int
    fault: Fault


class Offline:
    """Calculates the facility-years of one file."""

    def __init__(self, binding: Binding, under: Under) -> None:
        self._under = under
        self._policies = books.policies()
        self._policy = self._policies.on(under.as_of)
        usually = usual(self._policy, under.as_of)
        self._wanted = Wanted(
            under.as_of, under.gwp_set or usually.gwp_set, under.pfc_set or usually.pfc_set
        )
        sites = SiteReader(places(), lambda _: None, only_known=False)
        self.ignored = binding.ignored
        """Columns of the file that nobody reads."""
        self._rows = Rows(binding, units_on(under.as_of), sites, self._policy)

    @property
    def key(self) -> KeyOf:
        """Which facility-year a row belongs to."""
        return self._rows.key

    def pinned(self) -> Pinned:
        """The sets of this calculation; refused as `pin` says, and `scrap-method-not-allowed`."""
        method_of(rules_of(self._under.regime, self._policy), self._under.scrap_method)
        wanted, book = self._wanted, books.factors()
        return pin(book, self._policy, wanted.as_of, wanted.gwp_set, wanted.pfc_set, newest())

    def years(self, rows: Iterable[Ranked]) -> Iterator[Year | list[Wrong]]:
        """Each facility-year, or what is wrong with its rows."""
        last, together = -1, list[Row]()
        for rank, row in rows:
            if rank != last and together:
                yield self._year(together)
                together = []
            last = rank
            together.append(row)
        if together:
            yield self._year(together)

    def _year(self, rows: Sequence[Row]) -> Year | list[Wrong]:
        key = self.key(rows[0].cells)
        broken = [Wrong(key, row.number, Fault("", *row.broken)) for row in rows if row.broken]
        whole = [row for row in rows if not row.broken]
        if not whole:
            return broken
        found = self._rows.assemble([row.cells for row in whole])
        wrong = self._wrong(key, whole, found.faults)
        if found.inventory is None or broken:
            return sorted([*broken, *wrong], key=lambda one: one.row)
        if found.inventory.year > self._under.today.year:
            sentence = f"{found.inventory.year} has not begun: data are of a year that has"
            return [Wrong(key, rows[0].number, Fault("year", "year-not-begun", sentence))]
        try:
            return self._calculated(found.inventory, found)
        except Refused as refused:
            return self._wrong(key, whole, at_rows(refused, found))

    @staticmethod
    def _wrong(key: str, rows: Sequence[Row], faults: Sequence[Sequence[Fault]]) -> list[Wrong]:
        told = zip(rows, faults, strict=True)
        return [Wrong(key, row.number, fault) for row, each in told for fault in each]

    def _calculated(self, inventory: Inventory, found: Assembled) -> Year:
        pinned = self.pinned()
        version = Version(1, NO_HASH, inventory)
        under = self._under
        on = max(under.as_of, under.today)
        made = reckon(version, self._wanted, books.factors(), self._policies, on)
        told = report(
            inventory,
            pinned,
            under.regime,
            scrap_method=under.scrap_method,
            asked_for=under.product,
        )
        by_step = {(one.step, one.scope): one.kg for one in made.totals}
        threshold, why = self._judged(inventory, judged(made.intensities), told)
        doubts = doubted_by(made.findings, self._policy, told.findings)
        return Year(inventory, made, told, by_step, threshold, why, found.notes, doubts)

    def _judged(
        self, inventory: Inventory, intensity: Decimal | None, told: Report
    ) -> tuple[Assessment | None, str]:
        started = inventory.site.started
        if intensity is None:
            what = [WHAT[one.about] for one in told.doubts if one.about in WHAT]
            if what:
                return None, UNTOLD.format("; ".join(dict.fromkeys(what)))
            return None, "no primary metal was cast"
        if started is None:
            return None, "the year in which production began is not known: add `started`"
        smelter = Smelter(started, inventory.year, intensity, exit_rate_of(inventory.data))
        try:
            return assess(smelter, NO_PLAN, self._policy), ""
        except Refused as refused:
            return None, refused.sentence
