"""Certificates for power: each megawatt-hour cancelled once, for one use, in its year."""
