"""The API's parts for tests: both databases, a frozen clock, cheap passwords, people who are logged in."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

from api.app import Options, create_app
from api.security import Passwords
from api.store import accounts, alerts
from api.store.database import Database, open_database
from api.store.tables import Base
from api.workflow import Role
from ioc.core import wire
from ioc.core.config import Config, Store
from ioc.core.config_file import parse_config
from ioc.core.types import Alert, AlertEvent, Box, EvidenceItem, Phase, Severity
from tests.api import postgres
from tests.fakes.files import MemoryEvidence
from tests.fakes.time import FrozenClock

PASSWORD = "mật khẩu thử nghiệm"
CONFIG = """
site: {id: bac-ninh, name: IOC Bắc Ninh}
cameras:
  - id: gate
    name: Cổng chính
    url: rtsp://127.0.0.1/gate
    location: {lat: 21.186, lon: 106.076}
    zones:
      - {id: kerb, name: Lề đường, polygon: [[0, 0], [1, 0], [1, 1]], rules: {parking: {}}}
  - {id: square, name: Quảng trường, url: rtsp://127.0.0.1/square}
"""


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    folder = postgres.binaries()
    if folder is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    with postgres.cluster(folder) as url:
        open_database(Store(url=url.format(name="postgres"))).dispose()
        yield url


KINDS = ["sqlite", "postgresql"]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the schema in place, to be copied: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("schema") / "ioc.db"
    database = open_database(Store(url=f"sqlite:///{path}"))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    database.dispose()
    return path


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty database of each kind. The one on PostgreSQL is shared and emptied: making one takes longer than a test."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated"), tmp_path)
        return Store(url=f"sqlite:///{tmp_path}/ioc.db")
    url = request.getfixturevalue("cluster").format(name="postgres")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))  # the audit log's triggers refuse this otherwise
        connection.execute(text(f"TRUNCATE {', '.join(Base.metadata.tables)} RESTART IDENTITY"))
    engine.dispose()
    return Store(url=url)


@pytest.fixture(params=KINDS)
def own_store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """As ``store``, for a test that changes the schema."""
    if request.param == "sqlite":
        return Store(url=f"sqlite:///{tmp_path}/ioc.db")
    url, name = request.getfixturevalue("cluster"), f"test{next(_numbers)}"
    engine = create_engine(url.format(name="template1"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return Store(url=url.format(name=name))


_numbers = itertools.count()


@pytest.fixture
def database(store: Store) -> Iterator[Database]:
    database = open_database(store)
    yield database
    database.dispose()


@pytest.fixture
def own_database(own_store: Store) -> Iterator[Database]:
    database = open_database(own_store)
    yield database
    database.dispose()


@pytest.fixture
def sqlite(tmp_path: Path, migrated: Path) -> Iterator[Database]:
    """The embedded database alone, where the store is not what is tested."""
    shutil.copy(migrated, tmp_path)
    database = open_database(Store(url=f"sqlite:///{tmp_path}/ioc.db"))
    yield database
    database.dispose()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def config() -> Config:
    return parse_config(CONFIG)


@pytest.fixture
def files() -> MemoryEvidence:
    return MemoryEvidence()


@pytest.fixture
def make_app(config, clock, passwords, files):
    """Makes the API on a database, without a bus unless asked."""

    def make(database: Database, **changes):
        changes.setdefault("with_bus", False)
        return create_app(
            changes.pop("config", config), options=replace(Options(), **changes), database=database, evidence_files=files,
            clock=clock, passwords=passwords,
        )  # fmt: skip

    return make


@dataclass(frozen=True)
class People:
    """Adds accounts and logs them in."""

    main: TestClient
    """The client in whose event loop the application was started; all the others use the same loop."""
    database: Database
    passwords: Passwords
    clock: FrozenClock

    @property
    def app(self):
        return self.main.app

    def add(self, name: str, role: Role, cameras=None) -> int:
        new = accounts.NewUser(username=name, password_hash=self.passwords.hash(PASSWORD), role=role, cameras=cameras)
        with self.database.write() as session:
            return accounts.add_user(session, new, self.clock.now()).id

    def client(self) -> TestClient:
        """Somebody who is not logged in; faults of the server come back as answers."""
        client = TestClient(self.app, raise_server_exceptions=False)
        client.portal = self.main.portal
        return client

    def log_in(self, name: str, role: Role = Role.OPERATOR, cameras=None) -> TestClient:
        """A new account that is logged in with the CSRF token set."""
        self.add(name, role, cameras)
        client = self.client()
        answer = client.post("/api/v1/session", json={"username": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return client


@pytest.fixture
def people(database, make_app, passwords, clock) -> Iterator[People]:
    with TestClient(make_app(database)) as main:
        yield People(main, database, passwords, clock)


@pytest.fixture
def quick_people(sqlite, make_app, passwords, clock) -> Iterator[People]:
    """As ``people``, on the embedded database alone."""
    with TestClient(make_app(sqlite)) as main:
        yield People(main, sqlite, passwords, clock)


AT = 1_799_999_000.0


def event(
    number: int = 1, *, sequence: int = 0, camera: str = "gate", at: float | None = None, kind: str = "parking", **alert
) -> AlertEvent:
    """The event ``sequence`` of alert ``number``."""
    opened_at = AT + number if at is None else at
    subject = f"kerb:{number}"
    value = Alert(
        id=wire.alert_id("bac-ninh", camera, kind, subject, opened_at), site="bac-ninh", camera=camera, kind=kind,
        subject=subject, zone="kerb", severity=Severity.MEDIUM, confidence=0.875, started_at=opened_at - 30,
        opened_at=opened_at, box=Box(0.1, 0.2, 0.3, 0.4), detail={"label": "car", "dwell_s": 30.5},
    )  # fmt: skip
    value = replace(value, **alert)
    phase = Phase.CLOSED if value.closed_at else (Phase.UPDATED if sequence else Phase.OPENED)
    ident = wire.event_id(value.id, phase, sequence)
    return AlertEvent(id=ident, phase=phase, sequence=sequence, at=value.closed_at or opened_at + sequence, alert=value)


def picture(key: str = "gate/1/during.jpg", data: bytes = b"\xff\xd8picture") -> EvidenceItem:
    """An evidence item of a key."""
    return EvidenceItem(role="during", key=key, media_type="image/jpeg", sha256="a" * 64, bytes=len(data), at=AT)


@pytest.fixture
def ingest(clock) -> Callable[..., list]:
    """Puts events into a database."""

    def put(database: Database, *events: AlertEvent) -> list:
        with database.write() as session:
            return alerts.ingest(session, events, clock.now())

    return put
