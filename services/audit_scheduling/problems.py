"""Slugs of audit_scheduling, explained: what is wrong, and what would be right. Pure."""

from infra.problems import Problem

PROBLEMS: tuple[Problem, ...] = (
    # --- who and what an audit is about ---
    Problem(
        "unknown-member",
        "There is no such member",
        "Nobody of that id has joined. Look at the id; news of a member who has just joined takes a"
        " moment to arrive, so send the same request again if you are sure.",
    ),
    Problem(
        "unknown-entity",
        "The member has no such entity",
        "Look at the entity's id and at the member's. An entity that was just registered is known"
        " here a moment later: send the same request again.",
    ),
    Problem(
        "unknown-facility",
        "A facility is not registered",
        "`facts.facilities` names those that nobody registered. Register them first; a facility"
        " that was just registered is known here a moment later.",
    ),
    Problem(
        "class-not-certifiable",
        "Members of this class are not certified",
        "Only members whose class on `facts.day` is one of `facts.certifiable` may seek"
        " certification. Change the member's class first, if it was another by then.",
    ),
    Problem(
        "entity-closed",
        "The entity was closed before the audit",
        "An audit is about an entity that is open on its first day. Choose an earlier day, or"
        " another entity.",
    ),
    Problem(
        "facility-closed",
        "A facility was closed before the audit",
        "`facts.facilities` names those that were closed. Leave them out of the scope, or choose a"
        " day before they were closed.",
    ),
    Problem(
        "facility-of-other-entity",
        "A facility belongs to another entity",
        "An audit covers facilities of one entity. `facts.facilities` names those that were not"
        " the entity's on the audit's first day: leave them out, or book an audit of theirs.",
    ),
    # --- audits ---
    Problem(
        "unknown-audit",
        "There is no such audit",
        "Nobody booked an audit of that id. Look at the id.",
    ),
    Problem(
        "audit-of-other-firm",
        "Another audit firm booked it",
        "An audit is called off by the firm that was booked. Name that firm in `auditor_firm`.",
    ),
    Problem(
        "audit-already-scheduled",
        "The audit is booked with other values",
        "`facts.differs` names the fields that differ. An audit's id names one plan for ever: call"
        " the audit off and book another one under an id of its own.",
    ),
    Problem(
        "audit-already-concluded",
        "The audit is over",
        "What was concluded stays. Where the values differ, `facts.differs` names the fields; book"
        " another audit under an id of its own.",
    ),
    Problem(
        "audit-differs-from-plan",
        "The audit that ended is not the one that was booked",
        "`facts.differs` names what differs. Days and sites may turn out otherwise; member, entity,"
        " standard, kind, firm and certificate may not. Call the plan off, and record the audit"
        " under an id of its own.",
    ),
    Problem(
        "audit-cancelled",
        "The audit was called off",
        "An audit that was called off does not take place. Use an id of its own for another one.",
    ),
    Problem(
        "audit-not-ended",
        "The audit has not ended yet",
        "An audit is concluded on its last day or later. Send the request again then.",
    ),
    Problem(
        "dates-reversed",
        "The last day comes before the first",
        "Send the days of the audit in their order.",
    ),
    Problem(
        "certificate-missing",
        "The audit does not say which certificate it is about",
        "Audits of this kind follow up a certificate: name it in `certificate_id`.",
    ),
    Problem(
        "certificate-unexpected",
        "A first audit is about no certificate",
        "Leave `certificate_id` out, or choose the kind of audit that follows a certificate up.",
    ),
    Problem(
        "finding-listed-twice",
        "Two findings have the same id",
        "`facts.findings` names the ids. Give each finding an id of its own.",
    ),
    Problem(
        "finding-outside-scope",
        "A finding is at a facility that was not audited",
        "`facts.facilities` names them. Add the facility to the scope, or move the finding.",
    ),
    Problem(
        "high-maturity-with-findings",
        "Overall maturity cannot be high with findings",
        "High is allowed only without any non-conformance. Rate it medium or low.",
    ),
    # --- decisions on certificates ---
    Problem(
        "unknown-certificate",
        "There is no such certificate",
        "No certificate of that id was granted. Look at the id.",
    ),
    Problem(
        "certificate-of-other-scope",
        "The certificate is of another entity or standard",
        "The certificate that an audit follows up, or that a new one replaces, is of the same"
        " member, entity and standard. Name another one.",
    ),
    Problem(
        "audit-not-concluded",
        "The audit is not concluded",
        "A decision rests on what an audit found. Conclude the audit first.",
    ),
    Problem(
        "audit-kind-decides-nothing",
        "This kind of audit leads to no certificate",
        "The sentence names the kinds that do. A surveillance audit, say, is only recorded.",
    ),
    Problem(
        "audit-already-decided",
        "The audit was decided on under another certificate id",
        "An audit leads to one decision. `facts.certificate_id` names the certificate with it. If"
        " there is none yet, the service went down while it decided: send the decision again under"
        " that id, and it is taken.",
    ),
    Problem(
        "certificate-already-decided",
        "The decision on this certificate was another one",
        "A decision is final; `facts.differs` names what differs. To undo a certificate, suspend or"
        " withdraw it.",
    ),
    Problem(
        "decided-in-the-future",
        "The day of the decision is still to come",
        "Leave `decided_on` out for today, or name an earlier day.",
    ),
    Problem(
        "decided-before-audit-end",
        "The decision would come before the end of the audit",
        "Choose the audit's last day, or a later one.",
    ),
    Problem(
        "valid-from-before-audit-end",
        "The certificate would hold before the audit ended",
        "Choose a `valid_from` on the audit's last day or later.",
    ),
    Problem(
        "valid-from-too-far-ahead",
        "The certificate would start too late",
        "`facts.latest` is the last day on which it may start.",
    ),
    Problem(
        "initial-replaces-nothing",
        "A first certificate replaces none",
        "Leave `replaces` out, or record the audit as a recertification.",
    ),
    Problem(
        "replaces-another-certificate",
        "The audit was about another certificate",
        "A new certificate replaces the one that its audit was about. Leave `replaces` out.",
    ),
    # --- what happens to a certificate later ---
    Problem(
        "certificate-not-provisional",
        "The certificate is a full one",
        "Only a provisional certificate is converted. There is nothing to do.",
    ),
    Problem(
        "certificate-already-converted",
        "The conversion was another one",
        "The certificate is full already; `facts.differs` names what differs.",
    ),
    Problem(
        "not-a-transition-audit",
        "The audit converts nothing",
        "A conversion rests on an audit of kind provisional_transition of that certificate.",
    ),
    Problem(
        "major-findings-remain",
        "The audit still lists major findings",
        "A provisional certificate becomes full once a transition audit lists none.",
    ),
    Problem(
        "effective-before-audit-end",
        "The change would come before the end of the audit",
        "Choose the audit's last day, or a later one.",
    ),
    Problem(
        "effective-in-the-future",
        "The day of the change is still to come",
        "Leave `effective_on` out for today, or name an earlier day.",
    ),
    Problem(
        "effective-too-early",
        "The day of the change is too early",
        "`facts.earliest` is the first day on which this certificate can change.",
    ),
    Problem(
        "certificate-expired",
        "The certificate was over by then",
        "Nothing changes after the last valid day, `facts.valid_to`. Name an earlier day, or grant"
        " another certificate.",
    ),
    Problem(
        "certificate-suspended",
        "The certificate is suspended",
        "Reinstate it first.",
    ),
    Problem(
        "certificate-already-suspended",
        "The certificate is suspended for another reason or from another day on",
        "Reinstate it first; then suspend it again.",
    ),
    Problem(
        "certificate-withdrawn",
        "The certificate was withdrawn",
        "A withdrawal is for good. Another certificate needs an audit and an id of its own.",
    ),
    Problem(
        "certificate-already-withdrawn",
        "The certificate was withdrawn otherwise",
        "It was withdrawn for another reason or from another day on, and that stays.",
    ),
)
