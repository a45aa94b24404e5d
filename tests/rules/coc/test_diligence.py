"""Due diligence as it is shown: a table of criteria with its sources, a look at each supplier."""

from datetime import date, timedelta

from contracts.custody import Topic
from contracts.values import Standard
from services.coc_ledger.evidence import Diligence
from services.coc_ledger.scopes.diligence import Supplier, criteria, suppliers
from services.coc_ledger.scopes.entity_rules import missing_topics
from tests.rules.coc.given import DAY, LOOKED_AT, NOTHING_SEEN, POLICY, YEAR, seen


def test_each_topic_has_criteria_with_their_source_and_the_certificate_that_shows_them() -> None:
    table = {one.topic: one for one in criteria(seen(), POLICY)}
    assert set(table) == set(Topic)
    assert table[Topic.RESPONSIBLE_SOURCING].ps_criteria == ("2.4",)
    for one in table.values():
        assert one.satisfied_by == ("C-PS",)
        assert (one.evidence, one.source.partition(":")[0]) == ("unverified", "rule 5.6")
    for known in (NOTHING_SEEN, seen(Standard.CHAIN_OF_CUSTODY)):
        assert not any(one.satisfied_by for one in criteria(known, POLICY))


def test_a_suppliers_records_are_told_with_their_last_day_and_what_is_missing() -> None:
    """As a receipt of that day asks for them; the scope's own certificate replaces none."""
    half = Diligence(
        topics=(Topic.ANTI_CORRUPTION,), performed_on=YEAR, valid_through=date(2026, 6, 1)
    )
    records = {"YARD": (LOOKED_AT,), "TRADER": (half,), "OLD": (half, LOOKED_AT)}
    found = {one.supplier_id: one for one in suppliers(records, DAY, POLICY)}
    assert found["YARD"].missing == ()
    assert found["OLD"].valid_through["anti_corruption"] == LOOKED_AT.valid_through
    through = {"anti_corruption": date(2026, 6, 1)}
    others = tuple(topic for topic in Topic if topic is not Topic.ANTI_CORRUPTION)
    assert found["TRADER"] == Supplier("TRADER", through, others)
    later = date(2026, 6, 1) + timedelta(days=1)
    [gone] = suppliers({"TRADER": (half,)}, later, POLICY)
    assert gone.missing == missing_topics((half,), later, POLICY) == tuple(Topic)
