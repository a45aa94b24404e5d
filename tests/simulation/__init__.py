"""The synthetic world, its oracle, and the platform compared with it."""
