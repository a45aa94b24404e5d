"""Double entry in kilograms: bookings, mass balance, claims, stages, periods, footprints. Pure."""
