"""Models on a processor: how they are opened, and in which shapes they are asked."""
