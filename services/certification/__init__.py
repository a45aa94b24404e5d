"""Who is certified, who must be and when, on two time axes; and what of it the world is told."""
