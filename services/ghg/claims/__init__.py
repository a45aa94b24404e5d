"""What a member may say in public, and how long it may be said."""
