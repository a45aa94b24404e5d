"""When the structure of an entity changes: the base made anew, and the pathway from it. Pure.

Source: sources.md 4.9. Changes are counted together since the base was made, so that many small
ones move it as one large one does. A change is told in tonnes of one year; a base that is a mean
keeps the sums of its years, so there it counts once for each of them.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from contracts.ghg_plans import (
    ChangeKind,
    PlanBase,
    PlanRebased,
    StructuralChange,
    StructuralChangesNoted,
    YearValue,
)
from contracts.values import plain
from infra.errors import Refused
from infra.policy import Policy

from .baseyear import Change, rebase
from .commands import NoteStructuralChanges
from .parts import owned, plan_of
from .state import FamilyPlan, PlanEvent, ReductionPlan
from .targets import by_year, method_of, pathway_of


def restructure(
    command: NoteStructuralChanges, state: ReductionPlan, policy: Policy
) -> Sequence[PlanEvent]:
    """The changes, and the base and targets that follow where they move it."""
    owned(command)
    plan = plan_of(command.family, state, command.entity_id)
    for one in command.changes:
        _check_sign(one)
        _check_power(one)
        _check_year(one, plan.base.year, command.on.year)
    base = plan.base
    changes = (*plan.changes, *command.changes)
    moves = [Change(one.kind, one.emission_t, one.output_t) for one in changes]
    after = rebase(base.years, base.emission_t, base.output_t, moves, policy)
    noted = StructuralChangesNoted(
        entity_id=command.entity_id,
        member_id=state.member_id,
        family=command.family,
        changes=command.changes,
        change_percent=after.change_percent,
        noted_on=command.on,
        policy_id=policy.policy_id,
    )
    if not after.moved:
        return [noted]
    moved = base.model_copy(
        update={
            "t_per_t": after.base.intensity,
            "emission_t": after.emission_t,
            "output_t": after.output_t,
            "power_t": _power(base, changes, after.emission_t),
        }
    )
    rebased = PlanRebased(
        entity_id=command.entity_id,
        member_id=state.member_id,
        family=command.family,
        before=YearValue(year=base.year, t_per_t=base.t_per_t),
        base=moved,
        change_percent=after.change_percent,
        targets=_targets_from(moved, plan, command, policy),
        rebased_on=command.on,
        policy_id=policy.policy_id,
    )
    return [noted, rebased]


def _check_sign(change: StructuralChange) -> None:
    """What came or went is as much as it is: its kind says which way it counts. A new method may
    count more or less. Refused `change-below-zero`."""
    if change.kind is ChangeKind.METHOD:
        return
    for field in ("emission_t", "output_t", "power_t"):
        value: Decimal = getattr(change, field)
        if value < 0:
            raise Refused(
                "change-below-zero",
                f"{field} of {change.reason} is {plain(value)} t: the kind, {change.kind}, says"
                " that it came or went, so tell it without a sign.",
                kind=change.kind,
                field=field,
                value=plain(value),
            )


def _check_power(change: StructuralChange) -> None:
    """Power gives off no more than all that came or went; a new method may count it otherwise.
    Refused `power-above-emission`."""
    if change.kind is ChangeKind.METHOD or change.power_t <= change.emission_t:
        return
    raise Refused(
        "power-above-emission",
        f"power gives off {plain(change.power_t)} t of the {plain(change.emission_t)} t of"
        f" {change.reason}: it is a part of them.",
        power_t=plain(change.power_t),
        emission_t=plain(change.emission_t),
    )


def _check_year(change: StructuralChange, base_year: int, year: int) -> None:
    """Figures have it from a year of the plan on, at the latest from the next one. Refused
    `change-year-outside`."""
    first = change.from_year
    if first is None or base_year <= first <= year + 1:
        return
    raise Refused(
        "change-year-outside",
        f"figures are said to have {change.reason} from {first} on: that is a year from the base"
        f" year {base_year} to {year + 1}.",
        from_year=first,
        base_year=base_year,
    )


def _power(base: PlanBase, changes: Iterable[StructuralChange], emission_t: Decimal) -> Decimal:
    """What power gives off in the new base; refused `power-above-emission`."""
    power, years = base.power_t, len(base.years)
    for one in changes:
        power += years * (-one.power_t if one.kind is ChangeKind.DIVESTMENT else one.power_t)
    if not 0 <= power <= emission_t:
        raise Refused(
            "power-above-emission",
            f"power would give off {power} t of {emission_t} t: tell of each change how much"
            " of it power gives off.",
            power_t=power,
            emission_t=emission_t,
        )
    return power


def _targets_from(
    base: PlanBase, plan: FamilyPlan, command: NoteStructuralChanges, policy: Policy
) -> tuple[YearValue, ...]:
    if plan.pathway is None:
        return ()
    return by_year(pathway_of(base, method_of(plan.pathway, command.curves), policy))
