"""A motorbike stops at the kerb, its rider throws a rubbish bag to the wall and drives on."""

from __future__ import annotations

import random

from sample_videos.studio import props
from sample_videos.studio.mesh import place
from sample_videos.studio.people import Look
from sample_videos.studio.pictures import moto_plate
from sample_videos.studio.scenes import common
from sample_videos.studio.stage import Actor, Event, Light, Placed, Stage, ZoneSpec
from sample_videos.studio.timeline import State, Stop, Walker, drive
from sample_videos.studio.two_wheelers import motorbike

THROW_S, FLIGHT_S = 8.0, 0.9
LIES = (-0.1, 6.5)


def build() -> Stage:
    """The stage, 30 s at 10 frames/s."""
    stage = Stage(
        name="dumping_from_motorbike",
        title="Đổ rác từ xe máy · Rubbish thrown from a motorbike",
        camera=common.LANE_CAMERA,
        light=Light(elevation=50, bearing=255, exposure=0.3),
        seconds=30.0,
        samples=4,
    )
    common.lane(stage)
    zone = stage.camera.zone(common.LANE_ZONE, 0.15)
    stage.zones.append(ZoneSpec("wall", "Chân tường cấm đổ rác", zone, {"dumping": {}}))
    plate = moto_plate(random.Random(71))
    common.hang(stage, plate)
    look = Look((0.08, 0.25, 0.12), (0.06, 0.06, 0.065), 1.68, "helmet", (0.6, 0.6, 0.6), sleeves=True)
    stops = [Stop(1.0, 13.0, 2.0), Stop(6.0, 0.1, 2.9, pause=4.2), Stop(15.5, -40.0, 2.0)]
    loaded = drive(motorbike(common.RED, common.name(plate), look, load=props.PLASTIC_BLUE), stops)
    empty = drive(motorbike(common.RED, common.name(plate), look), stops)
    stage.actors.append(Actor(1, "motorcycle", props.switch(THROW_S, loaded, empty), "motorbike that dumps", plate))
    stage.actors.append(Actor(2, "bag", _thrown(loaded), "blue rubbish bag"))
    passer = Walker(common.looks(45, 1)[0], [Stop(14.0, -12.5, 4.6), Stop(29.8, 9.0, 4.8)])
    stage.actors.append(Actor(3, "person", passer, "passer-by"))
    common.rider_by(stage, 4, 18.0, 1, 66)
    stage.events.append(Event("dumping", (2,), "wall", THROW_S + FLIGHT_S, None, "thrown by the rider of subject 1"))
    return stage


def _thrown(bike: State) -> State:
    """The bag flies from the footboard to the wall in an arc and stays there."""
    mesh = props.rubbish_bag(props.PLASTIC_BLUE, 0.55, 5)

    def at(t: float) -> Placed | None:
        state = bike(min(t, THROW_S))
        if t < THROW_S or state is None:
            return None
        share = min((t - THROW_S) / FLIGHT_S, 1.0)
        x0, y0 = float(state.matrix[0, 3]), float(state.matrix[1, 3])
        x, y = x0 + (LIES[0] - x0) * share, y0 + (LIES[1] - y0) * share
        return Placed(mesh, place(x, y, 0.15 * share + 0.5 * (1 - share) + 2.2 * share * (1 - share), 2.0 * share))

    return at
