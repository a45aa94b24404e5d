"""A trace finds every passage of metal, the same pairs both ways, and says of a past day what was
so on that day."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as some

from infra.codecs import codec_of
from infra.reading import Reader
from services.coc_ledger.traces.lineage import Lineage
from services.coc_ledger.traces.trace import WHOLE, Node, final_parts
from tests.rules.coc.given import POLICIES
from tests.rules.coc.test_periods_and_orders import close, document, send, stocked
from tests.rules.coc.world import YEAR, World, facility_of

ISSUED, BETWEEN, RECEIVED = date(2026, 5, 20), date(2026, 5, 22), date(2026, 5, 25)
DAY = date(2026, 2, 1)
DEPTH = 8
CHAIN = {"M": ("B", "bauxite_mining"), "R": ("A", "alumina_refining"), "S": ("B", "smelting")}


class Kept:
    """The rows of a world as a database keeps them."""

    def __init__(self, world: World) -> None:
        self.world = world

    def columns(
        self, _: str, projection: str, names: Sequence[str], column: str, values: Sequence[str]
    ) -> list[tuple[Any, ...]]:
        found = []
        for _, row in sorted(self.world.reader.rows[projection].items()):
            codec = codec_of(type(row))
            kept = dict(zip(codec.fields, codec.write(row), strict=True))
            if kept[column] in values:
                found.append(tuple(kept[name] for name in names))
        return found


def traced(world: World, way: str, number: str, on: date | None = None) -> list[Node]:
    lineage = Lineage(cast(Reader, Kept(world)), POLICIES, lambda: world.today)
    walk = lineage.upstream if way == "up" else lineage.downstream
    return walk(world.reader.row("documents", number), DEPTH, on)


def said(nodes: Sequence[Node]) -> list[tuple[str, str | None, str | None]]:
    return [(one.kind, one.document, one.pool) for one in nodes]


def mixed(world: World, number: str, on: date | None = None) -> dict[str, tuple[str, float | None]]:
    """All metal of a document's pool, by kind: its share, and kg CO2e per kg."""
    lineage = Lineage(cast(Reader, Kept(world)), POLICIES, lambda: world.today)
    return {
        one.kind: (one.share, one.carries and one.carries.emission_g / one.carries.kg / 1000)
        for one in lineage.mix(world.reader.row("documents", number), on)
    }


def confirm(world: World, number: str, kg: int, on: date, member_id: str = "B") -> str:
    fields = {"number": number, "member_id": member_id, "received_kg": kg, "received_on": on}
    refused = world.attempt("confirm_document", **fields)
    world.settle()
    return refused


def sold(kg: int = 500, received_on: date = RECEIVED) -> World:
    """D-1 from A to B."""
    world = stocked()
    send(world, document("D-1", kg))
    world.settle()
    confirm(world, "D-1", kg, received_on)
    return world


def staged() -> World:
    """Bauxite of M under D-1 to R, where it becomes alumina, which goes under D-2 to S."""
    world = World(date(2026, 6, 1))
    for scope_id, (member_id, activity) in CHAIN.items():
        open_scope(world, scope_id, member_id, activity)
    book(world, "M", "bauxite", "receive_material", 28_470, origin="own_mine")
    book(world, "M", "bauxite", "ship_material", 28_470)
    issue(world, "D-1", ("M", "R"), "coc_bauxite", 28_470, DAY)
    confirm(world, "D-1", 28_470, DAY, "A")
    book(world, "R", "bauxite", "change_stage", 28_470, coc_kg=28_470)
    book(world, "R", "alumina", "ship_material", 10_000)
    issue(world, "D-2", ("R", "S"), "coc_alumina", 10_000, DAY)
    confirm(world, "D-2", 10_000, DAY)
    return world


def open_scope(world: World, scope_id: str, member_id: str, activity: str) -> None:
    world.send(
        "open_scope", scope_id=scope_id, member_id=member_id, entity_id=f"E{member_id}",
        name=scope_id, address="x", facilities=(facility_of(member_id),), activities=(activity,),
        starts_on=YEAR,
    )  # fmt: skip
    world.settle()


def book(
    world: World, scope_id: str, stage: str, name: str, kg: int, day: date = DAY, **more: Any
) -> str:
    member = CHAIN.get(scope_id, (scope_id, ""))[0]
    where = {"scope_id": scope_id, "member_id": member, "stage": stage, "day": day}
    refused = world.attempt(name, movement_id=f"m{world.count}", mass_kg=kg, **where, **more)
    world.settle()
    return refused


def issue(
    world: World, number: str, between: tuple[str, str], material: str, kg: int, day: date,
    **more: Any,
) -> str:  # fmt: skip
    seller, buyer = between
    member = CHAIN.get(seller, (seller, ""))[0]
    refused = world.attempt(
        "issue_document", number=number, member_id=member, scope_id=seller, day=day,
        customer={"name": buyer, "address": "x", "scope_id": buyer}, responsible="p-1",
        statement="asi_coc_mass_balance", material=material, mass_kg=kg, total_mass_kg=kg, **more,
    )  # fmt: skip
    world.settle()
    return refused


# --- every passage, both ways ---


def test_a_change_of_stage_is_found_from_both_its_ends() -> None:
    world = staged()
    bauxite, alumina = "R:bauxite:2026-01-01", "R:alumina:2026-01-01"
    assert said(traced(world, "up", "D-2")) == [
        ("earlier_stage", None, bauxite),
        ("document", "D-1", "M:bauxite:2026-01-01"),
        ("own_mine", None, None),
    ]
    assert said(traced(world, "down", "D-1")) == [
        ("next_stage", None, alumina),
        ("document", "D-2", "S:alumina:2026-01-01"),
        ("held", None, None),
    ]


def test_metal_carried_into_the_next_period_is_followed_and_no_more_held() -> None:
    world = sold()
    book(world, "B", "aluminium", "ship_material", 500, date(2026, 5, 26))
    world.today = date(2027, 2, 1)
    close(world, "B")
    book(world, "B", "aluminium", "ship_material", 500, date(2027, 1, 5))
    issue(world, "D-9", ("B", "A"), "coc_casthouse_product", 500, date(2027, 1, 6))
    assert said(traced(world, "down", "D-1")) == [
        ("carried", None, "B:aluminium:2027-01-01"),
        ("document", "D-9", None),
    ]
    assert ("document", "D-1", "A:aluminium:2026-01-01") in said(traced(world, "up", "D-9"))
    before = traced(world, "down", "D-1", date(2026, 12, 31))
    assert said(before) == [("held", None, None)], "the period was still running"


def test_what_a_closed_period_neither_sold_nor_carried_is_held_by_nobody() -> None:
    world = sold()
    book(world, "B", "aluminium", "ship_material", 200, date(2026, 5, 26))
    world.today = date(2027, 2, 1)
    close(world, "B")
    ends = {one.kind: one.parts for one in traced(world, "down", "D-1") if one.final}
    assert ends == {"unclaimed": WHOLE * 3 // 5, "held": WHOLE * 2 // 5}


def test_a_late_delivery_lies_in_the_pool_that_booked_it() -> None:
    world = stocked()
    send(world, document("D-1", 500))
    world.settle()
    book(world, "B", "aluminium", "receive_material", 1, origin="non_coc")
    world.today = date(2027, 2, 1)
    close(world, "B")
    assert confirm(world, "D-1", 500, RECEIVED) == ""
    book(world, "B", "aluminium", "ship_material", 300, date(2027, 2, 1))
    issue(world, "D-9", ("B", "A"), "coc_casthouse_product", 300, date(2027, 2, 1))
    down = said(traced(world, "down", "D-1"))
    assert down == [("document", "D-9", None), ("held", None, None)]
    assert ("document", "D-1", "A:aluminium:2026-01-01") in said(traced(world, "up", "D-9"))
    late = traced(world, "down", "D-1", date(2026, 12, 31))
    assert said(late) == [("document", "D-1", None)], "nothing was booked before the period began"


def test_a_late_change_of_stage_is_followed_into_the_period_that_booked_it() -> None:
    world = staged()
    world.today = date(2027, 2, 1)
    where = {"scope_id": "R", "member_id": "A", "stage": "alumina", "day": YEAR}
    world.send("close_period", **where)
    world.settle()
    book(world, "M", "bauxite", "receive_material", 2_847, origin="own_mine")
    book(world, "M", "bauxite", "ship_material", 2_847)
    issue(world, "D-7", ("M", "R"), "coc_bauxite", 2_847, DAY)
    confirm(world, "D-7", 2_847, DAY, "A")
    assert book(world, "R", "bauxite", "change_stage", 2_847, coc_kg=2_847) == ""
    late = ("next_stage", None, "R:alumina:2027-01-01")
    assert late in said(traced(world, "down", "D-7"))
    waits = ("next_stage", None, None)
    assert waits in said(traced(world, "down", "D-7", date(2026, 12, 31)))


# --- as of a day ---


def test_before_its_issue_a_document_is_nowhere() -> None:
    world = sold()
    assert said(traced(world, "down", "D-1", date(2026, 1, 2))) == [("not_issued", None, None)]
    assert said(traced(world, "up", "D-1", date(2026, 5, 19))) == [("unknown", None, None)]


def test_between_issue_and_receipt_the_metal_is_with_its_buyer_and_in_no_pool() -> None:
    (node,) = traced(sold(), "down", "D-1", BETWEEN)
    assert (node.kind, node.document, node.pool, node.final) == ("document", "D-1", None, True)
    assert node.told is not None
    assert (node.told.became, node.told.became_on) == ("confirmed", "2026-05-25")


def test_a_correction_does_not_change_what_was_so_before_its_day() -> None:
    world = sold(received_on=ISSUED)
    asked = [date(2026, 5, 25), date(2026, 5, 29)]
    before = [said(traced(world, "down", "D-1", day)) for day in asked]
    correction = document("D-2", 400, replaces="D-1", correction_reason="weighed")
    send(world, {**correction, "day": date(2026, 5, 30)})
    world.settle()
    confirm(world, "D-2", 400, date(2026, 5, 30))
    assert [said(traced(world, "down", "D-1", day)) for day in asked] == before
    assert said(traced(world, "down", "D-2", asked[0])) == [("not_issued", None, None)]
    (now,) = traced(world, "down", "D-1", date(2026, 5, 30))
    assert (now.kind, now.document, now.final) == ("superseded", "D-1", True)


def test_what_is_known_of_a_past_day_since_is_said_beside_it() -> None:
    world = sold(received_on=ISSUED)
    book(world, "B", "aluminium", "ship_material", 300, ISSUED)
    issue(world, "D-5", ("B", "A"), "coc_casthouse_product", 300, ISSUED)
    world.today = date(2026, 6, 9)
    world.send("withdraw_document", number="D-5", member_id="B", reason="typed-twice")
    world.settle()
    found = traced(world, "down", "D-1", RECEIVED)
    (node,) = [one for one in found if one.document == "D-5"]
    assert node.told is not None
    assert node.told == ("2026-06-01", "withdrawn", "2026-06-09")
    assert said(traced(world, "down", "D-1")) == [("held", None, None)]


def test_inside_a_period_a_source_tells_what_had_come_by_then_and_what_it_carried() -> None:
    world = sold()
    scrap: dict[str, Any] = {
        "origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-2",
    }  # fmt: skip
    told = {"intensity_kgco2e_per_kg": "0.5"}
    later = date(2026, 5, 28)
    book(world, "A", "aluminium", "receive_material", 200, later, footprint=told, **scrap)
    (then,) = traced(world, "up", "D-1", RECEIVED)
    assert then.kind == "post_consumer_scrap"
    assert then.carries == (1000, 0, 0, 0)
    (since,) = traced(world, "up", "D-1", later)
    assert since.carries == (1200, 200, 100_000, 0)
    (today,) = traced(world, "up", "D-1")
    assert today.carries == since.carries


# --- laws ---

STEPS = some.lists(
    some.tuples(some.integers(0, 9), some.integers(0, 9), some.integers(1, 40)),
    min_size=4,
    max_size=24,
)
SELLING = (("M", "R"), ("R", "S"), ("S", "A"), ("A", "B"), ("B", "A"), ("A", "S"))
MATERIAL = {"bauxite": "coc_bauxite", "alumina": "coc_alumina", "aluminium": "coc_aluminium_cold"}
STAGE_OF = {"M": "bauxite", "R": "alumina"}


def lived(steps: Sequence[tuple[int, int, int]]) -> World:
    """A chain from a mine to a mill, and what some steps make of it; what a rule refuses does not
    happen."""
    world = staged()
    book(world, "S", "alumina", "change_stage", 10_000, coc_kg=10_000)
    for at, (seller, buyer) in enumerate((("S", "A"), ("A", "B"))):
        _sale(world, f"C{at}", seller, buyer, 4_000 - 1_000 * at, DAY)
        confirm(world, f"C{at}", 4_000 - 1_000 * at, DAY, buyer)
    for number, (what, which, amount) in enumerate(steps):
        _step(world, number, what, which, amount * 100)
        world.today += timedelta(days=amount // 4)
    return world


def _sale(world: World, number: str, seller: str, buyer: str, kg: int, day: date) -> None:
    stage = STAGE_OF.get(seller, "aluminium")
    book(world, seller, stage, "ship_material", kg, day)
    issue(world, number, (seller, buyer), MATERIAL[stage], kg, day)


def _step(world: World, number: int, what: int, which: int, kg: int) -> None:
    day = world.today - timedelta(days=which)
    seller, buyer = SELLING[which % len(SELLING)]
    numbers = sorted(world.documents())
    if what <= 1:
        book(world, "M", "bauxite", "receive_material", kg * 3, day, origin="own_mine")
        _sale(world, f"D{number}", "M", "R", kg * 3, day)
    elif what == 2:
        of, at = [("R", "bauxite"), ("S", "alumina")][which % 2]
        book(world, of, at, "change_stage", kg, day, coc_kg=kg // 2)
    elif what <= 5:
        _sale(world, f"D{number}", seller, buyer, kg // 2, day)
    elif what <= 7 and numbers:
        for name in numbers:
            row = world.reader.row("documents", name)
            if row.state == "issued" and (which % 3 or name == numbers[-1]):
                confirm(world, name, row.total_mass_kg, day, row.customer_member_id)
    elif what == 8 and numbers:
        old = world.reader.row("documents", numbers[which % len(numbers)])
        more = {"replaces": old.number, "correction_reason": "weighed"}
        if which % 2:
            fields = {"number": old.number, "member_id": old.member_id, "reason": "mistake"}
            world.attempt("withdraw_document", **fields)
            world.settle()
            return
        between = (old.scope_id, old.customer_scope_id)
        mass = max(1, old.mass_kg // 2 if kg % 200 else old.mass_kg + 100)
        issue(world, f"D{number}", between, old.material, mass, day, **more)
    elif what == 9:
        world.today = max(world.today, date(2027, 1, 10))
        _close_all(world)


def _close_all(world: World) -> None:
    for row in list(world.reader.rows["pools"].values()):
        if row.period == YEAR:
            where = {"scope_id": row.scope_id, "member_id": row.member_id, "stage": row.stage}
            world.attempt("close_period", **where, day=YEAR)
            world.settle()


def pairs(world: World, way: str, on: date | None) -> set[tuple[str, str, int]]:
    """Every document with every other one that is found behind it (or before it), and how far."""
    found = set()
    for number in world.documents():
        row = world.reader.row("documents", number)
        nodes = traced(world, way, number, on)
        assert final_parts(nodes) == WHOLE
        gone = [one[2] for one in row.course if on is None or one[0] <= on.isoformat()]
        if not gone or gone[-1] in ("withdrawn", "superseded", "non_coc"):
            continue
        others = [(one.document, one.level) for one in nodes if one.document]
        for other, level in others:
            if other != number or level > 1 or way == "up":
                found.add((number, other, level) if way == "up" else (other, number, level))
    return found


@settings(max_examples=12, deadline=None)
@given(STEPS, some.integers(0, 400))
def test_each_pair_found_one_way_is_found_the_other_way(
    steps: list[tuple[int, int, int]], after: int
) -> None:
    world = lived(steps)
    for on in (None, YEAR + timedelta(days=after)):
        assert pairs(world, "up", on) == pairs(world, "down", on)


@settings(max_examples=12, deadline=None)
@given(STEPS)
def test_of_today_a_trace_says_what_it_says_without_a_day(
    steps: list[tuple[int, int, int]],
) -> None:
    world = lived(steps)
    for number in world.documents():
        for way in ("up", "down"):
            now, on = traced(world, way, number), traced(world, way, number, world.today)
            assert [one._replace(told=None) for one in on] == now
