"""Slugs of the portal, explained. Pure."""

from infra.problems import Problem

PROBLEMS: tuple[Problem, ...] = (
    Problem(
        "unknown-page",
        "There is no such file",
        "The pages load what they need themselves. Begin at the first page.",
    ),
    Problem(
        "sent-from-elsewhere",
        "Another site sent this",
        "What changes something is taken from our own pages only, so that no other page can act in"
        " your name. Nothing was done. If you meant it, do it on the page itself.",
        403,
    ),
    Problem(
        "sign-in-not-begun",
        "No sign-in is under way in this browser",
        "The issuer's answer was used before (reloaded, or reached with the back button), was begun"
        " in another browser, or cookies are off. Sign in again.",
        400,
    ),
    Problem(
        "sign-in-state-wrong",
        "The answer belongs to another sign-in",
        "Another sign-in was begun in this browser since, or somebody else made the link that led"
        " here. Sign in again, from our own page.",
        400,
    ),
    Problem(
        "sign-in-expired",
        "Signing in took too long",
        "What is kept of a sign-in under way is good for ten minutes. Begin again.",
        400,
    ),
    Problem(
        "sign-in-other-issuer",
        "Another issuer answered",
        "The answer names another issuer than the one that was asked, or none though ours always"
        " does (RFC 9207). Sign in again, from our own page.",
        400,
    ),
    Problem(
        "sign-in-nonce-wrong",
        "The token belongs to another sign-in",
        "The issuer's token does not name the sign-in begun in this browser. Sign in again; if it"
        " happens again, somebody may be putting their own session in the place of yours.",
        400,
    ),
    Problem(
        "sign-in-code-refused",
        "The issuer does not accept its code",
        "A code works once and for a minute or so. Sign in again.",
        400,
    ),
    Problem(
        "sign-in-client-refused",
        "The issuer does not accept these pages",
        "For who runs the platform: the issuer knows another client id, secret or way to send them."
        " See CASTMARK_OIDC_CLIENT_ID and CASTMARK_OIDC_CLIENT_SECRET.",
        502,
    ),
    Problem(
        "sign-in-issuer-away",
        "The issuer is away",
        "Your organisation's identity provider does not answer, or not as OpenID Connect says."
        " Nothing is lost: try again in a moment.",
        503,
    ),
    Problem(
        "sign-in-denied",
        "The issuer did not let you in",
        "You stopped at the issuer's page, or it does not let your account use this platform.",
        403,
    ),
    Problem(
        "sign-in-not-granted",
        "The issuer answered with an error",
        "For who runs the platform: the issuer's log says more. Often an address or a scope is not"
        " allowed for the client.",
        502,
    ),
    Problem(
        "sign-in-other-audience",
        "The token is for somebody else",
        "For who runs the platform: have the issuer put CASTMARK_AUDIENCE into the `aud` of access"
        " tokens for this client, and the client id into that of ID tokens.",
        502,
    ),
    Problem(
        "sign-in-without-role",
        "Your account has no role here",
        "The issuer knows you, but the claim `roles` of your token names nothing of ours: `ops`,"
        " `member:<id>`, `auditor:<firm>`, `verifier:<id>` or `subscriber:<id>`. Ask who runs the"
        " platform for one, then sign in again.",
        403,
    ),
    Problem(
        "sign-in-token-too-large",
        "The token does not fit a cookie",
        "For who runs the platform: have the issuer put fewer claims into access tokens of this"
        " client. The claim `roles` is all that is needed.",
        502,
    ),
)
