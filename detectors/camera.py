"""A camera that fails: no frames, a frozen picture, a lens covered or out of focus, a view turned away.

Evidence at one instant comes from the stream's health and from picture statistics; no model is needed. Time adds a debounce.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import Field

from ioc.core.config import Part
from ioc.core.incidents import Policy
from ioc.core.ports import DetectorSpec, RuleContext, RuleZone, Scene
from ioc.core.types import Observation, Severity


class Settings(Part):
    """Settings for the whole picture."""

    lost_s: float = Field(10, ge=0, le=3600, description="Seconds without a frame before an alert opens")
    frozen_s: float = Field(20, ge=1, le=3600, description="Seconds without any change, noise included")
    covered_s: float = Field(5, ge=0, le=3600, description="Seconds without anything to see in the picture")
    part_covered_s: float = Field(10, ge=0, le=3600, description="Seconds of a lens that is covered in part")
    turned_s: float = Field(5, ge=0, le=3600, description="Seconds of looking elsewhere")
    defocused_s: float = Field(10, ge=0, le=3600, description="Seconds of a blurred picture")
    frozen_change: float = Field(
        0.0002, ge=0, le=1, description="Mean change of grey level (0..1) below which two pictures count as the same"
    )
    covered_detail: float = Field(0.01, ge=0, le=1, description="Share of edge pixels below which a picture shows nothing")
    covered_contrast: float = Field(
        0.12, ge=0, le=1, description="Spread of grey levels (0..1) below which a picture shows nothing"
    )
    part_covered: float = Field(
        0.2, gt=0, le=1, description="Share of the picture that something on the lens must hide while the rest stands"
    )
    turned_view: float = Field(
        0.3,
        ge=0,
        le=1,
        description="Part of the usual view that must be left in the picture, else the camera looks elsewhere",
    )
    defocused_sharpness: float = Field(
        0.55,
        ge=0,
        le=1,
        description="Part of the usual sharpness below which a picture is out of focus; at 0.5 edges are twice as wide",
    )


class CameraHealth:
    """The rule of one camera."""

    def __init__(self, zones: Sequence[RuleZone[Settings]], context: RuleContext) -> None:
        # The faults of a camera are those of its whole picture; of several zones the first gives the settings.
        self._settings = zones[0].settings
        s = self._settings
        self._policies = {
            "lost": _debounce(s.lost_s),
            "frozen": _debounce(s.frozen_s),
            "covered": _debounce(s.covered_s),
            "part-covered": _debounce(s.part_covered_s, hold_s=3.0),  # somebody passes through what is left
            "turned": _debounce(s.turned_s, hold_s=3.0),  # another view agrees by chance now and then
            "defocused": _debounce(s.defocused_s, hold_s=3.0),
        }

    def observe(self, scene: Scene) -> Iterable[Observation]:
        """One observation for each fault that shows now."""
        stream = scene.stream
        if stream.lost_for is not None:
            yield Observation(
                kind="camera",
                subject="lost",
                since=scene.at - stream.lost_for,
                detail={"fault": "lost", "reason": stream.reason, "text": stream.text},
            )
        if scene.frame is None:
            return
        picture, s = scene.picture, self._settings
        if picture.change is not None and picture.change < s.frozen_change:
            yield Observation(kind="camera", subject="frozen", detail={"fault": "frozen"})
        sharp = None if picture.sharpness is None else picture.sharpness >= s.defocused_sharpness
        if picture.detail < s.covered_detail and picture.contrast < s.covered_contrast and not sharp:
            yield Observation(kind="camera", subject="covered", detail={"fault": "covered"})
        elif picture.hidden is not None and picture.hidden >= s.part_covered:  # before focus: what hides is out of it
            detail = {"fault": "covered", "share": round(picture.hidden, 2)}
            yield Observation(kind="camera", subject="part-covered", detail=detail)
        elif picture.sharpness is not None and not sharp:  # before the view: blur hides it
            detail = {"fault": "defocused", "sharpness": round(picture.sharpness, 2)}
            yield Observation(kind="camera", subject="defocused", detail=detail)
        elif picture.view is not None and picture.view < s.turned_view:
            yield Observation(kind="camera", subject="turned", detail={"fault": "turned"})

    def policy(self, observation: Observation) -> Policy:
        """The debounce of the fault."""
        return self._policies[observation.subject]


def _debounce(seconds: float, hold_s: float = 1.0) -> Policy:
    return Policy(confirm_s=seconds, hold_s=hold_s, min_share=0.6, severity=Severity.HIGH)


DETECTOR = DetectorSpec(
    kind="camera",
    settings=Settings,
    factory=CameraHealth,
    title={"vi": "Sự cố camera", "en": "Camera fault"},
    blind=True,
)
