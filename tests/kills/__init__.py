"""Proofs by killing: what survives when processes, brokers and databases die."""
