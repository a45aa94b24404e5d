"""A CoC document on paper: what it says; the same words are the same bytes; no name can harm."""

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader

from contracts.coc_documents import DocumentIssued, Supplement
from contracts.custody import Checked, Party, StepEmissions
from services.coc_ledger.documents.paper import STATES, Became, kilograms, paper
from services.coc_ledger.documents.printing import pdf, qr
from services.coc_ledger.documents.verdict import standing, why_not

from .told import DAY, issued

LINK = "https://castmark.example/coc/documents/D-1"
ISSUED = Became("issued")
HOSTILE = (
    '#panic("evaluated")',
    '#read("/etc/passwd")',
    '#import "@preview/cetz:0.1.0": *',
    "$ sum_(i=1)^n x $ *bold* _emph_ `raw` = Heading",
    "] } ) #] \\ \\u{202e} // /* comment <label> @cite",
    '", "valid": true, "number": "D-9',
    "a\nb\tc",
    "Ωμέγα Алюминий Łódź Ñuñoa",
)


def text_of(printed: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(printed)).pages)


def squeezed(text: str) -> str:
    """Without blanks: lines break where they must."""
    return "".join(text.split())


def document(name: str = "Mill & Sons") -> DocumentIssued:
    return issued("D-1", customer=Party(name=name, address="2 Rolling Street, 4711 Mill Town"))


def test_the_paper_says_what_was_stated() -> None:
    said = document().model_copy(
        update={
            "supplement": Supplement(
                ps_certified=True,
                country_of_origin="NO",
                intensity_kgco2e_per_kg=Decimal("3.914"),
            )
        }
    )
    text = squeezed(text_of(pdf(paper(said, ISSUED, LINK))))

    for words in (
        "D-1",
        "2026-03-09",
        "Smelter",
        "C-COC-1",
        "Mill & Sons",
        "4711 Mill Town",
        "40 000 kg",
        "41 000 kg",
        "3.914 kg CO2e per kg",
        "iai-2021",
        "NO",
        "mass balance",
        "not affiliated",
        LINK,
    ):
        assert squeezed(words) in text, words


def footprint(**said: Any) -> dict[str, str]:
    told = document().model_copy(update={"supplement": Supplement(**said)})
    sections = paper(told, ISSUED, LINK).sections
    return dict(next(one.lines for one in sections if one.title == "Footprint"))


def test_the_paper_names_both_certificates_and_who_looked_at_the_customers() -> None:
    said = issued("D-1")
    known = said.model_copy(update={"customer_evidence": said.evidence})
    for one, theirs in (
        (said, "C-COC-2 (as the issuer says)"),
        (known, "C-COC-2"),
        (document(), None),
    ):
        sections = {part.title: dict(part.lines) for part in paper(one, ISSUED, LINK).sections}
        assert sections["Issuer"]["Certificate"] == "C-COC-1"
        assert sections["Customer"].get("Certificate") == theirs


def test_the_paper_tells_the_metal_and_the_step_apart() -> None:
    step = StepEmissions(
        how="verified",
        kgco2e_per_kg=Decimal("0.25"),
        boundary="step:1",
        method="ar6",
        period="2025",
        verifiers=("V-1",),
    )
    said = footprint(
        intensity_kgco2e_per_kg=Decimal("4.25"),
        inputs_kgco2e_per_kg=Decimal(4),
        known_percent=Decimal(100),
        step=step,
    )
    assert said["Intensity"] == "4.25 kg CO2e per kg"
    assert said["Of it the metal that came in"] == "4 kg CO2e per kg"
    assert said["Of it the issuer's own step"] == "0.25 kg CO2e per kg"
    assert (said["Its year"], said["Its results verified by"]) == ("2025", "V-1")
    assert "Footprint wholly known" not in said


def test_the_paper_tells_the_issuer_s_words_from_what_was_verified() -> None:
    step = StepEmissions(how="verified", kgco2e_per_kg=Decimal(1), verifiers=("V-1",))
    words = document().carried.model_copy(update={"boundary": "cradle-to-gate", "verifier": "V-9"})
    supplement = Supplement(intensity_kgco2e_per_kg=Decimal(4), step=step)
    told = document().model_copy(update={"carried": words, "supplement": supplement})
    [part] = [one for one in paper(told, ISSUED, LINK).sections if one.title == "Footprint"]
    said = dict(part.lines)
    assert said["Verified by"] == "V-9 (as the issuer says)"
    assert said["Boundary"] == "cradle-to-gate (as the issuer says)"
    assert said["Its results verified by"] == "V-1"
    assert said["Its source"] == "results of its facilities as verified, not the issuer's word"


def test_the_paper_says_what_is_not_known() -> None:
    said = footprint(
        inputs_kgco2e_per_kg=Decimal(4),
        known_percent=Decimal(40),
        known_part_kgco2e_per_kg=Decimal(16),
        at_least_kgco2e_per_kg=Decimal(9),
        step=StepEmissions(how="unknown", reason="no-verified-result"),
    )
    assert said["Intensity"].startswith("incomplete")
    assert said["Footprint wholly known"] == "for 40 % of the mass"
    assert said["Average of that part alone"] == "16 kg CO2e per kg"
    assert said["All of it, at least"] == "9 kg CO2e per kg"
    assert "no-verified-result" in said["The issuer's own step"]


def test_the_same_document_is_the_same_bytes() -> None:
    one, other = (pdf(paper(document(), ISSUED, LINK)) for _ in range(2))
    assert one == other
    assert one != pdf(paper(document("Mill & Son"), ISSUED, LINK))
    assert PdfReader(io.BytesIO(one)).metadata is not None


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_set_as_text_and_never_read_as_markup(name: str) -> None:
    printed = pdf(paper(document(name), ISSUED, LINK))
    text = squeezed(text_of(printed))

    assert squeezed(name.replace("\t", " ")) in text
    assert "root:" not in text


def test_chinese_japanese_and_korean_names_are_shown() -> None:
    text = squeezed(text_of(pdf(paper(document("中国铝业 日本軽金属 한국알루미늄"), ISSUED, LINK))))
    assert squeezed("中国铝业 日本軽金属 한국알루미늄") in text


def test_a_character_without_a_glyph_stops_no_document() -> None:
    printed = pdf(paper(document("Rollers \N{ROLLER SKATE}"), ISSUED, LINK))
    assert squeezed("Rollers") in squeezed(text_of(printed))


def test_a_document_that_no_longer_holds_says_so_in_large_letters() -> None:
    became = Became("superseded", (), "D-3")
    text = squeezed(text_of(pdf(paper(document(), became, LINK))))

    assert squeezed("Not valid: replaced by another document") in text
    assert squeezed("Replaced by D-3") in text
    assert "Notvalid" not in squeezed(text_of(pdf(paper(document(), ISSUED, LINK))))


@pytest.mark.parametrize("state", ["issued", "pending_check", "confirmed"])
def test_paper_whose_issuer_is_now_known_not_to_have_been_certified_is_not_valid(
    state: str,
) -> None:
    """By the same standing as is told beside it, whatever anybody has answered."""
    nobody = Checked(entity_id="E-1", day=DAY, known_through_position=7)
    told, became = issued("D-1"), Became(state)
    said = paper(told, became, LINK, why_not(standing(told, became, nobody)))
    assert not said.valid
    text = squeezed(text_of(pdf(said)))
    assert squeezed(f"Not valid: {STATES[state]}. Its issuer was not certified") in text
    assert squeezed("The issuer held no valid Chain of Custody certificate.") in text


def test_the_qr_code_is_a_picture_of_the_link_alone() -> None:
    assert qr(LINK) == qr(LINK) != qr(LINK + "0")
    assert "<script" not in qr('"><script>alert(1)</script>')


def test_masses_are_written_so_that_no_zero_is_misread() -> None:
    assert squeezed(kilograms(1_234_567)) == "1234567kg"
    assert kilograms(1_000).split("\N{NO-BREAK SPACE}") == ["1", "000", "kg"]


def test_a_later_state_changes_no_word_of_what_was_stated() -> None:
    before = paper(document(), ISSUED, LINK)
    after = paper(document(), Became("non_coc", ("issuer-coc-certificate-not-valid",)), LINK)

    assert before.sections[:-1] == after.sections[:-1]
    assert before.issued_on == date(2026, 3, 9)
    assert (before.valid, after.valid) == (True, False)
