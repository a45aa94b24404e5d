"""Applies each event once to a database of its own; is killed while it does so.

python apply_once.py URL
"""

import sys
from pathlib import Path

from castmark_sdk import HttpFeed, SqliteCheckpoint, Subscriber

checkpoint = SqliteCheckpoint(Path("mine.sqlite"))
checkpoint.connection.execute("CREATE TABLE IF NOT EXISTS effect (position INTEGER)")
for event in Subscriber(HttpFeed(sys.argv[1], limit=7, follow=False), checkpoint):
    with checkpoint.transaction(event) as database:
        database.execute("INSERT INTO effect VALUES (?)", (event.envelope.position,))
    sys.stdout.write(f"{event.envelope.position}\n")
    sys.stdout.flush()
