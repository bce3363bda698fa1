"""Many searches in one request."""
