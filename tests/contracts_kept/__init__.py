"""What was once published can always be read, and what is published can be read by all."""
