"""What may be told beside what was told: the quick way says what the plain one says, in every
process."""

import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy
import pytest

from services.ghg.aggregates.audit import Audit
from tests.rules.coc.attack import PRIME, rank

Row = Mapping[int, int]
LEAST = 3
WITHOUT_END = 1_000_000
ROOT = Path(__file__).parents[3]
SAID_BY_A_PROCESS = """
from datetime import date
from services.ghg.aggregates.editions import stages
from tests.rules.ghg.test_edition_attack import POLICIES, changing
for stage in stages(changing(5, 24, 3).editions, POLICIES):
    print([sorted(names) for names in stage.told.cells.values()])
    print([[one.facility_id for one in pool.entries] for pool in stage.told.pools])
"""


def columns(dice: random.Random) -> list[frozenset[str]]:
    """Whose the columns are: of one entity, most of them, or of some."""
    return [frozenset(dice.choices("ABCDEFG", k=dice.choice((1, 1, 1, 2, 4)))) for _ in range(16)]


def sums(dice: random.Random, width: int) -> list[Row]:
    """Sums that overlap, and now and then one less another."""
    found: list[Row] = []
    for _ in range(24):
        of = dice.sample(range(width), dice.randint(1, 6))
        row = dict.fromkeys(of, 1)
        if found and dice.random() < 0.5:
            other = dice.choice(found)
            row = {at: row.get(at, 0) - other.get(at, 0) for at in row.keys() | other.keys()}
        found.append({at: many for at, many in row.items() if many} or {0: 1})
    return found


def finds(told: Sequence[Row], about: Sequence[frozenset[str]]) -> set[tuple[tuple[str, ...], int]]:
    """Of each few how much follows about them alone: the rank of all less that of what is about
    others."""
    matrix = numpy.zeros((len(told), len(about)), dtype=numpy.int64)
    for at, row in enumerate(told):
        for column, many in row.items():
            matrix[at, column] = many % PRIME
    whole = rank(matrix)
    return {
        (few, whole - rank(matrix[:, [at for at, of in enumerate(about) if not of <= set(few)]]))
        for few in combinations("ABCDEFG", LEAST - 1)
    }


@pytest.mark.parametrize("seed", range(12))
def test_a_sum_is_told_where_nothing_about_few_follows_and_nowhere_else(seed: int) -> None:
    dice = random.Random(seed)
    about = columns(dice)
    audit = Audit(about, LEAST, WITHOUT_END)
    told: list[Row] = []
    for row in sums(dice, len(about)):
        safe = finds([*told, row], about) == finds(told, about)
        assert audit.copy().tell(row) is safe
        assert audit.tell(row) is safe
        if safe:
            told.append(row)
    assert 4 < len(told) < 24, "some are told and some are not"


def test_every_process_tells_the_same() -> None:
    """What is told in another order would let more be told, or less: after a restart somebody would
    be told what is not safe beside what was told before."""
    said = {
        subprocess.run(
            [sys.executable, "-c", SAID_BY_A_PROCESS],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


@pytest.mark.parametrize("seed", range(40))
def test_sums_told_before_are_noted_together_as_they_were_told_in_turn(seed: int) -> None:
    dice = random.Random(seed)
    about = columns(dice)
    in_turn, together = Audit(about, LEAST), Audit(about, LEAST)
    together.note([row for row in sums(dice, len(about)) if in_turn.tell(row)])
    assert together.many == in_turn.many
    later = sums(dice, len(about))
    assert [together.tell(row) for row in later] == [in_turn.tell(row) for row in later]
