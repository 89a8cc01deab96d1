"""Boxes where people stand apart, heads where they are packed."""

from __future__ import annotations

import numpy as np
import pytest

from ioc.core.crowd import CrowdMap
from ioc.core.crowd_count import LEAST, head_count, heads_in, touching
from ioc.core.types import WHOLE_PICTURE, Box

ROWS, COLUMNS = 36, 64


def crowd(*heads):
    """A map with one head in the cell of each point (x, y)."""
    cells = np.zeros((ROWS, COLUMNS), np.float32)
    for x, y in heads:
        cells[int(y * ROWS), int(x * COLUMNS)] += 1
    return CrowdMap(at=0.0, cells=cells)


def body(x, y, width=0.06, height=0.3):
    """A person whose head is at (x, y)."""
    return Box.clipped(x - width / 2, y - 0.02, x + width / 2, y - 0.02 + height)


APART = [(0.1 + 0.15 * i, 0.4) for i in range(6)]
SEEN = [(0.30 + 0.04 * i, 0.40) for i in range(6)]
"""A row of people shoulder to shoulder, who have boxes."""
HIDDEN = [(0.32 + 0.04 * i, 0.46) for i in range(5)] + [(0.31 + 0.04 * i, 0.52) for i in range(5)]
"""Heads before their bodies, of people without a box."""


def test_people_who_stand_apart_are_boxes_whatever_the_map_says():
    boxes = [body(*p) for p in APART]
    assert not touching(boxes)
    found = head_count(boxes, crowd(*APART, *APART, *APART), WHOLE_PICTURE)
    assert (found.people, found.boxes, found.packed) == (6, 6, 0)


def test_side_by_side_is_not_packed():
    """Boxes touch, and each holds a head and a part of the neighbours'."""
    boxes = [body(*p) for p in SEEN]
    assert len(touching(boxes)) == 1
    assert head_count(boxes, crowd(*SEEN), WHOLE_PICTURE).packed == 0


def test_heads_count_where_people_are_packed():
    found = head_count([body(*p) for p in SEEN], crowd(*SEEN, *HIDDEN), WHOLE_PICTURE)
    assert (found.people, found.boxes, found.packed) == (16, 6, 16)


def test_the_setting_says_from_when_on():
    boxes, heads = [body(*p) for p in SEEN], crowd(*SEEN, *HIDDEN)
    assert head_count(boxes, heads, WHOLE_PICTURE, packed=9).people == 6
    assert head_count(boxes, heads, WHOLE_PICTURE, packed=1).people == 16


def test_boxes_stay_where_the_map_sees_fewer_heads():
    boxes = [body(*p) for p in SEEN] + [body(x + 0.005, y + 0.01) for x, y in SEEN]
    found = head_count(boxes, crowd(*SEEN), WHOLE_PICTURE)
    assert (found.people, found.packed) == (12, 0)


def test_those_beside_a_pack_keep_their_boxes():
    boxes = [body(*p) for p in [*SEEN, (0.8, 0.3), (0.95, 0.3)]]
    assert head_count(boxes, crowd(*SEEN, *HIDDEN, (0.8, 0.3), (0.95, 0.3)), WHOLE_PICTURE).people == 18


def test_a_map_makes_nobody_by_itself():
    """Leaves, bags and windows: however many heads it sees, without people's boxes there are none."""
    assert head_count([], CrowdMap(at=0.0, cells=np.full((ROWS, COLUMNS), 0.5, np.float32)), WHOLE_PICTURE).people == 0
    lone = [body(0.5, 0.4)] * (LEAST - 1)
    assert (
        head_count(lone, CrowdMap(at=0.0, cells=np.full((ROWS, COLUMNS), 0.5, np.float32)), WHOLE_PICTURE).people
        == LEAST - 1
    )


def test_without_a_map_boxes_are_counted():
    assert head_count([body(*p) for p in SEEN], None, WHOLE_PICTURE).people == 6


def test_feet_decide_who_is_in_the_zone():
    """The zone lies on the ground, below the heads; only the left half of the pack stands on it."""
    ground = ((0.0, 0.6), (0.41, 0.6), (0.41, 1.0), (0.0, 1.0))
    heads = [*SEEN, *HIDDEN]
    found = head_count([body(*p) for p in SEEN], crowd(*heads), ground)
    assert found.boxes == sum(x <= 0.41 for x, _ in SEEN)
    assert found.people == pytest.approx(sum(x <= 0.41 for x, _ in heads), abs=1)
    above = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.55), (0.0, 0.55))
    assert head_count([body(*p) for p in SEEN], crowd(*heads), above).people == 0, "there are heads in it, but no feet"


def test_cells_at_the_edge_of_a_box_count_in_part():
    even = CrowdMap(at=0.0, cells=np.full((ROWS, COLUMNS), 1 / (ROWS * COLUMNS), np.float32))
    boxes = np.array([[0, 0, 1, 1], [0.1, 0.2, 0.35, 0.61], [0.5, 0.5, 0.5, 0.5]])
    assert heads_in(even, boxes) == pytest.approx([1, 0.25 * 0.41, 0], abs=1e-6)


@pytest.mark.parametrize("shape", [(0, 3), (3,)])
def test_a_map_without_cells_is_refused(shape):
    with pytest.raises(ValueError, match="rows, columns"):
        CrowdMap(at=0.0, cells=np.zeros(shape, np.float32))


def test_one_chain_of_people_is_one_group():
    assert [len(g) for g in touching([body(0.1 + 0.05 * i, 0.4) for i in range(16)])] == [16]
    assert not touching([body(0.1 + 0.05 * i, 0.4) for i in range(LEAST - 1)])
