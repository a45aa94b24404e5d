"""Slugs of membership, explained: what is wrong, and what would be right. Pure."""

from infra.problems import Problem

_MEMBERS: tuple[Problem, ...] = (
    Problem(
        "unknown-member",
        "There is no such member",
        "Nobody applied under that id. Look at the id, or draft an application.",
    ),
    Problem(
        "member-id-taken",
        "The member id is taken",
        "It belongs to another application or member. Choose another id.",
    ),
    Problem(
        "member-id-used",
        "The member id was used before",
        "An application or a membership that is over is not opened again. Apply under a new id.",
    ),
    Problem(
        "application-out-of-turn",
        "It is not this step's turn",
        "`facts.wanted` names where an application must stand for this step, `facts.status` where"
        " it stands.",
    ),
    Problem(
        "class-missing",
        "The membership class is missing",
        "An approval needs a class: name `membership_class`.",
    ),
    Problem(
        "class-must-be-pt",
        "These activities belong to class PT",
        "Who does one of `facts.activities` joins class PT, Production and Transformation.",
    ),
    Problem(
        "activities-missing",
        "No supply-chain activity is named",
        "Facilities, and members of a class that is certified, name at least one activity.",
    ),
    Problem(
        "class-change-out-of-order",
        "The class was set for a later day",
        "Changes of class are recorded in their order. Choose `facts.class_since` or a later day.",
    ),
    Problem(
        "duty-not-settled",
        "A duty was due before the change",
        "A duty that fell due before the day of the change must be met or extended first.",
    ),
    Problem(
        "not-yet-member",
        "The applicant has not joined",
        "This needs a member. Finish the application first; `facts.status` says where it stands.",
    ),
    Problem(
        "not-a-member",
        "This is no member",
        "Only the group of a member in force can grow. `facts.standing` says how it stands.",
    ),
    Problem(
        "membership-ended",
        "The membership is over",
        "Who comes back applies under a new member id.",
    ),
    Problem(
        "day-in-the-future",
        "The day is still to come",
        "Only what has happened is recorded. Leave the day out for today, or wait for it.",
    ),
    Problem(
        "before-joining",
        "The day lies before the membership",
        "Nobody leaves, or is asked for a fee, before joining: choose `facts.joined_on` or later.",
    ),
    Problem(
        "unknown-certificate",
        "The certificate is not known of this member",
        "Look at both ids. News of a grant takes a moment to arrive: send the request again.",
    ),
    Problem(
        "unknown-note",
        "There is no such note",
        "It was never written, or it was erased with the person it is about.",
    ),
)
_STANDING: tuple[Problem, ...] = (
    Problem(
        "no-duty",
        "There is no duty to extend",
        "The member has no duty to certify that runs or was missed.",
    ),
    Problem(
        "extension-too-late",
        "It is too late for an extension",
        "A missed duty is extended only while the membership can still be kept.",
    ),
    Problem(
        "extension-in-the-past",
        "The new day is over",
        "An extension ends today or later.",
    ),
    Problem(
        "extension-not-longer",
        "The new day gives no more time",
        "Choose a day after the one on which the duty is due now, `facts.due_on`.",
    ),
    Problem(
        "extension-too-long",
        "The extension goes too far",
        "`facts.latest` is the last day that the policy allows.",
    ),
    Problem(
        "suspended-by-rule",
        "The suspension ends by itself only",
        "A member suspended by a rule is active again when the duty is met or the fee is paid; a"
        " person can end only a suspension that a person imposed. `facts.reasons` names them.",
    ),
    Problem(
        "not-forfeited",
        "The membership is not forfeited",
        "Only a forfeited membership can be restored.",
    ),
    Problem(
        "forfeiture-stands",
        "The duty is still missed",
        "Record the certificate that was effective in time first; then restore the membership.",
    ),
    Problem(
        "unknown-invoice",
        "There is no such invoice",
        "Look at the invoice's id and at the member's.",
    ),
    Problem(
        "invoice-already-issued",
        "The invoice id is taken",
        "The member has an invoice of that id with another fee or day. Choose another id.",
    ),
    Problem(
        "invoice-already-paid",
        "The invoice was paid on another day",
        "`facts.paid_on` is the day that was recorded. There is nothing to do.",
    ),
    Problem(
        "invoice-cancelled",
        "The invoice was cancelled",
        "Nothing is due on it any more. Another one needs an id of its own.",
    ),
    Problem(
        "payment-day-impossible",
        "The day of the payment cannot be right",
        "A payment lies between the day of its invoice and today.",
    ),
)
_SITES: tuple[Problem, ...] = (
    Problem(
        "unknown-entity",
        "The member has no such entity",
        "Look at both ids, or register the entity first.",
    ),
    Problem(
        "entity-already-registered",
        "The entity is registered otherwise",
        "The id is taken, or the values differ (`facts.differs`). Change the entity, or choose"
        " another id.",
    ),
    Problem(
        "entity-closed",
        "The entity is closed",
        "A closed entity stays closed: its facilities close or move to another one. A new one needs"
        " an id of its own.",
    ),
    Problem(
        "entity-contents-unknown",
        "What the entity contains is not known yet",
        "The list of its facilities is still on its way. Send the same request in a moment.",
    ),
    Problem(
        "entity-has-open-facilities",
        "The entity has open facilities",
        "Close its facilities, or move them to another entity, first.",
    ),
    Problem(
        "unknown-facility",
        "The member has no such facility",
        "Look at both ids, or register the facility first.",
    ),
    Problem(
        "facility-already-registered",
        "The facility is registered otherwise",
        "The id is taken, or the values differ (`facts.differs`). Change or declare the facility,"
        " or choose another id.",
    ),
    Problem(
        "facility-closed",
        "The facility is closed",
        "A closed facility stays closed. A new one needs an id of its own.",
    ),
    Problem(
        "location-contradicts-itself",
        "The subdivision is of another country",
        "An ISO 3166-2 code begins with its country's: mend one of the two.",
    ),
    Problem(
        "coordinates-incomplete",
        "Only one coordinate is given",
        "Give a latitude and a longitude, or neither.",
    ),
    Problem(
        "start-year-in-the-future",
        "The start lies in the future",
        "A facility that operates has started. If it is planned, say that it does not operate yet.",
    ),
    Problem(
        "unknown-transfer",
        "There is no such transfer",
        "The facility was not offered under that id, or to another entity. Look at the offer.",
    ),
    Problem(
        "transfer-open",
        "The facility is offered to somebody",
        "Withdraw the offer `facts.transfer_id`, or wait for its answer, first.",
    ),
    Problem(
        "transfer-not-open",
        "The offer no longer waits",
        "It was answered or withdrawn, or it has expired. Make a new offer.",
    ),
    Problem(
        "transfer-already-answered",
        "The offer was answered otherwise",
        "An answer is final. Make a new offer if things have changed.",
    ),
    Problem(
        "transfer-id-used",
        "The transfer id was used",
        "Each offer has an id of its own. Make a new one.",
    ),
    Problem(
        "transfer-to-itself",
        "The facility is there already",
        "Offer it to another entity.",
    ),
)
_ROWS: tuple[Problem, ...] = (
    Problem(
        "value-missing",
        "A cell that every row needs is empty",
        "Fill the cell, or give all rows a value (`set=field:value`).",
    ),
    Problem(
        "invalid-id",
        "The id cannot be used",
        "An id has letters, digits and . _ : - and begins with a letter or a digit; with the"
        " member's id before it, it has 128 at most.",
    ),
    Problem("invalid-name", "The name cannot be used", "A name has 1 to 200 characters."),
    Problem("invalid-number", "This is no number", "Write digits, with a decimal point."),
    Problem("invalid-year", "This is no year", "Write the year with four digits: 1971."),
    Problem("invalid-answer", "Neither yes nor no", "Write yes or no."),
    Problem(
        "invalid-value",
        "The value cannot be taken",
        "Compare the cell with the field's description in the import's documentation.",
    ),
    Problem(
        "coordinates-out-of-range",
        "No such place on earth",
        "A latitude lies between -90 and 90 degrees, a longitude between -180 and 180.",
    ),
    Problem(
        "year-out-of-range",
        "The year cannot be right",
        "A start year lies between 1850 and 2200.",
    ),
    Problem(
        "number-out-of-range",
        "The number is out of range",
        "The sentence says between which bounds it lies.",
    ),
    Problem(
        "unknown-activity",
        "The activity is not known",
        "The sentence lists the activities. Write several with a semicolon between them.",
    ),
    Problem(
        "unknown-control",
        "The basis of control is not known",
        "The sentence lists those there are.",
    ),
    Problem(
        "unknown-country",
        "The country is not known",
        "Write its English name or its ISO 3166 code.",
        422,
    ),
    Problem(
        "unknown-subdivision",
        "The country has no such subdivision",
        "Write its name or its ISO 3166-2 code, or leave it out.",
        422,
    ),
)
PROBLEMS: tuple[Problem, ...] = (*_MEMBERS, *_STANDING, *_SITES, *_ROWS)
