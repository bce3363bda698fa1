"""Writes to a live catalogue: a durable log, and what it makes of an immutable index version."""
