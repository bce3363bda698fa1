"""Feeds of shops, from their address to a searchable index, and large ones to a catalogue."""
