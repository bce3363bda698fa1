"""Encoders measured against the limit of the processor."""
