"""Which pictures and clips the street detector is trained on, and how its teacher looks at each source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Source:
    """Pictures or clips to take: a glob below the data folder, how many pictures in all, how the teacher looks."""

    pattern: str
    count: int
    full: int = 1280
    tiles: int = 3
    without: tuple[str, ...] = ()
    """Parts of names that are held back."""
    empty: tuple[tuple[float, float, float, float], ...] = ()
    """Parts of the picture, x1, y1, x2, y2 in 0..1, where the teacher was seen to err: boxes centred there go."""
    only: tuple[int, ...] = (0, 1, 2, 3, 4, 5)
    """Classes, by their place in `street_model.LABELS`, that the source was seen to show; other boxes go."""
    one_vehicle: bool = False
    """True where all vehicles were seen to be cars, whatever the teacher calls them."""
    further: bool = False
    """True where the part `further` has all stills that no other part has, but every `SPARE`th."""
    folds: tuple[str, ...] = ()
    """The folds of `plates/texts.csv` to take, for pictures that it lists."""
    close: bool = False
    """True where close vehicles fill the pictures: a vehicle's box mostly within a larger one is its half."""
    complete: bool = True
    """False where the teacher was seen to miss what is in plain sight: outside its boxes nothing is demanded then."""


CAR = 3
TEST_CAMERAS = ("via_parque", "silveira_martins", "lombardi505", "brt_parque", "vinicius")
FOLDS = ("2", "3", "4")
"""Folds of the pictures with plates that are neither test nor choice of any network."""
HANOI_TEST = ("_03", "_07", "_11", "_14")

SOURCES = (
    Source(pattern="traffic/vn_scenes/*.jpg", count=14, without=HANOI_TEST),
    Source(pattern="crowd/shanghai_b/images/train_*.jpg", count=16),
    Source(pattern="traffic/videos/ahmetozlu_input_video.mp4", count=22, tiles=2),
    Source(pattern="traffic/videos/bgslibrary_video.avi", count=12, tiles=2, only=(3, 4, 5)),
    Source(pattern="traffic/videos/bgslibrary_video02.avi", count=22, full=960, tiles=2),
    Source(pattern="traffic/videos/intel_car-detection.mp4", count=14, tiles=2, only=(3, 4, 5)),
    Source(pattern="traffic/videos/vn_parked_motorbikes.mp4", count=24, tiles=2, only=(2,)),
    Source(pattern="crowd/videos/opencv4nodejs_people.mp4", count=22, tiles=2),
    Source(pattern="crowd/videos/visionguard_fall_gathering.mp4", count=10, tiles=2),
    Source(
        pattern="parking/videos/nasrfathy_parking.mp4",
        count=40,
        tiles=2,
        only=(0, 3, 4, 5),
        one_vehicle=True,
        empty=((0, 0, 0.93, 0.51), (0, 0, 0.7, 0.6)),  # a building site: railings and a container, no vehicle
    ),
    Source(pattern="parking/videos/ltb2k_double_parking.mp4", count=20, tiles=2, one_vehicle=True),
    Source(pattern="fire/videos/neg_vahicles3.mp4", count=30, tiles=2, only=(3, 4, 5)),
    Source(pattern="fire/videos/neg_fence1.mp4", count=10, full=640, tiles=2, only=(0,), complete=False),
    Source(pattern="fire/videos/l0kxh_fire3_pump.mp4", count=24, full=960, tiles=2, only=(0, 2)),
    Source(pattern="fire/videos/sukhit_workshop_fire.mp4", count=12, full=960, tiles=2, only=(0, 3, 4, 5), one_vehicle=True),
    Source(pattern="fire/videos/furg_house6.mp4", count=4, full=640, tiles=1),
    Source(pattern="fire/videos/besir_wildfire.mp4", count=5, full=960, tiles=1),
    Source(pattern="fire/videos/punpayut_smoke.mp4", count=4, full=960, tiles=1),
    Source(pattern="flood/videos/smurfs_room_flood.mp4", count=5, full=960, tiles=1),
    Source(pattern="fire/dfire_negatives/images/*", count=8, full=960, tiles=1),
    Source(pattern="fire/abonia/images/*", count=50, full=960, tiles=2, complete=False),
    Source(pattern="flood/octa_tiles/images/*", count=73, full=960, tiles=2, without=TEST_CAMERAS, complete=False),
    Source(pattern="flood/duyle/images/*", count=110, full=640, tiles=1, further=True, complete=False),
    Source(pattern="flood/falak/images/*", count=20, full=960, tiles=2, complete=False),
    Source(pattern="plates/openalpr_br/images/*", count=0, full=960, tiles=1, further=True, folds=FOLDS, close=True),
    Source(pattern="plates/openalpr_eu/images/*", count=0, full=960, tiles=1, further=True, folds=FOLDS, close=True),
)
SPARE = 8
"""Of the stills left for the part `further`, every so many-th is kept to choose by."""
