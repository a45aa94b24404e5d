"""A member under another name, and at another fee level (sources.md 1.3, 1.5)."""

from contracts.membership import FeeInvoiced, FeeLevelChanged, MemberChanged
from services.membership.commands import ChangeFeeLevel, ChangeMember, InvoiceFee, ResignMembership
from tests.rules.membership.given import DS, NOW, SPEC, applied, joined, passing

RENAME = ChangeMember(on=NOW, member_id="M1", name="Polar Light", country="SE")
RAISE = ChangeFeeLevel(on=NOW, member_id="M1", fee_level="L5", approver="P7")
RESIGNED = passing(joined(DS), ResignMembership(on=NOW, member_id="M1"))


def test_a_member_takes_another_name_and_the_same_one_again_changes_nothing() -> None:
    answered = joined(DS).when(RENAME)
    answered.then(
        MemberChanged(member_id="M1", name="Polar Light", country="SE", effective_on=NOW)
    ).and_when(RENAME).nothing()
    assert (answered.state.name, answered.state.country) == ("Polar Light", "SE")


def test_only_a_member_is_renamed_an_applicant_writes_its_draft_anew() -> None:
    SPEC.when(RENAME).refused("unknown-member")
    SPEC.given(*applied(DS)).when(RENAME).refused("not-yet-member")
    RESIGNED.when(RENAME).refused("membership-ended")


def test_the_fee_level_changes_for_the_invoices_to_come() -> None:
    raised = joined(DS).when(RAISE)
    raised.then(
        FeeLevelChanged(member_id="M1", fee_level="L5", effective_on=NOW, approver="P7")
    ).and_when(RAISE).nothing()
    (invoiced,) = raised.and_when(InvoiceFee(on=NOW, member_id="M1", invoice_id="I1")).events
    assert isinstance(invoiced, FeeInvoiced)
    assert invoiced.fee_level == "L5"
    RESIGNED.when(RAISE).refused("membership-ended")
