"""What a balance says of documents that were told otherwise than is known by now: by what came late
for lots that had left, and by results of the step that were verified since.

Documents are gone through only where the pool's row says that one of them might tell otherwise:
there may be many.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache

import orjson

from contracts.custody import Material, Stage, StepEmissions
from infra.reading import Reader

from .accounting.own_emissions import step_of
from .domain import CONSUMER
from .evidence import FacilityResult
from .knowledge import Knowledge, results_of, scope_on
from .pools.step_said import may_differ
from .pools.told_otherwise import (
    COLUMNS,
    MOST,
    Claiming,
    account_of,
    by_document,
    claimed_here,
    kept_here,
    step_of_all,
)
from .rows import PoolRow

NOTHING_LATE = {"emission_kgco2e": 0, "partial_kgco2e": 0, "known_kg": 0, "pre_kg": 0, "post_kg": 0}


def told_again(
    pool: PoolRow | None, claims: Callable[[PoolRow], Sequence[Claiming]], known: Knowledge
) -> Mapping[str, object] | None:
    """By how much more a pool's documents should have told, and which of them: of what the metal
    carries, and (`step`) of what verified results add to it. None where nothing says otherwise."""
    if pool is None:
        return None
    account, results = account_of(pool), _results_on(pool, known)
    by_hand = bool(pool.by_hand_g)
    stage, policies = Stage(pool.stage), known.policies
    anew = bool(pool.stepped_days) or may_differ(
        pool.said, stage, results, policies, by_hand=by_hand
    )
    if account is None and not anew:
        return None

    def step_now(one: Claiming) -> StepEmissions | None:
        if one.material is None:
            return None
        material, day = Material(one.material), one.claimed_on
        return step_of(results(day), material, day, policies.on(day), by_hand=by_hand)

    named = by_document(pool, claims(pool), step_now)
    step = step_of_all(named)
    if account is None and step is None:
        return None
    lines = [
        {
            **{name: getattr(one.claim, name) for name in SHOWN},
            **one.late._asdict(),
            "step": one.step._asdict() if one.step else None,
        }
        for one in named[:MOST]
    ]
    return {
        **(account._asdict() if account else NOTHING_LATE),
        "step": step._asdict() if step else None,
        "documents_count": len(named),
        "documents": lines,
    }


SHOWN = ("number", "issued_on", "mass_kg", "state", "claimed_on")
"""What is told of each document."""


def _results_on(pool: PoolRow, known: Knowledge) -> Callable[[date], Sequence[FacilityResult]]:
    """The verified results of the scope's facilities by what is known now, of a day. Those of one
    day are, as a rule, those of the next: each row is read once."""
    known = known._replace(row=cache(known.row), state=cache(known.state))

    @cache
    def found(day: date) -> Sequence[FacilityResult]:
        scope = scope_on(pool.scope_id, day, known)
        return results_of(scope, day, known) if scope is not None else ()

    return found


def claims_of(pool: PoolRow, reader: Reader) -> list[Claiming]:
    """What documents claim of a pool, as rows have it."""
    own = (
        claimed_here(
            number,
            date.fromisoformat(day),
            kg,
            state,
            orjson.loads(elsewhere),
            material,
            orjson.loads(carries),
        )
        for number, day, kg, state, elsewhere, material, carries in reader.columns(
            CONSUMER, "documents", COLUMNS, "pool", [pool.pool]
        )
    )
    parts = {
        number: (kg, tuple(orjson.loads(carries)))
        for number, kg, carries in reader.columns(
            CONSUMER, "claim_parts", ("number", "kg", "carries"), "from_pool", [pool.pool]
        )
    }
    kept = kept_here(pool.pool, parts, lambda some: reader.rows(CONSUMER, "documents", some))
    return [*own, *kept]
