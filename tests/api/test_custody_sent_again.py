"""A document whose claim was refused leaves nothing behind: its number is free, and the same words
are sent again, whatever is known since."""

import pytest

from tests.api.test_custody import BEGAN, MILL, SMELTER, TONNE, balance, book, document, who
from tests.api.test_custody import door as door  # the same world, in a platform of its own
from tests.api.test_custody import host as host
from tests.door import Door, No


def test_a_document_that_the_ledger_does_not_cover_takes_no_number(door: Door) -> None:
    """Neither from somebody else nor from who mends its own slip."""
    theirs = {"member_id": MILL, "scope_id": f"{MILL}-S"}
    buyer = {"name": "Smelter", "address": "1 Main Street", "scope_id": f"{SMELTER}-S"}
    words = document("D-shared", 10, **theirs, customer=buyer)
    with pytest.raises(No) as refused:
        door.send(who(MILL), "coc/issue_document", **words)
    assert refused.value.slug == "lot-not-shipped"
    door.send(who(SMELTER), "coc/issue_document", **document("D-shared", 10))
    door.settled()
    issued = door.get(who(SMELTER), "/coc/documents/D-shared")["document"]
    assert issued["issuer"]["scope_id"] == f"{SMELTER}-S", "the number was free"


def test_what_was_not_covered_is_sent_again_when_more_is_known_of_certificates(door: Door) -> None:
    asked = document("D-3", 4901)
    before = balance(door)["designated_kg"]
    refused = door.attempt(who(SMELTER), "coc/issue_document", **asked)
    assert refused.json()["slug"] == "claim-not-covered"
    change = {"certificate_id": f"{MILL}-C-CoC", "effective_on": BEGAN.isoformat()}
    door.send("ops", "audits/suspend_certificate", **change, reason="fraud")
    door.settled()
    again = door.attempt(who(SMELTER), "coc/issue_document", **asked)
    assert again.json()["slug"] == "claim-not-covered"
    more = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}
    book(door, "receive_material", "IN-3", mass_kg=100 * TONNE, **more)
    door.send(who(SMELTER), "coc/issue_document", **asked)
    assert balance(door)["designated_kg"] == before + 4901 * TONNE
