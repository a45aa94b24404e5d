"""The synthetic world: repeatable, of the size the brief gives, plausible, and plainly unreal."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pycountry
import pytest

from contracts.values import Activity, Location, MembershipClass
from simulator import geography, names
from simulator.fit import against_the_rules, contradicted
from simulator.history import (
    Approved,
    AuditConcluded,
    AuditScheduled,
    CertificateGranted,
    ClassChanged,
    Drafted,
    EntityChanged,
    EntityRegistered,
    Entry,
    Extended,
    FacilityChanged,
    FacilityRegistered,
    Joined,
    Submitted,
    TransferAccepted,
)
from simulator.oracle import Oracle
from simulator.rules import ONE_DAY, Rules, rules_of
from simulator.world import AS_OF, World, clock_days, world

COUNTRIES = {country.alpha_2 for country in pycountry.countries}
SUBDIVISIONS = {one.code: one.country_code for one in pycountry.subdivisions}
IN_FORCE = ("active", "suspended")
POLICIES = Path(__file__).parents[2] / "services"


@pytest.fixture(scope="module")
def made() -> World:
    """The world of the brief's size."""
    return world(7)


def in_force(made: World) -> list[str]:
    """Who is a member at the end of the world's day, by the oracle."""
    oracle = Oracle(made.entries, made.rules)
    standings = {
        member: oracle.standing(member, made.as_of + ONE_DAY, made.as_of)
        for member in oracle.members
    }
    return [name for name, found in standings.items() if found and found.status in IN_FORCE]


def test_same_seed_same_world(made: World) -> None:
    assert world(7).entries == made.entries


def test_another_seed_another_world(made: World) -> None:
    assert world(8).entries != made.entries


@pytest.mark.parametrize(("seed", "members", "chinese"), [(7, 389, 87), (8, 389, 87), (9, 20, 5)])
def test_as_many_members_are_in_force_as_asked_for(seed: int, members: int, chinese: int) -> None:
    made = world(seed, members, chinese)
    found = in_force(made)
    countries = [made.members[name].country for name in found]
    assert (len(found), countries.count("CN")) == (members, chinese)


def test_every_name_is_labelled_synthetic(made: World) -> None:
    told: list[str] = []
    for entry in made.entries:
        match entry:
            case Drafted() | Submitted() | Joined() | EntityRegistered() | EntityChanged():
                told.append(entry.name)
            case FacilityRegistered() | FacilityChanged():
                told.append(entry.site.name)
            case _:
                assert not hasattr(entry, "name"), entry
    assert len(told) > 2000
    assert [name for name in told if not name.startswith(f"{names.LABEL} ")] == []


def test_every_id_says_that_it_is_synthetic(made: World) -> None:
    ids = {
        str(value)
        for entry in made.entries
        for field in ("member_id", "entity_id", "facility_id", "audit_id", "certificate_id")
        if (value := getattr(entry, field, None)) is not None
    }
    assert [one for one in ids if not one.startswith("syn-")] == []


def test_classes_are_mixed_as_in_such_a_programme(made: World) -> None:
    classes = Counter(made.members[name].membership_class for name in in_force(made))
    assert set(classes) == set(MembershipClass)
    production = classes[MembershipClass.PRODUCTION_AND_TRANSFORMATION]
    assert 0.35 < production / classes.total() < 0.6
    assert all(count >= 10 for count in classes.values())


def test_members_join_from_before_the_launch_to_the_worlds_day(made: World) -> None:
    days = [entry.joined_on for entry in made.entries if isinstance(entry, Joined)]
    assert min(days).year == 2015
    assert AS_OF - timedelta(days=60) < max(days) <= AS_OF
    assert any(day < made.rules.launch for day in days)
    assert date(2020, 2, 29) in days or date(2024, 2, 29) in days or date(2016, 2, 29) in days


def test_groups_have_one_to_sixty_facilities_and_a_few_are_very_large(made: World) -> None:
    sizes = Counter(
        entry.member_id for entry in made.entries if isinstance(entry, FacilityRegistered)
    )
    assert max(sizes.values()) <= 60
    assert 3 <= sum(size >= 30 for size in sizes.values()) <= 12
    assert sum(size == 1 for size in sizes.values()) > 50


def test_facilities_lie_in_real_countries_and_subdivisions(made: World) -> None:
    places = {
        (entry.site.country, entry.site.subdivision)
        for entry in made.entries
        if isinstance(entry, FacilityRegistered)
    }
    for country, subdivision in places:
        assert country in COUNTRIES
        if subdivision is not None:
            assert SUBDIVISIONS[subdivision] == country


def test_every_region_of_the_map_is_real() -> None:
    for country, regions in geography.REGIONS.items():
        assert country in COUNTRIES
        for region in regions:
            Location.model_validate(
                {
                    "country": country,
                    "subdivision": region.subdivision,
                    "latitude": str(region.latitude),
                    "longitude": str(region.longitude),
                }
            )
            if region.subdivision is not None:
                assert SUBDIVISIONS[region.subdivision] == country
    assert set(geography.WEIGHTS) == set(geography.REGIONS) - {"CN"}


def test_mines_refineries_and_smelters_stand_where_there_are_some(made: World) -> None:
    letters = {
        Activity.BAUXITE_MINING: "M",
        Activity.ALUMINA_REFINING: "R",
        Activity.SMELTING: "S",
    }
    for entry in made.entries:
        if isinstance(entry, FacilityRegistered):
            for activity in entry.site.activities:
                letter = letters.get(activity, "")
                regions = geography.REGIONS[entry.site.country]
                here = [one for one in regions if one.subdivision == entry.site.subdivision]
                assert any(letter in one.makes for one in here), entry


def test_nothing_is_told_after_the_worlds_day_and_all_in_order(made: World) -> None:
    days = [entry.recorded_on for entry in made.entries]
    assert days == sorted(days)
    assert days[-1] <= made.as_of


def test_some_certificates_are_recorded_late_and_effective_in_time(made: World) -> None:
    """Told after the duty's day, valid from before it: the case that a miss is retracted for."""
    late = [
        entry
        for entry in made.entries
        if isinstance(entry, CertificateGranted) and entry.valid_from < entry.recorded_on
    ]
    assert len(late) >= 5


@pytest.mark.parametrize("kind", [Extended, ClassChanged, TransferAccepted])
def test_rare_things_happen_too(made: World, kind: type[Entry]) -> None:
    assert sum(isinstance(entry, kind) for entry in made.entries) >= 5


def test_a_facility_is_sold_to_another_group(made: World) -> None:
    homes: dict[str, set[str]] = {}
    for entry in made.entries:
        if isinstance(entry, FacilityRegistered | TransferAccepted):
            homes.setdefault(entry.facility_id, set()).add(entry.member_id)
    assert any(len(members) == 2 for members in homes.values())


def test_classes_go_with_activities_facilities_and_audits(made: World) -> None:
    assert list(against_the_rules(made.entries, made.rules)) == []
    assert contradicted(made.entries, made.rules, made.as_of) == frozenset()
    assert Oracle(made.entries, made.rules).contradicted(made.as_of + ONE_DAY, made.as_of) == set()


def test_what_goes_against_the_rules_is_found(made: World) -> None:
    """Must fail: a world in which every class but the rule's own smelts and is certified."""
    smelting = replace(made.rules, forcing=frozenset(Activity))
    assert {type(one) for one in against_the_rules(made.entries, smelting)} >= {Submitted, Approved}
    assert contradicted(made.entries, smelting, made.as_of)
    nobody = replace(made.rules, certifiable=frozenset())
    found = {type(one) for one in against_the_rules(made.entries, nobody)}
    assert found == {AuditScheduled, AuditConcluded, CertificateGranted}


def test_the_figures_of_the_world_are_those_of_the_policies() -> None:
    assert rules_of(POLICIES) == Rules()


def test_the_clock_closes_every_day_once() -> None:
    days = list(clock_days(date(2024, 2, 27), date(2024, 3, 2)))
    assert [day.day for day in days] == [27, 28, 29, 1, 2]


@pytest.mark.parametrize(("members", "chinese"), [(0, 0), (5, 6), (5, -1)])
def test_an_impossible_world_is_refused(members: int, chinese: int) -> None:
    with pytest.raises(ValueError, match="chinese"):
        world(1, members, chinese)


def test_a_world_without_a_past_is_refused() -> None:
    with pytest.raises(ValueError, match="history"):
        world(1, as_of=date(2019, 1, 1))
