"""What a document tells its customer, and who has its paper. Pure.

A lot of scrap carries what its seller's pool took in: the recipe of the seller's metal, which the
ledger needs for its sums and nobody else. Its customer is told the recycled share of what was
delivered, as the sources have it: scrap of manufacturing is pre-consumer scrap, all of it. Of a
correction's parts in closed periods the customer is told where they lie, not what each carries.
Rules: sources.md 5.5, 5.7.
"""

from decimal import Decimal

from contracts.coc_documents import DocumentIssued
from contracts.custody import ClaimPart, Lot

from .rows import DocumentRow

ALL, NONE = Decimal(100), Decimal(0)


def stated(document: DocumentIssued) -> DocumentIssued:
    """A document as it is told to others than its issuer; older ones as well, whatever they say."""
    parts = tuple(ClaimPart(pool=one.pool, kg=one.kg) for one in document.from_closed)
    if document.lot is not Lot.SCRAP:
        return document.model_copy(update={"from_closed": parts})
    share = {"pre_consumer_percent": ALL, "post_consumer_percent": NONE}
    mass = {"pre_kg": document.mass_kg, "post_kg": 0}
    return document.model_copy(
        update={
            "from_closed": parts,
            "carried": document.carried.model_copy(update=mass),
            "supplement": document.supplement.model_copy(update=share),
        }
    )


def to_customer(row: DocumentRow) -> DocumentRow:
    """A row as its customer sees it."""
    told = stated(DocumentIssued.model_validate(row.document))
    return row._replace(document=told.model_dump(mode="json"))


def once(row: DocumentRow) -> DocumentRow:
    """A row whose course says each thing once: that a document was replaced is told by the one that
    stands in its place, and again when it has ended."""
    course = row.course
    pairs = zip(course, (None, *course), strict=False)
    told = [
        one
        for one, before in pairs
        if before is None or (one[0], *one[2:]) != (before[0], *before[2:])
    ]
    return row._replace(course=tuple(told))
