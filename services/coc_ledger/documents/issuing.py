"""How a document comes to be: words, then cover, then the document. Pure: what to ask next.

Three streams take part, and a command writes one: the draft binds the number to a pool, the pool
claims for it once, and the document is issued with that claim. Whoever stops on the way may send
the same again; the reaction `complete_documents` ends what was covered and never came back.
"""

from datetime import date

from contracts.custody import Checked, PoolKey
from infra.decider import own_id
from services.coc_ledger.evidence import FacilityResult, PoolKnown, check_scope
from services.coc_ledger.pools.commands import DesignateOutput

from .commands import DraftDocument, IssueDocument
from .words import digest_of, draft_of


def drafting(command: IssueDocument) -> tuple[str, DraftDocument]:
    """The id and the command of the first step; Refused where the words make no sense."""
    scope = check_scope(command.scope, command.scope_id, command.member_id)
    draft = draft_of(command, scope)
    wanted = DraftDocument(on=command.on, number=command.number, draft=draft, old=command.old)
    return own_id("drafted", command.number, digest_of(draft)), wanted


def covering(
    step: DraftDocument,
    command: IssueDocument,
    seen: Checked,
    behind_s: int,
    known: PoolKnown,
    results: tuple[FacilityResult, ...] = (),
) -> tuple[str, DesignateOutput]:
    """The id and the command of the second step."""
    draft = step.draft
    digest = digest_of(draft)
    wanted = DesignateOutput(
        on=command.on,
        scope_id=draft.scope_id,
        member_id=draft.member_id,
        stage=draft.pool.stage,
        day=draft.issued_on,
        scope=command.scope,
        known=known,
        document=command.number,
        draft=digest,
        material=draft.material,
        mass_kg=draft.mass_kg,
        lot=draft.lot,
        customer_scope_id=draft.customer.scope_id,
        replaced=command.old,
        checked=seen,
        behind_s=behind_s,
        pool_of_error=_error(draft.pool.period, command),
        customer_seen=command.customer_seen,
        results=results,
        activity=draft.activity,
    )
    return own_id("cover", command.number, digest), wanted


def _error(period: date, command: IssueDocument) -> PoolKey | None:
    own = command.scope.period if command.scope else None
    return command.pool if period != own else None
