"""A document whose claim was refused is sent again in the same words, whatever is known since."""

from tests.api.test_custody import BEGAN, MILL, SMELTER, TONNE, balance, book, document, who
from tests.api.test_custody import door as door  # the same world, in a platform of its own
from tests.api.test_custody import host as host
from tests.door import Door


def test_what_was_not_covered_is_sent_again_when_more_is_known_of_certificates(door: Door) -> None:
    """The words are kept when the claim is refused; they are the same words afterwards."""
    asked = document("D-3", 4901)
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
    assert balance(door)["designated_kg"] == 4901 * TONNE
