"""A man puts his rucksack down, waits beside it with his telephone, takes it up again and goes: nothing is dumped."""

from __future__ import annotations

from sample_videos.studio.people import Look, Pose
from sample_videos.studio.props import Carried, rucksack
from sample_videos.studio.scenes import common
from sample_videos.studio.stage import Actor, Light, Stage, ZoneSpec
from sample_videos.studio.timeline import Stop, Walker

DOWN_S, UP_S = 6.2, 19.0


def build() -> Stage:
    """The stage, 30 s at 10 frames/s."""
    stage = Stage(
        name="bag_taken_again",
        title="Đặt ba lô rồi lấy lại · A bag is put down and taken again",
        camera=common.LANE_CAMERA,
        light=Light(elevation=58, bearing=225, exposure=0.3),
        seconds=30.0,
        samples=4,
    )
    common.lane(stage)
    zone = stage.camera.zone(common.LANE_ZONE, 0.15)
    stage.zones.append(ZoneSpec("wall", "Chân tường cấm đổ rác", zone, {"dumping": {}}))
    look = Look((0.25, 0.38, 0.5), (0.04, 0.06, 0.13), 1.72)
    phone = Pose(arm=(26.0, 4.0), elbow=(98.0, 14.0))
    way = [Stop(0.0, 9.0, 4.8), Stop(6.0, 0.4, 6.0, pause=14.0), Stop(29.5, -13.0, 5.0)]
    walker = Walker(look, way, face=-1.2, rest=phone, fidget=6.0)
    stage.actors.append(Actor(1, "person", walker, "puts his rucksack down and takes it again"))
    bag = Carried(walker, rucksack(), DOWN_S, 0.95, 6.35, UP_S, (-0.24, 0.0, 0.86))
    stage.actors.append(Actor(2, "bag", bag, "rucksack"))
    passer = Walker(common.looks(33, 1)[0], [Stop(8.5, -12.5, 4.5), Stop(25.0, 9.5, 4.7)])
    stage.actors.append(Actor(3, "person", passer, "passer-by"))
    common.rider_by(stage, 4, 13.0, -1, 64)
    return stage
