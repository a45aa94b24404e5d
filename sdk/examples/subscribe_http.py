"""A dozen lines from nothing to the first received event, over HTTP. Run it again: it goes on.

python subscribe_http.py http://127.0.0.1:8000 TOKEN
"""

import sys
from contextlib import suppress

from castmark_sdk import FileCheckpoint, HttpFeed, Subscriber

if len(sys.argv) != 3:
    sys.exit(__doc__)
feed = HttpFeed(*sys.argv[1:3])
with suppress(KeyboardInterrupt):
    for event in Subscriber(feed, FileCheckpoint("seen.json")):
        print(event.envelope.position, event.type, event.record.data.decode(), flush=True)
