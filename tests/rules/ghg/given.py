"""What these tests share: the factor sets and the policy as shipped."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from services.ghg.factors.factorfiles import read_factors
from tests.rules.spec import policies_of

BOOK = read_factors()
TODAY = date(2026, 11, 21)
POLICY = policies_of("ghg").on(TODAY)


def d(text: str) -> Decimal:
    """A decimal as written."""
    return Decimal(text)


def rounded(value: Decimal, like: str) -> Decimal:
    """A value to as many places as an expected one is written with."""
    return value.quantize(Decimal(like))


def decimals(low: str, high: str, places: int = 4) -> st.SearchStrategy[Decimal]:
    """Decimals between two bounds, both included."""
    return st.decimals(min_value=Decimal(low), max_value=Decimal(high), places=places)
