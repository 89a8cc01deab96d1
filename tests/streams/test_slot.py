"""The slot: the latest wins, the loss is counted, and a file waits."""

from __future__ import annotations

import threading

from streams.slot import Slot, wait_any


def test_the_latest_wins_and_the_loss_is_counted() -> None:
    slot: Slot[int] = Slot()
    for i in range(5):
        slot.put(i)
    assert (slot.take(), slot.take(), slot.stale) == (4, None, 4)


def test_what_is_cleared_is_stale() -> None:
    slot: Slot[int] = Slot()
    slot.put(1)
    slot.clear()
    slot.clear()
    assert (slot.take(), slot.stale) == (None, 1)


def test_what_was_taken_is_not_stale() -> None:
    slot: Slot[int] = Slot()
    for i in range(5):
        slot.put(i)
        assert slot.take() == i
    assert slot.stale == 0


def test_an_offer_waits_until_the_place_is_free() -> None:
    slot: Slot[int] = Slot()
    assert slot.offer(1, timeout=0)
    assert not slot.offer(2, timeout=0.01)
    offering = threading.Thread(target=slot.offer, args=(3, 10))
    offering.start()
    assert slot.take() == 1
    offering.join(10)
    assert slot.take() == 3
    assert slot.stale == 0


def test_one_loop_waits_for_many() -> None:
    ready = threading.Condition()
    slots: list[Slot[int]] = [Slot(ready) for _ in range(3)]
    assert not wait_any(ready, slots, 0.01)
    putting = threading.Timer(0.05, slots[2].put, (7,))
    putting.start()
    assert wait_any(ready, slots, 10)
    assert [s.take() for s in slots] == [None, None, 7]
    putting.join()


def test_a_take_waits() -> None:
    slot: Slot[int] = Slot()
    putting = threading.Timer(0.05, slot.put, (1,))
    putting.start()
    assert slot.take(10) == 1
    putting.join()
