"""A place that ISO 3166 does not have is refused, whichever way it comes in."""

import pycountry
import pytest

from contracts.values import Location
from infra.errors import Refused
from infra.importing.places import PROVINCES, folded, nearest, places
from services.membership.places import check_places


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"country": "DE"},
        {"location": Location(country="CN", subdivision="CN-SD")},
        {"location": Location(country="NO", subdivision=None)},
    ],
)
def test_what_iso_3166_has_is_a_place(sent: dict[str, object]) -> None:
    refused = ""
    try:
        check_places(sent, places())
    except Refused as refusal:
        refused = refusal.slug
    assert refused == ""


@pytest.mark.parametrize(
    ("sent", "slug", "field"),
    [
        ({"country": "ZZ"}, "unknown-country", "country"),
        ({"country": "UK"}, "unknown-country", "country"),
        ({"location": Location(country="QQ")}, "unknown-country", "location.country"),
        (
            {"location": Location(country="DE", subdivision="DE-QQ")},
            "unknown-subdivision",
            "location.subdivision",
        ),
        (
            {"location": Location(country="DE", subdivision="CN-SD")},
            "unknown-subdivision",
            "location.subdivision",
        ),
    ],
)
def test_what_it_does_not_have_is_refused_and_named(
    sent: dict[str, object], slug: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        check_places(sent, places())
    assert (refused.value.slug, refused.value.facts["field"]) == (slug, field)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Yunnan", "CN-YN"),
        ("Inner Mongolia", "CN-NM"),
        ("Xinjiang", "CN-XJ"),
        ("Shaanxi", "CN-SN"),
        ("Shanxi", "CN-SX"),
        ("云南", "CN-YN"),
        ("云南省", "CN-YN"),
        ("内蒙古自治区", "CN-NM"),
        ("重庆市", "CN-CQ"),
    ],
)
def test_a_province_is_known_by_the_names_that_the_ministry_writes(name: str, code: str) -> None:
    assert places().subdivisions[f"CN/{folded(name)}"] == code


def test_each_province_is_one_that_iso_3166_has_and_none_is_left_out() -> None:
    codes = {f"CN-{letters}" for letters in PROVINCES}
    iso = {part.code for part in pycountry.subdivisions if part.country_code == "CN"}
    assert codes == iso - {"CN-HK", "CN-MO", "CN-TW"}


def test_what_is_misspelt_is_told_the_nearest_name() -> None:
    assert nearest("CN", "Shangdong", places()) == "; did you mean CN-SD (shandong)?"
    assert nearest("CN", "Yunan", places()) == "; did you mean CN-YN (yunnan)?"
    assert nearest("CN", "zzzz", places()) == ""
