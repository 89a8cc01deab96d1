"""Several looks at one plate become one text."""

from __future__ import annotations

import itertools

import pytest

from ioc.core.plate_votes import Glimpse, sort_out, vote
from ioc.core.types import Box

TRUE = "59K134074"
PLACES = itertools.cycle(Box(0.07 * i, 0.6, 0.07 * i + 0.06, 0.65) for i in range(13))


def glimpse(text=TRUE, sure=0.95, at=0.0, track=1, height=40.0, **changes):
    """A look that read ``text``, every character ``sure``; ``weak`` maps positions to other probabilities."""
    weak = changes.pop("weak", {})
    fields = {
        "track": track, "at": at, "text": text, "raw": text, "confidence": sure, "box": next(PLACES),
        "characters": tuple(weak.get(i, sure) for i in range(len(text))), "height_px": height, "lines": 2, "upper": 4,
    }  # fmt: skip
    return Glimpse(**{**fields, **changes})


def test_no_looks_no_text():
    assert vote([]) is None


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ([glimpse()], TRUE),
        ([glimpse(), glimpse(), glimpse("59K184074")], TRUE),
        # several agreeing reads beat one confident misread
        ([glimpse(sure=0.7), glimpse(sure=0.7), glimpse("59K184074", sure=0.99)], TRUE),
        # each look misreads another character, none reads the plate as it is
        (
            [glimpse("59K184074", weak={4: 0.6}), glimpse("59K134079", weak={8: 0.6}), glimpse("58K134074", weak={1: 0.6})],
            TRUE,
        ),
        # texts of another length: the heavier group wins
        ([glimpse(), glimpse(), glimpse("59K13407")], TRUE),
        ([glimpse("59K13407"), glimpse("9K134074"), glimpse(sure=0.97), glimpse(sure=0.97)], TRUE),
        # a near tie goes to the text that is a plate: no plate has the letter I
        ([glimpse("98I12345", lines=1), glimpse("98A12345", lines=1)], "98A12345"),
        # what fits no pattern stays as it was read
        ([glimpse("AYO9034", lines=1)] * 3, "AYO9034"),
    ],
)
def test_text(given, text):
    assert vote(given).text == text


def test_large_looks_count_more_than_small_ones():
    far = [glimpse("59K184074", height=10)] * 3
    assert vote([*far, glimpse(height=48)]).text == TRUE


def confidence(*given):
    return vote(given).confidence


def looks(count, **more):
    return [glimpse(**more) for _ in range(count)]


def test_confidence_follows_agreement():
    one, two, five = (confidence(*looks(n)) for n in (1, 2, 5))
    assert one < 0.5 < 0.8 < two < 0.95 < five < 1
    misread = glimpse("59K184074")
    assert confidence(*looks(3), misread) < confidence(*looks(3))
    assert confidence(glimpse(), misread) < 0.5, "one against one"
    lone = confidence(glimpse(sure=0.99), glimpse("59K184074", sure=0.7), glimpse("59K184074", sure=0.7))
    assert lone < 0.6, "the doubt is told"
    assert confidence(*looks(2, weak={4: 0.5})) < confidence(*looks(2))


def test_a_plate_that_stands_still_is_believed_less_than_one_that_moves():
    here = Box(0.4, 0.6, 0.5, 0.65)
    assert confidence(*looks(12, sure=0.85, box=here)) < 0.6 < 0.99 < confidence(*looks(12, sure=0.85))
    assert confidence(*looks(4, sure=0.98, box=here)) > 0.9


def test_a_hidden_edge_costs_less_than_another_text():
    part, other = glimpse("59K13407"), glimpse("61X99999")
    whole = looks(3)
    assert confidence(*whole, other) < confidence(*whole, part) < confidence(*whole)


def test_agreeing_looks_are_counted():
    found = vote([glimpse(), glimpse(), glimpse("59K184074"), glimpse("61X199999"), glimpse("59K1")])
    assert (found.reads, found.exact) == (3, 2)


def test_alternatives_come_with_smaller_confidence():
    found = vote([glimpse(alternatives=(("59K184074", 0.04),)), glimpse("59K184074"), glimpse()])
    assert found.alternatives[0][0] == "59K184074"
    assert all(p <= found.confidence for _, p in found.alternatives)
    assert found.text not in dict(found.alternatives)


def test_the_most_said_facts_and_the_best_look():
    small, blurred, best, wrong = (
        glimpse(at=1, height=20, colour="white", sharpness=900),
        glimpse(at=2, height=40, colour="white", sharpness=10),
        glimpse(at=3, height=38, colour="yellow", sharpness=900, lines=1, upper=0),
        glimpse("59K184074", at=4, height=80, sharpness=900),
    )
    found = vote([small, blurred, best, wrong])
    assert (found.best, found.lines, found.upper, found.colour) == (best, 2, 4, "white")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text": "", "characters": ()}, "canonical text"),
        ({"text": "59-K1", "characters": (0.9,) * 5}, "canonical text"),
        ({"characters": (0.9,)}, "1 probabilities for the 9"),
        ({"confidence": 1.2}, "0..1"),
        ({"height_px": -1.0}, "negative"),
    ],
)
def test_a_glimpse_is_checked(changes, message):
    with pytest.raises(ValueError, match=message):
        glimpse(**changes)


def test_hopeless_looks_are_hopeless():
    found = vote([glimpse(sure=0.0)] * 4)
    assert found.confidence == 0.0


def test_looks_at_two_plates_are_no_votes_on_one():
    first, second = glimpse(at=1), glimpse("47C115593", at=3)
    misread, part = glimpse("59K184074", at=2, sure=0.6), glimpse("59K1340", at=4, sure=0.6)
    assert sort_out([second, part, misread, first]) == ((first, misread, part), (second,))
    assert sort_out([]) == ()
