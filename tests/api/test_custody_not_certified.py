"""A document that nobody has confirmed, and a certificate that is suspended from before its day,
over HTTP: what its seller's books, its report and its paper say."""

import io
from typing import Any

from pypdf import PdfReader

from castmark.local import Host
from services.coc_ledger.documents.commands import CheckDocument
from services.coc_ledger.domain import CONSUMER
from services.coc_ledger.jobs import Watch
from services.coc_ledger.queries import Queries
from tests.api.test_custody import BEGAN, MILL, SMELTER, TONNE, balance, confirmed, document, who
from tests.api.test_custody import door as door  # the same world, in a platform of its own
from tests.api.test_custody import host as host
from tests.door import Door, eventually

CHANGE = {"certificate_id": f"{SMELTER}-C-CoC", "effective_on": BEGAN.isoformat()}


def claimed_t(door: Door) -> tuple[int, int]:
    """By the seller's accounts, and by its report of the year."""
    report = door.get(who(SMELTER), f"/coc/scopes/{SMELTER}-S/report", year=BEGAN.year)["items"]
    [line] = [one for one in report if one["stage"] == "aluminium"]
    made = balance(door)["accounts"]["output_coc"], line["output_coc_kg"]
    return made[0] // TONNE, made[1] // TONNE


def public(door: Door) -> tuple[dict[str, Any], str]:
    """Its paper for who holds it: as JSON, and the words of the PDF."""
    link = door.get(who(SMELTER), "/coc/documents/D-1/paper")["link"]
    path = f"/coc/public/documents/D-1/{link.rpartition('/')[2]}"
    printed = door.ask(None, "GET", path, params={"form": "pdf"}).content
    pages = PdfReader(io.BytesIO(printed)).pages
    return door.get(None, path), " ".join(page.extract_text() for page in pages)


def test_a_claim_nobody_confirmed_follows_the_certificate_and_its_paper_says_so(door: Door) -> None:
    door.send(who(SMELTER), "coc/issue_document", **document("D-1", 60))
    assert eventually(lambda: claimed_t(door), lambda seen: seen == (60, 60)) == (60, 60)
    said, words = public(door)
    assert (said["valid"], said["standing"]["word"]) == (True, "waiting")
    assert "Not valid" not in words

    door.send("ops", "audits/suspend_certificate", **CHANGE, reason="fraud")
    assert eventually(lambda: claimed_t(door), lambda seen: seen == (0, 0)) == (0, 0)
    said, words = public(door)
    assert (said["valid"], said["standing"]["word"]) == (False, "not_good")
    assert "Not valid: issued, not yet confirmed. Its issuer was not" in words
    assert not door.get(who(SMELTER), "/coc/documents/D-1/paper")["valid"]
    row = door.get(who(MILL), "/coc/documents/D-1")
    assert (row["state"], row["claimed"]) == ("issued", False)
    assert row["reasons"] == ["issuer-coc-certificate-not-valid"]

    door.send("ops", "audits/reinstate_certificate", **CHANGE)
    assert eventually(lambda: claimed_t(door), lambda seen: seen == (60, 60)) == (60, 60)
    assert public(door)[0]["valid"]

    door.send("ops", "audits/suspend_certificate", **CHANGE, reason="fraud")
    assert eventually(lambda: claimed_t(door), lambda seen: seen == (0, 0)) == (0, 0)
    door.send(who(MILL), "coc/confirm_document", **confirmed("D-1", 60))
    row = eventually(
        lambda: door.get(who(MILL), "/coc/documents/D-1"), lambda one: one["state"] == "non_coc"
    )
    assert row["reasons"] == ["issuer-coc-certificate-not-valid"]
    assert balance(door, MILL)["accounts"]["non_coc"] == -60 * TONNE
    assert claimed_t(door) == (0, 0)


def test_the_hourly_look_at_what_is_undone_reads_the_rows_and_finds_all_done(
    host: Host, door: Door
) -> None:
    """After the news of above: all claims that they concern were looked at."""
    door.settled()
    running = host.process.running["coc_ledger"]
    asked = Queries(running, Watch(running, CONSUMER)).undone()
    assert [one for one in asked if isinstance(one, CheckDocument)] == []
