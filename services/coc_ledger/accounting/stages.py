"""From one stage to the next: how much there is afterwards, and how much of it is CoC. Pure.

What leaves one pool as CoC enters the next as CoC in the same proportion, rounded down. Where the
yield was measured, that counts; it must lie near the usual one. Rules: sources.md 5.3, 4.5.
"""

from collections.abc import Mapping
from fractions import Fraction

from contracts.coc import MovementBooked
from contracts.custody import Account, Entry, PoolKey, Stage
from infra.errors import Refused
from infra.policy import Policy

from .accounts import amount_of, entry, minus, posted

NEXT: Mapping[Stage, Stage] = {
    Stage.BAUXITE: Stage.ALUMINA,
    Stage.ALUMINA: Stage.ALUMINIUM,
}
BEFORE = {after: stage for stage, after in NEXT.items()}
RATIO: Mapping[Stage, str] = {
    Stage.BAUXITE: "stage.bauxite_per_alumina",
    Stage.ALUMINA: "stage.alumina_per_aluminium",
}
"""Tonnes used for one tonne of the next stage."""


def next_of(stage: Stage) -> Stage:
    """The stage that follows; Refused `no-next-stage` behind the last."""
    if stage not in NEXT:
        raise Refused(
            "no-next-stage",
            f"Nothing follows {stage.value}: book a shipment instead.",
            stage=stage.value,
        )
    return NEXT[stage]


def entry_id(stage: Stage, movement_id: str) -> str:
    """The id under which a change of stage is booked in the pool that it enters."""
    return f"stage:{stage.value}:{movement_id}"


def back_id(stage: Stage, movement_id: str) -> str:
    """The id under which it leaves that pool again when it is taken back."""
    return f"back:{entry_id(stage, movement_id)}"


def pool_before(pool: PoolKey) -> PoolKey:
    """The pool of the stage before, in the same period."""
    return pool.model_copy(update={"stage": BEFORE[pool.stage]})


def usual(stage: Stage, used_kg: int, policy: Policy) -> int:
    """What usually comes of a mass, rounded down."""
    next_of(stage)
    return int(used_kg / Fraction(policy.decimal(RATIO[stage])))


def produced(stage: Stage, used_kg: int, measured_kg: int | None, policy: Policy) -> int:
    """The mass of the next stage; Refused `yield-implausible` where what was measured lies outside
    the policy's band, or nothing would come of it."""
    expected = usual(stage, used_kg, policy)
    found = expected if measured_kg is None else measured_kg
    percent = policy.integer("stage.tolerance_percent")
    if found <= 0 or abs(found - expected) * 100 > percent * expected:
        raise Refused(
            "yield-implausible",
            f"{used_kg} kg of {stage.value} usually become {expected} kg, not {found} kg: at most"
            f" {percent} % more or less is taken.",
            used_kg=used_kg,
            usual_kg=expected,
            measured_kg=found,
        )
    return found


def coc_part(used_kg: int, coc_kg: int, produced_kg: int) -> int:
    """How much of the product is CoC: the same part, rounded down."""
    return coc_kg * produced_kg // used_kg


# --- news of certificates about a change that is booked ---

UNCOVERED, TAKEN_BACK = "uncovered", "taken_back"
"""What became of a change of stage, or of its entry, that is no longer as it was booked."""
NOT_COC: Mapping[Account, Account] = {
    Account.OUTPUT_COC: Account.OUTFLOW,
    Account.INPUT_COC: Account.NON_COC,
}
"""Where a CoC part lies, at either side, and where it lies once it does not count as that."""


def recheck_id(check: int, entered: str) -> str:
    """The id of a correction, in both pools."""
    return f"recheck:{check}:{entered}"


def recounted(lot: Entry, *, as_coc: bool) -> tuple[Entry, Entry]:
    """The CoC part of a change, with all that it carries, counts as that no longer, or again; `lot`
    is its line as it was booked, on either side."""
    amount, other = amount_of(lot), NOT_COC[lot.account]
    back = minus(amount)
    first, then = (amount, back) if as_coc else (back, amount)
    return entry(lot.account, first), entry(other, then)


def altered(before: Mapping[str, str], event: MovementBooked) -> Mapping[str, str]:
    """What became of changes of stage, and of entries, after a movement (`Pool.altered`)."""
    if event.undoes is not None and event.reverses is not None:
        return {**before, event.reverses: TAKEN_BACK}
    if event.corrects is None:
        return before
    others = {name: word for name, word in before.items() if name != event.corrects}
    return others if event.coc_kg else {**others, event.corrects: UNCOVERED}


def as_it_stands(
    altered: Mapping[str, str], movement_id: str, entries: tuple[Entry, ...]
) -> tuple[Entry, ...]:
    """What is booked of a movement by now, where it was booked with these entries."""
    if altered.get(movement_id) != UNCOVERED:
        return entries
    moved = [entry(NOT_COC.get(one.account, one.account), amount_of(one)) for one in entries]
    return tuple(entry(account, amount) for account, amount in posted({}, moved).items())
