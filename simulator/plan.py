"""Who sits in the world: exact numbers by country, class and script, dealt from a seed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from contracts.values import MembershipClass

from .geography import WEIGHTS
from .life import Seat
from .lives import FORMER, OBLIGED
from .office import STAGES
from .rules import Rules, plus_years

_PT = MembershipClass.PRODUCTION_AND_TRANSFORMATION
_IU = MembershipClass.INDUSTRIAL_USERS
_DS = MembershipClass.DOWNSTREAM_SUPPORTERS
_CS = MembershipClass.CIVIL_SOCIETY
_AS = MembershipClass.ASSOCIATIONS
_GS = MembershipClass.GENERAL_SUPPORTERS

CHINESE_CLASSES = {_PT: 76, _IU: 10, _DS: 8, _CS: 1, _AS: 3, _GS: 2}
OTHER_CLASSES = {_PT: 42, _IU: 23, _DS: 12, _CS: 8, _AS: 9, _GS: 6}
"""The mix of classes in per cent: our guess, not ASI's figures."""

LARGE = (60, 52, 45, 41, 36)
"""Facilities of the largest groups; one member in eighty is such a one."""

_JOINING = {2015: 6, 2016: 9, 2017: 20, 2018: 34, 2019: 36, 2020: 36, 2021: 46, 2022: 60, 2023: 62}
"""How many of a thousand or so joined in a year; later years like the last."""
FIRST_YEAR = min(_JOINING)
EARLIEST_WORLD = date(2022, 1, 1)

FIXED: Mapping[str, Sequence[date]] = {
    "leap_day": (date(2020, 2, 29), date(2024, 2, 29), date(2016, 2, 29)),
}
"""Scripts whose members join on days that are worth a test."""


def seats(dice: Random, members: int, chinese: int, as_of: date, rules: Rules) -> list[Seat]:
    """All seats, numbered in the order of joining: `members` that are in force on the day
    `as_of`, `chinese` of them in China, then some former members and some applicants."""
    if not 0 <= chinese <= members or members < 1:
        raise ValueError(f"want 0 <= chinese <= members and members >= 1: {chinese}, {members}")
    if as_of < EARLIEST_WORLD:
        raise ValueError(f"a world needs some years of history: as_of {as_of} is before 2022")
    kinds = [("CN", kind) for kind in _dealt(CHINESE_CLASSES, chinese)]
    kinds += [(_country(dice), kind) for kind in _dealt(OTHER_CLASSES, members - chinese)]
    dice.shuffle(kinds)
    found = _in_force(dice, kinds, as_of, rules)
    found += _former(dice, members, as_of, rules)
    found += _applicants(dice, members, as_of)
    found.sort(key=lambda seat: (seat.joined_on, seat.script in STAGES))
    return [replace(seat, number=number) for number, seat in enumerate(found, start=1)]


def _in_force(
    dice: Random,
    kinds: Sequence[tuple[str, MembershipClass]],
    as_of: date,
    rules: Rules,
) -> list[Seat]:
    obliged = [kind for kind in kinds if kind[1] in rules.obliged]
    scripts = _scripts(OBLIGED, len(obliged))
    large = iter(LARGE[: max(1, len(kinds) // 80)])
    found = []
    for (country, kind), script in zip(obliged, scripts, strict=True):
        joined = _joined_for(dice, script, as_of, rules)
        size = 3 if script == "restored" else None  # a small one: nothing happens while it is out
        if script == "in_time" and joined < as_of - timedelta(days=700):
            size = next(large, None)
        started = script == "class_started_clock"
        found.append(Seat(0, country, _DS if started else kind, script, joined, size))
    for country, kind in kinds:
        if kind not in rules.obliged:
            found.append(Seat(0, country, kind, "supporter", _joined(dice, as_of, 0)))
    return found


def _former(dice: Random, members: int, as_of: date, rules: Rules) -> list[Seat]:
    found = []
    for script, (_, share, age) in FORMER.items():
        for _ in range(max(1, members * share // 1000)):
            supporting = script.startswith("supporter_")
            kind = dice.choice((_DS, _CS, _AS, _GS)) if supporting else dice.choice((_PT, _IU))
            found.append(Seat(0, _anywhere(dice), kind, script, _joined(dice, as_of, age)))
    return found


def _applicants(dice: Random, members: int, as_of: date) -> list[Seat]:
    """Applications that are open on that day, or were declined. `joined_on` is the day on which
    they would have begun."""
    found = []
    for number in range(max(len(STAGES), members // 30)):
        stage = STAGES[number % len(STAGES)]
        kind = dice.choice((_PT, _PT, _IU, _DS, _AS))
        meant = as_of + timedelta(days=dice.randint(-30, 30) if stage != "declined" else -20)
        found.append(Seat(0, _anywhere(dice), kind, stage, meant))
    return found


def _scripts(table: Mapping[str, tuple[object, int, int]], count: int) -> list[str]:
    """The scripts of so many members: each at least once while there is room."""
    rare = [
        name
        for name, (_, share, _) in table.items()
        for _ in range(max(1, count * share // 1000) if share else 0)
    ]
    plain = next(name for name, (_, share, _) in table.items() if not share)
    rare = rare[: count * 2 // 3]
    return rare + [plain] * (count - len(rare))


def _dealt(shares: Mapping[MembershipClass, int], count: int) -> list[MembershipClass]:
    """So many classes in the given shares, by largest remainder."""
    whole = {kind: count * share // 100 for kind, share in shares.items()}
    by_rest = sorted(shares, key=lambda kind: -(count * shares[kind] % 100))
    for kind in by_rest[: count - sum(whole.values())]:
        whole[kind] += 1
    return [kind for kind, number in whole.items() for _ in range(number)]


def _joined_for(dice: Random, script: str, as_of: date, rules: Rules) -> date:
    if script in FIXED:
        return dice.choice([day for day in FIXED[script] if day <= as_of])
    if script == "missed_now":
        due = as_of - timedelta(days=dice.randint(3, max(4, rules.forfeit_days - 20)))
        return plus_years(due, -rules.duty_years)
    if script == "recert_missed_now":
        return plus_years(as_of, -rules.validity_years) - timedelta(days=dice.randint(260, 700))
    return _joined(dice, as_of, OBLIGED[script][2])


def _joined(dice: Random, as_of: date, age: int) -> date:
    """A day of joining, at least `age` days before the world's day."""
    latest = as_of - timedelta(days=age)
    years = list(range(FIRST_YEAR, latest.year + 1))
    weights = [_JOINING.get(year, _JOINING[max(_JOINING)]) for year in years]
    weights[-1] = max(1, weights[-1] * latest.timetuple().tm_yday // 366)
    year = dice.choices(years, weights)[0]
    first = date(year, 1, 5)
    last = min(date(year, 12, 31), latest)
    return first + timedelta(days=dice.randint(0, max(0, (last - first).days)))


def _country(dice: Random) -> str:
    return dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]


def _anywhere(dice: Random) -> str:
    return "CN" if dice.random() < 0.22 else _country(dice)
