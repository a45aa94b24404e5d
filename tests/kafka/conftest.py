"""Shared fixtures of this folder."""

from tests.databases import sqlite_database

__all__ = ["sqlite_database"]
