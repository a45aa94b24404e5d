"""Pages for people. Owns no data: asks the other services over HTTP, as whoever is signed in."""
