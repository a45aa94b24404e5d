"""The decisions. One package for each service; services meet only in contracts."""
