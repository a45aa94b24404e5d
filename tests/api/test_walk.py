"""The walk, on the embedded platform: from the first draft to a restored membership."""

from collections.abc import Callable
from datetime import date

import pytest

from tests.embedded import door_of, platform
from tests.walk import CLAIMS, Walked, walk


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """One walk for all claims."""
    with platform(tmp_path_factory.mktemp("walk")) as host, door_of(host) as door:
        return walk(door, date(2024, 1, 10))


@pytest.mark.parametrize("check_claim", CLAIMS, ids=lambda claim: claim.__name__)
def test_on_the_embedded_platform(check_claim: Callable[[Walked], None], walked: Walked) -> None:
    check_claim(walked)
