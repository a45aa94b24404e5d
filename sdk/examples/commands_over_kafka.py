"""Sends one command over Kafka and waits for its answer; needs confluent-kafka and nothing of ours.

python commands_over_kafka.py KAFKA.PROPERTIES TOKEN_FILE coc GROUP COMMAND '{"field": "value"}'

KAFKA.PROPERTIES is what `castmark kafka-user GROUP` printed.
"""

import sys
import time
import uuid
from pathlib import Path

from confluent_kafka import (  # type: ignore[import-not-found]  # unless it is installed
    Consumer,
    Producer,
    TopicPartition,
)

if len(sys.argv) != 7:
    sys.exit(__doc__)
properties, token, area, group, command, fields = sys.argv[1:]
lines = Path(properties).read_text().splitlines()
settings = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
replies = TopicPartition(f"castmark.{area}.replies.{group}", 0)

# A name of your own after the slash; with `commit` in place of `assign` it remembers its place.
consumer = Consumer({**settings, "group.id": f"{group}/example"})
replies.offset = consumer.get_watermark_offsets(replies, timeout=20)[1]
consumer.assign([replies])

# Keep the id with what you send: whoever gets no answer sends the same again, with the same id.
command_id = str(uuid.uuid4())
headers = {
    "authorization": f"Bearer {Path(token).read_text().strip()}",
    "command": command,
    "idempotency-key": command_id,
}
producer = Producer(settings)
topic = f"castmark.{area}.commands.{group}"
# Commands with the same key are carried out in the order in which they are sent.
producer.produce(topic, fields, key="example", headers=headers)
if producer.flush(20):
    sys.exit("Kafka did not take the command: send it again, with the same id")

until = time.monotonic() + 60
while time.monotonic() < until:
    message = consumer.poll(1.0)
    if message is None or message.error():
        continue
    answer = dict(message.headers() or [])
    if answer.get("idempotency-key") == command_id.encode():
        print(answer["status"].decode(), message.value().decode())
        consumer.close()
        sys.exit()
sys.exit("no answer yet: send it again later, with the same id")
