"""`python -m twinset`: the same as the console script."""

from twinset.cli import main

main()
