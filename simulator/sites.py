"""Entities and facilities of a member: how many, where, what they do, since when.

Sizes are drawn from a long-tailed distribution of 1 to 60 facilities; the plan makes a few
members very large. Capacities (t/year) and start years are plausible ranges, not data.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from contracts.values import Activity, ControlBasis, MembershipClass

from . import names
from .geography import REGIONS, WEIGHTS, Region
from .history import (
    EntityChanged,
    EntityClosed,
    EntityRegistered,
    FacilityChanged,
    FacilityClosed,
    FacilityRegistered,
    Site,
    TransferAccepted,
    TransferOffered,
    TransferReturned,
)
from .life import Life, Place

FACILITIES_MAX = 60
READY_DAYS = 45
"""So many days after joining (or entering an obliged class) all first sites are told."""

_A = Activity
_PROFILES: tuple[tuple[int, tuple[Activity, ...]], ...] = (
    (6, (_A.BAUXITE_MINING, _A.ALUMINA_REFINING, _A.SMELTING, _A.CASTHOUSE)),
    (16, (_A.SMELTING, _A.CASTHOUSE)),
    (4, (_A.ALUMINA_REFINING,)),
    (18, (_A.REMELTING_REFINING, _A.CASTHOUSE)),
    (30, (_A.CASTHOUSE, _A.SEMI_FABRICATION)),
    (26, (_A.SEMI_FABRICATION, _A.MATERIAL_CONVERSION)),
)
"""How often members of the class PT do what."""

CONVERTER = (_A.SEMI_FABRICATION, _A.MATERIAL_CONVERSION)
MAKER = (_A.MATERIAL_CONVERSION, _A.OTHER_MANUFACTURING_OR_SALE)

_UPSTREAM = {_A.BAUXITE_MINING: "M", _A.ALUMINA_REFINING: "R", _A.SMELTING: "S"}

_KILOTONNES: Mapping[Activity, tuple[int, int]] = {
    _A.BAUXITE_MINING: (500, 15000),
    _A.ALUMINA_REFINING: (400, 4000),
    _A.SMELTING: (60, 900),
    _A.REMELTING_REFINING: (20, 300),
    _A.CASTHOUSE: (50, 400),
    _A.SEMI_FABRICATION: (5, 400),
    _A.MATERIAL_CONVERSION: (1, 50),
    _A.OTHER_MANUFACTURING_OR_SALE: (1, 20),
}


def activities_of(life: Life) -> tuple[Activity, ...]:
    """What a member says it does when it applies (sources.md 1.1)."""
    match life.seat.membership_class:
        case MembershipClass.PRODUCTION_AND_TRANSFORMATION if "class" in life.seat.script:
            return CONVERTER  # nothing upstream ties it to its class
        case MembershipClass.PRODUCTION_AND_TRANSFORMATION:
            weights = [weight for weight, _ in _PROFILES]
            return life.dice.choices([what for _, what in _PROFILES], weights)[0]
        case MembershipClass.INDUSTRIAL_USERS:
            return MAKER
        case MembershipClass.DOWNSTREAM_SUPPORTERS:
            return (Activity.OTHER_MANUFACTURING_OR_SALE,)
        case _:
            return ()


def found_sites(life: Life, after: date) -> None:
    """Register entities, then facilities, in the weeks after a day; some facilities come years
    later, in groups of more than five."""
    count = life.seat.facilities or min(
        FACILITIES_MAX, max(1, int(life.dice.lognormvariate(0.9, 0.9)))
    )
    entities = 1 if count < 4 else min(5, 1 + count // 8 + life.dice.randint(0, 1))
    for number in range(1, entities + 1):
        country = life.seat.country if number == 1 or life.chance(0.6) else _abroad(life)
        life.entities.append(names.entity_id(life.seat.number, number))
        life.tell(
            EntityRegistered(
                recorded_on=after + life.days(1, 5),
                member_id=life.member_id,
                entity_id=life.entities[-1],
                name=names.entity_name(life.seat.number, number, country),
                country=country,
            )
        )
    later = count // 6 if count > 5 else 0
    in_one_go = after + life.days(6, 20)
    for number in range(1, count + 1):
        late = number > count - later
        told_on = after + life.days(120, 1500) if late else in_one_go + life.days(0, 20)
        _found_one(life, number, told_on)
    life.ready_on = after + timedelta(days=READY_DAYS)


def _found_one(life: Life, number: int, told_on: date) -> None:
    place = Place(
        facility_id=names.facility_id(life.seat.number, number),
        entity_id=life.entities[(number - 1) % len(life.entities)],
        site=_site(life, number, told_on),
        since=told_on,
    )
    life.places.append(place)
    life.tell(
        FacilityRegistered(
            recorded_on=told_on,
            member_id=life.member_id,
            facility_id=place.facility_id,
            entity_id=place.entity_id,
            site=place.site,
        )
    )


def _site(life: Life, number: int, told_on: date) -> Site:
    main = life.activities[(number - 1) % len(life.activities)]
    country = life.seat.country if number == 1 or life.chance(0.75) else _abroad(life)
    country, region = _region(life, country, main)
    both = main is Activity.SMELTING and Activity.CASTHOUSE in life.activities
    low, high = _KILOTONNES[main]
    basis = life.dice.choices(list(ControlBasis), (85, 5, 10))[0]
    shared = basis is ControlBasis.JOINT_VENTURE
    return Site(
        name=names.facility_name(main, life.seat.number, number, country),
        activities=(main, Activity.CASTHOUSE) if both else (main,),
        country=country,
        subdivision=region.subdivision,
        latitude=_degrees(life, region.latitude),
        longitude=_degrees(life, region.longitude),
        basis=basis,
        share_percent=life.choice((25, 33, 40, 50, 51, 60)) if shared else 100,
        operating=life.chance(0.97),
        start_year=min(told_on.year, life.dice.randint(1935, 2023)),
        capacity_t_per_year=life.dice.randint(low, high) * 1000,
    )


def _region(life: Life, country: str, main: Activity) -> tuple[str, Region]:
    """A region where the activity is plausible: in that country if it has one, else elsewhere."""
    needed = _UPSTREAM.get(main, "")
    fit = [region for region in REGIONS[country] if needed in region.makes]
    if not fit:
        abroad = [code for code in REGIONS if any(needed in at.makes for at in REGIONS[code])]
        country = life.choice(abroad)
        fit = [region for region in REGIONS[country] if needed in region.makes]
    return country, life.choice(fit)


def _degrees(life: Life, middle: float) -> str:
    """Somewhere around the middle of a region, as decimal text with four places."""
    return f"{middle + life.dice.randint(-3000, 3000) / 10000:.4f}"


def _abroad(life: Life) -> str:
    return life.dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]


def change_sites(life: Life) -> None:
    """What happens to sites over the years: changes, closures, moves within the group.

    Places that a certificate covers are changed but neither moved nor closed here, so that a
    scope stays what was audited.
    """
    for place in life.places:
        if life.chance(0.12):
            place.site = replace(
                place.site,
                capacity_t_per_year=place.site.capacity_t_per_year * 11 // 10,
                operating=life.chance(0.9),
            )
            life.tell(
                FacilityChanged(
                    recorded_on=place.since + life.days(200, 260),
                    member_id=life.member_id,
                    facility_id=place.facility_id,
                    entity_id=place.entity_id,
                    site=place.site,
                )
            )
    free = [place for place in life.places if not place.settled]
    for number, place in enumerate(free, start=1):
        if len(life.entities) > 1 and life.chance(0.15):
            _move(life, place, number)
            place.settled = True
        elif len(life.places) > 1 and life.chance(0.06):
            _close(life, place, place.since + life.days(400, 1200))
            place.settled = True
    if len(life.entities) > 2 and life.chance(0.4):
        _passing_entity(life)
    if len(life.entities) > 1 and life.chance(0.3):
        life.tell(
            EntityChanged(
                recorded_on=life.ready_on + life.days(300, 900),
                member_id=life.member_id,
                entity_id=life.entities[-1],
                name=names.entity_name(
                    life.seat.number, len(life.entities), life.seat.country, "Renamed "
                ),
                country=life.seat.country,
            )
        )


def _passing_entity(life: Life) -> None:
    """An entity that is founded, never gets a facility, and is closed again."""
    number = len(life.entities) + 1
    entity = names.entity_id(life.seat.number, number)
    founded = life.ready_on + life.days(30, 200)
    life.tell(
        EntityRegistered(
            recorded_on=founded,
            member_id=life.member_id,
            entity_id=entity,
            name=names.entity_name(life.seat.number, number, life.seat.country),
            country=life.seat.country,
        ),
        EntityClosed(
            recorded_on=founded + life.days(90, 400),
            member_id=life.member_id,
            entity_id=entity,
        ),
    )


def _close(life: Life, place: Place, on: date) -> None:
    """A facility is shut."""
    life.tell(
        FacilityClosed(
            recorded_on=on,
            member_id=life.member_id,
            facility_id=place.facility_id,
            reason="shut-down",
        )
    )


def _move(life: Life, place: Place, number: int) -> None:
    """A facility is offered to another entity of the same group, and taken or returned."""
    target = life.choice([entity for entity in life.entities if entity != place.entity_id])
    offer = TransferOffered(
        recorded_on=place.since + life.days(280, 380),
        member_id=life.member_id,
        facility_id=place.facility_id,
        transfer_id=names.transfer_id(life.seat.number, number),
        from_entity_id=place.entity_id,
        to_entity_id=target,
        to_member_id=life.member_id,
    )
    on = offer.recorded_on + life.days(3, 20)
    life.tell(offer, _answer(offer, on, taken=life.chance(0.7)))


def sell(seller: Life, place: Place, buyer: Life, on: date) -> None:
    """A facility passes to the first entity of another group."""
    offer = TransferOffered(
        recorded_on=on,
        member_id=seller.member_id,
        facility_id=place.facility_id,
        transfer_id=names.transfer_id(seller.seat.number, 900),
        from_entity_id=place.entity_id,
        to_entity_id=buyer.entities[0],
        to_member_id=buyer.member_id,
    )
    place.settled = True
    seller.tell(offer)
    buyer.tell(_answer(offer, on + timedelta(days=12), taken=True))


def _answer(
    offer: TransferOffered, on: date, *, taken: bool
) -> TransferAccepted | TransferReturned:
    """What the receiving entity says to an offer."""
    if taken:
        return TransferAccepted(
            recorded_on=on,
            member_id=offer.to_member_id,
            facility_id=offer.facility_id,
            transfer_id=offer.transfer_id,
            entity_id=offer.to_entity_id,
        )
    return TransferReturned(
        recorded_on=on,
        member_id=offer.to_member_id,
        facility_id=offer.facility_id,
        transfer_id=offer.transfer_id,
        entity_id=offer.to_entity_id,
        reason="not-ours",
    )
