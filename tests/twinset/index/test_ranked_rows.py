"""Which of an engine's candidates are settled."""

import numpy as np
import pytest

from twinset.index.ranked_rows import certain


@pytest.mark.parametrize(
    ("near", "expected"),
    [
        # One row may precede no other; what scores like the last may have more of its kind behind.
        ([0.9, 0.8, 0.7, 0.6], [True, True, True, False]),
        ([0.9, 0.8, 0.6, 0.6], [True, True, False, False]),
        # Rounding is no difference.
        ([0.9, 0.8, 0.600004, 0.6], [True, True, False, False]),
        # Most of them are copies of one row, beyond which nobody looked.
        ([0.9, 0.6, 0.6, 0.6], [False, False, False, False]),
        ([0.6, 0.6, 0.6, 0.6], [False, False, False, False]),
    ],
)
def test_only_what_nothing_unseen_can_precede_is_certain(near, expected):
    assert certain(np.array(near, np.float32)).tolist() == expected
