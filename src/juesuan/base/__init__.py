"""What lies beneath all rooms: it knows nothing of closings."""
