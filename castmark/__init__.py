"""Castmark's composition root: the only place that builds, wires and starts the services."""
