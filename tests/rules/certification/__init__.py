"""Rules of status, deadlines and publication, a sentence each; and laws of how they are folded."""
