"""One behavioural suite for the stores; every backend enrols."""
