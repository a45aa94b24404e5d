"""What pages are made of: pictures and the figures beside them."""
