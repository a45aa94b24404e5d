"""Subscriptions: the public events for third parties, pulled or streamed, in their one order."""
