"""Whatever a service shows can be made again from the events, and is the same then."""

from pathlib import Path

from tests.api.metal import custody
from tests.api.years import TODAY, populate, submit
from tests.embedded import door_of, platform
from tests.rebuilds import every_rebuild


def test_every_projection_of_every_service_is_the_same_when_it_is_made_again(
    tmp_path: Path,
) -> None:
    with platform(tmp_path) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        submit(door)
        custody(door, TODAY)
        door.settled()
        consumers = {
            consumer.name
            for running in host.process.running.values()
            for consumer in running.definition.consumers
        }
        told = every_rebuild(door)
        assert told.keys() == consumers
        for consumer, state in told.items():
            assert (state["state"], state.get("differences")) == ("done", []), (consumer, state)
        filled = [consumer for consumer, state in told.items() if state["rows"] + state["facts"]]
        assert filled == list(told), "nothing was shown, so nothing was compared"
