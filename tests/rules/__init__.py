"""Every rule as a sentence: given what happened, when this is asked, then these events."""
