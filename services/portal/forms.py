"""What people send with a form."""

from urllib.parse import parse_qs

from starlette.requests import Request

FORM_BYTES = 10_000


async def sent(request: Request) -> dict[str, list[str]]:
    """The fields of a form; fields that were left empty are not there."""
    body = await request.body()
    return parse_qs(body[:FORM_BYTES].decode("utf-8", "replace"))


def word(text: str) -> str:
    """A few words as one of our ids: `Another  alloy` as `another-alloy`."""
    return "-".join(text.lower().split())
