"""Sends one command; however often the connection breaks, it takes effect once.

python send_command.py http://127.0.0.1:8000 TOKEN membership draft_application \
  '{"member_id": "M-1", "name": "A Smelter Ltd", "country": "AU"}'
"""

import json
import sys

from castmark_sdk import Command, CommandRefused, GatewayClient

if len(sys.argv) != 6:
    sys.exit(__doc__)
address, token, service, name, fields = sys.argv[1:]
command = Command(service, name, json.loads(fields, parse_float=str))
with GatewayClient(address, token) as gateway:
    try:
        outcome = gateway.send(command)
    except CommandRefused as refused:
        sys.exit(f"refused: {refused}")
for happened in outcome.events:
    print(happened.position, happened.event)
print("version", outcome.version, "of", outcome.stream)
