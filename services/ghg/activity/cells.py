"""Cells of an activity file: each reader gives a value or is Refused with what is right. Pure."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache

from contracts.inventory import DataKind, Step
from contracts.values import ID_PATTERN
from infra.errors import Refused
from infra.importing.mapping import plain_name
from services.ghg.calculation.electricity import Proof
from services.ghg.factors.calorific import calorific_unit
from services.ghg.factors.gwp import gwp_set_of
from services.ghg.power_certificates.power_certificate import certificate_of

from .installation import Boundary
from .inventory import Datum
from .items import GOODS, ITEMS, PARAMETERS, PRECURSORS, STOCKED, Family, Item
from .meaning import SCRAP_RIGHT, TECHNOLOGIES, TREATMENTS, known, spelled
from .words import ITEM_OF, KINDS, SCRAP, STEPS

SHARES = frozenset({"%", "1"})
"""Units of items that are parts of something."""
ONE = Decimal(1)
HUNDRED = Decimal(100)
FIRST_YEAR, LAST_YEAR = 1990, 2199
MAX_TEXT = 200
SHOWN = 40
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
USUAL = r"[0-9]{1,15}(?:\.[0-9]{1,12})?"
"""A number that needs no second look."""
_USUAL = re.compile(USUAL)
ID = ID_PATTERN.removeprefix("^").removesuffix("$")
_ID = re.compile(ID)
_FOREIGN = re.compile(r"[^A-Za-z0-9._:-]+")
MAX_ID = 128
_CN_CODE = re.compile(r"76[0-9]{2}(?:[0-9]{2}){0,2}")
YES, NO = frozenset({"yes", "y", "true", "1", "x"}), frozenset({"no", "n", "false", "0"})
_CERTIFICATE = re.compile(r"(?P<id>.+?)\s*[:=]\s*(?P<mwh>[0-9.eE+]+)\s*(?:mwh)?", re.IGNORECASE)
_OF_ALL = re.compile(r"(?P<told>[0-9.eE+]+)\s*(?:mwh)?", re.IGNORECASE)


def number(text: str) -> Decimal:
    """A number, zero or more."""
    if _USUAL.fullmatch(text) is not None:
        return Decimal(text)
    if _NUMBER.fullmatch(text) is None or len(text) > SHOWN:
        text = text.strip()
        if _NUMBER.fullmatch(text) is None or len(text) > SHOWN:
            raise _no_number(text)
    value = Decimal(text)
    if text[0] == "-" and value:
        raise Refused(
            "quantity-negative",
            f"{text} is below zero: returns and credits have items of their own",
        )
    if value and abs(value.adjusted()) > 20:
        raise Refused("invalid-number", f"{text} is no number that can be meant")
    return abs(value)


def _no_number(text: str) -> Refused:
    hint = ""
    if "," in text:
        hint = ": write a decimal point, not a comma, and nothing between thousands"
    elif not text:
        return Refused("value-missing", "quantity is empty: every row needs it")
    return Refused("invalid-number", f"{text[:SHOWN]!r} is no number{hint}")


def step_of(text: str) -> Step:
    """A process step, by any of its names."""
    found = STEPS.get(plain_name(text))
    if found is None:
        raise Refused(
            "unknown-step", f"{text[:SHOWN]!r} is no process step: write {', '.join(Step)}"
        )
    return found


def item_of(text: str) -> Item:
    """An item, by slug, title or short name; what is near is named where there is none."""
    name = plain_name(text)
    found = ITEMS.get(text) or ITEM_OF.get(name)
    if found is None:
        raise Refused("unknown-item", f"{text[:SHOWN]!r} is no item: {_nearest(name[:MAX_TEXT])}")
    return found


@lru_cache(maxsize=1_000)
def _nearest(name: str) -> str:
    near = get_close_matches(name, list(ITEM_OF), n=3, cutoff=0.5)
    slugs = list(dict.fromkeys(ITEM_OF[one].slug for one in near))
    return f"nearest are {', '.join(slugs)}" if slugs else "see the list of items"


def stands(item: Item, step: Step) -> None:
    """An item stands under its own steps."""
    if item.steps and step not in item.steps:
        raise Refused(
            "item-at-wrong-step",
            f"{item.slug} ({item.title}) belongs to {' or '.join(item.steps)}, not to {step}",
        )


def kind_of(text: str) -> DataKind:
    """Where a datum comes from."""
    found = KINDS.get(plain_name(text))
    if found is None:
        raise Refused(
            "unknown-data-kind", f"{text[:SHOWN]!r} is no kind of data: write {', '.join(DataKind)}"
        )
    return found


def content(quantity: Decimal, item: Item) -> None:
    """A share of something is not more than all of it."""
    if quantity > (HUNDRED if item.unit == "%" else ONE):
        raise Refused(
            "share-above-one",
            f"{item.title} cannot be more than the whole: look at the unit (fraction or %)",
        )


def period(datum: Datum, year: int) -> None:
    """The days that a datum covers lie in its year. Those of a parameter say when it was measured:
    they may lie before it, not after."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    begins, ends = datum.from_on or first, datum.to_on or last
    if datum.item in PARAMETERS:
        first = begins = datum.from_on or min(first, ends)
    if not first <= begins <= ends <= last:
        raise Refused(
            "period-outside-year",
            f"{begins} to {ends} is no part of {year}: split what reaches into another year",
        )


def precursor(item: Item) -> None:
    """Embedded emissions are told of bought metal."""
    if item.slug not in PRECURSORS:
        raise Refused(
            "embedded-not-used",
            f"{item.title} takes no embedded emissions: they are told of"
            f" {', '.join(sorted(PRECURSORS))}",
        )


def stocked(of: str, item: Item) -> None:
    """A stock is of something that was bought or made: of anything else it would change nothing,
    and nobody would see that it did not."""
    if item.family is not Family.STOCK or of in STOCKED:
        return
    said = f"a stock of {ITEMS[of].title} is not used" if of in ITEMS else "a stock of what"
    near = f"bought.{of.partition('.')[2].removeprefix('net_')}"
    meant = f" (perhaps {near})" if near in STOCKED else ""
    raise Refused(
        "stock-of-nothing",
        f"{said}: name in `of` what was bought or made{meant}; of fuels, and of what an equation"
        " takes in, give what was used",
        field="of",
    )


def for_goods(datum: Datum, item: Item) -> None:
    """A stock holds goods, a code of goods stands at goods, boundary and warming potentials at what
    a maker tells of metal; words are known at their item."""
    stocked(datum.of, item)
    known(datum, item)
    if datum.cn_code and item.slug not in GOODS:
        raise Refused(
            "cn-code-not-used",
            f"{item.title} has no code of goods: it stands at {', '.join(sorted(GOODS))}",
        )
    if datum.embedded_boundary or datum.embedded_gwp_set:
        precursor(item)


def is_text(text: str) -> str:
    """A text of moderate length."""
    if len(text) > MAX_TEXT:
        raise Refused("text-too-long", f"a text has {MAX_TEXT} characters at most")
    return text


def is_id(text: str) -> str:
    """An id, as events have them."""
    if _ID.fullmatch(text) is None:
        near = _FOREIGN.sub("-", text).strip("-._:")[:SHOWN]
        right = f"; {near} would be one" if _ID.fullmatch(near) else ""
        raise Refused(
            "invalid-id",
            f"{text[:SHOWN]!r} is no id: letters, digits and . _ : -, 128 at most, a letter or a"
            f" digit first{right}",
        )
    return text


def supplier_id(text: str) -> str:
    """The id of a supplier; a name is told where it belongs."""
    try:
        return is_id(text)
    except Refused as refused:
        raise Refused(
            refused.slug, f"{refused.sentence}. A supplier's name goes into supplier_name"
        ) from refused


def supplier_named(text: str) -> str:
    """The id of a supplier that is named: the name itself where it is an id, else made of it, the
    same each time. Letters that no id has are told apart by a hash."""
    if _ID.fullmatch(text) is not None:
        return text
    name = unicodedata.normalize("NFKD", is_text(text)).casefold()
    name = "".join(letter for letter in name if not unicodedata.combining(letter))
    words = re.findall(r"[a-z0-9]+", name)
    if words and all(letter.isascii() for letter in name if letter.isalnum()):
        return "-".join(words)[:MAX_ID]
    return f"supplier-{hashlib.blake2b(name.encode(), digest_size=8).hexdigest()}"


def of_slug(text: str) -> str:
    """The slug of an item that a datum is of, by any of its names."""
    return item_of(text).slug


def technology_of(text: str) -> str:
    """A technology of cells as it is kept, else the text."""
    return spelled(TECHNOLOGIES, is_text(text))


def treatment_of(text: str) -> str:
    """What became of a waste as it is kept, else the text."""
    return spelled(TREATMENTS, is_text(text))


def _scrap(text: str) -> str:
    found = SCRAP.get(plain_name(text))
    if found is None:
        raise Refused("unknown-scrap-kind", f"{text[:SHOWN]!r} is no kind of scrap: {SCRAP_RIGHT}")
    return found.value


def proofs_of(text: str) -> tuple[str, ...]:
    """Proofs of a supply, several with a semicolon between them."""
    words = [plain_name(word) for word in re.split(r"[;|,]", text) if word.strip()]
    for word in words:
        if word not in set(Proof):
            raise Refused(
                "unknown-proof",
                f"{word[:SHOWN]!r} is no proof of a supply: write {', '.join(Proof)}, several"
                " with a semicolon between them",
            )
    return tuple(words)


def _certificates(text: str) -> tuple[tuple[str, Decimal], ...]:
    found: list[tuple[str, Decimal]] = []
    for part in filter(None, (one.strip() for one in text.split(";"))):
        match = _CERTIFICATE.fullmatch(part)
        if match is None:
            raise Refused(
                "invalid-certificates",
                f"{part[:SHOWN]!r}: write each certificate with its MWh, as GEC-7: 1200; GEC-8: 30",
            )
        found.append((is_id(match["id"]), number(match["mwh"])))
    return tuple(found)


def _certificate_years(text: str) -> tuple[tuple[str, int], ...]:
    return tuple((name, _year(told)) for name, told in _of_certificates(text, "GEC-7: 2024"))


def _certificate_lots(text: str) -> tuple[tuple[str, Decimal], ...]:
    return tuple((name, number(told)) for name, told in _of_certificates(text, "GEC-7: 5000"))


def _of_certificates(text: str, example: str) -> list[tuple[str, str]]:
    """What is told of each certificate, or once of all."""
    if (one := _OF_ALL.fullmatch(text)) is not None:
        return [("", one["told"])]
    found: list[tuple[str, str]] = []
    for part in filter(None, (each.strip() for each in text.split(";"))):
        match = _CERTIFICATE.fullmatch(part)
        if match is None:
            raise Refused(
                "invalid-certificates",
                f"{part[:SHOWN]!r}: write one number for all, or each certificate with its own, as"
                f" {example}; GEC-8: ...",
            )
        found.append((is_id(match["id"]), match["mwh"]))
    return found


def certified(datum: Datum) -> None:
    """Years and lots are told of certificates that the datum uses."""
    used = {certificate_of(name) for name, _ in datum.certificates}
    for name, _ in (*datum.certificate_years, *datum.certificate_lots):
        if certificate_of(name) not in used if name else not used:
            raise Refused(
                "certificate-not-named",
                f"a year or a lot is told of {name or 'certificates'}, and none of that name is"
                " cancelled here: write it in `certificates`, with its MWh",
            )


def _year(text: str) -> int:
    text = text.removesuffix(".0")
    if not (text.isascii() and text.isdigit() and FIRST_YEAR <= int(text[:9]) <= LAST_YEAR):
        raise Refused("year-not-calendar", f"{text[:SHOWN]!r} is no year: write it as 2024")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise Refused("invalid-day", f"{text[:SHOWN]!r} is no day: write 2024-12-31") from None


def _yes(text: str) -> str:
    word = plain_name(text)
    if word not in YES | NO:
        raise Refused("neither-yes-nor-no", f"{text[:SHOWN]!r} is neither yes nor no")
    return "yes" if word in YES else ""


def _boundary(text: str) -> str:
    word = plain_name(text)
    if word not in set(Boundary):
        raise Refused(
            "unknown-boundary",
            f"{text[:SHOWN]!r} is no boundary of embedded emissions: write {', '.join(Boundary)}",
        )
    return word


def cn_code(text: str) -> str:
    """A code of the combined nomenclature, without blanks and dots."""
    code = text.replace(" ", "").replace(".", "")
    if _CN_CODE.fullmatch(code) is None:
        raise Refused(
            "invalid-cn-code",
            f"{text[:SHOWN]!r} is no code of the combined nomenclature: four, six or eight digits,"
            " of aluminium they begin with 76",
        )
    return code


READERS: Mapping[str, Callable[[str], object]] = {
    "datum_id": is_id,
    "source": is_text,
    "evidence": is_text,
    "supplier_name": supplier_named,
    "supplier_id": supplier_id,
    "factor": number,
    "factor_source": is_text,
    "of": of_slug,
    "scrap_kind": _scrap,
    "technology": technology_of,
    "potline": is_text,
    "treatment": treatment_of,
    "proofs": proofs_of,
    "certificates": _certificates,
    "certificate_years": _certificate_years,
    "certificate_lots": _certificate_lots,
    "geography": is_text,
    "data_year": _year,
    "uncertainty_percent": number,
    "from_on": _day,
    "to_on": _day,
    "left_out": _yes,
    "embedded": number,
    "embedded_boundary": _boundary,
    "cn_code": cn_code,
    "calorific_value": number,
    "calorific_unit": calorific_unit,
    "oxidation_factor": number,
    "factor_gwp_set": gwp_set_of,
    "embedded_gwp_set": gwp_set_of,
}
"""What a field that a row may leave empty becomes."""
PLACED: Mapping[str, str] = {"supplier_name": "supplier_id"}
"""Which field of a datum a field fills that is none itself; the field of that name goes before."""
LOOKED_AT = frozenset(
    {"from_on", "to_on", "cn_code", "embedded_boundary", "certificate_years", "certificate_lots"}
    | {"calorific_value", "calorific_unit", "oxidation_factor", "embedded_gwp_set"}
    | {"technology", "treatment"}
)
"""Fields that have to agree with others of their row."""
