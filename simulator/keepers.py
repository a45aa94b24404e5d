"""Who keeps accounts of certified metal in the synthetic world, and how much of it there is.

A keeper is a certification scope of a member that holds certificates to both standards, with a
small mass balance of its own: the simulator claims no more than it finds covered.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from contracts.values import Activity, FindingClass, Standard

from .history import (
    AuditConcluded,
    CertificateConverted,
    CertificateGranted,
    CertificateSuspended,
    CertificateWithdrawn,
    FacilityRegistered,
)
from .rules import last_valid_day
from .world import World

_A = Activity
KINDS: Mapping[str, tuple[frozenset[Activity], int]] = {
    "mine": (frozenset({_A.BAUXITE_MINING}), 1),
    "refinery": (frozenset({_A.ALUMINA_REFINING}), 1),
    "smelter": (frozenset({_A.SMELTING}), 2),
    "remelter": (frozenset({_A.REMELTING_REFINING, _A.CASTHOUSE}), 3),
    "mill": (frozenset({_A.SEMI_FABRICATION}), 3),
    "maker": (frozenset({_A.MATERIAL_CONVERSION}), 3),
}
"""What a scope is by its activities, the first that fits, and how many of a kind there are: enough
for a flow in which nobody stands alone, few enough to load in a moment."""
WEEKS = 12
"""A quarter's round, from the mine to the makers."""
CLEAR_DAYS = 14
"""A certificate is held for so long before its scope is opened: the ledger has heard of it."""
TONNE = 1000


@dataclass(slots=True)
class Account:
    """The mass balance of one stage in one year, in kilograms."""

    stock: int = 0
    inflow: int = 0
    coc: int = 0
    output: int = 0
    claimed: int = 0

    def take(self, mass: int, coc: int) -> None:
        """Material came in, some of it as CoC."""
        self.stock += mass
        self.inflow += mass
        self.coc += coc

    def send(self, mass: int) -> None:
        """Material left."""
        self.stock -= mass
        self.output += mass

    @property
    def available(self) -> int:
        """What may still be claimed."""
        if not self.inflow:
            return 0
        return max(0, min(self.coc * self.output // self.inflow, self.coc) - self.claimed)


@dataclass(slots=True)
class Keeper:
    """A scope with its accounts by year and stage, and who writes its books."""

    scope_id: str
    member_id: str
    entity_id: str
    kind: str
    country: str
    facilities: tuple[str, ...]
    activities: tuple[str, ...]
    quarter_kg: int
    dice: Random
    opened: bool = False
    booked: int = 0
    accounts: dict[tuple[int, str], Account] = field(default_factory=dict)

    def at(self, year: int, stage: str) -> Account:
        """The account of a stage in a year."""
        return self.accounts.setdefault((year, stage), Account())

    @property
    def name(self) -> str:
        """As documents name it."""
        return f"Synthetic {self.kind.capitalize()} {self.scope_id[-4:]}"


def keepers(world: World, firsts: Sequence[date]) -> Iterator[Keeper]:
    """Scopes of members that hold both certificates in one of the quarters that begin on `firsts`,
    those certified first before others."""
    sites = {
        entry.facility_id: entry.site
        for entry in world.entries
        if isinstance(entry, FacilityRegistered)
    }
    left = {kind: most for kind, (_, most) in KINDS.items()}
    seen: set[str] = set()
    for entry in world.entries:
        if not isinstance(entry, CertificateGranted) or entry.entity_id in seen:
            continue
        if entry.standard is not Standard.CHAIN_OF_CUSTODY or not _steady(world, entry.member_id):
            continue
        if not any(holds(world, entry.entity_id, first) for first in firsts):
            continue
        facilities = _of_both(world, entry)
        covered = [sites[one] for one in facilities]
        does = {activity for site in covered for activity in site.activities}
        kind = next((name for name, (wanted, _) in KINDS.items() if wanted & does), None)
        if kind is None or not left[kind]:
            continue
        seen.add(entry.entity_id)
        left[kind] -= 1
        if kind == "refinery":
            does.add(_A.BAUXITE_MINING)  # where nobody sells bauxite it has a mine of its own
        yearly = max(20_000, min(400_000, sum(site.capacity_t_per_year for site in covered)))
        yield Keeper(
            scope_id=entry.member_id.replace("-m-", "-s-"),
            member_id=entry.member_id,
            entity_id=entry.entity_id,
            kind=kind,
            country=world.members[entry.member_id].country,
            facilities=facilities,
            activities=tuple(sorted(activity.value for activity in does)),
            quarter_kg=yearly * TONNE // 4,
            dice=Random(f"custody/{world.seed}/{entry.member_id}"),
        )


def _of_both(world: World, granted: CertificateGranted) -> tuple[str, ...]:
    """The facilities of a certificate that every one to the Performance Standard covers as well:
    the others would have to follow within a year."""
    found = set(granted.facilities)
    for entry in world.by_member[granted.member_id]:
        if isinstance(entry, CertificateGranted) and entry.standard is Standard.PERFORMANCE:
            if entry.entity_id == granted.entity_id:
                found &= set(entry.facilities)
    return tuple(one for one in granted.facilities if one in found)


def _steady(world: World, member_id: str) -> bool:
    """Nothing was suspended or withdrawn; the member certified in time, in whatever order."""
    if world.members[member_id].script not in ("in_time", "coc_first"):
        return False
    return not any(
        isinstance(entry, (CertificateSuspended, CertificateWithdrawn))
        for entry in world.by_member[member_id]
    )


def holds(world: World, entity_id: str, first: date) -> bool:
    """Whether an entity holds both certificates from before a quarter until behind its end."""
    member_id = next(
        entry.member_id
        for entry in world.entries
        if isinstance(entry, CertificateGranted) and entry.entity_id == entity_id
    )
    days = [first - timedelta(days=CLEAR_DAYS) + timedelta(weeks=week) for week in range(WEEKS + 4)]
    for standard in (Standard.PERFORMANCE, Standard.CHAIN_OF_CUSTODY):
        spans = _spans(world, member_id, entity_id, standard)
        if not all(any(since <= day <= until for since, until in spans) for day in days):
            return False
    return True


def _spans(
    world: World, member_id: str, entity_id: str, standard: Standard
) -> Sequence[tuple[date, date]]:
    """From when to when an entity is certified, as its certificates were told: a provisional one
    holds for a year unless it was converted."""
    entries = world.by_member[member_id]
    converted = {
        entry.certificate_id for entry in entries if isinstance(entry, CertificateConverted)
    }
    majors = {
        entry.audit_id
        for entry in entries
        if isinstance(entry, AuditConcluded)
        and any(one.finding_class is FindingClass.MAJOR for one in entry.findings)
    }
    rules = world.rules
    return [
        (
            max(entry.recorded_on, entry.valid_from),
            last_valid_day(
                entry.valid_from,
                rules.provisional_years
                if entry.audit_id in majors and entry.certificate_id not in converted
                else rules.validity_years,
            ),
        )
        for entry in entries
        if isinstance(entry, CertificateGranted)
        and (entry.entity_id, entry.standard) == (entity_id, standard)
    ]
