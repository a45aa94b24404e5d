"""Every slug of every service has its page, at the address that a problem names as its type."""

from collections.abc import Iterator

import pytest

from infra.importing.problems import PROBLEMS as IMPORTS
from infra.problems import COMMON, Problem
from services.audit_scheduling.problems import PROBLEMS as AUDITS
from services.certification.problems import PROBLEMS as CERTIFICATION
from services.membership.problems import PROBLEMS as MEMBERSHIP
from services.portal.problems import PROBLEMS as PORTAL
from tests.door import Door
from tests.embedded import door_of, platform

ALL: tuple[Problem, ...] = (*COMMON, *IMPORTS, *AUDITS, *CERTIFICATION, *MEMBERSHIP, *PORTAL)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A platform in which nothing has happened."""
    with platform(tmp_path_factory.mktemp("explained")) as host, door_of(host) as door:
        yield door


def test_every_slug_has_a_page_that_says_what_to_do(door: Door) -> None:
    for problem in ALL:
        answer = door.ask(None, "GET", f"/problems/{problem.slug}")
        assert answer.status_code == 200, problem.slug
        assert answer.headers["content-type"].startswith("text/html")
        assert f"Slug <code>{problem.slug}</code>" in answer.text


def test_every_explanation_is_a_title_and_sentences() -> None:
    for problem in ALL:
        assert problem.title[0].isupper(), problem
        assert not problem.title.endswith("."), problem
        assert problem.explanation.endswith("."), problem
        assert problem.explanation != problem.title
