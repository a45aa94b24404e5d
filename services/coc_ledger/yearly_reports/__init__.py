"""The yearly report to ASI: prepared from the books, submitted, corrected."""
