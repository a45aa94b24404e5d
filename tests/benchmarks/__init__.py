"""Every promised figure, measured beside its peer: `python -m tests.benchmarks`."""
