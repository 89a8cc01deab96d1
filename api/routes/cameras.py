"""Cameras and their health."""

from __future__ import annotations

from fastapi import APIRouter

from api import present
from api.context import Ctx, Viewer
from api.schemas import CameraList
from api.store import readings

router = APIRouter(prefix="/cameras", tags=["cameras"])


@router.get("", summary="List cameras")
def list_cameras(ctx: Ctx, who: Viewer) -> CameraList:
    """Cameras of the configuration with their zones and last known health."""
    with ctx.database.read() as session:
        known = readings.statuses(session) | ctx.bus.statuses
    items = []
    for camera in ctx.config.cameras:
        if who.may_see(camera.id):
            plain = known.get(camera.id)
            gone = plain is not None and ctx.bus.worker_gone(plain["worker"])
            items.append(present.camera(camera, present.status(plain, worker_gone=gone) if plain else None))
    return CameraList(items=items)
