"""Leases: who may do what only one process may do at a time. Rows, taken and renewed inside the
transactions of those who hold them, so that who lost one can write nothing more."""

from datetime import timedelta

from sqlalchemy import Connection, select

from contracts.values import Instant, instant, moment

from . import tables

FREE = Instant("")


def take(connection: Connection, name: str, holder: str, now: Instant, seconds: float) -> int:
    """Take a lease that is free, run out or ours already; its token, 0 when another holds it."""
    leases = tables.LEASES.c
    row = connection.execute(select(tables.LEASES).where(leases.name == name)).first()
    if row is not None and row.holder != holder and row.expires_at > now:
        return 0
    token = 1 if row is None else int(row.token) + 1
    values = {"holder": holder, "expires_at": _after(now, seconds), "token": token}
    if row is None:
        connection.execute(tables.LEASES.insert().values(name=name, **values))
    else:
        connection.execute(tables.LEASES.update().where(leases.name == name).values(**values))
    return token


def renew(
    connection: Connection, name: str, token: int, now: Instant, seconds: float, step: int = 0
) -> bool:
    """Hold a lease for longer; False when it is no longer ours. With a `step` the token grows by
    so much: who asks with the old one again learns that this was done before."""
    leases = tables.LEASES.c
    changed = connection.execute(
        tables.LEASES.update()
        .where(leases.name == name, leases.token == token)
        .values(expires_at=_after(now, seconds), token=token + step)
    )
    return changed.rowcount == 1


def holds(connection: Connection, name: str, holder: str, token: int) -> bool:
    """Whether a holder has a lease with that very token."""
    leases = tables.LEASES.c
    query = select(leases.holder, leases.token).where(leases.name == name)
    row = connection.execute(query).first()
    return row is not None and (row.holder, row.token) == (holder, token)


def revoke(connection: Connection, name: str) -> None:
    """Whoever holds it does not any more; anybody may take it."""
    leases = tables.LEASES.c
    connection.execute(
        tables.LEASES.update()
        .where(leases.name == name)
        .values(token=leases.token + 1, expires_at=FREE)
    )


def give_back(connection: Connection, name: str, holder: str) -> None:
    """Let the next one have it, if it is still ours."""
    leases = tables.LEASES.c
    connection.execute(
        tables.LEASES.update()
        .where(leases.name == name, leases.holder == holder)
        .values(token=leases.token + 1, expires_at=FREE)
    )


def _after(now: Instant, seconds: float) -> Instant:
    return instant(moment(now) + timedelta(seconds=seconds))
