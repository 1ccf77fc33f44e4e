"""Where things stand within their rows: as near to what they are linked with as their order and widths allow.

Each row is solved exactly (least squares under "no two overlap", by pooling adjacent violators); a few
passes down and up let the rows settle. No two things of a row ever overlap, by construction.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from engine.authoring.drawing.rows import Rows

PASSES: Final = 12


def centres(found: Rows, widths: Mapping[int, int], gap: int) -> dict[int, float]:
    """Give the middle of each card and bend; the leftmost edge of all is at 0."""
    above, below = _neighbours(found)
    middles = {number: middle for row in found.rows for number, middle in zip(row, _packed(row, widths, gap), strict=True)}
    order = list(found.rows)
    for turn in range(PASSES):
        towards = above if turn % 2 == 0 else below
        for row in order if turn % 2 == 0 else reversed(order):
            wanted = [_mean([middles[near] for near in towards.get(number, ())], middles[number]) for number in row]
            middles.update(zip(row, spread(wanted, _distances(row, widths, gap)), strict=True))
    left = min((middles[number] - widths[number] / 2 for number in middles), default=0.0)
    return {number: middle - left for number, middle in middles.items()}


def spread(wanted: Sequence[float], distances: Sequence[float]) -> list[float]:
    """Move points as little as possible (squared) so that each is at least `distances[i]` right of the one before."""
    offsets = [0.0]
    for distance in distances:
        offsets.append(offsets[-1] + distance)
    blocks: list[tuple[float, int]] = []
    for target, offset in zip(wanted, offsets, strict=False):
        total, size = target - offset, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / size:
            more, count = blocks.pop()
            total, size = total + more, size + count
        blocks.append((total, size))
    levels = [total / size for total, size in blocks for _ in range(size)]
    return [level + offset for level, offset in zip(levels, offsets, strict=False)]


def _packed(row: Sequence[int], widths: Mapping[int, int], gap: int) -> list[float]:
    distances = _distances(row, widths, gap)
    start = -sum(distances) / 2
    return [start + sum(distances[:index]) for index in range(len(row))]


def _distances(row: Sequence[int], widths: Mapping[int, int], gap: int) -> list[float]:
    return [(widths[left] + widths[right]) / 2 + gap for left, right in pairwise(row)]


def _neighbours(found: Rows) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for path in found.paths.values():
        for start, end in pairwise(path):
            if start not in above.get(end, ()):
                above.setdefault(end, []).append(start)
                below.setdefault(start, []).append(end)
    return above, below


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
