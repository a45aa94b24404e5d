"""Files of movements: cells become bookings, many together, or say what is wrong."""
