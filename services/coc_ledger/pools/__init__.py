"""A pool holds one stage's metal of one scope for one period. Its stream, commands and rows."""
