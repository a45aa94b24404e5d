"""Whether a place that a command names exists, by the tables of ISO 3166: as imports ask."""

from collections.abc import Mapping

from contracts.values import Location
from infra.errors import Refused
from infra.importing.places import Places


def check_places(sent: Mapping[str, object], known: Places) -> None:
    """Refuse a country, or a subdivision of it, that ISO 3166 does not have.

    `sent` are the fields of a command: `country` of a seat, or `location` of a facility. Raises
    Refused (`unknown-country`, `unknown-subdivision`), naming the field.
    """
    location = sent.get("location")
    if isinstance(location, Location):
        _check(location.country, location.subdivision, known, "location.")
    country = sent.get("country")
    if isinstance(country, str):
        _check(country, None, known, "")


def _check(country: str, subdivision: str | None, known: Places, where: str) -> None:
    if known.countries.get(country.casefold()) != country:
        raise Refused(
            "unknown-country",
            f"{where}country: {country} is no country's ISO 3166 code: Germany's is DE.",
            field=f"{where}country",
        )
    if subdivision is None:
        return
    found = known.subdivisions.get(subdivision.casefold()) == subdivision
    if not found or subdivision[:2] != country:
        raise Refused(
            "unknown-subdivision",
            f"{where}subdivision: {subdivision} is no subdivision of {country} by ISO 3166-2.",
            field=f"{where}subdivision",
        )
