"""A synthetic world from a seed, labelled synthetic, and an oracle that knows the answers."""
