"""Slugs of the life of a facility-year, explained: what is wrong, and what would be right. Pure."""

from infra.problems import Problem

YEAR_PROBLEMS: tuple[Problem, ...] = (
    Problem(
        "unknown-facility",
        "There is no such facility",
        "The member has no facility of that id. If it was registered moments ago, ask again.",
    ),
    Problem(
        "unknown-activity",
        "No activity data",
        "Nothing of that kind was submitted for this facility and year: submit the data first.",
    ),
    Problem(
        "unknown-result",
        "There is no such result",
        "Results of a facility and year are counted from 1; `facts.result` is none of them.",
    ),
    Problem(
        "unknown-disclosure",
        "Nothing is disclosed",
        "No result of this facility and year was disclosed.",
    ),
    Problem(
        "year-not-begun",
        "The year has not begun",
        "Activity data are of a calendar year that has begun; what covers a part of it says so in"
        " `from_on` and `to_on`.",
    ),
    Problem(
        "year-not-over",
        "The year is not over",
        "Data of a running year are kept and calculated; their figures are interim (R-26). What is"
        " given to a verifier or disclosed is of a whole calendar year: send the data again after"
        " the end of `facts.year`. The same data then count as a new version.",
    ),
    Problem(
        "facility-closed",
        "The facility was closed",
        "It was closed on `facts.closed_on`: there is no activity after that.",
    ),
    Problem(
        "data-unreadable",
        "Stored data cannot be read",
        "The chunks of this version are not what this build writes. Operations look at the store.",
    ),
    Problem(
        "stale-input",
        "The data have moved on",
        "This rests on version `facts.calculated` of the activity data, and the present one is"
        " `facts.present`. Take a result of the present version.",
    ),
    Problem(
        "certificate-used-elsewhere",
        "A certificate for power is used elsewhere",
        "`facts.certificates` are cancelled for another facility or another year, and a certificate"
        " is cancelled once, for one use. Whose use it is is not told. Give the certificates that"
        " were cancelled for this facility and year, and submit the data anew; where a lot was"
        " divided, each part has an id of its own from the registry. A certificate is free again"
        " once the data of the other no longer name it.",
    ),
    Problem(
        "certificates-not-claimed",
        "Something changed in between",
        "When this was asked it could not be done, so certificates for power were not claimed for"
        " it; by now it could. Ask again.",
    ),
    Problem(
        "as-of-in-future",
        "Nobody knows that yet",
        "A calculation uses what was public on a day that is not after today.",
    ),
    Problem(
        "engine-unknown",
        "This build has no such engine",
        "The result was made by `facts.engine`. Use a build that still has it.",
    ),
    Problem(
        "no-pathway",
        "There is no year that a pathway could start from",
        "A pathway of primary metal starts from a result of `facts.first` or later in which metal"
        " from own cells was cast.",
    ),
    Problem(
        "policy-unknown",
        "This build has no such policy",
        "The result was made under `facts.policy`. Use a build that still has it.",
    ),
    Problem(
        "working-differs",
        "The working is not the one that was recorded",
        "Worked out again from the stored data, the hash is another: a factor file, a policy or the"
        " equations were changed without a new name. Operations look into it; the recorded sums"
        " stand.",
    ),
    Problem(
        "findings-block",
        "Findings stop this",
        "`facts.rules` are findings that must be mended before a result goes to a verifier or is"
        " public: correct the data and submit them anew.",
    ),
    Problem(
        "with-verifier",
        "A result lies with a verifier",
        "`facts.verifier_id` has result `facts.result`: they verify it or give it back first, or"
        " the member takes it back (`withdraw_submission`). A newer version of the data may be"
        " submitted at once.",
    ),
    Problem(
        "not-with-verifier",
        "The result does not lie with this verifier",
        "It was not submitted to them, the member took it back, they have answered, or a newer one"
        " took its place.",
    ),
    Problem(
        "already-verified",
        "The result is verified",
        "A statement is made once. Publish the result, or calculate another.",
    ),
    Problem(
        "verified-out-of-time",
        "The day of the statement cannot be",
        "A verifier states on a result after it was submitted to them, and not in the future.",
    ),
    Problem(
        "verification-scope-too-small",
        "The statement leaves something out",
        "It covers all scopes that are disclosed; `facts.missing` are not in it.",
    ),
    Problem(
        "not-your-audit",
        "No open audit of yours is of this",
        "An audit firm reads the years of the facilities that it audits against the Performance"
        " Standard: from the booking by operations on, until the audit is called off or its"
        " certificate decided.",
        403,
    ),
    Problem(
        "verifier-same-person",
        "The same person stands on both sides",
        "Who states on a result neither acts for the member whose data these are or were, nor sent,"
        " submitted or disclosed data for them within `facts.years` years; and nobody submits to a"
        " verifier as whom they may sign in. Let somebody else of the verifier, or of the member,"
        " do it.",
    ),
    Problem(
        "verifier-is-party",
        "The verifier is a party to the data",
        "`facts.verifier_id` is the member that has or had the facility in that year, or an entity"
        " of it. Whoever verifies is independent of whose data they are: give the result to"
        " another verifier. A statement that such a one made before does not go public.",
    ),
    Problem(
        "verifier-not-independent",
        "The verifier is not independent",
        "They prepared data for the member on `facts.last_on`. Choose a verifier who has not done"
        " so for `facts.years` years.",
    ),
    Problem(
        "not-verified",
        "The result is not verified",
        "Emissions and energy use are verified independently before they are public (R-19).",
    ),
)
