"""Units: what was sent, in any sensible unit, becomes the item's one unit. Pure.

Read once, at the edge. A unit text and an item have one exact factor, found with `pint` and kept,
so a row costs a look into a dictionary and one multiplication. Nothing is guessed: `ton` and `mt`
mean two things each, so they are refused with both. Fuel by mass or volume goes through a default
net calorific value, and says so; where the plant knows its own, it sends energy.
Sources: sources.md 4.5 (fuels), 4.2 and 4.3 (parameters of cells).
"""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, localcontext
from functools import cache
from tokenize import TokenError
from typing import TYPE_CHECKING, NamedTuple

from infra.errors import Refused
from services.ghg.factors.book import FactorSet

from .items import Family, Item

if TYPE_CHECKING:
    import pint

FAMILY = "calorific"
ONE = Decimal(1)
INTENSITY = "t CO2e/t"
"""The unit of items that are no amount but what a tonne of product gives off."""
PLACES = 28
WORKING_PLACES = 60
"""A factor is worked out with more places than it keeps, so that 60/86400 over 1/1440 is 60."""
MAX_TEXT = 60
MAX_KEPT = 10_000

OWN = (
    "cell = [cell] = _ = pot",
    "normal_cubic_meter = [normal_volume] = Nm3",
    "standard_cubic_foot = 0.028316846592 * m**3 = scf",
    "mmbtu = 1000000 * Btu",
    "tce = 29307.6 * MJ",
)
"""Units that `pint` does not have: cells of a potline; gas at 0 °C and 1 atm, no plain volume, so
that it is never taken for gas at 15 °C; a cubic foot without a rounded yard; a million Btu; a tonne
of coal equivalent (7000 kcal/kg)."""

AMBIGUOUS: Mapping[str, str] = {
    "ton": "write t (1000 kg) or short_ton (2000 lb)",
    "tons": "write t (1000 kg) or short_ton (2000 lb)",
    "mt": "write t (a metric ton) or Mt (a million of them)",
    "MT": "write t (a metric ton) or Mt (a million of them)",
    "mj": "write MJ (a million joules)",
    "mJ": "write MJ (a million joules)",
    "mWh": "write MWh (1000 kWh)",
    "gal": "write US_gallon, imperial_gallon or l",
    "gallon": "write US_gallon, imperial_gallon or l",
    "gallons": "write US_gallon, imperial_gallon or l",
    "mbtu": "write MMBtu (a million Btu) or MJ",
    "MBTU": "write MMBtu (a million Btu) or MJ",
    "MBtu": "write MMBtu (a million Btu) or MJ",
    "mtkm": "write t*km or Mt*km (a million of them)",
    "MTkm": "write t*km or Mt*km (a million of them)",
    "MTKM": "write t*km or Mt*km (a million of them)",
    "nm": "write nautical_mile or km",
    "NM": "write nautical_mile or km",
}
"""Words that are used for two units, or for one that nobody means; as they are written."""

WORDS: Mapping[str, str] = {
    **dict.fromkeys(("t", "te", "tonnes", "metric ton", "metric tons", "metric tonne"), "t"),
    **dict.fromkeys(("metric tonnes", "metric_tons", "tpa", "吨"), "t"),
    **dict.fromkeys(("kt", "ktpa", "kilotonne", "kilotonnes", "ktonnes"), "kilotonne"),
    **dict.fromkeys(("mtpa", "megatonne", "megatonnes"), "megatonne"),
    **dict.fromkeys(("kg", "kgs", "公斤", "千克"), "kg"),
    **dict.fromkeys(("lb", "lbs", "pounds"), "pound"),
    **dict.fromkeys(("short ton", "short tons", "short_tons", "us ton", "us tons"), "short_ton"),
    **dict.fromkeys(("long ton", "long tons", "long_tons"), "long_ton"),
    **dict.fromkeys(("kwh", "千瓦时", "度"), "kWh"),
    **dict.fromkeys(("mwh", "兆瓦时"), "MWh"),
    **dict.fromkeys(("gwh", "吉瓦时"), "GWh"),
    "twh": "TWh",
    "kj": "kJ",
    "兆焦": "MJ",
    **dict.fromkeys(("gj", "吉焦"), "GJ"),
    **dict.fromkeys(("tj", "太焦"), "TJ"),
    "pj": "PJ",
    "mmbtu": "mmbtu",
    "mcal": "Mcal",
    "gcal": "Gcal",
    **dict.fromkeys(
        ("tkm", "t-km", "t.km", "t km", "tonne-km", "tonne km", "tonne-kilometre"), "t*km"
    ),
    **dict.fromkeys(("tonne-kilometres", "tonne kilometres", "吨公里"), "t*km"),
    **dict.fromkeys(("ktkm", "kt-km", "kt*km", "kt km"), "kilotonne*km"),
    **dict.fromkeys(("mtkm", "mt-km", "mt*km"), "megatonne*km"),
    **dict.fromkeys(("kg-km", "kgkm"), "kg*km"),
    **dict.fromkeys(("1", "fraction", "ratio", "share", "kg/kg", "t/t"), "dimensionless"),
    **dict.fromkeys(("%", "pct", "percent", "per cent", "wt%", "wt.%", "mass%", "w%"), "percent"),
    **dict.fromkeys(("min", "mins", "minutes", "分钟"), "minute"),
    **dict.fromkeys(("s", "sec", "secs", "秒"), "second"),
    **dict.fromkeys(("mv", "毫伏"), "mV"),
    "v": "V",
    **dict.fromkeys(("l", "ltr", "litre", "litres", "liters", "升"), "liter"),
    **dict.fromkeys(("kl", "m3", "m^3", "m**3", "cbm", "sm3", "scm", "立方米"), "m**3"),
    **dict.fromkeys(("nm3", "nm^3", "nm**3", "ncm", "标准立方米", "标立方米"), "Nm3"),
    "knm3": "kNm3",
    **dict.fromkeys(("scf", "cf", "ft3", "ft^3"), "scf"),
    **dict.fromkeys(("bbl", "barrel", "barrels"), "oil_bbl"),
    "us_gallon": "US_liquid_gallon",
}
"""Ways to write a unit, in small letters, with what `pint` calls it."""

TIMES: Mapping[str, int] = {
    **dict.fromkeys(("10^3", "10**3", "10e3", "1000", "1,000", "'000", "thousand"), 1_000),
    **dict.fromkeys(("千",), 1_000),
    **dict.fromkeys(("10^4", "10**4", "万"), 10_000),
    **dict.fromkeys(("10^6", "10**6", "million", "百万"), 1_000_000),
    **dict.fromkeys(("10^8", "10**8", "亿"), 100_000_000),
    **dict.fromkeys(("10^9", "10**9", "billion"), 1_000_000_000),
}
"""Multipliers that may stand before a unit, as tables print them."""

RIGHT: Mapping[str, str] = {
    "MJ": "energy: MJ, GJ, kWh or MWh (net calorific value); or a mass or volume of the fuel",
    "kWh": "electrical energy: kWh, MWh or GWh",
    "t": "a mass: t, kg, kt, lb or short_ton",
    "kg": "a mass: kg, g or t",
    "1/cell-day": "1/cell-day",
    "min": "a time: min or s",
    "min/cell-day": "min/cell-day or s/cell-day",
    "mV": "a voltage: mV or V",
    "kg/t": "kg/t, g/t or fraction",
    "kg/t/mV": "CF4 per tonne of metal and millivolt: kg/t/mV, g/t/mV or kg/t/V",
    "%": "% or fraction",
    "1": "fraction, % or kg/t",
    "t*km": "mass times way: t*km, kt*km or short_ton*mile",
    "t CO2e/t": "an intensity: t CO2e/t or kg CO2e/t",
}
"""For each unit of an item, what can be sent."""

_TONS = re.compile(r"\b(metric|short|long) ton(?:ne)?s?\b", re.IGNORECASE)
MASSES = {"kt": "kilotonne", "Mt": "megatonne"}
_MASSES = re.compile(r"\b(?:kt|Mt)\b")
"""In compounds too, where `pint` reads kt as a knot."""
_WORD = re.compile(r"[A-Za-z_]+")
_THOUSANDS = re.compile(
    r"[mM](?:scf|cf|ft|bbl|barrels?|lbs?|pounds?|gal|gallons?|Btu|btu|BTU)(?![A-Za-z])"
)
"""Before customary units, M is a thousand for some and a million for others."""
_TIMES = re.compile("|".join(re.escape(word) for word in sorted(TIMES, key=len, reverse=True)))
_CELL_DAY = re.compile(
    r"\((?:cell|pot)s?[-\s*·.]*days?\)|\b(?:cell|pot)s?[-\s*·./]*days?", re.IGNORECASE
)
_EFFECTS = re.compile(r"^(?:aes?|anode[-\s]effects?)?[-\s]*(?=/|per\b)", re.IGNORECASE)
_EFFECT_TIME = re.compile(r"^(?:ae|anode[-\s]effect)[-\s]+", re.IGNORECASE)
_PERIOD = re.compile(r"(?:\s*/\s*(?:yr|year|a)|\s+(?:per year|p\.a\.))$", re.IGNORECASE)
_OF_WHAT = re.compile(
    r"\s+(?:al|aluminium|aluminum|metal|alumina|bauxite|anodes?|coke|pitch|cf4|c2f6|dry|scrap"
    r"|gas|coal|oil|diesel|fuel|lpg|products?|naoh|cao|alf3)$",
    re.IGNORECASE,
)
_GROSS = re.compile(r"\s*\(?\b(?:hhv|gcv|gross|ho|hs)\)?$", re.IGNORECASE)
_NET = re.compile(r"\s*\(?\b(?:lhv|ncv|net|hu|hi)\)?$", re.IGNORECASE)
_WRITTEN = re.compile(r"[A-Za-zµ%_/*^().\s·1-9]+")
_POWERS = re.compile(r"(?:\*\*|\^)\s*(\d+)")
_CO2E = re.compile(r"\s*(?:of\s+)?co2[-\s]?(?:e|eq|equivalents?)?(?=\s*/|\s+per\b)", re.IGNORECASE)
_PER_CO2E = re.compile(
    r"(?P<mass>[A-Za-z]+)\s*(?:of\s+)?co2[-\s]?(?:e|eq|equivalents?)?\s*(?:/|per\s)\s*(?P<per>.+)",
    re.IGNORECASE,
)


class Conversion(NamedTuple):
    """A quantity of the item's unit in one of the unit that was sent. `note` says by which default
    value, where it took one."""

    factor: Decimal
    note: str = ""


class Units:
    """Conversions of a run, each worked out once. `calorific` are sets that tell of calorific
    values; the first that names one holds."""

    def __init__(self, *calorific: FactorSet) -> None:
        self._calorific = calorific
        self._kept: dict[tuple[str, str], Conversion | Refused] = {}

    def of(self, text: str, item: Item) -> Conversion:
        """How a unit becomes the item's; refused `unit-missing`, `unit-unknown`,
        `unit-of-other-kind`."""
        return self._once(text, item, emission=False)

    def of_factor(self, text: str, item: Item) -> Conversion:
        """How an emission factor's unit (t CO2e/MWh) becomes kg CO2e per unit of the item; refused
        as `of` is."""
        return self._once(text, item, emission=True)

    def _once(self, text: str, item: Item, *, emission: bool) -> Conversion:
        key = (text, ("/" if emission else "") + item.slug)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            try:
                found = self._per(text, item) if emission else self._read(text, item)
            except Refused as refused:
                found = refused
            self._kept[key] = found
        if isinstance(found, Refused):
            raise found
        return found

    def _per(self, text: str, item: Item) -> Conversion:
        match = _PER_CO2E.fullmatch(_plain(text))
        right = f"a factor of {item.title} is in kg CO2e/{item.unit}, or the like"
        if not text.strip():
            raise Refused("unit-missing", f"the factor has no unit: {right}")
        if match is None:
            raise Refused("unit-unknown", f"{text[:MAX_TEXT]!r} is no unit of a factor: {right}")
        mass, dimension = _root(_words(match["mass"]), text)
        if dimension != _root("kg", text)[1]:
            raise Refused("unit-of-other-kind", f"{match['mass']!r} is no mass: {right}")
        per = self._read(match["per"], item)
        with localcontext(prec=WORKING_PLACES):
            kilograms = mass / _root("kg", text)[0]
            factor = kilograms / per.factor
        return Conversion(_settled(factor), per.note)

    def _read(self, text: str, item: Item) -> Conversion:
        plain = _plain(text)
        if not plain:
            raise Refused("unit-missing", f"there is no unit: {item.title} needs {_right(item)}")
        fuel = item.family is Family.FUEL
        gross = _GROSS.search(plain) if fuel else None
        if fuel:
            plain = _NET.sub("", _GROSS.sub("", plain))
        if item.unit == INTENSITY:
            plain = _CO2E.sub("", plain)
        times, unit = _parted(plain)
        value, dimension = _root(unit, text)
        wanted, right = _root(_words(_CO2E.sub("", item.unit)), item.unit)
        with localcontext(prec=WORKING_PLACES):
            if dimension == right:
                factor, note = value / wanted, ""
            elif fuel and gross is None:
                factor, note = self._burnt(value, dimension, text, item)
            else:
                raise _other_kind(text, item)
            if gross is not None:
                known = self._telling(f"{_what(item)}.net_of_gross")
                share = known.factor(f"{_what(item)}.net_of_gross")
                factor *= share.value
                note = f"net of gross {share.value}, {known.factor_set}"
            factor *= times
        return Conversion(_settled(factor), note)

    def _burnt(
        self, value: Decimal, dimension: Mapping[str, object], text: str, item: Item
    ) -> tuple[Decimal, str]:
        """MJ net in one of a mass or a volume of fuel, by the default calorific value."""
        for name, unit in (("mass", "kg"), ("volume", "m**3"), ("normal_volume", "Nm3")):
            per, right = _root(unit, text)
            name = f"{_what(item)}.{name}"
            known = self._telling(name)
            if dimension == right and known.has(name):
                found = known.factor(name)
                note = f"net calorific value {found.value} {found.unit}, {found.evidence},"
                return value / per * found.value, f"{note} {known.factor_set}"
        raise _other_kind(text, item)

    def _telling(self, name: str) -> FactorSet:
        """The first set that names it; the first of all where none does."""
        return next((one for one in self._calorific if one.has(name)), self._calorific[0])


def _what(item: Item) -> str:
    return item.slug.partition(".")[2]


def _right(item: Item) -> str:
    return RIGHT.get(item.unit, item.unit)


def _other_kind(text: str, item: Item) -> Refused:
    return Refused(
        "unit-of-other-kind",
        f"{text[:MAX_TEXT]!r} cannot measure {item.title}: it needs {_right(item)}",
    )


# --- texts ---


def _plain(text: str) -> str:
    """The text with plain letters and figures (m³ is m3), without the year it is per and without
    what it is of (t Al)."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    return _OF_WHAT.sub("", _PERIOD.sub("", plain))


def _parted(text: str) -> tuple[int, str]:
    """A multiplier and the unit, as `pint` calls it; refused `unit-unknown` where the text means
    two units."""
    known = WORDS.get(text.casefold())
    if known is not None:
        _check_one_meaning(text)
        return 1, known
    times = _TIMES.match(text.casefold())
    rest = text[times.end() :].strip() if times else ""
    if times and rest:
        return TIMES[times[0]], _words(rest)
    return 1, _words(text)


def _check_one_meaning(text: str) -> None:
    """Refuse `unit-unknown` where a word of the text may be read in two ways."""
    for word in _WORD.findall(_TONS.sub(_named_ton, text)):
        right = AMBIGUOUS.get(word)
        if right is None and _THOUSANDS.fullmatch(word):
            right = f"write thousand {word[1:]} or million {word[1:]}"
        if right is not None:
            raise Refused("unit-unknown", f"{word!r} can be read in two ways: {right}")


def _named_ton(found: re.Match[str]) -> str:
    return f"{found[1].lower()}_ton"


def _words(text: str) -> str:
    _check_one_meaning(text)
    known = WORDS.get(text.casefold())
    if known is not None:
        return known
    text = _TONS.sub(_named_ton, text)
    text = _MASSES.sub(lambda found: MASSES[found[0]], text)
    found = _EFFECT_TIME.sub("", _CELL_DAY.sub("(cell*day)", text))
    if "(cell*day)" in found:
        found = _EFFECTS.sub("1", found)
    return found.replace(" per ", "/").replace("1per ", "1/")


# --- pint ---


@cache
def _registry() -> "pint.UnitRegistry[Decimal]":
    """The units there are. It reads its list of units once, which takes most of a second: so it is
    made when the first unit is asked for, not when the program starts."""
    import pint

    registry: pint.UnitRegistry[Decimal] = pint.UnitRegistry(
        non_int_type=Decimal, cache_folder=None
    )
    for line in OWN:
        registry.define(line)
    return registry


@cache
def _known(unit: str) -> tuple[Decimal, Mapping[str, object]] | None:
    """A unit in root units and their dimensions; None where there is no such unit. Only what can
    be a unit's name goes to `pint`, with small powers: its reader calculates."""
    import pint

    if len(unit) > MAX_TEXT or not _WRITTEN.fullmatch(unit):
        return None
    if any(len(power) > 1 for power in _POWERS.findall(unit)):
        return None
    registry = _registry()
    try:
        with localcontext(prec=WORKING_PLACES):  # pint works things out when first asked
            parsed = registry.parse_units(unit)
            factor, root = registry.get_root_units(parsed)
            return Decimal(str(factor)), dict(root.dimensionality)
    except (pint.PintError, TokenError, AssertionError, ValueError, TypeError, ArithmeticError):
        return None


def _root(unit: str, text: str) -> tuple[Decimal, Mapping[str, object]]:
    found = _known(unit)
    if found is None:
        raise Refused(
            "unit-unknown",
            f"{text[:MAX_TEXT]!r} is no unit that is known here; write t, kg, MJ, kWh, m3, Nm3, l,"
            " t*km, min, mV, %, fraction or the like",
        )
    return found


def _settled(factor: Decimal) -> Decimal:
    """To the places of decimal arithmetic, in plain digits."""
    with localcontext(prec=PLACES):
        found = (+factor).normalize()
        exponent = found.as_tuple().exponent
        return found.quantize(ONE) if isinstance(exponent, int) and exponent > 0 else found
