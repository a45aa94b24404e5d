"""Chain of custody: every tonne accounted for, every claim covered, footprints carried along."""
