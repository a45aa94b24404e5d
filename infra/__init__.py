"""The machinery, written once; it names no service."""
