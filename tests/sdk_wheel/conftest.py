"""Fixtures of the SDK's tests."""

from collections.abc import Iterator

import pytest

from tests.sdk_wheel.feed_server import FeedServer, feed_server


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A feed to read from."""
    with feed_server() as running:
        yield running
