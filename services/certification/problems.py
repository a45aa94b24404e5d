"""Slugs of certification, explained: what is wrong, and what would be right. Pure."""

from infra.problems import Problem

PROBLEMS: tuple[Problem, ...] = (
    Problem(
        "unknown-certificate",
        "There is no such certificate",
        "No certificate of that id is known. Look at the id; the registry lists all there are.",
    ),
    Problem(
        "unknown-member",
        "Nothing is known of such a member",
        "Look at the id. A member who has just joined is known here a moment later.",
    ),
    Problem(
        "unknown-entity",
        "Nothing is known of such an entity",
        "Look at the id. Entities that no certificate covers are shown to their own member only.",
    ),
    Problem(
        "unknown-facility",
        "Nothing is known of such a facility",
        "Look at the id. Facilities that no certificate covers are shown to their own member only.",
    ),
    Problem(
        "unknown-deadline",
        "There is no such deadline",
        "Take the `deadline_id` from the list of deadlines.",
    ),
    Problem(
        "invalid-instant",
        "Not an instant",
        "Write an instant with its zone, such as 2025-08-01T12:00:00Z.",
    ),
    Problem(
        "invalid-member",
        "Your token is for several members",
        "Say with `member` which of them you mean; `facts.yours` names them.",
    ),
    Problem(
        "certificate-just-changed",
        "The certificate changed in this moment",
        "A correction says what the facts say. Some came while this one was worked out: look at the"
        " certificate's status, and send the same again if what was told of it is still wrong.",
    ),
    Problem(
        "certificate-not-published",
        "The world does not know this certificate yet",
        "A correction follows a grant that was published. Wait until the grant is in the feed.",
    ),
)
