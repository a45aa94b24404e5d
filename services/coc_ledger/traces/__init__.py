"""Where the metal of a document comes from, and where it went."""
