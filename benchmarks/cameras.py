"""What watching a camera costs, beside the way most people do it: CPU seconds per camera-minute, in one run.

    python benchmarks/cameras.py --video ../shared/video/vtest.avi --weights ../shared/weights/yolo11n.pt
        [--cameras 8] [--seconds 60] [--every 2] [--stream main] [--contenders ultralytics,threads,processes]
        [--broken 0] [--cut-at 0] [--plot samples.png]

Real RTSP over loopback: 1080p at 25/s with a key frame every 2 s, 4 Mb/s H.264, made from the video (and a 640x360
sub-stream). Every sample is inferred, 384x640. CPU is user and system time of the watching process and its children;
the server's is not counted. Needs ffmpeg, ultralytics and psutil. `--broken` adds cameras that fail in every way there
is, and `--cut-at` cuts all connections once, that many seconds into the run. Compare ratios of one run, not
figures of two: the machine drifts.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from detector.candidate import Candidate
from detector.engine import OnnxModel
from detector.frame import Frame
from models.registry import class_names
from streams.fleet import CameraJob, Fleet
from streams.loopback import ServerThread, Session
from streams.rtp import CLOCK, Clip, Packetiser, read_clip
from streams.sink import CameraNote
from streams.watcher import Look
from tests.streams.rtsp_server import BadServer, Camera, Fault

FPS = 25
FAULTS = (Fault.STALL, Fault.CUT, Fault.HANG, Fault.SILENT, Fault.MISSING, Fault.FROZEN, Fault.CODEC, Fault.GARBAGE)


# --- the server: packets are laid out once, and only numbers and times are written into them afterwards ---


@dataclass(frozen=True, slots=True)
class Laid:
    """One picture as it goes over the wire, interleaved on channel 0; `heads` are the offsets of its RTP headers."""

    wire: NDArray[np.uint8]
    heads: NDArray[np.int64]

    @classmethod
    def of(cls, packets: Sequence[bytes]) -> "Laid":
        parts, heads, at = [], [], 0
        for packet in packets:
            parts.append(b"$\0" + len(packet).to_bytes(2, "big") + packet)
            heads.append(at + 4)
            at += 4 + len(packet)
        return cls(np.frombuffer(b"".join(parts), np.uint8), np.array(heads))

    def numbered(self, sequence: int, stamp: int) -> bytes:
        """The bytes with these RTP numbers, counting up, and this time."""
        wire, numbers = self.wire.copy(), (sequence + np.arange(len(self.heads))) & 0xFFFF
        wire[self.heads + 2], wire[self.heads + 3] = numbers >> 8, numbers & 255
        for byte in range(4):
            wire[self.heads + 4 + byte] = stamp >> (24 - 8 * byte) & 255
        return wire.tobytes()


class BulkServer(BadServer):
    """Many well cameras at little cost; the others fail as in the tests."""

    def __init__(self) -> None:
        super().__init__()
        self._laid: dict[int, list[Laid]] = {}

    def lay_out(self, clip: Clip) -> None:
        packetiser = Packetiser(clip.codec, 7, 0, 0)
        self._laid[id(clip)] = [Laid.of(list(packetiser.packets(picture, 0.0))) for picture in clip.pictures]

    async def play(self, session: Session) -> None:
        camera = self.cameras[session.path]
        if camera.fault is not Fault.NONE or session.channel != 0:
            return await super().play(session)
        self.sessions.append(session)
        laid, clock = self._laid[id(camera.clip)], asyncio.get_running_loop()
        began, number, sequence = clock.time(), 0, 0
        while not session.writer.is_closing():
            picture = laid[number % len(laid)]
            session.writer.write(picture.numbered(sequence, number * CLOCK // FPS))
            await session.writer.drain()
            sequence, number = sequence + len(picture.heads), number + 1
            await asyncio.sleep(max(0.0, began + number / FPS - clock.time()))


def serve(clip_path: Path, cameras: int, broken: int, port: "multiprocessing.Queue[int]", cut_at: float) -> None:
    clip, server = read_clip(clip_path), BulkServer()
    server.lay_out(clip)
    for number in range(cameras):
        server.cameras[f"camera{number}"] = Camera(clip)
    for number in range(broken):
        server.cameras[f"broken{number}"] = Camera(clip, FAULTS[number % len(FAULTS)], after=5.0 + number)
    host = ServerThread(server)
    host.start()
    port.put(host.port)
    if cut_at:
        time.sleep(cut_at)
        host.call(server.drop_all)
    threading.Event().wait()


# --- the contenders: each runs in a process of its own ---


@dataclass(slots=True)
class Samples:
    """When each camera's samples were done (monotonic seconds)."""

    of: dict[str, list[float]] = field(default_factory=dict)

    def add(self, camera: str) -> None:
        self.of.setdefault(camera, []).append(time.monotonic())


class Silent:
    """A sink for a run that finds nothing worth telling."""

    def take(self, candidate: Candidate) -> None:
        pass

    def note(self, note: CameraNote) -> None:
        pass


def watch_ours(urls: Sequence[str], args: argparse.Namespace, samples: Samples) -> Iterator[None]:
    path = Path(args.onnx)
    model = OnnxModel(path, class_names(path))

    def make_look(camera: str) -> Look:
        def look(frame: Frame) -> Sequence[Candidate]:
            model.detect(frame.image)
            samples.add(camera)
            return ()

        return look

    fleet = Fleet(make_look, Silent(), openings_per_second=8, processes=args.contender == "processes")
    for url in urls:
        fleet.add(CameraJob(url.rpartition("/")[2], url, timedelta(seconds=args.every)))
    yield
    fleet.close()


def watch_ultralytics(urls: Sequence[str], args: argparse.Namespace, samples: Samples) -> Iterator[None]:
    import torch
    from ultralytics.models.yolo.model import YOLO

    torch.set_num_threads(1)
    listed = Path(args.cache) / "list.streams"
    listed.write_text("\n".join(urls))

    def run() -> None:
        model = YOLO(args.weights)
        stride = max(1, round(args.every * FPS))
        results = model.predict(str(listed), stream=True, vid_stride=stride, imgsz=(384, 640), verbose=False)
        for number, _ in enumerate(results):
            samples.add(urls[number % len(urls)].rpartition("/")[2])

    threading.Thread(target=run, daemon=True).start()
    yield


def spent() -> tuple[float, float]:
    """CPU seconds so far and megabytes now, of this process and its children; what they share counts once (PSS)."""
    seconds, memory = 0.0, 0.0
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        try:
            times = process.cpu_times()
            seconds += times.user + times.system
            memory += process.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return seconds, memory / 1e6


def contend(args: argparse.Namespace) -> None:
    """Watches for the warm-up and the run, and prints one JSON line."""
    samples = Samples()
    urls = args.urls.split(",")
    well = [url.rpartition("/")[2] for url in urls if "/camera" in url]
    watching = (watch_ultralytics if args.contender == "ultralytics" else watch_ours)(urls, args, samples)
    next(watching)
    time.sleep(args.warm_up)
    began, (cpu, memory) = time.monotonic(), spent()
    memories = [memory]
    while (left := began + args.seconds - time.monotonic()) > 0:
        time.sleep(min(5.0, left))
        memories.append(spent()[1])
    lasted, (cpu_end, memory_end) = time.monotonic() - began, spent()
    inside = {camera: [at - began for at in samples.of.get(camera, []) if at >= began] for camera in well}
    gaps = [gap for times in inside.values() for gap in np.diff([0.0, *times, lasted])]
    taken = sum(map(len, inside.values()))
    figures = {
        "contender": args.contender,
        "cpu_s_per_camera_minute": (cpu_end - cpu) / len(well) / lasted * 60,
        "samples_per_camera_minute": taken / len(well) / lasted * 60,
        "longest_gap_s": float(max(gaps)),
        "cores_used": (cpu_end - cpu) / lasted,
        "memory_mb": memory_end,
        "memory_growth_mb_per_min": (memory_end - memory) / lasted * 60,
        "samples": inside,
        "memories": memories,
    }
    print(json.dumps(figures), flush=True)
    os._exit(0)  # threads of the loader do not end by themselves


# --- the run ---


def prepare(args: argparse.Namespace) -> tuple[Path, Path]:
    """The clip and the network, made once and kept in the cache."""
    cache = Path(args.cache)
    cache.mkdir(parents=True, exist_ok=True)
    size, rate = ("1920:1080", "4M") if args.stream == "main" else ("640:360", "500k")
    clip = cache / f"{Path(args.video).stem}-{args.stream}.mp4"
    if not clip.exists():
        encode = [
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-b:v",
            rate,
            "-maxrate",
            rate,
            "-bufsize",
            rate,
            "-bf",
            "0",
        ]
        keys = ["-g", str(2 * FPS), "-keyint_min", str(2 * FPS), "-sc_threshold", "0", "-threads", "1"]
        filters = ["-t", "20", "-an", "-vf", f"scale={size},fps={FPS}", "-pix_fmt", "yuv420p"]
        subprocess.run(
            ["ffmpeg", "-v", "error", "-y", "-i", args.video, *filters, *encode, *keys, str(clip)], check=True
        )
    network = cache / f"{Path(args.weights).stem}-384x640.onnx"
    if not network.exists():
        export = (
            "import sys, shutil; from ultralytics import YOLO; shutil.copy(sys.argv[1], sys.argv[2] + '.pt');"
            "shutil.move(YOLO(sys.argv[2] + '.pt').export(format='onnx', imgsz=(384, 640), simplify=True), sys.argv[2])"
        )
        subprocess.run([sys.executable, "-c", export, args.weights, str(network)], check=True, stdout=sys.stderr)
    return clip, network


def run_one(args: argparse.Namespace, contender: str, clip: Path, network: Path) -> dict[str, object]:
    """One contender against a fresh server, so that each finds the same."""
    context = multiprocessing.get_context("spawn")
    answer: multiprocessing.Queue[int] = context.Queue()
    cut_at = args.warm_up + args.cut_at if args.cut_at else 0.0
    server = context.Process(target=serve, args=(clip, args.cameras, args.broken, answer, cut_at), daemon=True)
    server.start()
    try:
        port = answer.get(timeout=60)
        names = [*(f"camera{n}" for n in range(args.cameras)), *(f"broken{n}" for n in range(args.broken))]
        urls = ",".join(f"rtsp://127.0.0.1:{port}/{name}" for name in names)
        passed = {"urls": urls, "contender": contender, "onnx": network, "weights": args.weights, "cache": args.cache}
        passed |= {"every": args.every, "seconds": args.seconds, "warm-up": args.warm_up, "video": args.video}
        command = [sys.executable, __file__, *(f"--{key}={value}" for key, value in passed.items())]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if not lines:
            return {"contender": contender, "failed": done.returncode}
        figures: dict[str, object] = json.loads(lines[-1])
        return figures
    finally:
        server.kill()
        server.join()


def table(runs: Sequence[dict[str, object]]) -> str:
    """The figures side by side; the ratio is that of the first contender's CPU time to the others'."""
    head = "| | CPU s/cam-min | ratio | samples/cam-min | longest gap s | cameras a core | cores | MB | MB/min |"
    rows = [head, "|---" * 9 + "|"]
    base = runs[0].get("cpu_s_per_camera_minute")
    for run in runs:
        cost = run.get("cpu_s_per_camera_minute")
        if not isinstance(cost, float) or not isinstance(base, float):
            rows.append(f"| {run['contender']} | failed: {run.get('failed')} |" + " |" * 7)
            continue
        rows.append(
            f"| {run['contender']} | {cost:.2f} | {base / cost:.2f} | {run['samples_per_camera_minute']:.1f} "
            f"| {run['longest_gap_s']:.2f} | {60 / cost:.0f} | {run['cores_used']:.2f} "
            f"| {run['memory_mb']:.0f} | {run['memory_growth_mb_per_min']:.2f} |"
        )
    return "\n".join(rows)


def plot(run: dict[str, object], path: Path) -> None:
    """Every camera's sampling times as dots, and the memory below."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, (above, below) = plt.subplots(2, 1, figsize=(12, 9), height_ratios=[3, 1], sharex=True)
    samples, memories = run["samples"], run["memories"]
    assert isinstance(samples, dict)
    assert isinstance(memories, list)
    for row, times in enumerate(samples.values()):
        above.plot(times, [row] * len(times), ".", markersize=2)
    above.set_ylabel("camera")
    below.plot([5.0 * number for number in range(len(memories))], memories)
    below.set_xlabel("seconds")
    below.set_ylabel("resident MB")
    figure.savefig(path, dpi=110, bbox_inches="tight")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", required=True, help="real footage to make the cameras' clip from")
    parser.add_argument("--weights", required=True, help="a YOLO .pt for both sides")
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--warm-up", type=float, default=20.0)
    parser.add_argument("--every", type=float, default=2.0, help="seconds between two samples of a camera")
    parser.add_argument("--stream", choices=("main", "sub"), default="main", help="sub: ours read 640x360")
    parser.add_argument("--contenders", default="ultralytics,threads,processes")
    parser.add_argument("--broken", type=int, default=0, help="cameras added that fail")
    parser.add_argument("--cut-at", type=float, default=0.0, help="seconds into the run at which all are cut")
    parser.add_argument("--cache", default="var/benchmark")
    parser.add_argument("--plot", type=Path, help="picture of the last contender's sampling times and memory")
    for hidden in ("--contender", "--urls", "--onnx"):
        parser.add_argument(hidden, default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    args = parse()
    if args.contender:
        return contend(args)
    runs = []
    for contender in args.contenders.split(","):
        # The loader always reads the main stream: reading the small one is what we do instead.
        stream = "main" if contender == "ultralytics" else args.stream
        clip, network = prepare(argparse.Namespace(**{**vars(args), "stream": stream}))
        runs.append(run_one(args, contender, clip, network))
        print(json.dumps({key: value for key, value in runs[-1].items() if key not in ("samples", "memories")}))
    print(table(runs))
    if args.plot:
        plot(runs[-1], args.plot)


if __name__ == "__main__":
    main()
