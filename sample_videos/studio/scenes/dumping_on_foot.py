"""A woman carries a rubbish bag to the wall, drops it beside the notice that forbids it, and walks away."""

from __future__ import annotations

from sample_videos.studio.people import Look, Pose
from sample_videos.studio.props import Carried, rubbish_bag
from sample_videos.studio.scenes import common
from sample_videos.studio.stage import Actor, Event, Light, Stage, ZoneSpec
from sample_videos.studio.timeline import Stop, Walker

DOWN_S = 7.6
BEND = Pose(thigh=(24.0, 10.0), knee=(40.0, 26.0), arm=(48.0, 62.0), elbow=(6.0, 6.0), lean=42.0)


def build() -> Stage:
    """The stage, 32 s at 10 frames/s."""
    stage = Stage(
        name="dumping_on_foot",
        title="Đổ rác trái phép · Rubbish dumped on foot",
        camera=common.LANE_CAMERA,
        light=Light(elevation=55, bearing=240, exposure=0.3),
        seconds=32.0,
        samples=4,
    )
    common.lane(stage)
    zone = stage.camera.zone(common.LANE_ZONE, 0.15)
    stage.zones.append(ZoneSpec("wall", "Chân tường cấm đổ rác", zone, {"dumping": {}}))
    look = Look((0.42, 0.16, 0.3), (0.03, 0.03, 0.04), 1.58, "cone", long_hair=True)
    way = [Stop(-0.5, -12.5, 5.2), Stop(7.2, -0.75, 6.35, pause=1.6), Stop(17.5, -13.5, 5.0)]
    walker = Walker(look, way, face=0.5, rest=BEND)
    stage.actors.append(Actor(1, "person", walker, "carries the bag and leaves it"))
    bag = Carried(walker, rubbish_bag(size=0.6), DOWN_S, -0.2, 6.75)
    stage.actors.append(Actor(2, "bag", bag, "black rubbish bag"))
    passer = Walker(common.looks(4, 2)[1], [Stop(15.0, 9.5, 4.7), Stop(30.5, -12.5, 4.6)])
    stage.actors.append(Actor(3, "person", passer, "passer-by"))
    common.rider_by(stage, 4, 2.5, -1, 61)
    common.rider_by(stage, 5, 21.0, 1, 62)
    stage.events.append(Event("dumping", (2,), "wall", DOWN_S + 0.6, None, "left by subject 1"))
    return stage
