"""What FFmpeg says when a stream fails, put into the product's words. No address with credentials ever leaves here."""

from __future__ import annotations

import errno
import socket
from typing import get_args
from urllib.parse import urlsplit

import av
from av import error as fault

from ioc.core.errors import SourceError
from ioc.core.types import LossReason

LIVE_SCHEMES = frozenset({"rtsp", "rtsps", "http", "https"})
_UNREACHABLE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EHOSTDOWN, errno.ENETDOWN})
_CUT = (fault.ConnectionResetError, fault.ConnectionAbortedError, fault.BrokenPipeError, fault.EOFError)
_FOREIGN = (fault.InvalidDataError, fault.DemuxerNotFoundError, fault.DecoderNotFoundError, fault.PatchWelcomeError)


def plain_url(url: str) -> str:
    """The address for people: without user, password, query and fragment, all of which may hold secrets."""
    if "://" not in url:
        return url
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def failure(reason: LossReason, url: str, text: str) -> SourceError:
    """A :class:`SourceError` that names the plain address."""
    assert reason in get_args(LossReason)
    return SourceError(reason, f"{plain_url(url)}: {text}")


def explain(error: Exception, url: str, *, opening: bool, timeout_s: float | None = None) -> SourceError:
    """The named failure behind an error of PyAV.

    ``opening`` tells a failed connection from a broken one. FFmpeg's own text is not passed on where it holds the address.
    """
    waited = f" within {timeout_s:g} s" if timeout_s is not None else ""
    match error:
        case fault.HTTPUnauthorizedError():
            return failure("unauthorised", url, "user name or password are missing or wrong (401)")
        case fault.HTTPForbiddenError():
            return failure("unauthorised", url, "this user may not see the stream (403)")
        case fault.HTTPNotFoundError():
            return failure("no_such_path", url, "the camera has no stream at this path (404)")
        case fault.HTTPError():
            return failure("refused", url, f"the camera answers with an error: {error.strerror}")
        case fault.ConnectionRefusedError():
            return failure("refused", url, "nothing listens at this address and port")
        case fault.TimeoutError() | fault.ExitError():
            return failure("timeout", url, f"no {'answer' if opening else 'data'}{waited}")
        case fault.FileNotFoundError() | fault.NotADirectoryError():
            return failure("missing", url, "no such file")
        case fault.PermissionError() | fault.IsADirectoryError():
            return failure("missing", url, "not a file that may be read")
    if isinstance(error, _CUT):
        return failure("refused" if opening else "ended", url, "the connection was closed by the other side")
    return _explain_other(error, url, opening=opening)


def _explain_other(error: Exception, url: str, *, opening: bool) -> SourceError:
    if isinstance(error, OSError) and error.errno in _UNREACHABLE:
        return failure("unreachable", url, "no route to this host")
    if opening and isinstance(error, OSError) and not _resolves(url):
        return failure("unreachable", url, "the host name is not known")
    if isinstance(error, _FOREIGN):
        return failure("undecodable", url, "what is there is not a video stream" if opening else "the stream is broken")
    words = error.strerror if isinstance(error, av.FFmpegError) else type(error).__name__
    return failure("undecodable" if opening else "ended", url, f"it cannot be {'opened' if opening else 'read'}: {words}")


def _resolves(url: str) -> bool:
    """Whether the host has an address: FFmpeg reports an unknown name as a plain input/output error."""
    host = urlsplit(url).hostname if "://" in url else None
    if not host:
        return True
    try:
        socket.getaddrinfo(host, None)
    except (socket.gaierror, UnicodeError):
        return False
    return True
