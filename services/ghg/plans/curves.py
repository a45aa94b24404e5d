"""The sector curves of the factor book, as evidence for a pathway. Pure."""

from services.ghg.factors.book import FactorBook
from services.ghg.factors.curve import FAMILY, curve_of

from .commands import SectorCurve


def sector_curves(book: FactorBook) -> tuple[SectorCurve, ...]:
    """All of them, oldest first; each with the weakest evidence among its years."""
    return tuple(_told(book, one.factor_set) for one in book.family(FAMILY))


def _told(book: FactorBook, name: str) -> SectorCurve:
    factors = book.named(name, FAMILY)
    curve = curve_of(factors)
    order = ("unverified", "design", "derived", "verified")
    evidence = min((one.evidence for one in factors.factors.values()), key=order.index)
    return SectorCurve(
        factor_set=curve.factor_set,
        title=curve.title,
        unit=curve.unit,
        nodes=curve.nodes,
        evidence=evidence,
    )
