"""The life of a result: calculated, found fault with, verified, disclosed, corrected by another."""
