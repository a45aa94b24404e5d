"""Slugs of audit_scheduling, explained."""

from infra.problems import Problem

PROBLEMS: tuple[Problem, ...] = ()
