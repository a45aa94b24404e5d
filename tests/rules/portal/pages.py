"""A page of the portal as a test reads it, without a server."""

from services.portal.app import Pages


def said(name: str, **values: object) -> str:
    """A page as text in one line."""
    return " ".join(bytes(Pages().page(name, 200, **values).body).decode().split())
