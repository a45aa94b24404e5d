"""Audits and the decisions that rest on them: what was found, and who may call itself certified."""
