"""What services show can be made again from the events, and is the same then: of members, a
facility's year from its data to a published result, and metal under documents."""

from pathlib import Path

from tests.api.metal import custody
from tests.api.years import TODAY, populate, submit
from tests.embedded import door_of, platform
from tests.rebuilds import differing


def test_every_consumer_shows_the_same_when_it_is_made_again(
    tmp_path: Path,
) -> None:
    with platform(tmp_path) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        submit(door)
        custody(door, TODAY)
        door.settled()
        assert differing(door) == []
