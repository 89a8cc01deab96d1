"""The same street after rain: the asphalt shines and mirrors, puddles stand, but nothing is flooded."""

from __future__ import annotations

from sample_videos.studio import effects, flooding
from sample_videos.studio.mesh import place
from sample_videos.studio.pictures import Picture
from sample_videos.studio.scenes import common
from sample_videos.studio.scenes.street_floods import CROWN, HALF, flooded_street
from sample_videos.studio.stage import Actor, Camera, Light, Placed, Stage, ZoneSpec
from sample_videos.studio.timeline import Stop, Walker

LEVEL = 0.024  # metres above the gutters: puddles in their lowest places


def build() -> Stage:
    """The stage, 26 s at 10 frames/s."""
    stage = Stage(
        name="wet_street",
        title="Đường ướt sau mưa, không ngập · A wet street, not flooded",
        camera=Camera((9.0, -6.5, 5.6), (-3.5, 2.0, 0.4), 27.0, 640, 360),
        light=Light(sun=0.4, sky=0.95, zenith=(0.5, 0.55, 0.63), horizon=(0.66, 0.68, 0.7), exposure=0.2),
        seconds=26.0,
        samples=4,
    )
    flooded_street(stage)
    zone = stage.camera.zone([(-16.0, -3.6), (5.0, -3.6), (4.0, 3.6), (-16.0, 3.6)])
    stage.zones.append(ZoneSpec("road", "Lòng đường", zone, {"flood": {}}))
    flood = flooding.Flood(stage, HALF, CROWN)
    share = flood.share(LEVEL, zone)
    stage.water = lambda _: share
    stage.views["wet"] = stage.camera
    stage.view_extras["wet"] = {200: Placed(flooding.water_plane(HALF, 0.06), place())}

    def finish(picture: Picture, t: float, views: dict[str, Picture]) -> Picture:
        sheen = flood.sheen(picture, views["wet"], views["background"], t)
        return effects.rain(flood.paint(sheen, views["wet"], views["background"], LEVEL, t), t, 90, 18.0)

    stage.finish = finish
    walker = Walker(common.looks(64, 1)[0], [Stop(1.0, 8.0, 5.4), Stop(24.0, -18.0, 5.6)])
    stage.actors.append(Actor(1, "person", walker, "walks along the pavement"))
    common.rider_by(stage, 4, 4.0, 1, 92)
    common.rider_by(stage, 5, 14.0, -1, 93)
    return stage
