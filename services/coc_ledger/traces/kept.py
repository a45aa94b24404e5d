"""What a trace reads of rows, as they are kept: of each no more columns than it needs."""

from typing import NamedTuple


class PoolPart(NamedTuple):
    """What a trace needs of a pool's row, as it is kept."""

    pool: str
    period: str
    member_id: str
    kgs: str
    carrying: str
    ends_on: str
    closed_on: str | None
    carried_kg: int
    owed_kg: int
    freed: str
    moved_on: str | None
    left_before: str


class Sale(NamedTuple):
    """What a trace needs of a document's row that left a pool, as it is kept."""

    number: str
    pool: str
    receiver: str | None
    state: str
    mass_kg: int
    booked_kg: int
    member_id: str
    customer_member_id: str | None
    known_kg: int
    emission_g: int
    partial_g: int
    elsewhere: str
    claimed: bool


class Passed(NamedTuple):
    """What a trace needs of a passage between two pools, as it is kept."""

    kind: str
    from_pool: str | None
    pool: str | None
    member_id: str
    left_on: str | None
    left_kg: int
    came_on: str | None
    kg: int
    known_kg: int
    emission_g: int
    partial_g: int
    told_on: str
    freed: str
