"""Rain falls on a street; water rises from the gutters until it covers the carriageway."""

from __future__ import annotations

import random

from sample_videos.studio import effects, flooding, street
from sample_videos.studio.mesh import place
from sample_videos.studio.pictures import Picture
from sample_videos.studio.scenes import common
from sample_videos.studio.stage import Actor, Camera, Event, Light, Placed, Stage, ZoneSpec
from sample_videos.studio.timeline import Stop, Walker

HALF, CROWN, DEEPEST = 4.0, 0.08, 0.14
RISE = (4.0, 26.0)
FLOODED_SHARE = 0.3  # of the road zone, from which on the truth calls it a flood


def level(t: float) -> float:
    """The water's height above the gutters in metres at `t` seconds."""
    share = min(max((t - RISE[0]) / (RISE[1] - RISE[0]), 0.0), 1.0)
    return DEEPEST * share


def build() -> Stage:
    """The stage, 34 s at 10 frames/s."""
    stage = Stage(
        name="street_floods",
        title="Ngập úng đường phố · A street floods",
        camera=Camera((9.0, -6.5, 5.6), (-3.5, 2.0, 0.4), 27.0, 640, 360),
        light=Light(sun=0.0, sky=1.0, zenith=(0.5, 0.54, 0.6), horizon=(0.62, 0.64, 0.66), exposure=0.2),
        seconds=34.0,
        samples=4,
    )
    flooded_street(stage)
    camera = stage.camera
    zone = camera.zone([(-16.0, -3.6), (5.0, -3.6), (4.0, 3.6), (-16.0, 3.6)])
    stage.zones.append(ZoneSpec("road", "Lòng đường", zone, {"flood": {}}))
    flood = flooding.Flood(stage, HALF, CROWN)
    stage.water = lambda t: flood.share(level(t), zone)
    stage.views["wet"] = camera
    stage.view_extras["wet"] = {200: Placed(flooding.water_plane(HALF, 0.06), place())}

    def finish(picture: Picture, t: float, views: dict[str, Picture]) -> Picture:
        return effects.rain(flood.paint(picture, views["wet"], views["background"], level(t), t), t)

    stage.finish = finish
    walker = Walker(common.looks(63, 1)[0], [Stop(2.0, -16.0, 5.6), Stop(24.0, 9.0, 5.4)])
    stage.actors.append(Actor(1, "person", walker, "walks along the pavement"))
    common.rider_by(stage, 4, 1.0, -1, 91)
    start = next(k / 10 for k in range(340) if flood.share(level(k / 10), zone) >= FLOODED_SHARE)
    stage.events.append(Event("flood", (), "road", start, None, "from 30 % of the road zone under water"))
    return stage


def flooded_street(stage: Stage) -> None:
    """The street of the flood and of the wet scene."""
    out = street.Set(stage.still, stage.occluders, stage.pictures)
    street.roadway(out, HALF, far_pave=3.4, lanes=1)
    street.row(out, 71, -70.0, 40.0, HALF + 3.6, -1.0)
    street.row(out, 72, -70.0, -14.0, -HALF - 4.2, 1.0)
    for k, x in enumerate((-34.0, -24.0, -15.0, 9.5)):
        out.put(street.tree(random.Random(k), 5.4, 2.1), place(x, HALF + 1.1, 0.1), occludes=True)
    for x in (-20.0, 3.5):
        out.put(street.lamp_post(), place(x, HALF + 0.6, 0.1), occludes=True)
    street.power_line(out, (-50.0, -26.0, -2.0, 22.0), HALF + 2.9, 7)
