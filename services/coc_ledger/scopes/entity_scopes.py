"""The scopes of an entity, by name. A decider, stream `coc_entity/<entity>`; its events are ours.

A scope is named before it is opened, so that of two that are opened at once with one facility the
second one finds the first (`neighbours`). What a scope has stands in its own stream: a name alone
holds nothing, and nothing has to be given back. Rule: sources.md 5.6 (7).
"""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar, NamedTuple

from contracts.custody import ScopeId
from contracts.envelope import Event
from contracts.values import EntityId
from infra.decider import Command, own_id
from infra.policy import Policies

from .commands import OpenScope
from .neighbours import entity_stream


class NameScope(Command):
    """Ours, before a scope is opened: the entity may have a scope of this id."""

    NAME: ClassVar[str] = "name_scope"
    entity_id: EntityId
    scope_id: ScopeId

    @property
    def stream(self) -> str:
        return entity_stream(self.entity_id)


def naming(opening: OpenScope) -> tuple[str, NameScope]:
    """The id and the command of the step before a scope is opened."""
    entity_id, scope_id = opening.entity_id, opening.scope_id
    named = NameScope(on=opening.on, entity_id=entity_id, scope_id=scope_id)
    return own_id("named", entity_id, scope_id), named


class ScopeNamed(Event):
    """Private: the entity may have a scope of this id."""

    TYPE: ClassVar[str] = "coc.scope_named.v1"
    entity_id: EntityId
    scope_id: ScopeId
    named_on: date


class EntityScopes(NamedTuple):
    """The ids that were named, in order."""

    scopes: tuple[str, ...] = ()


INITIAL = EntityScopes()


def decide(command: NameScope, state: EntityScopes, policies: Policies) -> Sequence[ScopeNamed]:
    """The name; nothing where it is known."""
    if command.scope_id in state.scopes:
        return []
    return [ScopeNamed(entity_id=command.entity_id, scope_id=command.scope_id, named_on=command.on)]


def evolve(state: EntityScopes, event: ScopeNamed) -> EntityScopes:
    """With one more."""
    return EntityScopes((*state.scopes, event.scope_id))
