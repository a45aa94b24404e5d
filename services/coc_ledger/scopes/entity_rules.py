"""Rules of entities: who may keep accounts, whose metal counts, what suppliers need. Pure.

Every figure comes from the policy of the day. Rules: sources.md 5.6, 8 (R-28, R-29).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from contracts.custody import VALID, CertificateSeen, Checked, Origin, Remark, Topic
from contracts.inventory import Severity
from contracts.values import Activity, EntityId, FacilityId, Standard
from infra.errors import Refused
from infra.policy import Policy
from services.coc_ledger.evidence import Diligence, FacilityFound, Stake

COC, PS = Standard.CHAIN_OF_CUSTODY, Standard.PERFORMANCE
NAMED = 5
"""So many facilities are named in a refusal."""


def ps_first(activities: Iterable[Activity], policy: Policy) -> list[Activity]:
    """Those activities that need the Performance Standard before anything is claimed."""
    words = policy.words("ps_first.activities")
    return [activity for activity in activities if activity.value in words]


def check_certified(checked: Checked) -> None:
    """Refuse who has no CoC certificate on the day, or none for a facility of the scope."""
    if not checked.holds(COC):
        rest = bare(checked, COC)
        raise Refused(
            "coc-certificate-not-valid",
            f"On {checked.day} entity {checked.entity_id} held no valid Chain of Custody"
            f" certificate{rest}, as far as is known here: {_instead(checked)}. Name a day on which"
            f" {'each facility is covered' if rest else 'one is valid'}.",
            entity_id=checked.entity_id,
            day=checked.day,
            known_through_position=checked.known_through_position,
        )


def bare(checked: Checked, standard: Standard) -> str:
    """For which facilities of a scope there is no valid certificate to a standard, though there is
    for others of it; nothing where there is for none."""
    left = [one for one in checked.facilities if not checked.covers(standard, one)]
    left = [one for one in left if standard is COC or one not in checked.ps_later]
    if not left or len(left) == len(checked.facilities):
        return ""
    more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
    return f" for facility {', '.join(left[:NAMED])}{more} of the scope"


def _instead(checked: Checked) -> str:
    """What its certificates were on the day instead."""
    chain = [one for one in checked.certificates if one.standard is COC]
    words = [_was(one, checked) for one in chain]
    return ", ".join(words) or "none is known"


def _was(one: CertificateSeen, checked: Checked) -> str:
    if one.valid_from is not None and one.valid_from > checked.day:
        return f"{one.certificate_id} is valid from {one.valid_from} on"
    if one.status in VALID:
        some = not set(checked.facilities).isdisjoint(one.facilities)
        return f"{one.certificate_id} covers {'others' if some else 'no facility'} of the scope"
    return f"{one.certificate_id} was {one.status.value.replace('_', ' ')}"


def check_own(
    facilities: Iterable[FacilityId], entity_id: EntityId, found: Iterable[FacilityFound]
) -> int:
    """The position of membership through which the facilities are known to be the entity's own.
    Refused for one that is closed, another entity's or nobody's: a joint venture's output is in the
    scope of who controls it, and contractors are listed by themselves (rules 4 and 5). All three
    are told alike, so that nobody learns what others have."""
    through = 0
    own = {one.facility_id: one for one in found if one.entity_id == entity_id and not one.closed}
    for facility_id in facilities:
        if facility_id not in own:
            raise Refused(
                "facility-not-of-entity",
                f"Entity {entity_id} has no facility {facility_id} that is open; if it was"
                " registered moments ago, send the same again.",
                entity_id=entity_id,
                facility_id=facility_id,
            )
        through = max(through, own[facility_id].position)
    return through


def check_chain_covers(facilities: Iterable[FacilityId], checked: Checked) -> None:
    """Refuse a facility that no valid Chain of Custody certificate names."""
    for facility_id in facilities:
        if not checked.covers(COC, facility_id):
            raise Refused(
                "coc-certificate-not-of-facility",
                f"On {checked.day} no valid Chain of Custody certificate of entity"
                f" {checked.entity_id} covered facility {facility_id}, as far as is known here.",
                entity_id=checked.entity_id,
                facility_id=facility_id,
                day=checked.day,
                known_through_position=checked.known_through_position,
            )


class PsDue(NamedTuple):
    """The last days by which the Performance Standard must cover a scope that is opened: all of it
    (`whole`), or some of its facilities."""

    whole: date | None
    each: Mapping[FacilityId, date]


def ps_due_on_opening(
    activities: tuple[Activity, ...],
    found: Sequence[FacilityFound],
    checked: Checked,
    joined_on: date | None,
    policy: Policy,
) -> PsDue:
    """What the Performance Standard has yet to cover of a scope with these facilities. Refused
    where it has to come first, or should have come already (rules 1 and 2)."""
    check_certified(checked)
    known = {one.facility_id: set(one.activities) for one in found}
    covered = [name for name in known if covers(checked, name)]
    elsewhere = set(activities).difference(*(known[name] for name in covered))
    if checked.holds(PS):
        due = {
            one.facility_id: _within_its_year(
                one, _in_order(known[one.facility_id] | elsewhere), checked, policy
            )
            for one in found
            if one.facility_id not in covered
        }
        return PsDue(None, {name: day for name, day in due.items() if day})
    activities = _in_order(elsewhere.union(*known.values()))
    return PsDue(_with_the_membership(activities, checked, joined_on, policy), {})


def _in_order(activities: Iterable[Activity]) -> tuple[Activity, ...]:
    return tuple(sorted(activities))


def check_may_wait(activities: Iterable[Activity], checked: Checked, policy: Policy) -> None:
    """Refuse where the Performance Standard has to come first."""
    needing = [activity.value for activity in ps_first(activities, policy)]
    if needing:
        raise Refused(
            "ps-certificate-needed",
            f"Who does {', '.join(needing)} is certified to the Performance Standard first;"
            f" entity {checked.entity_id} was not on {checked.day}.",
            entity_id=checked.entity_id,
            activities=needing,
            day=checked.day,
        )


def ps_due_on_adding(
    found: FacilityFound,
    activities: tuple[Activity, ...],
    checked: Checked,
    joined_on: date | None,
    policy: Policy,
) -> date | None:
    """The last day by which an added facility must be covered by the Performance Standard; None
    when it is. One year is for an entity that has a certificate to the standard; without any, the
    facility is due with the membership, as if the scope had been opened with it (rules 1 and 2).
    Refused where that day is over."""
    check_certified(checked)
    if covers(checked, found.facility_id):
        return None
    if checked.holds(PS):
        return _within_its_year(found, activities, checked, policy)
    return _with_the_membership(activities, checked, joined_on, policy)


def _with_the_membership(
    activities: tuple[Activity, ...], checked: Checked, joined_on: date | None, policy: Policy
) -> date:
    """The membership's own deadline, by which the standard comes to who has none of it."""
    check_may_wait(activities, checked, policy)
    years = policy.integer("ps_later.years_from_joining")
    due_on = joined_on + relativedelta(years=years) if joined_on else None
    if due_on is None or due_on < checked.day:
        raise Refused(
            "ps-certificate-overdue",
            f"Entity {checked.entity_id} must be certified to the Performance Standard within"
            f" {years} years of joining, and is not.",
            entity_id=checked.entity_id,
            due_on=due_on,
        )
    return due_on


def _within_its_year(
    found: FacilityFound, activities: tuple[Activity, ...], checked: Checked, policy: Policy
) -> date:
    """A year from the first grant of the Chain of Custody certificates that cover a facility
    without a break, whenever it is told here."""
    facility_id = found.facility_id
    check_may_wait(activities, checked, policy)
    years = policy.integer("ps_later.years_for_added_facility")
    due_on = _granted_on(checked, found) + relativedelta(years=years)
    if due_on < checked.day:
        raise Refused(
            "ps-certificate-overdue",
            f"Facility {facility_id} must be certified to the Performance Standard by {due_on},"
            f" {years} year after its Chain of Custody certificate was granted, and is not.",
            entity_id=checked.entity_id,
            facility_id=facility_id,
            due_on=due_on,
        )
    return due_on


def _granted_on(checked: Checked, found: FacilityFound) -> date:
    """Since when Chain of Custody certificates cover a facility without a break: a renewal gives no
    second year. Where that is not told, since when those that are valid do, or the day asked
    about."""
    if found.chain_since is not None:
        return found.chain_since
    since = [
        one.valid_from
        for one in checked.certificates
        if one.standard is COC
        and one.status in VALID
        and found.facility_id in one.facilities
        and one.valid_from is not None
    ]
    return min(since, default=checked.day)


def covers(checked: Checked, facility_id: FacilityId) -> bool:
    """Whether a valid certificate to the Performance Standard covers a facility."""
    return checked.covers(PS, facility_id)


def supplier_faults(checked: Checked, *, ps_pending: bool) -> tuple[str, ...]:
    """Why a supplier's metal does not count as CoC on a day; nothing when it does (rule 3, R-28).
    `ps_pending`: it is behind the casthouse and confirms that certification follows in time."""
    faults = []
    if checked.suspended:
        faults.append("issuer-scope-suspended")
    if not checked.holds(COC):
        faults.append("issuer-coc-certificate-not-valid")
    if not checked.holds(PS) and not ps_pending:
        faults.append("issuer-ps-certificate-not-valid")
    return tuple(faults)


def stake_limit(stakes: Sequence[Stake], holder_scope_id: str, output_kg: int) -> int | None:
    """How much of an output a joint venture's holder may take without controlling it; None for
    who holds no share (rule 4). Rounded down."""
    for stake in stakes:
        if stake.holder_scope_id == holder_scope_id:
            return int(stake.share_percent * output_kg / 100)
    return None


def of_same_share(stakes: Sequence[Stake], holder_scope_id: str) -> frozenset[str]:
    """A holder with the scopes that took metal by the same share."""
    others = [one.same_share for one in stakes if one.holder_scope_id == holder_scope_id]
    return frozenset((holder_scope_id, *(name for names in others for name in names)))


def check_holder(holder_scope_id: str, seen: Checked | None, day: date) -> None:
    """Refuse a joint venture's holder that is not certified to the Performance Standard itself on
    the day (rule 4)."""
    if seen is None or not seen.holds(PS):
        raise Refused(
            "holder-ps-certificate-needed",
            f"{holder_scope_id} has a share of this output without controlling it: on {day} its"
            " entity held no valid certificate to the Performance Standard, as far as is known"
            " here.",
            holder_scope_id=holder_scope_id,
            day=day,
            known_through_position=seen.known_through_position if seen else 0,
        )


def holder_faults(seen: Checked | None) -> tuple[str, ...]:
    """The same as known later: why metal that is a holder's share does not count. Nothing where it
    is none's."""
    if seen is None or seen.holds(PS):
        return ()
    return ("holder-ps-certificate-not-valid",)


def missing_topics(records: Iterable[Diligence], day: date, policy: Policy) -> tuple[Topic, ...]:
    """The topics that no record valid on a day covers (rule 6)."""
    seen = {
        topic
        for record in records
        if record.performed_on <= day <= record.valid_through
        for topic in record.topics
    }
    wanted = _topics(policy.words("diligence.topics"))
    return tuple(topic for topic in wanted if topic not in seen)


@lru_cache(maxsize=16)
def _topics(words: tuple[str, ...]) -> tuple[Topic, ...]:
    """The topics of a policy; asked for at every receipt."""
    return tuple(map(Topic, words))


MINES = frozenset({Activity.BAUXITE_MINING, Activity.BAUXITE_DEVELOPMENT})
OUTSIDE = (
    "The scope does no bauxite mining: bauxite of a mine outside it counts with that mine's CoC"
    " document alone."
)


def origin_remarks(
    origin: Origin,
    *,
    missing: tuple[Topic, ...],
    proven: bool,
    ps_held: bool,
    activities: Sequence[Activity],
    policy: Policy,
) -> tuple[bool, tuple[Remark, ...]]:
    """Whether metal of an origin counts as CoC, and what has to be said about it.

    A mine's own bauxite counts where the mine is within the scope (one of its `activities`) and the
    entity holds the Performance Standard; eligible scrap where a scope with these `activities` may
    take it in, its origin is proven and its supplier was looked at. All else is non-CoC, and its
    supplier should have been looked at as well.
    """
    remarks: list[Remark] = []
    if missing and origin is not Origin.OWN_MINE:
        topics = ", ".join(topic.value for topic in missing)
        remarks.append(_remark("R-28", f"No due diligence on the supplier: {topics}."))
    if origin is Origin.OWN_MINE:
        if not ps_held:
            remarks.append(_remark("R-28", "The mine is not certified: booked as non-CoC."))
        within = not MINES.isdisjoint(activities)
        if not within:
            remarks.append(_remark("5.6", OUTSIDE))
        return ps_held and within, tuple(remarks)
    if origin.value not in policy.words("scrap.counts_as_coc"):
        if origin is Origin.PRE_CONSUMER:
            remarks.append(_remark("5.5", "Pre-consumer scrap counts with a CoC document alone."))
        return False, tuple(remarks)
    places = policy.figure("scrap.enters_at")
    enters = not set(policy.words("scrap.enters_at")).isdisjoint(one.value for one in activities)
    if not enters:
        does = " or ".join(policy.words("scrap.enters_at"))
        known = f"{does} alone ({places.evidence} rule)"
        remarks.append(_remark("5.5", f"Eligible scrap enters at {known}: booked as non-CoC."))
    if not proven:
        remarks.append(_remark("R-05", "The origin of the scrap is not proven: non-CoC."))
    return enters and proven and not missing, tuple(remarks)


def own_remarks(checked: Checked) -> tuple[Remark, ...]:
    """What is said of CoC input of a day on which the scope itself could claim nothing. It counts:
    the rules ask suppliers for certificates on that day, and who claims on the day of the claim
    (docs/decisions/0015)."""
    if checked.holds(COC) and not checked.suspended:
        return ()
    why = "was suspended" if checked.suspended else "had no valid Chain of Custody certificate"
    known = f"The scope {why} on {checked.day}, as far as was known"
    return (_remark("5.6", f"{known}: counted as input all the same."),)


def _remark(rule: str, sentence: str) -> Remark:
    return Remark(rule=rule, severity=Severity.MINOR, sentence=sentence)
