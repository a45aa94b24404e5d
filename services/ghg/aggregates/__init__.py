"""Many facilities together: sums that give nobody away, the emissions curve, a lender's sets."""
