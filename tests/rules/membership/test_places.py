"""A place that ISO 3166 does not have is refused, whichever way it comes in."""

import pytest

from contracts.values import Location
from infra.errors import Refused
from infra.importing.places import places
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
