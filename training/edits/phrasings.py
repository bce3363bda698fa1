"""How people say that something should be changed: what is trained with, and what is asked.

What a composer reads was brought into plain words before, see `twinset.edits.edit_reader`, so that
it learns these alone.
"""

from __future__ import annotations

from typing import Final

# What a composer is trained with; {} is a value such as "red" or "striped".
TRAINED: Final = ("{}",)
TRAINED_COLOURS: Final = ("{}", "in {}")
TRAINED_GENDERS: Final = ("{}", "for {}")
# What evaluation asks.
ASKED: Final = (
    "in {} please",
    "similar one in {}",
    "turn it {}",
    "would like this {}",
    "swap the colour for {}",
    "only {}",
    "but {}",
    "not this colour, {}",
    "with {} instead of this colour",
    "give me the {} variant",
    "the {} one",
    "something like this in {}",
    "have it {}",
    "could it be {}",
    "{} colour",
    "same thing, {}",
    "i prefer {}",
    "replace with {}",
    "what about {}",
    "but make it {}",
    "looking for this in {}",
    "same style in {}",
    "as {}",
    "now in {}",
    "can i see it in {}",
)
ASKED_FOR: Final = (
    "for {} please",
    "this one for {}",
    "could it be for {}",
    "looking for this for {}",
    "can i see it for {}",
)
