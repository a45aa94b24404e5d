"""Certificates for power: every megawatt-hour is cancelled once, for one use, in its year. Pure.

Source: sources.md 4.6, R-12. No registry is asked: what is known of a lot is what the data tell of
it. That a certificate serves one facility-year alone is decided where it is claimed
(`power_certificate`), whoever the member is; here are the uses within one.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from services.ghg.activity.inventory import Datum

from .power_certificate import certificate_of

KWH_PER_MWH = Decimal(1000)


class Cancellation(NamedTuple):
    """Megawatt-hours of a lot, cancelled for one supply of one facility."""

    certificate_id: str
    mwh: Decimal
    supply_id: str


class Lot(NamedTuple):
    """A certificate as a facility-year tells of it: its `cancellations`, the `years` in which its
    power is said to have been generated, and the megawatt-hours that it holds (None: nobody says;
    the least, where data say several)."""

    certificate_id: str
    cancellations: tuple[Cancellation, ...]
    years: frozenset[int]
    holds_mwh: Decimal | None

    @property
    def cancelled_mwh(self) -> Decimal:
        """All that is cancelled of it here."""
        return sum((one.mwh for one in self.cancellations), Decimal(0))


def lots_of(data: Iterable[Datum]) -> tuple[Lot, ...]:
    """The lots that some data use, in order; one lot whatever the case of its letters."""
    found: dict[str, Lot] = {}
    for datum in data:
        for name, mwh in datum.certificates:
            key = certificate_of(name)
            lot = found.get(key) or Lot(name, (), frozenset(), None)
            years = frozenset(year for of, year in datum.certificate_years if _is(of, key))
            told = [size for of, size in datum.certificate_lots if _is(of, key)]
            sizes = told if lot.holds_mwh is None else [*told, lot.holds_mwh]
            found[key] = lot._replace(
                cancellations=(*lot.cancellations, Cancellation(name, mwh, datum.datum_id)),
                years=lot.years | years,
                holds_mwh=min(sizes, default=None),
            )
    return tuple(found.values())


def _is(told_of: str, key: str) -> bool:
    """Whether something is told of a certificate; without a name it is of all of the datum."""
    return not told_of or certificate_of(told_of) == key
