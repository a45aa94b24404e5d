"""Cells that tell of an installation: each reader gives a value or is Refused with what is right.

Pure."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from infra.errors import Refused
from infra.importing.mapping import plain_name

from .cells import SHOWN, is_text, number
from .installation import FIELDS, Route

_SIGNED = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{1,12})?")


def _degrees(text: str) -> Decimal:
    if _SIGNED.fullmatch(text) is None:
        raise Refused(
            "invalid-degrees",
            f"{text[:SHOWN]!r} is no number of degrees: write it as 59.4123, south and west below"
            " zero",
        )
    return Decimal(text)


def _code(text: str) -> str:
    return "".join(is_text(text).upper().split())


def _route(text: str) -> str:
    word = plain_name(text)
    if word not in set(Route):
        raise Refused(
            "unknown-site-word",
            f"{text[:SHOWN]!r} is no production route: write one of {', '.join(Route)}",
        )
    return word


_READERS: Mapping[str, Callable[[str], str | Decimal]] = {
    "unlocode": _code,
    "latitude": _degrees,
    "longitude": _degrees,
    "production_route": _route,
    "carbon_price": number,
    "carbon_price_currency": _code,
    "carbon_price_rebate": number,
}
READERS: Mapping[str, Callable[[str], str | Decimal]] = {
    name: _READERS.get(name, is_text) for name in FIELDS
}
"""What each field is read by."""
