"""Turning public encoders into encoder folders, checked against the library they come from."""
