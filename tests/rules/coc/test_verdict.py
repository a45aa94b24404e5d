"""Whether a document is good, and the code by which who holds the paper may ask."""

import pytest

from contracts.custody import CertificateSeen, Checked
from contracts.values import CertificationStatus, Standard
from services.coc_ledger.documents.check_code import LENGTH, code_of, is_code_of, link_of
from services.coc_ledger.documents.paper import Became
from services.coc_ledger.documents.verdict import standing
from tests.rules.coc.told import DAY, issued

KEY, OTHER = b"k" * 32, b"o" * 32


def test_a_code_is_its_documents_alone_and_the_keys() -> None:
    code = code_of("D-1", KEY)
    assert len(code) == LENGTH
    assert is_code_of(code.upper(), "D-1", KEY), "people type as they like"
    assert not is_code_of(code, "D-2", KEY)
    assert not is_code_of(code, "D-1", OTHER)
    assert not is_code_of("", "D-1", KEY)


def test_numbers_that_follow_each_other_have_codes_that_do_not() -> None:
    codes = {code_of(f"D-{number}", KEY)[:6] for number in range(500)}
    assert len(codes) == 500


@pytest.mark.parametrize("public", ["https://asi.example.org", "http://127.0.0.1:8000"])
def test_paper_carries_the_public_address(public: str) -> None:
    code = code_of("D-1", KEY)
    assert link_of(public, "D-1", code) == f"{public}/check/D-1/{code}"


def seen(status: CertificationStatus = CertificationStatus.CERTIFIED_FULL) -> Checked:
    """The issuer's certificates on the day of issue, one of them with a status."""
    held = (
        CertificateSeen(
            certificate_id="C-COC-1", standard=Standard.CHAIN_OF_CUSTODY, status=status
        ),
        CertificateSeen(
            certificate_id="C-PS-1",
            standard=Standard.PERFORMANCE,
            status=CertificationStatus.CERTIFIED_FULL,
        ),
    )
    return Checked(entity_id="E-1", day=DAY, certificates=held, known_through_position=7)


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("confirmed", "good"),
        ("issued", "waiting"),
        ("pending_check", "waiting"),
        ("non_coc", "not_good"),
        ("disputed", "not_good"),
        ("lapsed", "not_good"),
        ("withdrawn", "not_good"),
        ("superseded", "not_good"),
    ],
)
def test_what_became_of_it_decides(state: str, word: str) -> None:
    found = standing(issued("D-1"), Became(state), seen())
    assert (found.word, found.passed, found.reasons) == (word, True, ())
    assert {one.certificate_id for one in found.held} == {"C-COC-1", "C-PS-1"}


@pytest.mark.parametrize("state", ["confirmed", "issued"])
def test_nothing_is_good_whose_issuer_is_now_known_not_to_have_been_certified(state: str) -> None:
    found = standing(issued("D-1"), Became(state), seen(CertificationStatus.WITHDRAWN))
    assert (found.word, found.passed) == ("not_good", False)
    assert "Chain of Custody" in found.reasons[0]
    assert [one.status for one in found.held if one.certificate_id == "C-COC-1"] == ["withdrawn"]
