"""What an activity file says of the site itself, put together with what is known already. Pure.

Country and the year of the start are membership's to tell where it knows the facility; cells,
furnace and paste are told by the file. All rows of a facility-year say the same, or nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum

from infra.errors import Refused
from infra.importing.kinds import Fault
from infra.importing.mapping import plain_name
from infra.importing.places import Places, folded, nearest
from services.ghg.calculation.electrolysis import Furnace, Paste
from services.ghg.calculation.pfc import LowVoltage, Technology

from .installation import NOT_GIVEN, Installation, faults_of
from .installation_cells import READERS
from .inventory import Site
from .words import SITE_FIELDS

Known = Callable[[str], Site | None]
FIRST_START, LAST_START = 1850, 2200
TECHNOLOGIES = {plain_name(one): one for one in Technology}
WORDS: Mapping[str, Mapping[str, StrEnum]] = {
    "cell_technology": TECHNOLOGIES,
    "low_voltage": {one.value: one for one in LowVoltage},
    "furnace": {one.value: one for one in Furnace},
    "paste": {one.value: one for one in Paste},
}
NAME_OF = {"cell_technology": "technology"}
"""What a column is called in `Site`, where it is called otherwise."""


class SiteReader:
    """Sites of a run. `known(facility_id)` gives what is known of a site; with `only_known`, one
    of which nothing is known is refused `unknown-facility`."""

    def __init__(self, places: Places, known: Known, *, only_known: bool) -> None:
        self._places = places
        self._known = known
        self._only_known = only_known

    def read(
        self,
        facility_id: str,
        said: Mapping[tuple[str, ...], int],
        fields: Sequence[str] = SITE_FIELDS,
    ) -> tuple[Site | None, Sequence[tuple[int, Fault]]]:
        """The site; or None, and what is wrong with which row. `said` are the cells of `fields` as
        they stand in the file, with the first row that says so."""
        base = self._known(facility_id)
        if base is None and self._only_known:
            sentence = f"{facility_id} is no facility of this member, or not known here yet"
            return None, [(0, Fault("facility_id", "unknown-facility", sentence))]
        faults: list[tuple[int, Fault]] = []
        found: dict[str, tuple[str, int]] = {}
        for cells, row in said.items():
            for field, cell in zip(fields, cells, strict=True):
                text = cell.strip()
                if not text:
                    continue
                before, _ = found.setdefault(field, (text, row))
                if before != text:
                    faults.append((row, _contradicts(field, text, before)))
        site = base or Site(facility_id, "")
        told: dict[str, str | Decimal] = {}
        for field, (text, row) in found.items():
            try:
                if field in READERS:
                    told[field] = READERS[field](text)
                else:
                    site = self._with(site, base, field, text)
            except Refused as refused:
                faults.append((row, Fault(field, refused.slug, refused.sentence)))
        if told:
            installation = NOT_GIVEN._replace(**told)  # type: ignore[arg-type]  # by their readers
            if not faults:  # what cannot be read is not missing as well
                faults += self._of(installation, site.country, found)
            site = site._replace(installation=installation)
        if not site.country and not faults:
            sentence = "the site's country is not known: add a column country"
            faults.append((0, Fault("country", "value-missing", sentence)))
        return (None if faults else site), faults

    def _of(
        self, told: Installation, country: str, found: Mapping[str, tuple[str, int]]
    ) -> Sequence[tuple[int, Fault]]:
        """What is wrong with an installation, at the row that says it: the first that tells
        anything of it where a field is empty."""
        first = min(row for field, (_, row) in found.items() if field in READERS)
        return [
            (found[fault.field][1] if fault.field in found else first, fault)
            for fault in faults_of(told, country, self._places.currencies)
        ]

    def _with(self, site: Site, base: Site | None, field: str, text: str) -> Site:
        value = self._value(site, field, text)
        name = NAME_OF.get(field, field)
        known = getattr(base, name) if base is not None and field not in WORDS else None
        if known and known != value:
            raise Refused("site-contradicts", f"{text[:40]!r}: {field} is registered as {known}")
        return Site._make(value if at == name else old for at, old in site._asdict().items())

    def _value(self, site: Site, field: str, text: str) -> str | int:
        words = WORDS.get(field)
        if words is not None:
            word = words.get(plain_name(text))
            if word is None:
                raise Refused(
                    "unknown-site-word",
                    f"{text[:40]!r} is no {field}: write one of {', '.join(words.values())}",
                )
            return word.value
        if field == "country":
            code = self._places.countries.get(folded(text))
            if code is None:
                raise Refused(
                    "unknown-country",
                    f"{text[:40]!r} is no country: write its English name or its ISO 3166 code",
                )
            return code
        if field == "subdivision":
            return self._subdivision(site.country, text)
        if not (text.isascii() and text.isdigit() and FIRST_START <= int(text[:5]) <= LAST_START):
            raise Refused("invalid-start", f"{text[:40]!r} is no year of a start: write it as 1971")
        return int(text)

    def _subdivision(self, country: str, text: str) -> str:
        known, name = self._places.subdivisions, folded(text)
        found = known.get(name) or known.get(f"{country}/{name}")
        if found is None or not found.startswith(f"{country}-"):
            raise Refused(
                "unknown-subdivision",
                f"{text[:40]!r} is no subdivision of {country or 'a country'}: write its name or"
                f" its ISO 3166-2 code{nearest(country, text, self._places)}",
            )
        return found


def _contradicts(field: str, text: str, before: str) -> Fault:
    sentence = f"{field} is {text[:40]!r} here and {before[:40]!r} above: one site has one"
    return Fault(field, "site-contradicts", sentence)
