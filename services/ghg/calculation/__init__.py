"""From an inventory to lines of activity times factor, their sums and how sure they are. Pure."""
