"""Data asked of suppliers: what to ask, requests, answers, and what an answer changes."""
