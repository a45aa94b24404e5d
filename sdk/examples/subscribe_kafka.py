"""Over Kafka, with effects exactly once: the certificates of each member, counted in SQLite.

python subscribe_kafka.py 127.0.0.1:9092
"""

import sys

from castmark_sdk import SqliteCheckpoint, Subscriber
from castmark_sdk.contracts.certification import CertificateGranted
from castmark_sdk.kafka_feed import KafkaFeed

if len(sys.argv) != 2:
    sys.exit(__doc__)
checkpoint = SqliteCheckpoint("certificates.sqlite")
checkpoint.connection.execute(
    "CREATE TABLE IF NOT EXISTS granted (member_id TEXT PRIMARY KEY, certificates INTEGER)"
)
for event in Subscriber(KafkaFeed(sys.argv[1].split(",")), checkpoint):
    with checkpoint.transaction(event) as database:  # the count and the place commit together
        if isinstance(event.event, CertificateGranted):
            database.execute(
                "INSERT INTO granted VALUES (?, 1)"
                " ON CONFLICT (member_id) DO UPDATE SET certificates = certificates + 1",
                (event.event.member_id,),
            )
    print(event.envelope.position, event.type, event.envelope.stream, flush=True)
