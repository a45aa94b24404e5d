"""Factor sets: dated, sourced, each on its own; a later one is never used for an earlier day."""

import json
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from infra.errors import Refused
from infra.settings import Misconfigured
from services.ghg.factors.book import Factor, FactorBook, FactorSet
from services.ghg.factors.factorfiles import FOLDER, read_factors

from .given import BOOK, POLICY, d

FILES = sorted(FOLDER.glob("*.json"))


def factor(**changes: object) -> Factor:
    written = {"value": "2", "unit": "t/t", "evidence": "design", "source": "a test", **changes}
    return Factor.model_validate(written)


def factors(name: str, valid_from: date, family: str = "test") -> FactorSet:
    return FactorSet(
        factor_set=name,
        family=family,
        title="A test",
        valid_from=valid_from,
        factors={"a": factor()},
    )


OLD = factors("old", date(2024, 1, 1))
NEW = factors("new", date(2025, 1, 1))
TWO = FactorBook([NEW, OLD])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_file_names_nothing_twice(path: Path) -> None:
    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names)), names
        return dict(pairs)

    read = json.loads(path.read_text(), object_pairs_hook=unique)
    assert read["factor_set"] == path.stem
    assert BOOK.named(path.stem, read["family"]).factors.keys() == read["factors"].keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_shipped_factor_that_is_verified_names_its_document(path: Path) -> None:
    read = FactorSet.model_validate_json(path.read_bytes())
    for name, one in read.factors.items():
        assert one.evidence != "verified" or "[" in one.source, name


def test_the_latest_set_is_the_newest_that_was_public() -> None:
    assert TWO.latest("test", date(2024, 12, 31)) is OLD
    assert TWO.latest("test", date(2025, 1, 1)) is NEW


def test_before_the_first_set_there_is_none() -> None:
    with pytest.raises(Refused) as refusal:
        TWO.latest("test", date(2023, 12, 31))
    assert refusal.value.slug == "no-factor-set-yet"


@pytest.mark.parametrize(("name", "family"), [("none", "test"), ("old", "other")])
def test_a_set_is_asked_for_by_name_and_family(name: str, family: str) -> None:
    with pytest.raises(Refused) as refusal:
        TWO.named(name, family)
    assert refusal.value.slug == "unknown-factor-set"


def test_a_factor_nobody_wrote_is_refused_by_name() -> None:
    with pytest.raises(Refused) as refusal:
        OLD.factor("b")
    assert refusal.value.facts == {"factor_set": "old", "factor": "b"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": 0.5},
        {"low": "1"},
        {"low": "3", "high": "4"},
        {"low": "1", "high": "4", "uncertainty_percent": "5"},
        {"uncertainty_percent": "-1"},
        {"value": "NaN"},
        {"source": ""},
    ],
)
def test_a_factor_that_cannot_be_is_not_read(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        factor(**wrong)


def test_a_percentage_is_a_range() -> None:
    one = factor(value="0.143", uncertainty_percent="6")
    assert one.range() == (d("0.13442"), d("0.15158"))
    assert one.within(d("0.15158"))
    assert not one.within(d("0.15159"))


def test_a_lopsided_range_is_as_wide_as_its_wider_side() -> None:
    one = factor(value="0.4", low="0.004", high="1.92")
    assert one.half_width_percent() == d("380")
    assert factor().half_width_percent() is None
    assert factor(value="0", low="0", high="1").half_width_percent() is None


def test_every_policy_figure_that_is_verified_names_its_document() -> None:
    for name, figure in POLICY.figures.items():
        assert figure.evidence != "verified" or "[" in figure.source, name


def test_a_folder_says_which_file_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no factor file"):
        read_factors(tmp_path)
    (tmp_path / "one.json").write_text("{}")
    with pytest.raises(Misconfigured, match=r"one\.json"):
        read_factors(tmp_path)


def test_two_files_of_one_name_are_a_mistake(tmp_path: Path) -> None:
    for name in ("one.json", "two.json"):
        (tmp_path / name).write_text(OLD.model_dump_json())
    with pytest.raises(Misconfigured, match="two factor sets are called old"):
        read_factors(tmp_path)
