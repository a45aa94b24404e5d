"""What other services' events make this one do by itself: nothing, so far. Pure.

A decision on an audit or a certificate is a person's. Membership's events only become rows.
"""

from infra.decider import Reaction

REACTIONS: tuple[Reaction, ...] = ()
