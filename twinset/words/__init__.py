"""What words say of a catalogue: the words of its items, and those of queries."""
