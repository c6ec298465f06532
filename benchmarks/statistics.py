"""How long each query of the statistics takes, over made-up candidates and cases.

    python -m benchmarks.statistics --candidates 100000 --cases 10000            (SQLite, in a temporary folder)
    python -m benchmarks.statistics --candidates 1000000 --cases 100000 --database-url postgresql+psycopg://...

The database must be new or empty. Times are those of the wall clock; on SQLite the CPU's stand behind them, which
other work on the machine does not lengthen.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, text

from api.accounts.tables import actors
from api.cameras.tables import camera_versions, cameras
from api.candidates.tables import candidates, verdicts
from api.cases.tables import case_events, case_progress, outbox
from api.db.database import Database
from api.db.scope import EVERYWHERE, Scope
from api.statistics import case_queries, place_queries, repository, service
from api.statistics.period import Period, Selection

ZONE: Final = ZoneInfo("Asia/Shanghai")
END: Final = datetime(2026, 11, 28, tzinfo=UTC)
DAYS: Final = 365
DISTRICTS: Final = tuple(f"district-{number}" for number in range(12))
CLASSES: Final = ("stall", "goods_outside", "banner", "ground_sign", "hanging_sign", "wall_poster")
REASONS: Final = (None, "permitted", "not_a_stall", "vehicle", "in_shop", "bad_picture")
STATES: Final = ("open", "confirmed", "rejected", "expired")
CAMERAS: Final = 200
BATCH: Final = 5000
GOAL: Final = 0.3


def main() -> None:
    """Fill the database, time each query, and say which took longer than the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=100_000)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--database-url")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="SQLite file to fill, or to measure again where it is filled.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = options.keep or Path(folder) / "statistics.sqlite3"
        known = file.exists()
        database = Database(options.database_url or f"sqlite:///{file}")
        try:
            database.migrate()
            if not known:
                begun = time.perf_counter()
                fill(database, options.candidates, options.cases)
                print(f"filled in {time.perf_counter() - begun:.0f} s")
            slowest = measure(database, options.repeat)
        finally:
            database.close()
    print(f"slowest: {slowest * 1000:.0f} ms; wanted under {GOAL * 1000:.0f} ms")


def fill(database: Database, count: int, cases: int) -> None:
    """Store made-up candidates of a year, verdicts on four of five, and cases of the first confirmed ones."""
    rng = random.Random(18)
    actor = UUID(int=1)
    with database.write() as connection:
        connection.execute(
            actors.insert().values(id=actor, kind="service", name="benchmark", created_at=END - timedelta(days=DAYS))
            if "created_at" in actors.c
            else actors.insert().values(id=actor, kind="service", name="benchmark")
        )
        connection.execute(
            camera_versions.insert().values(
                version=1, at=END - timedelta(days=DAYS), actor_id=actor, change="import", subject="benchmark"
            )
        )
        connection.execute(cameras.insert(), [camera(number) for number in range(CAMERAS)])
        left = cases
        for start in range(0, count, BATCH):
            rows = [candidate(rng, number) for number in range(start, min(start + BATCH, count))]
            connection.execute(candidates.insert(), rows)
            connection.execute(
                verdicts.insert(), [verdict(rng, row, actor) for row in rows if row["state"] in STATES[1:3]]
            )
            confirmed = [row for row in rows if row["state"] == "confirmed"][:left]
            left -= len(confirmed)
            add_cases(rng, connection, confirmed)
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    else:
        with database.write() as connection:
            connection.execute(text("ANALYZE"))


def camera(number: int) -> dict[str, object]:
    """Return one camera of the registry."""
    return {
        "id": UUID(int=number + 1), "camera": f"camera-{number}", "since": 1, "district": DISTRICTS[number % 12],
        "grade": 2, "settings": {}, "addresses": b"", "paused": False,
    }  # fmt: skip


def candidate(rng: random.Random, number: int) -> dict[str, object]:
    """Return one candidate, of any time of the year, most of them at some hundred places."""
    seen = END - timedelta(seconds=rng.uniform(0, DAYS * 86400))
    place = rng.randrange(400)
    seen_by = f"camera-{place % CAMERAS}"
    return {
        "id": UUID(int=number + 10), "source": seen_by, "key": f"place-{number}", "class_name": rng.choice(CLASSES),
        "outcome": "violation", "reasons": [{"code": "inside_zone", "params": {"zone": "a", "kind": "main_road"}}] * 3,
        "zone": f"road-{place % 40}", "lat": 34.70 + place // 20 * 0.005 + rng.gauss(0, 0.0005),
        "lon": 113.55 + place % 20 * 0.006 + rng.gauss(0, 0.0005), "ce90": 3.0, "box": [1.0, 2.0, 3.0, 4.0],
        "confidence": 0.9, "first_seen": seen, "last_seen": seen + timedelta(minutes=9), "frames": 40,
        "found_by": "model", "finders": [{"finder": "model", "looks": 6, "said": 5}] * 2,
        "camera_id": seen_by, "camera_version": 1, "district": DISTRICTS[place % 12], "grade": 2,
        "frame_at": seen, "timed": True,
        "models": [{"name": "street", "version": "3", "sha256": "a" * 64}], "rulebook_version": "1",
        "state": rng.choices(STATES, (10, 50, 30, 10))[0], "created_at": seen + timedelta(minutes=6),
        "updated_at": seen + timedelta(minutes=9),
    }  # fmt: skip


def verdict(rng: random.Random, row: dict[str, object], actor: UUID) -> dict[str, object]:
    """Return the verdict on a candidate that was decided on."""
    made, state = row["created_at"], row["state"]
    assert isinstance(made, datetime)
    assert isinstance(row["id"], UUID)
    reason = None if state == "confirmed" else rng.choice(REASONS[1:])
    return {
        "id": UUID(int=row["id"].int + 2**64), "candidate_id": row["id"], "actor_id": actor, "decision": state,
        "reason": reason, "note": "", "decided_at": made + timedelta(hours=rng.expovariate(1)),
    }  # fmt: skip


def add_cases(rng: random.Random, connection: Connection, confirmed: list[dict[str, object]]) -> None:
    """Store the deliveries of confirmed candidates with how far each case is."""
    sent, progress, events = [], [], []
    for row in confirmed:
        made, number = row["created_at"], row["id"]
        assert isinstance(made, datetime)
        assert isinstance(number, UUID)
        at = made + timedelta(hours=rng.expovariate(1))
        key = UUID(int=number.int + 2**64)
        sent.append({
            "id": key, "candidate_id": number, "body": b"{}" * 800, "state": "delivered", "attempts": 1,
            "created_at": at, "next_attempt_at": at, "delivered_at": at,
        })  # fmt: skip
        steps = ("accepted", "dispatched", "fixed", "checked", "closed")[: rng.randrange(6)]
        for place, step in enumerate(steps):
            at += timedelta(hours=rng.expovariate(0.2))
            events.append({
                "id": UUID(int=key.int + (place + 1) * 2**80), "delivery_id": key, "case_system": "desk",
                "event_id": f"{key}-{step}", "source": "desk", "status": step, "said_at": at, "received_at": at,
                "note": "", "result": "moved",
            })  # fmt: skip
        if steps:
            progress.append({"delivery_id": key, "status": steps[-1], "status_at": at})
    added: tuple[tuple[Table, list[dict[str, object]]], ...] = (
        (outbox, sent), (case_progress, progress), (case_events, events)
    )  # fmt: skip
    for table, rows in added:
        if rows:
            connection.execute(table.insert(), rows)


def queries() -> Iterator[tuple[str, Callable[[Scope, Connection, Selection], object]]]:
    """Yield the name of each query, and what it does."""
    day = timedelta(days=1)
    yield "counts by state, district, class", repository.groups
    yield (
        "trend by class and district",
        lambda scope, db, asked: repository.stretches(
            scope, db, asked, weekly=asked.period.days >= service.WEEKLY_FROM
        ),
    )
    yield "hours of the day", repository.hours
    yield "precision by class and hour", repository.judged_by_class
    yield "precision by camera", repository.judged_by_camera
    yield "status of cases", case_queries.statuses
    yield "time of each step", case_queries.step_times
    yield "overdue", lambda scope, db, asked: case_queries.punctuality(scope, db, asked, day, END)
    yield "recurrence", lambda scope, db, asked: case_queries.recurrence(scope, db, asked, 30 * day, service.RADIUS)
    yield "heat map", place_queries.grid
    yield "zones", place_queries.zones


def measure(database: Database, repeat: int) -> float:
    """Print the median time of each query for a month and a year, in all districts and in one; return the slowest."""
    today = date(2026, 11, 28)
    month, year = (Period(today - timedelta(days=days), today, ZONE) for days in (29, DAYS))
    one = Scope.of([DISTRICTS[3]])
    kinds = (("month", EVERYWHERE, month), ("month, one district", one, month), ("year", EVERYWHERE, year))
    print(f"{'':36}" + "".join(f"{name:>22}" for name, _, _ in kinds))
    slowest = 0.0
    for name, ask in queries():
        line = []
        for _, scope, period in kinds:
            times, cpu = [], []
            for _ in range(repeat):
                with database.read() as connection:
                    begun, busy = time.perf_counter(), time.process_time()
                    ask(scope, connection, Selection(period))
                    times.append(time.perf_counter() - begun)
                    cpu.append(time.process_time() - busy)
            line.append((statistics.median(times), statistics.median(cpu)))
        slowest = max(slowest, *(wall for wall, _ in line))
        print(f"{name:36}" + "".join(f"{1000 * wall:>12.0f} ({1000 * busy:4.0f}) ms" for wall, busy in line))
    return slowest


if __name__ == "__main__":
    main()
