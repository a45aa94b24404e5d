"""Slugs of membership, explained."""

from infra.problems import Problem

PROBLEMS: tuple[Problem, ...] = ()
