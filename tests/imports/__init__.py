"""Bulk import: every row answered, nothing twice, nothing dropped."""
