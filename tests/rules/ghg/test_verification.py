"""Nothing is public before an independent verifier has stated on it; nothing blocked goes on."""

from datetime import date, timedelta

import pytest

from contracts.ghg import Finding
from contracts.inventory import Scope, Severity
from services.ghg import app
from services.ghg.evidence import Engagement
from services.ghg.results import facility_year
from tests.rules.ghg.life import (
    ALL_SCOPES,
    FACILITY,
    LATER,
    ON,
    YEAR,
    disclosed,
    give,
    give_back,
    publish,
    recorded,
    result,
    sealed,
    store,
    submitted,
    take_back,
    verified,
    verify,
    withdrawn,
)
from tests.rules.spec import Spec

year = Spec(facility_year, app.policies())
HAS_DATA = year.given(*recorded(), sealed())
HAS_RESULT = HAS_DATA.given(result())
WITH_VERIFIER = HAS_RESULT.given(submitted())
VERIFIED = WITH_VERIFIER.given(verified())
YEARS = app.policies().on(ON).integer("verification.independence_years")
ONE_DAY = timedelta(days=1)


def test_a_result_goes_to_a_verifier_and_the_statement_is_kept() -> None:
    HAS_RESULT.when(give()).then(submitted())
    WITH_VERIFIER.when(verify()).then(verified())


def test_what_newer_announcements_make_of_a_result_is_told_with_its_submission() -> None:
    outdated = Finding(
        rule="R-09", severity=Severity.MAJOR, sentence="Use that of 2023.", source="sources.md 8"
    )
    HAS_RESULT.when(give(findings=(outdated,))).then(submitted(findings=(outdated,)))


def test_the_same_said_twice_changes_nothing() -> None:
    WITH_VERIFIER.when(give()).nothing()
    VERIFIED.when(verify()).nothing()
    VERIFIED.given(disclosed()).when(publish()).nothing()


def test_a_statement_without_a_day_is_of_today() -> None:
    WITH_VERIFIER.when(verify(verified_on=None)).then(verified())
    VERIFIED.when(verify(verified_on=None)).nothing()


def test_there_must_be_such_a_result() -> None:
    HAS_RESULT.when(give(2)).refused("unknown-result")
    HAS_RESULT.when(publish(result(2))).refused("unknown-result")


def test_a_result_lies_with_one_verifier_at_a_time_until_the_data_are_newer() -> None:
    WITH_VERIFIER.when(give(verifier_id="V2")).refused("with-verifier", verifier_id="V1")
    newer = WITH_VERIFIER.given(*recorded(2, "42000"), sealed(2, "42000"))
    kept = result(2, data_version=2, working_hash="0" * 64)
    newer.given(kept).when(give(2, verifier_id="V2")).then(
        submitted(2, data_version=2, working_hash="0" * 64, verifier_id="V2")
    )


def test_a_member_takes_a_result_back_until_its_verifier_has_answered() -> None:
    WITH_VERIFIER.when(take_back()).then(withdrawn())
    back = WITH_VERIFIER.given(withdrawn())
    back.when(take_back()).nothing()
    back.when(verify()).refused("not-with-verifier")
    back.when(give_back()).refused("not-with-verifier")
    back.when(give(verifier_id="V2")).then(submitted(verifier_id="V2"))
    HAS_RESULT.when(take_back()).nothing()
    HAS_RESULT.when(take_back(2)).refused("unknown-result")
    VERIFIED.when(take_back()).refused("already-verified")


def test_who_has_the_facility_takes_a_result_back_and_nobody_else() -> None:
    sold = FACILITY.model_copy(update={"member_id": "M2"})
    WITH_VERIFIER.when(take_back(facility=sold)).refused("unknown-facility")
    WITH_VERIFIER.when(take_back(facility=sold, member_id="M2")).then(withdrawn(member_id="M2"))


def test_old_results_do_not_go_on_once_there_are_newer_data() -> None:
    newer = HAS_RESULT.given(*recorded(2, "42000"), sealed(2, "42000"))
    newer.when(give()).refused("stale-input")
    VERIFIED.given(*recorded(2, "42000"), sealed(2, "42000")).when(publish()).refused("stale-input")


@pytest.mark.parametrize("rule", ["R-12", "R-18"])
def test_blocking_findings_stop_submission_and_publication(rule: str) -> None:
    blocked = HAS_DATA.given(result(blocking=(rule,)))
    blocked.when(give()).refused("findings-block", rules=[rule])
    through = blocked.given(submitted(), verified())
    through.when(publish()).refused("findings-block", rules=[rule])


def test_nothing_is_public_before_it_is_verified() -> None:
    HAS_RESULT.when(publish()).refused("not-verified")
    WITH_VERIFIER.when(publish()).refused("not-verified")
    VERIFIED.when(publish()).then(disclosed())


def test_only_the_verifier_that_has_it_answers() -> None:
    for asked in (verify, give_back):
        WITH_VERIFIER.when(asked(verifier_id="V2")).refused("not-with-verifier")
        HAS_RESULT.when(asked()).refused("not-with-verifier")


def test_a_verified_result_is_not_submitted_again() -> None:
    VERIFIED.when(give()).refused("already-verified")


def test_a_statement_is_made_after_the_submission_and_not_tomorrow() -> None:
    for day, fine in ((ON - ONE_DAY, False), (ON, True), (LATER, True), (LATER + ONE_DAY, False)):
        asked = WITH_VERIFIER.when(verify(verified_on=day))
        asked.then(verified(verified_on=day)) if fine else asked.refused("verified-out-of-time")


def test_a_statement_covers_all_that_is_disclosed() -> None:
    some = tuple(one for one in ALL_SCOPES if one is not Scope.TRANSPORT)
    WITH_VERIFIER.when(verify(scopes=some)).refused("verification-scope-too-small", missing=["3.4"])


def test_a_running_year_is_neither_submitted_nor_disclosed() -> None:
    last = date(YEAR, 12, 31)
    HAS_RESULT.when(give(on=last)).refused("year-not-over", year=YEAR)
    HAS_RESULT.when(give(on=last + ONE_DAY)).then(submitted(submitted_on=last + ONE_DAY))
    VERIFIED.when(publish(on=last)).refused("year-not-over", year=YEAR)


def test_who_prepared_the_data_does_not_verify_them() -> None:
    own = year.given(*recorded(), sealed(prepared_by="V1"), result())
    own.when(give()).refused("verifier-not-independent", verifier_id="V1")


def test_who_worked_for_the_member_is_independent_again_after_the_years() -> None:
    last = ON.replace(year=ON.year - YEARS)
    for day, fine in ((last, True), (last + ONE_DAY, False)):
        engaged = (
            Engagement(organisation_id="V1", last_on=day),
            Engagement(organisation_id="V9", last_on=ON),
        )
        asked = HAS_RESULT.when(give(engaged=engaged))
        asked.then(submitted()) if fine else asked.refused("verifier-not-independent")


def test_independence_is_looked_at_again_when_the_statement_comes() -> None:
    engaged = (Engagement(organisation_id="V1", last_on=ON + ONE_DAY),)
    WITH_VERIFIER.when(verify(engaged=engaged)).refused("verifier-not-independent")


@pytest.mark.parametrize("party", ["M1", "E1"])
def test_nobody_verifies_their_own_data(party: str) -> None:
    HAS_RESULT.when(give(verifier_id=party)).refused("verifier-is-party", verifier_id=party)
    HAS_RESULT.when(give(entity_of="M1")).refused("verifier-is-party")
    WITH_VERIFIER.when(verify(entity_of="M1")).refused("verifier-is-party")
    own = HAS_RESULT.given(submitted(verifier_id=party))
    own.when(verify(verifier_id=party)).refused("verifier-is-party")
    HAS_RESULT.when(give(entity_of="M9")).then(submitted())


def test_who_may_sign_in_on_both_sides_does_not_verify() -> None:
    WITH_VERIFIER.when(verify(acts_for=("M1",))).refused("verifier-same-person", years=YEARS)
    WITH_VERIFIER.when(verify(acts_for=("M2",))).then(verified())
    HAS_RESULT.when(give(verifies_for=("V1",))).refused("verifier-same-person")
    HAS_RESULT.when(give(verifies_for=("V2",))).then(submitted())


def test_who_acted_for_the_member_does_not_verify_under_another_id() -> None:
    since = LATER.replace(year=LATER.year - YEARS)

    def on(day: date) -> tuple[Engagement, ...]:
        return (Engagement(organisation_id="M1", last_on=day),)

    WITH_VERIFIER.when(verify(acted_for=on(LATER))).refused("verifier-same-person")
    WITH_VERIFIER.when(verify(acted_for=on(since + ONE_DAY))).refused("verifier-same-person")
    WITH_VERIFIER.when(verify(acted_for=on(since))).then(verified())


def test_a_former_owner_verifies_no_year_that_it_sent_data_of() -> None:
    sold = FACILITY.model_copy(update={"member_id": "M2", "entity_id": "E2"})
    for party in ("M1", "E1", "M2", "E2"):
        asked = give(verifier_id=party, member_id="M2", facility=sold)
        HAS_RESULT.when(asked).refused("verifier-is-party")
    HAS_RESULT.when(give(member_id="M2", facility=sold)).then(submitted(member_id="M2"))


def test_a_statement_of_the_member_itself_does_not_go_public() -> None:
    own = HAS_RESULT.given(submitted(verifier_id="M1"), verified(verifier_id="M1"))
    own.when(publish()).refused("verifier-is-party")


def test_a_facility_of_another_member_is_not_submitted_or_published() -> None:
    sold = FACILITY.model_copy(update={"member_id": "M2"})
    HAS_RESULT.when(give(facility=sold)).refused("unknown-facility")
    VERIFIED.when(publish(facility=sold)).refused("unknown-facility")
    VERIFIED.when(store(facility=sold, on=date(2026, 5, 1))).refused("unknown-facility")
