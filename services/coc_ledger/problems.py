"""Slugs of the ledger, explained: what is wrong, and what would be right. Pure."""

from infra.problems import Problem

PROBLEMS: tuple[Problem, ...] = (
    # --- scopes ---
    Problem(
        "unknown-scope",
        "The member has no such scope",
        "Look at the scope's id and at the member's. A scope is opened before anything is booked.",
    ),
    Problem(
        "unknown-entity",
        "The member has no such entity",
        "Look at the entity's id and at the member's. An entity that was just registered is known"
        " here a moment later: send the same request again.",
    ),
    Problem(
        "facility-not-of-entity",
        "The entity has no such facility",
        "A scope holds open facilities of its own entity alone, as membership tells them. What a"
        " joint venture makes is in the scope of who controls it, and a contractor is listed as"
        " one. A facility that was just registered is known here a moment later: send the same"
        " request again.",
    ),
    Problem(
        "facility-left-scope",
        "The scope's facility has left it",
        "A facility that membership transfers to another entity, or closes, leaves its scope on"
        " that day. Where no other one works at the stage, nothing comes in any more; where none is"
        " left at all, nothing is claimed. Ship what the scope holds, or have it go over into"
        " another scope. The new owner adds the facility to a scope of its own; what is delivered"
        " to it needs a document to that one.",
    ),
    Problem(
        "facility-in-other-scope",
        "The facility is in another scope for the same activity",
        "A facility is in one open scope for a supply-chain activity: in two its metal could be"
        " designated twice. `facts.scope_id` has it (where that is yours to see). Leave the"
        " facility out, or name other activities; or have that scope go over into the new one,"
        " which may be opened beforehand with `successor_of`. Where `facts.until` names a day, the"
        " facility is free from that day on: let the accounts start then, or add it then.",
    ),
    Problem(
        "facilities-to-come",
        "The scope's facilities are another scope's yet",
        "A scope that was opened to take over another one has that one's facilities from the day"
        " on which it goes over, once ASI has approved that. Book in the other scope until then.",
    ),
    Problem(
        "coc-certificate-not-of-facility",
        "No Chain of Custody certificate covers the facility",
        "A facility is in a scope once a valid certificate names it. Have it certified, or leave it"
        " out.",
    ),
    Problem(
        "scope-id-used",
        "The id belongs to another scope",
        "A scope's id is taken once and for ever. Choose another one.",
    ),
    Problem(
        "scope-transferred",
        "The scope went over into another one",
        "From the day of the transfer on, book in the scope that `facts.to_scope_id` names, and"
        " issue documents to it. What comes for the old scope is booked in the new one if that is"
        " the same member's; if not, ask the seller for a document to the new one instead.",
    ),
    Problem(
        "period-of-error-open",
        "The document belongs to a period that is still open",
        "A document of a scope that went over is corrected by the scope that has its books, once"
        " the period in which it was issued is closed there. Close `facts.period` in"
        " `facts.scope_id`, or correct the document there on a day before the transfer.",
    ),
    Problem(
        "transfer-too-early",
        "A transfer lies in days to come",
        "What was booked stays where it is: choose a later day.",
    ),
    Problem(
        "pool-too-large",
        "No pool takes so much",
        "All that came into a pool in its period, and what that carries, is bounded by"
        " `facts.most_kg` and `facts.most_emission_t`: more than the world makes. Look for a"
        " mistyped mass, unit or intensity, and take back what was booked with it. A delivery is"
        " refused where it is confirmed, what a period leaves where that is closed.",
    ),
    Problem(
        "transfer-leads-back",
        "The transfer leads back to the scope",
        "The other scope goes over into this one, directly or over those in `facts.passed`. What a"
        " period leaves would go round and never be booked: name a scope that stays.",
    ),
    Problem(
        "transfer-goes-on",
        "The other scope goes over itself",
        "A scope goes over into one that stays: name the one in `facts.to_scope_id`.",
    ),
    Problem(
        "change-goes-round",
        "What is passed on came here before",
        "Scopes went over into each other before that was refused, and their periods are closed. It"
        " is booked nowhere: look at what was refused under operations, and book it by hand in a"
        " period that is open.",
    ),
    Problem(
        "stage-not-in-scope",
        "The scope has no such stage",
        "Stages follow from a scope's activities. Choose one of its own, or add the facility whose"
        " activity needs it.",
    ),
    Problem(
        "coc-certificate-not-valid",
        "There is no valid Chain of Custody certificate",
        "On `facts.day` the entity held none, or none for a facility, as far as the public events"
        " through `facts.known_through_position` say. Nothing can be claimed on that day.",
    ),
    Problem(
        "ps-certificate-needed",
        "The Performance Standard comes first",
        "Up to the casthouse an entity is certified to the Performance Standard before anything is"
        " claimed; behind it, that may follow in time.",
    ),
    Problem(
        "ps-certificate-overdue",
        "The Performance Standard should have come already",
        "Behind the casthouse it follows within the time after joining that the policy names; for"
        " a facility that comes to Chain of Custody later, within the time after the grant of that"
        " certificate, and a renewal gives no second time. That time is over: certify first.",
    ),
    Problem(
        "certificates-not-known-yet",
        "What is known of certificates is too old",
        "Nothing is decided on old knowledge. Send the same request again in a moment.",
    ),
    Problem(
        "coc-suspended",
        "The scope is suspended",
        "Nothing is claimed from a scope that did not bring the Performance Standard in time. A"
        " certificate ends the suspension.",
    ),
    Problem(
        "contractor-not-eligible",
        "The contractor cannot be listed",
        "The legal title stays with the entity, the contractor keeps records, and its risks are"
        " controlled: all three.",
    ),
    Problem(
        "contractor-not-listed",
        "The contractor is not listed",
        "It counts from the day on which it is listed through the one on which it is delisted.",
    ),
    Problem(
        "claims-rest-on-it",
        "Claims rest on what is to be taken back",
        "Withdraw the documents that claim it, or take back what was made of it, first.",
    ),
    Problem(
        "activity-not-of-scope",
        "The scope does not do this activity at this stage",
        "Name an activity of the scope, at a stage that it takes in or makes; or leave it out.",
    ),
    Problem(
        "share-of-itself",
        "A scope holds no share of itself",
        "Name the scope of the partner who takes a share.",
    ),
    Problem(
        "shares-above-whole",
        "The shares are more than the whole",
        "Shares in a scope add up to 100 per cent at most. Lower one first.",
    ),
    Problem(
        "holder-ps-certificate-needed",
        "The partner is not certified to the Performance Standard",
        "A partner in a joint venture takes its share without controlling it only while it is"
        " certified to the Performance Standard itself. Wait for that certificate, or sell to it"
        " as to anybody else, without a share.",
    ),
    Problem(
        "share-exceeded",
        "The partner has taken its share",
        "A partner without control takes no more of a period's output than its share:"
        " `facts.limit_kg` of that from `facts.period` on. More needs a sale of the partner's own.",
    ),
    Problem(
        "dates-reversed",
        "The last day comes before the first",
        "Send the days in their order.",
    ),
    Problem(
        "day-ahead",
        "The day is still to come",
        "Only what has happened is booked. Send the request again on that day.",
    ),
    Problem(
        "received-before-issued",
        "The metal came long before its document was issued",
        "Metal may come before its paper, by the days that the policy allows. Look at the day on"
        " which it came: what came earlier was another delivery.",
    ),
    # --- periods ---
    Problem(
        "before-first-period",
        "The scope keeps no accounts on that day yet",
        "Its first period starts later. Look at the day.",
    ),
    Problem(
        "period-too-long",
        "The period is too long",
        "`facts.most` is the largest number of months.",
    ),
    Problem(
        "period-change-after-transfer",
        "The scope goes over before its periods would change",
        "From `facts.ends_before` on the scope keeps no periods, and what it leaves serves by those"
        " it had. Change those of `facts.to_scope_id`, or let these begin on an earlier day.",
    ),
    Problem(
        "period-change-too-late",
        "The period has begun",
        "Choose a first day from `facts.earliest` on.",
    ),
    Problem(
        "period-closed",
        "The period is closed",
        "Nothing is booked in a closed period. Book what is missing in the present one; take back"
        " what was wrong with a `reason`: the close is corrected then, and all that it left.",
    ),
    Problem(
        "period-not-over",
        "The period is not over",
        "Close it after `facts.ends_on`.",
    ),
    Problem(
        "earlier-period-open",
        "An earlier period is open",
        "Periods are closed in their order: what one leaves, above all an overdraft, is the next"
        " one's. Close the one that begins on `facts.period` first.",
    ),
    Problem(
        "unknown-pool",
        "There is no such pool",
        "A pool opens with its first booking. Look at scope, stage and day.",
    ),
    # --- movements ---
    Problem(
        "movement-id-used",
        "The movement's id belongs to another movement",
        "An id names one movement of a pool for ever. Reverse a wrong one, and book the right one"
        " under an id of its own.",
    ),
    Problem(
        "unknown-movement",
        "There is no such movement",
        "Look at the id, and name the day on which the movement was booked.",
    ),
    Problem(
        "movement-reversed",
        "The movement was taken back before",
        "`facts.reversed_by` names the movement that did. It is taken back once, and its id is not"
        " used again: what is to be booked after all is sent under an id of its own.",
    ),
    Problem(
        "movement-not-reversible",
        "The movement follows from something else",
        "A delivery is corrected by its document, and a change of stage by its other side.",
    ),
    Problem(
        "lot-claimed",
        "A document claims what was shipped",
        "Withdraw or replace the document first; then the shipment can be taken back.",
    ),
    Problem(
        "ledger-ahead",
        "The pool is ahead of what can be looked up",
        "It was written to a moment ago. Send the same request again.",
    ),
    Problem(
        "process-emissions-verified",
        "The step's own emissions are added from verified results",
        "Nothing is to be booked by hand: what leaves carries them already. Correct the facility's"
        " result, if it is wrong.",
    ),
    Problem(
        "origin-not-of-stage",
        "The origin does not fit the stage",
        "Mines bring bauxite; scrap and dross bring aluminium.",
    ),
    Problem(
        "no-next-stage",
        "Nothing follows this stage",
        "Aluminium is shipped, lost or kept: there is no further pool.",
    ),
    Problem(
        "yield-implausible",
        "The yield cannot be right",
        "`facts.usual_kg` usually comes of that mass. Look at both masses.",
    ),
    Problem(
        "part-above-whole",
        "The part is more than the whole",
        "The mass of CoC material is at most the mass of all.",
    ),
    # --- claims and documents ---
    Problem(
        "customer-certificate-not-valid",
        "The customer holds another certificate, or none",
        "The number belongs to no Chain of Custody certificate of this customer that was valid on"
        " the day of issue. Leave it out: it is looked up where the customer is known here.",
    ),
    Problem(
        "claim-not-covered",
        "The claim is not covered",
        "`facts.available_kg` may be claimed on that day. A claim counts on each later day as well:"
        " on `facts.short_on` `facts.short_kg` would be missing. Claim less, or book the input;"
        " confirm documents of yours that wait (`facts.waiting`). If claims are stopped"
        " (`facts.blocked`), `facts.blocked_because` names the periods and what the rules found,"
        " or the last day of an overdraft not made good: said before what has not left yet.",
    ),
    Problem(
        "lot-not-shipped",
        "The lot has not left yet",
        "A document is about metal that left since `facts.since`, of which `facts.shipped_kg` are"
        " not claimed. Book the shipment first. A correction keeps `facts.kept_kg` where they were"
        " claimed, in closed periods; what it claims beyond is metal of the present one.",
    ),
    Problem(
        "document-number-used",
        "The number belongs to another document",
        "A number is taken once and for ever. Choose another one.",
    ),
    Problem(
        "unknown-document",
        "There is no such document",
        "Look at the number. A document is known to its seller and to its customer alone.",
    ),
    Problem(
        "document-to-itself",
        "Seller and buyer are the same scope",
        "Within a scope no document is needed: a change of stage is booked as such.",
    ),
    Problem(
        "unknown-customer",
        "The customer's scope does not exist",
        "Name a scope, or leave it out and send a registration id instead.",
    ),
    Problem(
        "customer-cannot-confirm",
        "Nobody could confirm the delivery",
        "Name the customer's scope, or send a registration id and give it to the customer.",
    ),
    Problem(
        "document-replaces-itself",
        "A document cannot replace itself",
        "A correction has a number of its own.",
    ),
    Problem(
        "correction-reason-missing",
        "A correction names its document and its reason",
        "Send both `replaces` and `correction_reason`, or neither.",
    ),
    Problem(
        "document-confirmed",
        "The document is confirmed",
        "What was confirmed is changed by a correction alone: a document that replaces this one.",
    ),
    Problem(
        "document-ended",
        "The document has ended",
        "It was withdrawn, or `facts.by` stands in its place.",
    ),
    Problem(
        "document-lapsed",
        "The document was not confirmed in time",
        "Ask the seller to issue another one.",
    ),
    Problem(
        "mass-differs",
        "Another mass came than was stated",
        "Dispute the document, and let the seller correct it.",
    ),
    # --- exports ---
    Problem(
        "flow-off-grid",
        "The public flow has no such period",
        "Ask for a quarter such as 2026-Q1 that is published, or for a year whose four quarters"
        " are. Other periods would tell, by subtraction, what is held back.",
    ),
    Problem(
        "period-out-of-range",
        "The last day lies before the first, or too far behind it",
        "Ask for fewer days, in several requests if need be.",
    ),
    Problem(
        "sheet-too-long",
        "A sheet cannot hold so many rows",
        "Ask for the same as CSV.",
    ),
)
