"""Slugs of certification, explained."""

from infra.problems import Problem

PROBLEMS: tuple[Problem, ...] = ()
