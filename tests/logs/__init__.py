"""The log, its consumers and the relay: once only, in order, nothing lost."""
