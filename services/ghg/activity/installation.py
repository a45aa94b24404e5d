"""What the European border mechanism asks of an installation that no calculation needs. Pure.

Told with a facility-year's data: the year's, not the facility's, for verifiers and prices of carbon
change. Nothing stands in for what nobody told. Source: sources.md 4.8 [G4].
"""

import re
from collections.abc import Collection, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from infra.importing.kinds import Fault

_UNLOCODE = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")


class Route(StrEnum):
    """How the goods are made."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    MIXED = "mixed"


class Boundary(StrEnum):
    """Which emissions a maker's figure has in it."""

    DIRECT = "direct"
    DIRECT_AND_INDIRECT = "direct_and_indirect"
    CRADLE_TO_GATE = "cradle_to_gate"


class Installation(NamedTuple):
    """Empty text and None mean: not given. Degrees are those of WGS 84. `verifier` is an
    organisation. `carbon_price` is what is due in the country of origin for a tonne of CO2e, in a
    currency of ISO 4217, under an instrument (a tax, a trading scheme), and `carbon_price_rebate`
    what of it is given back or waived for a tonne of CO2e."""

    installation_name: str = ""
    address: str = ""
    unlocode: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    verifier: str = ""
    verifier_accreditation: str = ""
    production_route: str = ""
    carbon_price: Decimal | None = None
    carbon_price_currency: str = ""
    carbon_price_instrument: str = ""
    carbon_price_rebate: Decimal | None = None

    @property
    def carbon_price_left(self) -> Decimal | None:
        """What is due for a tonne of CO2e after rebates; None unless both are given."""
        if self.carbon_price is None or self.carbon_price_rebate is None:
            return None
        return self.carbon_price - self.carbon_price_rebate


NOT_GIVEN = Installation()
FIELDS: tuple[str, ...] = Installation._fields


def faults_of(told: Installation, country: str, currencies: Collection[str]) -> Sequence[Fault]:
    """What is wrong with what was told of an installation in a country; `currencies` are the codes
    that there are (empty: nobody can look)."""
    return [*_place_faults(told, country), *_price_faults(told, currencies)]


def _place_faults(told: Installation, country: str) -> Sequence[Fault]:
    found: list[Fault] = []
    code = told.unlocode
    if code and _UNLOCODE.fullmatch(code) is None:
        sentence = (
            f"{code[:40]!r} is no UN/LOCODE: two letters of the country and three letters or digits"
            " (2 to 9) of the place, as NOSUN"
        )
        found.append(Fault("unlocode", "invalid-unlocode", sentence))
    elif code and country and code[:2] != country:
        sentence = f"{code} is a place in {code[:2]}, and the facility stands in {country}"
        found.append(Fault("unlocode", "unlocode-of-other-country", sentence))
    degrees = (("latitude", told.latitude, 90), ("longitude", told.longitude, 180))
    for name, value, most in degrees:
        if value is not None and abs(value) > most:
            sentence = f"{value} is no {name}: degrees from -{most} to {most}"
            found.append(Fault(name, "invalid-degrees", sentence))
    missing = [name for name, value, _ in degrees if value is None]
    if len(missing) == 1:
        sentence = f"{missing[0]} is empty: latitude and longitude are given together"
        found.append(Fault(missing[0], "value-missing", sentence))
    if told.verifier_accreditation and not told.verifier:
        sentence = "an accreditation stands there without the verifier that has it"
        found.append(Fault("verifier", "value-missing", sentence))
    return found


def _price_faults(told: Installation, currencies: Collection[str]) -> Sequence[Fault]:
    found: list[Fault] = []
    price, rebate, currency = (
        told.carbon_price,
        told.carbon_price_rebate,
        told.carbon_price_currency,
    )
    if currency and currencies and currency not in currencies:
        sentence = f"{currency[:40]!r} is no currency: write its ISO 4217 code, as CNY"
        found.append(Fault("carbon_price_currency", "unknown-currency", sentence))
    if price is not None and not currency:
        sentence = "a price of carbon needs its currency, as CNY"
        found.append(Fault("carbon_price_currency", "value-missing", sentence))
    if price is None and (rebate is not None or currency or told.carbon_price_instrument):
        sentence = "carbon_price is empty: give what is due for a tonne of CO2e, 0 where nothing is"
        found.append(Fault("carbon_price", "value-missing", sentence))
    if price is not None and rebate is not None and rebate > price:
        sentence = f"a rebate of {rebate} is more than the price of {price}: both per tonne of CO2e"
        found.append(Fault("carbon_price_rebate", "rebate-above-price", sentence))
    return found
