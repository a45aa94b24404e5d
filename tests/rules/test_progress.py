"""A consumer is told of by partition: eleven that follow do not hide the one that waits."""

from castmark.operate import share
from infra.bus import Progress


def following(partitions: int) -> Progress:
    """A consumer that has read all there is."""
    progress = Progress("facts")
    assert (progress.state, progress.counts()["following"]) == ("starting", 0)
    for partition in range(partitions):
        progress.at_head("membership", partition)
    return progress


def test_one_partition_of_twelve_that_waits_is_seen_until_it_goes_on() -> None:
    progress = following(12)
    progress.waiting("a hole behind 7", "membership", 3)
    progress.at_head("membership", 4)
    progress.behind("membership", 5)
    assert (progress.state, progress.reason) == ("waiting", "a hole behind 7")
    assert progress.counts() == {"following": 11, "waiting": 1, "stopped": 0}
    progress.follows("membership", 3)
    assert (progress.state, progress.reason) == ("following", "")
    assert progress.counts() == {"following": 12, "waiting": 0, "stopped": 0}


def test_a_broker_that_is_away_concerns_its_sources_and_no_other() -> None:
    progress = following(3)
    progress.at_head("certification", 0)  # our own, from our own store
    progress.waiting("Kafka is away", "membership")
    progress.at_head("certification", 0)
    assert (progress.state, progress.reason) == ("waiting", "Kafka is away")
    assert progress.counts() == {"following": 1, "waiting": 1, "stopped": 0}
    progress.at_head("membership", 1)
    assert progress.state == "following"
    assert progress.counts() == {"following": 2, "waiting": 0, "stopped": 0}


def test_a_consumer_that_was_stopped_stays_so_whatever_another_log_brings() -> None:
    progress = following(2)
    progress.stopped("source-history-changed: look")
    progress.at_head("certification", 0)
    assert (progress.state, progress.reason) == ("stopped", "source-history-changed: look")
    assert progress.counts() == {"following": 0, "waiting": 0, "stopped": 3}


def test_a_partition_that_another_process_took_over_is_no_longer_ours_to_tell_of() -> None:
    progress = following(2)
    progress.waiting("a hole", "membership", 1)
    progress.behind("membership", 1)
    progress.left("membership", 1)
    assert (progress.state, progress.lag_seconds()) == ("following", 0.0)
    assert progress.counts()["following"] == 1


def test_the_table_says_how_many_of_all() -> None:
    counts = {"following": 11, "waiting": 1, "stopped": 0, "parked": 2}
    assert share("waiting", counts) == "waiting (in 1 of 12)"
    assert share("7", counts, "parked") == "7 (in 2 of 12)"
    well = {"following": 12, "waiting": 0, "stopped": 0, "parked": 0}
    assert share("following", well) == "following"
    assert share("0", well, "parked") == "0"
    assert share("starting", dict.fromkeys(well, 0)) == "starting"
