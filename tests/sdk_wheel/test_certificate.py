"""A certificate is looked up as of a day, and as it was known at an instant."""

from datetime import date

import orjson
import pytest

from sdk import BadAnswer, CertificateClient, LookupRefused
from tests.sdk_wheel.feed_server import FeedServer


def status(word: str) -> bytes:
    fact = {
        "attribute": "status",
        "value": word,
        "effective_from": "2025-01-01",
        "recorded_at": "2025-01-03T10:00:00.000000Z",
        "source": "audit_scheduling",
        "position": 7,
        "event_id": "event-7",
        "colour": "a field of a newer service",
    }
    return orjson.dumps(
        {
            "subject": "certificate/C 1",
            "status": word,
            "effective_at": "2025-06-30",
            "known_at": None,
            "by_standard": {"PS": word},
            "certificates": {"C 1": word},
            "duties": [],
            "facts": [fact],
            "through": {"audit_scheduling": 99},
        }
    )


@pytest.mark.parametrize(
    ("word", "certified"),
    [
        ("certified_full", True),
        ("certified_provisional", True),
        ("suspended", False),
        ("expired", False),
        ("a_newer_word", False),
    ],
)
def test_a_status_says_whether_it_is_certified(
    server: FeedServer, word: str, certified: bool
) -> None:
    server.answers["/certification/certificates/C%201"] = lambda _: (200, status(word))
    with CertificateClient(server.url) as registry:
        found = registry.certificate("C 1")
    assert (found.status, found.certified) == (word, certified)
    assert found.facts[0].effective_from == date(2025, 1, 1)
    assert (found.by_standard, found.certificates) == ({"PS": word}, {"C 1": word})
    assert (found.known_at, found.standing) == (None, None)
    assert found.through == {"audit_scheduling": 99}


def test_both_time_axes_are_asked_for(server: FeedServer) -> None:
    server.answers["/certification/facilities/F-1"] = lambda _: (200, status("suspended"))
    with CertificateClient(server.url) as registry:
        registry.facility("F-1")
        registry.facility("F-1", effective_at=date(2025, 6, 30), known_at="2025-07-01T00:00:00Z")
    assert server.asked == [
        "/certification/facilities/F-1",
        "/certification/facilities/F-1?effective_at=2025-06-30&known_at=2025-07-01T00%3A00%3A00Z",
    ]


def test_every_kind_of_subject_has_its_own_address(server: FeedServer) -> None:
    for kind in ("certificates", "facilities", "entities", "members"):
        server.answers[f"/certification/{kind}/X"] = lambda _: (200, status("none"))
    with CertificateClient(server.url) as registry:
        for look_up in (registry.certificate, registry.facility, registry.entity, registry.member):
            assert look_up("X").status == "none"


def test_a_certificate_that_is_not_there_is_said(server: FeedServer) -> None:
    with (
        CertificateClient(server.url) as registry,
        pytest.raises(LookupRefused) as refused,
    ):
        registry.certificate("C-404")
    assert (refused.value.slug, refused.value.status) == ("not-found", 404)


def test_an_answer_of_something_else_is_said(server: FeedServer) -> None:
    server.answers["/certification/members/M-1"] = lambda _: (200, b'{"status":1}')
    with CertificateClient(server.url) as registry, pytest.raises(BadAnswer, match="subject"):
        registry.member("M-1")
