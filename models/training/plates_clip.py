"""Plates of street pictures with several vehicles, end to end: the moments of a clip whose plates were read by eye.

    python -m models.training.plates_clip ../shared/data/traffic/videos

Uses the rows of kind ``plates_readable`` of ``events.csv``; their notes end with the plates' texts.
"""

from __future__ import annotations

import argparse
import csv
import re
from pathlib import Path

from ioc.core.plates import normalise, strict
from models.plate_catalog import open_plate_finder, open_plate_reader, read_plates_of
from models.training.common import frames_at


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=None, help="longer side of the finder's input in pixels")
    options = parser.parse_args()
    finder, reader = open_plate_finder(size=options.size), open_plate_reader()
    right, total, others = 0, 0, 0
    with (options.folder / "events.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "plates_readable"]
    for row in rows:
        truth = {t for t in map(normalise, re.split(r"[\s,;]+", row["note"] + " " + row["region"])) if strict(t)}
        for second, frame in frames_at(options.folder / row["video"], [float(row["start_s"])]):
            read = read_plates_of(frame, finder, reader)
            texts = {reading.text for _, reading in read}
            right, total, others = right + len(truth & texts), total + len(truth), others + len(texts - truth)
            print(f"{second:5.1f} s: {len(truth & texts)} of {len(truth)} exact, {len(read)} found")
    print(f"{right} of {total} plates exact; {others} other readings (faint plates, misreadings)")


if __name__ == "__main__":
    main()
