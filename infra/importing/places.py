"""Countries and subdivisions by any usual name or code, and codes of currencies, from the ISO
tables of pycountry."""

import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import pycountry

USUAL = {
    "russia": "RU",
    "turkey": "TR",
    "uk": "GB",
    "great britain": "GB",
    "usa": "US",
    "united states of america": "US",
    "uae": "AE",
    "ivory coast": "CI",
    "czech republic": "CZ",
    "congo (kinshasa)": "CD",
    "democratic republic of the congo": "CD",
    "republic of the congo": "CG",
    "south korea": "KR",
    "north korea": "KP",
    "swaziland": "SZ",
    "macedonia": "MK",
    "cape verde": "CV",
    "burma": "MM",
}
"""Names in use that ISO 3166 does not list."""


class Places(NamedTuple):
    """`countries` maps folded names and codes to two letters; `subdivisions` maps codes, and
    (country, folded name) pairs written `CC/name`, to ISO 3166-2 codes; `currencies` are the codes
    of ISO 4217."""

    countries: Mapping[str, str]
    subdivisions: Mapping[str, str]
    currencies: frozenset[str] = frozenset()


def folded(name: str) -> str:
    """A name without accents, case and double blanks."""
    plain = unicodedata.normalize("NFKD", name)
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(letters.casefold().split())


@cache
def places() -> Places:
    """The tables, read once."""
    countries: dict[str, str] = {}
    for country in pycountry.countries:
        code: str = country.alpha_2
        names: list[str | None] = [country.name, code, country.alpha_3]
        names += [getattr(country, name, None) for name in ("official_name", "common_name")]
        countries |= {folded(name): code for name in names if name}
    countries |= USUAL
    subdivisions: dict[str, str] = {}
    for part in pycountry.subdivisions:
        subdivisions[folded(part.code)] = part.code
        subdivisions[f"{part.country_code}/{folded(part.name)}"] = part.code
    currencies = frozenset(currency.alpha_3 for currency in pycountry.currencies)
    return Places(countries, subdivisions, currencies)
