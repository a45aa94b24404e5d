"""Criteria 5.3 and 5.4: an entity's pathway and reduction plan, yearly targets and reviews."""
