"""A heap of rubbish at a wall catches fire; flames and smoke grow while two people walk away from it."""

from __future__ import annotations

from sample_videos.studio import effects, props
from sample_videos.studio.mesh import place
from sample_videos.studio.pictures import Picture
from sample_videos.studio.scenes import common
from sample_videos.studio.stage import Actor, Event, Light, Painted, Stage, ZoneSpec
from sample_videos.studio.timeline import Stop, Walker

START_S = 6.0
HEAT, COVER = 0.3, 0.22  # of effects' layers: what counts as flame and as smoke in the truth


def build() -> Stage:
    """The stage, 30 s at 10 frames/s."""
    stage = Stage(
        name="fire_smoke",
        title="Cháy và khói · Fire and smoke",
        camera=common.LANE_CAMERA,
        light=Light(elevation=50, bearing=230, exposure=0.2),
        seconds=30.0,
        samples=4,
    )
    out = common.lane(stage)
    out.put(props.heap(3), place(-1.2, 6.6, 0.15))
    foot, _ = stage.camera.project(place(-1.2, 6.4, 0.5)[:3, 3][None, :])
    burn = effects.Burn(float(foot[0, 0]), float(foot[0, 1]), 62.0, START_S, 10.0, 9.0)
    shape = (stage.camera.height, stage.camera.width)
    stage.painted.append(
        Painted(10, "fire", "flames of the heap", lambda t: effects.box(effects.flames(burn, shape, t), HEAT))
    )
    stage.painted.append(
        Painted(11, "smoke", "smoke of the heap", lambda t: effects.box(effects.smoke(burn, shape, t), COVER))
    )

    def finish(picture: Picture, t: float, views: dict[str, Picture]) -> Picture:
        del views
        return effects.paint_fire(picture, burn, t)

    stage.finish = finish
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    stage.zones.append(ZoneSpec("picture", "Toàn khung hình", whole, {"fire": {}}))
    wear = common.looks(51, 2)
    paths = ([Stop(0.0, -6.0, 4.7), Stop(5.5, 1.0, 5.2), Stop(8.0, 4.0, 4.6), Stop(12.0, 11.0, 4.4)],
             [Stop(9.0, 9.0, 4.6), Stop(14.0, 3.4, 4.6, pause=5.0), Stop(25.0, 10.5, 4.5)])  # fmt: skip
    for k, stops in enumerate(paths):
        stage.actors.append(Actor(1 + k, "person", Walker(wear[k], stops, face=2.7), "passer-by"))
    common.rider_by(stage, 4, 1.5, 1, 81)
    stage.events.append(Event("fire", (10, 11), "picture", START_S, None, "grows to full flame in 10 s"))
    return stage
