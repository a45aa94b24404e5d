"""Countries and subdivisions by any usual name or code, and codes of currencies, from the ISO
tables of pycountry."""

import difflib
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

PROVINCES = {
    "AH": ("Anhui", "安徽", "省"),
    "BJ": ("Beijing", "北京", "市"),
    "CQ": ("Chongqing", "重庆", "市"),
    "FJ": ("Fujian", "福建", "省"),
    "GD": ("Guangdong", "广东", "省"),
    "GS": ("Gansu", "甘肃", "省"),
    "GX": ("Guangxi", "广西", "壮族自治区"),
    "GZ": ("Guizhou", "贵州", "省"),
    "HA": ("Henan", "河南", "省"),
    "HB": ("Hubei", "湖北", "省"),
    "HE": ("Hebei", "河北", "省"),
    "HI": ("Hainan", "海南", "省"),
    "HL": ("Heilongjiang", "黑龙江", "省"),
    "HN": ("Hunan", "湖南", "省"),
    "JL": ("Jilin", "吉林", "省"),
    "JS": ("Jiangsu", "江苏", "省"),
    "JX": ("Jiangxi", "江西", "省"),
    "LN": ("Liaoning", "辽宁", "省"),
    "NM": ("Inner Mongolia", "内蒙古", "自治区"),
    "NX": ("Ningxia", "宁夏", "回族自治区"),
    "QH": ("Qinghai", "青海", "省"),
    "SC": ("Sichuan", "四川", "省"),
    "SD": ("Shandong", "山东", "省"),
    "SH": ("Shanghai", "上海", "市"),
    "SN": ("Shaanxi", "陕西", "省"),
    "SX": ("Shanxi", "山西", "省"),
    "TJ": ("Tianjin", "天津", "市"),
    "XJ": ("Xinjiang", "新疆", "维吾尔自治区"),
    "XZ": ("Tibet", "西藏", "自治区"),
    "YN": ("Yunnan", "云南", "省"),
    "ZJ": ("Zhejiang", "浙江", "省"),
}
"""China's provinces as the ministry's announcements of grid factors write them (sources.md 4.6), by
the last letters of their ISO 3166-2 code: in English, in Chinese, and what the long name adds. ISO
lists transliterations of the long names only."""


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


def nearest(country: str, text: str, known: Places) -> str:
    """Words that suggest the subdivision of a country whose name is most like a text; empty where
    none is."""
    start = f"{country}/"
    names = [key[len(start) :] for key in known.subdivisions if key.startswith(start)]
    close = difflib.get_close_matches(folded(text), names, n=1)
    return f"; did you mean {known.subdivisions[start + close[0]]} ({close[0]})?" if close else ""


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
    for letters, (english, short, kind) in PROVINCES.items():
        for name in (english, short, short + kind):
            subdivisions[f"CN/{folded(name)}"] = f"CN-{letters}"
    currencies = frozenset(currency.alpha_3 for currency in pycountry.currencies)
    return Places(countries, subdivisions, currencies)
