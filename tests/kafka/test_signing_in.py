"""The platform itself signs in where a broker asks it to: every client of ours, as its own user."""

import asyncio
from pathlib import Path

import pytest

from contracts.catalog import Topic
from infra.kafka import KafkaLog
from infra.kafka_admin import create_topics
from infra.kafka_groups import admit_platform
from infra.kafka_security import security_of
from infra.kafka_sink import KafkaSink
from infra.local.kafka import KafkaCluster, main
from infra.settings import Misconfigured, load_settings
from tests.databases import Database
from tests.logs.kafka_rig import FEED, READER, Feed, Following, Rig, outgoing
from tests.plugins.require import needs

pytestmark = [needs("kafka"), pytest.mark.timeout(300)]


async def test_each_client_of_the_platform_signs_in(
    kafka: KafkaCluster, sqlite_database: Database, tmp_path: Path
) -> None:
    access = await asyncio.to_thread(admit_platform, kafka.bootstrap)
    assert list(access.bootstrap) == kafka.groups_bootstrap
    (tmp_path / "password").write_text(access.password)
    security = security_of(
        load_settings(kafka_user=access.user, kafka_password_file=tmp_path / "password")
    )
    topic = Topic("signed-in", 1)
    made = await asyncio.to_thread(create_topics, access.bootstrap, [topic], security=security)
    assert made == ["signed-in"]
    sink = KafkaSink(access.bootstrap, security)
    feed = Feed().put("B1:a", "B2:a")
    await sink.send(outgoing(topic, 0, feed.received))
    assert (await sink.tails(topic))[0] == feed.received[-1]
    await sink.close()
    rig = Rig(sqlite_database, READER)
    following = Following(access.bootstrap, topic, rig)
    following.log = KafkaLog(access.bootstrap, {FEED: topic}, security)
    assert following.log.ends(FEED) == {0: 2}
    async with following:
        await following.applied(2)


def test_a_group_is_let_in_from_the_command_line(
    kafka: KafkaCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bootstrap"
    assert main(["user", "G-1", "--address-file", str(file)]) == 1
    assert "no Kafka runs here" in capsys.readouterr().err
    file.write_text(kafka.address)
    passwords = set()
    for _ in range(2):
        assert main(["user", "G-1", "--address-file", str(file)]) == 0
        said = capsys.readouterr().out
        assert "send commands to castmark.coc.commands.G-1" in said
        assert "begin with G-1/" in said
        assert "sasl.username=member:G-1" in said
        passwords.add(said.rpartition("sasl.password=")[2])
    assert len(passwords) == 2
    assert main(["user", "a:b", "--address-file", str(file)]) == 1
    assert "no topic can be named after 'a:b'" in capsys.readouterr().err


def test_a_broker_without_a_listener_for_groups_is_told(kafka: KafkaCluster) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("infra.kafka_groups.LISTENER", "ELSEWHERE")
        with pytest.raises(Misconfigured, match="no broker has a listener ELSEWHERE"):
            admit_platform(kafka.bootstrap)
