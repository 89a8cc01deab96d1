"""One tree of errors. Whoever catches :class:`IocError` catches everything this product raises on purpose."""

from __future__ import annotations


class IocError(Exception):
    """Base of all errors of this product; its text is written for the person who has to act on it."""


class ConfigError(IocError):
    """The configuration cannot be used. ``problems`` holds one line per fault, each with file, line and path."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class WireError(IocError):
    """A message on the bus is not what its topic promises."""


class ModelError(IocError):
    """A model file is missing, altered, or does not fit its task."""


class InputError(IocError):
    """A picture, video or data set given by a user cannot be read; the text names the file."""


class DetectorError(IocError):
    """A detector module is broken or declared twice."""


class StorageError(IocError):
    """Evidence or events cannot be written or read back."""


class SourceError(IocError):
    """A camera or file gives no frames. ``reason`` is one of :data:`ioc.core.types.LossReason`."""

    def __init__(self, reason: str, text: str) -> None:
        self.reason = reason
        super().__init__(text)
