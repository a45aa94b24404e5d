"""What follows from a result: reports of the regimes, why they differ, criterion 5.2, what-if."""
