"""Slugs of documents with and without a customer's scope, explained. Pure."""

from infra.problems import Problem

CUSTOMER_PROBLEMS: tuple[Problem, ...] = (
    Problem(
        "customer-named-twice",
        "The document names a scope and a registration id",
        "Name the customer's scope where it has one here; else leave it out, and send a"
        " registration id. One of the two confirms.",
    ),
    Problem(
        "customer-answers-by-scope",
        "The customer's scope answers this document",
        "The member of the scope that the document names confirms or disputes it, signed in.",
    ),
    Problem(
        "not-known-yet",
        "It is booked, and not ready to be shown",
        "What is read follows what is booked, as a rule within milliseconds; it waits for more"
        " than two seconds. Ask again in a moment; nothing need be sent again.",
        503,
    ),
)
