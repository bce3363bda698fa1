"""How well a catalogue and its service are, for the people who run them."""
