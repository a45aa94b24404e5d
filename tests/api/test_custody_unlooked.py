"""Who brought metal without CoC and was never looked at stands in the answer over HTTP and on the
scope's page; who is looked at stands there no more."""

from castmark.local import Host
from tests.api.sellable import page_of
from tests.api.test_custody import BEGAN, SMELTER, TONNE, book, who
from tests.api.test_custody import door as door  # the same world, in a platform of its own
from tests.api.test_custody import host as host
from tests.door import Door, eventually

TOPICS = ["anti_corruption", "conflict_affected_areas", "human_rights", "responsible_sourcing"]
DAY = BEGAN.isoformat()


def without_record(door: Door) -> list[tuple[str | None, int]]:
    path = f"/coc/scopes/{SMELTER}-S/diligence"
    looked = door.get(who(SMELTER), path, on=DAY)["without_record"]
    for one in looked:
        assert (one["stage"], one["period"], one["ends_on"]) == (
            "aluminium",
            "2024-01-01",
            "2024-12-31",
        )
        assert (one["first_on"], one["last_on"], one["missing"]) == (DAY, DAY, TOPICS)
    return [(one["supplier_id"], one["mass_kg"]) for one in looked]


def section(host: Host) -> str:
    page = page_of(host, SMELTER, f"/custody/scopes/{SMELTER}-S?on={DAY}")
    told = page.partition('id="diligence-title"')[2].partition("</section>")[0]
    return " ".join(told.split())


def test_suppliers_without_a_record_are_listed_until_they_are_looked_at(
    host: Host, door: Door
) -> None:
    lot = {"mass_kg": 70 * TONNE, "origin": "non_coc", "supplier_id": "TRADER"}
    book(door, "receive_material", "IN-3", **lot)
    door.settled()
    unnamed = (None, 5000 * TONNE)
    assert without_record(door) == [unnamed, ("TRADER", 70 * TONNE)]
    page = section(host)
    assert "Suppliers without a valid record" in page
    assert "<td>TRADER</td> <td>Aluminium</td> <td>1 Jan 2024 to 31 Dec 2024</td>" in page
    assert '<span class="missed">not named</span>' in page
    own = {"scope_id": f"{SMELTER}-S", "member_id": SMELTER, "supplier_id": "TRADER"}
    door.send(who(SMELTER), "coc/record_due_diligence", **own, topics=TOPICS, performed_on=DAY)
    eventually(lambda: without_record(door), lambda found: found == [unnamed])
    back = {"reverses": "IN-1"}
    book(door, "reverse_movement", "BACK-1", **back)
    eventually(lambda: without_record(door), lambda found: found == [])
    assert "came from a supplier without a valid record" in section(host)
