"""A service that carries out a group's command and is killed before it answers.

python -m tests.kafka.victim DATA BOOTSTRAP GROUP
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from castmark import process
from castmark.folder import listen
from contracts.command_topics import topics_of
from infra.kafka_sink import KafkaSink
from infra.relay import Outgoing
from tests.kafka.command_rig import AREA, settings_of

SEND = KafkaSink.send


async def main(data: Path, bootstrap: str, group: str) -> None:
    """Serve until the first answer to the group is to be sent: its command is committed by then."""
    replies = topics_of(AREA, group).replies

    async def dying(sink: KafkaSink, records: Sequence[Outgoing]) -> None:
        if any(record.topic == replies for record in records):
            os.kill(os.getpid(), signal.SIGKILL)
        await SEND(sink, records)

    socket = listen("127.0.0.1", 0)
    settings = settings_of(data, bootstrap.split(","), socket.getsockname()[1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KafkaSink, "send", dying)
        await process.Process(settings, ["membership"], socket).run(lambda: None)


if __name__ == "__main__":
    _, folder, broker, whose = sys.argv
    asyncio.run(main(Path(folder), broker, whose))
