"""pytest plugins of our own: time budgets, what a machine must have, seeds."""
