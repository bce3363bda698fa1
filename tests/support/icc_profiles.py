"""ICC profiles of wide colour spaces, made by hand, and pictures stored in them.

The conversion here is plain NumPy (ICC.1:2010, Annex F; Bradford adaptation to D50), so that it
can stand as the oracle of what Little CMS does.
"""

from __future__ import annotations

import struct

import numpy as np

_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_D65_WHITE, _D50_WHITE = (0.3127, 0.3290), (0.3457, 0.3585)
# Chromaticities of red, green and blue, the white point, and the gamma.
SPACES = {
    "Display P3": (((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), _D65_WHITE, 2.2),
    "Adobe RGB": (((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), _D65_WHITE, 2.2),
    "ProPhoto": (((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), _D50_WHITE, 1.8),
    "Rec. 2020": (((0.708, 0.292), (0.17, 0.797), (0.131, 0.046)), _D65_WHITE, 2.4),
}
_SRGB = (((0.64, 0.33), (0.3, 0.6), (0.15, 0.06)), _D65_WHITE)


def _xyz(x: float, y: float) -> np.ndarray:
    return np.array([x / y, 1.0, (1 - x - y) / y])


def to_d50(primaries: tuple, white: tuple[float, float]) -> np.ndarray:
    """(3, 3) from linear RGB of these primaries to XYZ relative to D50."""
    columns = np.stack([_xyz(*one) for one in primaries], axis=1)
    matrix = columns * np.linalg.solve(columns, _xyz(*white))
    gains = (_BRADFORD @ _D50) / (_BRADFORD @ _xyz(*white))
    return np.linalg.inv(_BRADFORD) @ np.diag(gains) @ _BRADFORD @ matrix


def icc_profile(name: str) -> bytes:
    """A version 2 matrix profile of one of `SPACES`."""
    primaries, white, gamma = SPACES[name]
    matrix = to_d50(primaries, white)
    xyz = [b"XYZ \0\0\0\0" + _fixed(column) for column in (*matrix.T, _D50)]
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    text = name.encode() + b"\0"
    described = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78)
    tags = [
        (b"desc", described), (b"cprt", b"text\0\0\0\0none\0"), (b"wtpt", xyz[3]),
        (b"rXYZ", xyz[0]), (b"gXYZ", xyz[1]), (b"bXYZ", xyz[2]),
        (b"rTRC", curve), (b"gTRC", curve), (b"bTRC", curve),
    ]  # fmt: skip
    return _with_header(tags)


def _fixed(values: np.ndarray) -> bytes:
    return struct.pack(">3i", *(round(float(value) * 65536) for value in values))


def _with_header(tags: list[tuple[bytes, bytes]]) -> bytes:
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags:
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _fixed(_D50)
    return header + bytes(128 - len(header)) + table + body


def stored_in(pixels: np.ndarray, name: str) -> np.ndarray:
    """sRGB `pixels` (h, w, 3) uint8 as the numbers of a space that mean the same colours."""
    primaries, white, gamma = SPACES[name]
    values = pixels / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    matrix = np.linalg.inv(to_d50(primaries, white)) @ to_d50(*_SRGB)
    there = np.clip(linear @ matrix.T, 0, 1)
    return np.round(255 * there ** (1 / gamma)).astype(np.uint8)
