"""The content of a facility: what can be changed, compared, and what contradicts itself. Pure."""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, Protocol

from contracts.values import Activity, Control, EntityId, Location, Name
from infra.errors import Refused


class Site(NamedTuple):
    """What is known of a facility, whole; `activities` each once, in the vocabulary's order."""

    entity_id: EntityId
    name: Name
    activities: tuple[Activity, ...]
    location: Location
    control: Control
    operating: bool
    start_year: int | None
    capacity_t_per_year: Decimal | None


class HasSite(Protocol):
    """An event or a command that carries the whole content."""

    @property
    def entity_id(self) -> EntityId: ...
    @property
    def name(self) -> Name: ...
    @property
    def activities(self) -> tuple[Activity, ...]: ...
    @property
    def location(self) -> Location: ...
    @property
    def control(self) -> Control: ...
    @property
    def operating(self) -> bool: ...
    @property
    def start_year(self) -> int | None: ...
    @property
    def capacity_t_per_year(self) -> Decimal | None: ...


def site_of(content: HasSite) -> Site:
    """The content of an event or a command, in its one spelling."""
    return Site(
        content.entity_id,
        content.name,
        canonical(content.activities),
        content.location,
        content.control,
        content.operating,
        content.start_year,
        content.capacity_t_per_year,
    )


@lru_cache(maxsize=1024)  # there are few, and every event and command of a facility asks
def canonical(activities: tuple[Activity, ...]) -> tuple[Activity, ...]:
    """Each activity once, in the order of the vocabulary: lists that say the same are equal."""
    ranks = [_IN_ORDER.index(activity) for activity in activities]
    wanted = sorted(set(ranks))
    return activities if ranks == wanted else tuple(_IN_ORDER[rank] for rank in wanted)


_IN_ORDER = tuple(Activity)


def differing(one: Site, other: Site) -> list[str]:
    """The fields in which two contents differ."""
    return [
        field for field, left, right in zip(Site._fields, one, other, strict=True) if left != right
    ]


def check_site(site: Site, today: date) -> None:
    """Refuse a content that says nothing of what is done there, or contradicts itself."""
    if not site.activities:
        raise Refused(
            "activities-missing",
            "A facility names its supply-chain activities: at least one.",
        )
    where = site.location
    if where.subdivision is not None and not where.subdivision.startswith(f"{where.country}-"):
        raise Refused(
            "location-contradicts-itself",
            f"{where.subdivision} is no subdivision of {where.country}: its code would begin with "
            f"{where.country}-.",
            country=where.country,
            subdivision=where.subdivision,
        )
    if (where.latitude is None) != (where.longitude is None):
        raise Refused(
            "coordinates-incomplete",
            "Coordinates are a latitude and a longitude: give both, or neither.",
        )
    if site.operating and site.start_year is not None and site.start_year > today.year:
        raise Refused(
            "start-year-in-the-future",
            f"A facility that operates cannot start in {site.start_year}; if it is planned, say "
            "that it does not operate yet.",
            start_year=site.start_year,
        )
