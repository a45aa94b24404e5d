"""CoC documents: issued, confirmed, checked on their day, corrected by another, printed."""
