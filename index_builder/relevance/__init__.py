"""Calibrating what a score means on a catalogue, when its index is built."""
