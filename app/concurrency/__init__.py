"""Batches, bounded pools and caches between the event loop and the processor."""
