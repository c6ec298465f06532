"""A pack can be checked by another person, and any bit that is changed in it is found."""

import random
import shutil
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from api.candidates import repository as candidates
from api.candidates.intake import StoreSink
from api.candidates.repository import EVERYTHING
from api.candidates.verdicts import Decision
from api.cases.evidence_pack import export_pack, is_recorded, log_faults
from api.cases.payload import write_payload
from api.db.database import Database
from api.db.scope import EVERYWHERE
from api.errors import MaskingFailed, NotFound
from api.evidence.files import EvidenceStore
from api.evidence.masks import Masks
from api.evidence.pack import verify_pack, write_pack
from api.review.service import decide
from detector.vision.engine import OnnxModel, load_model
from tests.api.cameras.registered import LI_WEI
from tests.api.evidence.test_moments import seen
from tests.api.samples import NOON
from tests.detector.nets import save_colour_detector

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
LATER = NOON + timedelta(hours=1)


def confirmed(sink: StoreSink, database: Database, files: EvidenceStore) -> UUID:
    """A case with pictures of every moment."""
    for minutes in (6, 11, 16):
        sink.take(seen(minutes, first=minutes == 6))
    with database.read() as connection:
        (item,) = candidates.page(EVERYWHERE, connection, EVERYTHING, None, 10).items
    verdict = decide(
        EVERYWHERE, database, files, item.id, decision=Decision.CONFIRMED, reason=None, note="", actor=LI_WEI,
        now=LATER, undo_window=timedelta(0),
        write_body=lambda *said: write_payload(*said, base_url="https://city.test"),
    )  # fmt: skip
    return verdict.id


@pytest.fixture
def pack(sink: StoreSink, database: Database, files: EvidenceStore, tmp_path: Path) -> Path:
    case = confirmed(sink, database, files)
    content = export_pack(EVERYWHERE, database, files, None, case, "for the hearing", LATER)
    path = tmp_path / "pack.zip"
    path.write_bytes(content)
    return path


def test_another_person_checks_a_pack_with_sha256sum_alone(pack: Path, tmp_path: Path) -> None:
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(unpacked)
    command = [shutil.which("sha256sum") or "sha256sum", "-c", "--strict", "SHA256SUMS"]
    done = subprocess.run(command, cwd=unpacked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    listed = {line.split(":")[0] for line in done.stdout.splitlines()}
    assert listed | {"SHA256SUMS"} == {
        str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()
    }
    assert {"pictures/first.jpg", "pictures/breach.jpg", "pictures/last.jpg", "pictures/film-1.jpg"} <= listed
    english, chinese = ((unpacked / f"summary.{code}.html").read_text("utf-8") for code in ("en", "zh"))
    assert "2026-11-20 04:06:00 UTC" in english
    assert "违规时刻" in chinese


def test_the_audit_log_knows_the_pack_and_no_other(pack: Path, database: Database) -> None:
    with database.read() as connection:
        assert is_recorded(EVERYWHERE, connection, pack.read_bytes())
        assert not is_recorded(EVERYWHERE, connection, pack.read_bytes()[:-1] + b"x")


def test_any_flipped_bit_is_found(pack: Path) -> None:
    content = pack.read_bytes()
    files, faults = verify_pack(pack)
    assert not faults
    assert not log_faults(files)
    dice = random.Random(17)
    listing = content.rindex(b"PK\x01\x02", 0, len(content) - 200)
    places = [dice.randrange(len(content)) for _ in range(60)] + [
        dice.randrange(listing, len(content)) for _ in range(60)
    ]
    missed = []
    for place in places:
        flipped = bytearray(content)
        flipped[place] ^= 1 << dice.randrange(8)
        pack.write_bytes(bytes(flipped))
        if not verify_pack(pack)[1]:
            missed.append(place)
    assert missed == []


@pytest.mark.parametrize(
    ("harm", "fault"), [("change", "changed: b.txt"), ("add", "added: c.txt"), ("remove", "missing: b.txt")]
)
def test_what_is_wrong_is_named(database: Database, tmp_path: Path, harm: str, fault: str) -> None:
    kept = {"a.txt": b"a", "b.txt": b"b"}
    whole, path = tmp_path / "whole.zip", tmp_path / "harmed.zip"
    whole.write_bytes(write_pack(kept))
    files = verify_pack(whole)[0]
    if harm == "remove":
        del files["b.txt"]
    else:
        files["b.txt" if harm == "change" else "c.txt"] = b"other"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    assert verify_pack(path)[1] == [fault]


def test_a_changed_event_in_a_pack_is_named(pack: Path) -> None:
    files, _ = verify_pack(pack)
    files["log.jsonl"] = files["log.jsonl"].replace(b"confirmed", b"rejected!")
    assert any("changed: event" in fault for fault in log_faults(files))


def test_a_case_that_is_not_there_gives_no_pack(database: Database, files: EvidenceStore) -> None:
    with pytest.raises(NotFound):
        export_pack(EVERYWHERE, database, files, None, uuid4(), "for the hearing", LATER)


def test_where_nothing_can_be_masked_nothing_leaves(
    sink: StoreSink, database: Database, files: EvidenceStore, tmp_path: Path
) -> None:
    case = confirmed(sink, database, files)
    path = save_colour_detector(tmp_path / "net.onnx")
    blind = Masks(files, lambda: OnnxModel(path, ("red", "green", "blue"), 0.9))
    with pytest.raises(MaskingFailed, match="does not know"):
        export_pack(EVERYWHERE, database, files, blind, case, "for the hearing", LATER)
    gone = Masks(files, lambda: load_model("no-such-model"))
    with pytest.raises(MaskingFailed, match="is not shown"):
        export_pack(EVERYWHERE, database, files, gone, case, "for the hearing", LATER)
