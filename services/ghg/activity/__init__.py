"""Activity data: read from files and requests, put in one unit, packed."""
