"""What goes over HTTP about logins, accounts, the audit log and the system: every field with its meaning and an example.

The console's types are made from these.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.fields import Attempt, Instant, Language, Line, Password, Shape, Slug, Username
from api.workflow import Role, Status
from ioc.core.types import Severity


class LoginIn(Shape):
    """Name and password."""

    username: Attempt = Field(description="Name of the account", examples=["admin"])
    password: Attempt = Field(description="Its password", examples=["correct horse battery staple"])


class Me(Shape):
    """Who is logged in."""

    id: int = Field(description="Id of the account", examples=[1])
    username: str = Field(description="Name for logging in", examples=["operator1"])
    role: Role = Field(description="What the account may do")
    display_name: str = Field(description="Name for people", examples=["Nguyễn Văn An"])
    language: Language = Field(description="Language of the console")


class SessionOut(Shape):
    """A login."""

    user: Me = Field(description="Who is logged in")
    csrf_token: str = Field(description="Goes into X-CSRF-Token of every unsafe request", examples=["c2VjcmV0"])
    expires_at: Instant = Field(description="When the login ends")


class UserOut(Me):
    """An account, for administrators."""

    active: bool = Field(description="Whether it may log in")
    cameras: list[str] | None = Field(description="Ids of the cameras it may see; null means all", examples=[["gate"]])
    created_at: Instant = Field(description="When it was made")


class UserList(Shape):
    """Accounts."""

    items: list[UserOut] = Field(description="By name")


class UserIn(Shape):
    """A new account."""

    username: Username = Field(description="Name for logging in", examples=["operator1"])
    password: Password = Field(description="At least ten characters", examples=["mật khẩu thật dài"])
    role: Role = Field(description="What it may do")
    display_name: Line | None = Field(None, description="Name for people", examples=["Nguyễn Văn An"])
    language: Language = Field("vi", description="Language of the console")
    cameras: list[Slug] | None = Field(None, max_length=5000, description="Cameras it may see; null means all")


class UserPatch(Shape):
    """What to change of an account; what is left out stays."""

    password: Password | None = Field(None, description="New password; ends the account's logins")
    role: Role | None = Field(None, description="What it may do")
    display_name: Line | None = Field(None, description="Name for people")
    language: Language | None = Field(None, description="Language of the console")
    active: bool | None = Field(None, description="Whether it may log in; false ends its logins")
    cameras: list[Slug] | None = Field(None, max_length=5000, description="Cameras it may see; null means all")


class AssigneeOut(Shape):
    """Somebody to whom an alert can be given."""

    username: str = Field(description="Name of the account", examples=["operator1"])
    display_name: str = Field(description="Name for people", examples=["Nguyễn Văn An"])


class AssigneeList(Shape):
    """Everybody to whom an alert can be given."""

    items: list[AssigneeOut] = Field(description="By name")


class AuditOut(Shape):
    """One line of the audit log."""

    id: int = Field(description="Number of the line", examples=[1])
    at: Instant = Field(description="When")
    actor: str = Field(description="Who: name of the account, or system", examples=["admin"])
    action: str = Field(description="What was done", examples=["alert.acknowledge"])
    target: str = Field(description="To what", examples=["5b0c7c2e-6df0-5d57-9a3e-0a3f6f1b2c3d"])
    detail: dict[str, Any] = Field(description="More about it", examples=[{"note": "x"}])
    address: str = Field(description="Network address it came from", examples=["10.0.0.7"])
    previous: str = Field(description="Hash of the line before", examples=["0" * 64])
    hash: str = Field(description="SHA-256 over this line and the hash before it", examples=["0" * 64])


class AuditPage(Shape):
    """A page of the audit log."""

    items: list[AuditOut] = Field(description="Newest first")
    next_cursor: str | None = Field(description="Give it as cursor to read on; null on the last page", examples=["41"])


class AuditCheck(Shape):
    """Whether the audit log is whole."""

    intact: bool = Field(description="Whether every line fits the one before it")
    broken_at: int | None = Field(description="Number of the first line that does not", examples=[17])


class SiteOut(Shape):
    """The operations centre."""

    id: str = Field(description="Id in topics", examples=["bac-ninh"])
    name: str = Field(description="Name for people", examples=["IOC Bắc Ninh"])
    timezone: str = Field(description="IANA time zone for times on screen", examples=["Asia/Ho_Chi_Minh"])


class Words(Shape):
    """A word in both languages."""

    vi: str = Field(description="Vietnamese", examples=["đỗ xe trái phép"])
    en: str = Field(description="English", examples=["illegal parking"])


class KindOut(Shape):
    """A kind of alert."""

    kind: str = Field(description="Name in messages", examples=["parking"])
    title: Words = Field(description="Name for people")
    suspected: bool = Field(description="Whether it reads as suspected until a person confirms it")


class StatusOut(Shape):
    """A status of the workflow."""

    status: Status = Field(description="Name in messages")
    title: Words = Field(description="Name for people")
    actions: list[str] = Field(description="Acts that are possible in it", examples=[["acknowledge", "note"]])


class SeverityOut(Shape):
    """A severity."""

    severity: Severity = Field(description="Name in messages")
    title: Words = Field(description="Name for people")


class SystemOut(Shape):
    """What a console needs to know once."""

    site: SiteOut = Field(description="The operations centre")
    version: str = Field(description="Version of the product", examples=["0.1.0"])
    server_time: Instant = Field(description="This server's clock")
    kinds: list[KindOut] = Field(description="Kinds of alert")
    statuses: list[StatusOut] = Field(description="Statuses of the workflow")
    severities: list[SeverityOut] = Field(description="Severities, lowest first")


class Health(Shape):
    """Whether the server works."""

    status: Literal["ok", "degraded"] = Field(description="ok, or degraded where a part is away")
    store: bool = Field(description="Whether the database answers")
    broker: bool = Field(description="Whether the MQTT broker is connected")
