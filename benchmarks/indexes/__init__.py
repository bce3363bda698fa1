"""Index kinds measured: recall, latency, memory, build time."""
