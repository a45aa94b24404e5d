"""R-15, R-16, R-19, R-20: what is said in public, and whether it was verified first. Pure."""

from collections.abc import Iterator
from datetime import date

from dateutil.relativedelta import relativedelta

from services.ghg.claims.wording import low_carbon_faults, unrecognised_terms

from .context import Context, Fault, Publication, Verification, listed
from .survey import Survey

NOTHING_SAID = Verification()


def low_carbon(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-15: "low carbon" without a cradle-to-gate figure, its method and its verifier."""
    for claim in context.claims:
        for sentence in low_carbon_faults(claim, context.policy):
            yield Fault(sentence, (claim.claim_id,))


def unrecognised(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-16: green, zero or clean aluminium."""
    for claim in context.claims:
        terms = unrecognised_terms(claim.text, context.policy)
        if terms:
            sentence = f"ASI does not recognise this term: {listed(terms)}."
            yield Fault(sentence, (claim.claim_id,))


def unverified(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-19: published, or asked to be, before a statement with day, accreditation and scope."""
    if context.publication is None or context.publication.published_on is None:
        return
    said = context.verification or NOTHING_SAID
    parts = {
        "date": said.verified_on is not None,
        "accredited verifier": bool(said.accreditation),
        "scope": bool(said.scope),
        "statement": bool(said.statement),
    }
    missing = [what for what, there in parts.items() if not there]
    if missing:
        yield Fault(f"Verify before publishing: {', '.join(missing)} missing.")
    elif said.verified_on is not None and said.verified_on > context.publication.published_on:
        sentence = (
            f"Verify before publishing: verified on {said.verified_on}, published on"
            f" {context.publication.published_on}."
        )
        yield Fault(sentence)


def undisclosed(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-20: the last year whose disclosure is due was not disclosed."""
    if context.publication is None or context.publication.first_year is None:
        return
    year = _last_due(context)
    if year >= context.publication.first_year and not _is_disclosed(
        year, context.publication, context
    ):
        sentence = f"No disclosure for {year}, the last reporting year whose disclosure is due."
        yield Fault(sentence)


def _last_due(context: Context) -> int:
    """The last year whose disclosure had to be public before the day of the report."""
    months = context.policy.integer("disclosure.due_months")
    year = context.reported_on.year - 1
    while date(year, 12, 31) + relativedelta(months=months) >= context.reported_on:
        year -= 1
    return year


def _is_disclosed(year: int, publication: Publication, context: Context) -> bool:
    now = publication.published_on is not None and context.inventory.year == year
    return now or year in publication.disclosed
