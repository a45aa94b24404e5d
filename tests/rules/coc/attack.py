"""An attacker on published sums: may one member's own figures be found by adding and subtracting?

Every published figure is a sum over coordinates: what one member moved along one link in one
quarter. A member is isolated when some combination of figures, and of what everybody knows, leaves
coordinates of that member alone. What everybody knows is that metal is conserved: what a member
took in, less what left, was lost or stays, is nothing, in every quarter and at every stage. The
attack is linear algebra over a large prime field, exact: no rounding hides a leak.
"""

from collections.abc import Sequence

import numpy
from numpy.typing import NDArray

PRIME = 2_147_483_629
Coordinate = tuple[str, object]
"""A member, and what of it: a link in a quarter, or what it keeps."""
Sum = dict[Coordinate, int]


def isolated(figures: Sequence[Sum], known: Sequence[Sum], members: Sequence[str]) -> list[str]:
    """The members whose own figures can be found."""
    rows = [*figures, *known]
    places = {one: at for at, one in enumerate(sorted({c for row in rows for c in row}, key=repr))}
    matrix = numpy.zeros((len(rows), len(places)), dtype=numpy.int64)
    for at, row in enumerate(rows):
        for one, factor in row.items():
            matrix[at, places[one]] = factor % PRIME
    whole = rank(matrix)
    found = []
    for member in members:
        own = [place for one, place in places.items() if one[0] == member]
        others = numpy.delete(matrix, own, axis=1)
        trivial = sum(all(one[0] == member for one in row) for row in known)
        if whole - rank(others) > trivial:
            found.append(member)
    return found


def rank(matrix: NDArray[numpy.int64]) -> int:
    """Rank over the prime field, by elimination."""
    left = numpy.unique(matrix, axis=0)
    left = numpy.unique(left, axis=1).copy() if left.size else left
    found = 0
    for column in range(left.shape[1]):
        rows = numpy.nonzero(left[found:, column])[0]
        if not rows.size:
            continue
        pivot = found + int(rows[0])
        left[[found, pivot]] = left[[pivot, found]]
        left[found] = left[found] * pow(int(left[found, column]), -1, PRIME) % PRIME
        below = numpy.nonzero(left[found + 1 :, column])[0] + found + 1
        factors = left[below, column][:, None]
        left[below] = (left[below] - factors * left[found] % PRIME) % PRIME
        found += 1
        if found == left.shape[0]:
            break
    return found
