"""A photo head for tests that read photos by their kinds."""

from __future__ import annotations

import numpy as np

from twinset.photo.photo_head import PhotoHead
from twinset.photo.tower_taps import NO_TAPS

# Only what it says of confidence is read here.
HEAD = PhotoHead(
    NO_TAPS,
    mean=np.zeros(2, np.float32),
    spread=np.ones(2, np.float32),
    first=np.zeros((2, 1), np.float32),
    first_bias=np.zeros(1, np.float32),
    second=np.zeros((1, 5), np.float32),
    second_bias=np.zeros(5, np.float32),
    glance=np.zeros((2, 4), np.float32),
    glance_bias=np.zeros(4, np.float32),
    kind_scale=12.0,
    glance_scale=12.0,
    least_evidence=4.0,
)
