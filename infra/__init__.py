"""The machinery, written once: store, writer, log, consumers, clock, web. It names no service."""
