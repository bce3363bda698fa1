"""Twinset shows its own progress; the bars of other libraries are switched off."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import rich


def hide_other_bars() -> None:
    """Switch off the bars of transformers and of the model hub."""
    import transformers
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()


@contextmanager
def quiet_nncf() -> Iterator[None]:
    """Run NNCF without its notes and its bars, which it draws on rich's shared console."""
    import nncf

    nncf.set_log_level(logging.ERROR)
    console = rich.get_console()
    before, console.quiet = console.quiet, True
    try:
        yield
    finally:
        console.quiet = before
