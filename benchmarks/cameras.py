"""What watching a camera costs, beside the way most people do it: CPU seconds per camera-minute, in one run.

    python benchmarks/cameras.py --video ../shared/video/vtest.avi --weights ../shared/weights/yolov8n.pt
        [--cameras 8] [--seconds 60] [--every 2] [--contenders ultralytics,processes,openvino]
        [--broken 0] [--cut-at 0] [--plot samples.png]

Real RTSP over loopback: 1080p at 25/s with a key frame every 2 s, 4 Mb/s H.264, made from the video (and a 640x360
sub-stream). The video's pictures follow each other at 25/s whatever its own rate: pictures doubled to fill up the rate
would cost nothing to decode, and no camera sends them. Every sample is inferred, 384x640. CPU is user and system time
of the watching process and its children; the server's is told beside it. Needs ffmpeg, ultralytics and psutil.

Contenders: `ultralytics` (its loader, torch), `threads` and `processes` (ours, ONNX Runtime), `openvino` (ours, in
processes; first shown to agree with ONNX Runtime on the video, refused otherwise), `product` (ours, in processes, with
the product's own looks: shipped models, a rule of 5 minutes; `ms a look` is then that of a cheap one). `openvino@sub`
reads the sub-stream.

`--broken` adds cameras that fail in every way there is, and `--cut-at` cuts all connections once, that many seconds
into the run. Compare ratios of one run, not figures of two: the machine drifts.
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from api.cameras.assembly import LookSpec, build_look
from api.inference.model_cache import ModelCache
from api.inference.model_choice import default_models
from api.rulebooks.fallback import without_rulebook
from benchmarks.bulk_server import FPS, Clips, Opened, serve
from detector.candidate import Candidate
from detector.vision.engine import OnnxModel
from detector.vision.frame import Frame, Image
from detector.vision.openvino_engine import OpenVinoEngine
from models.engine_record import LEAST_BOXES, MOST_ODD
from models.registry import class_names
from streams.fleet import CameraJob, Fleet
from streams.frames.sink import CameraNote
from streams.health.faults import HealthWatch
from streams.health.health_gate import gate_for, health_gated
from streams.watcher import Look
from training.evaluation.engine_agreement import compare


@dataclass(slots=True)
class Samples:
    """When each camera's samples were done (monotonic seconds), and the CPU time of one look at a picture (ms)."""

    of: dict[str, list[float]] = field(default_factory=dict)
    look_ms: float = 0.0

    def add(self, camera: str) -> None:
        self.of.setdefault(camera, []).append(time.monotonic())


class Silent:
    """A sink for a run that finds nothing worth telling."""

    def take(self, candidate: Candidate) -> None:
        pass

    def note(self, note: CameraNote) -> None:
        pass


def watch_ours(urls: Sequence[str], args: argparse.Namespace, samples: Samples) -> Iterator[None]:
    if args.contender == "product":
        yield from watch_with_looks(urls, args, samples)
        return
    path = Path(args.onnx)
    model = OnnxModel(path, class_names(path))
    if args.contender == "openvino":
        faster = OnnxModel(path, class_names(path), make_engine=OpenVinoEngine)
        check(model, faster, Path(args.video))
        model = faster

    samples.look_ms = look_ms(model.detect, Path(args.video))

    def make_look(camera: str) -> Look:
        def look(frame: Frame) -> Sequence[Candidate]:
            model.detect(frame.image)
            samples.add(camera)
            return ()

        return look

    fleet = Fleet(make_look, Silent(), openings_per_second=8, processes=args.contender != "threads")
    for url in urls:
        fleet.add(CameraJob(url.rpartition("/")[2], url, timedelta(seconds=args.every)))
    yield
    fleet.close()


def watch_with_looks(urls: Sequence[str], args: argparse.Namespace, samples: Samples) -> Iterator[None]:
    """Yield the product as it watches.

    Cheap and strong looks, stalls and signs, behind the gate that skips what is still.
    """
    shelf = ModelCache()

    def make_look(camera: str) -> Look:
        own = build_look(LookSpec(camera, default_models(shelf)), without_rulebook([camera]), shelf)

        def look(frame: Frame) -> Sequence[Candidate]:
            samples.add(camera)
            return own(frame)

        return health_gated(look, HealthWatch(camera), lambda event: None, gate_for(own.rulebook))

    picture = next(pictures_of(Path(args.video), 1))
    alone = build_look(LookSpec("alone", default_models(shelf)), without_rulebook(["alone"]), shelf)
    moments = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=4 * number) for number in range(100))
    alone(Frame(picture, next(moments), "alone"))
    samples.look_ms = look_ms(lambda image: alone(Frame(image, next(moments), "alone")), Path(args.video))
    fleet = Fleet(make_look, Silent(), openings_per_second=8, processes=True)
    for url in urls:
        fleet.add(CameraJob(url.rpartition("/")[2], url, timedelta(seconds=args.every)))
    yield
    fleet.close()


def look_ms(look: Callable[[Image], object], video: Path, looks: int = 20) -> float:
    """Return what a look costs by itself: no way of watching can be cheaper than all of its looks."""
    picture = next(pictures_of(video, 1))
    look(picture)
    began = time.process_time()
    for _ in range(looks):
        look(picture)
    return (time.process_time() - began) / looks * 1e3


def check(reference: OnnxModel, other: OnnxModel, video: Path) -> None:
    """Apply the gate that the service has too (`streetwarden models agree`), on pictures of the video."""
    compared = compare(reference, other, pictures_of(video, 40))
    print(
        f"openvino against onnxruntime: {compared.boxes} boxes, {compared.odd} odd, scores differ by "
        f"{compared.mean_shift:.4f} on average, {compared.worst_shift:.3f} at most",
        file=sys.stderr,
    )
    if compared.boxes < LEAST_BOXES or compared.odd > MOST_ODD * compared.boxes:
        raise SystemExit("openvino does not agree with onnxruntime here")


def pictures_of(video: Path, count: int) -> Iterator[Image]:
    capture = cv2.VideoCapture(str(video))
    step = max(1, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) // count)
    for number in range(count):
        capture.set(cv2.CAP_PROP_POS_FRAMES, number * step)
        read, picture = capture.read()
        if read:
            yield np.asarray(picture, np.uint8)


def watch_ultralytics(urls: Sequence[str], args: argparse.Namespace, samples: Samples) -> Iterator[None]:
    import torch
    from ultralytics.models.yolo.model import YOLO

    torch.set_num_threads(1)
    alone = YOLO(args.weights)
    samples.look_ms = look_ms(lambda image: alone.predict(image, imgsz=(384, 640), verbose=False), Path(args.video))
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


def contend(args: argparse.Namespace) -> None:
    """Watches until a line comes on standard input; then prints its samples."""
    samples = Samples()
    watching = (watch_ultralytics if args.contender == "ultralytics" else watch_ours)(
        args.urls.split(","), args, samples
    )
    next(watching)
    print("watching", flush=True)
    sys.stdin.readline()
    print(json.dumps(asdict(samples)), flush=True)
    os._exit(0)  # threads of the loader do not end by themselves


@dataclass(slots=True)
class Run:
    """What one contender cost and how well it kept its period; times in seconds since the run's beginning."""

    contender: str
    seconds: float
    cpu: float
    server_cpu: float
    samples: dict[str, list[float]]
    memory: list[tuple[float, float]]  # (when, MB)
    cut: float = 0.0  # when all connections were cut, 0 for never
    back: list[float] = field(default_factory=list)  # after a cut: when each camera's next sample was done
    busiest: int = 0  # after a cut: openings in the busiest second
    look_ms: float = 0.0  # CPU time of one look at a picture, by itself

    @property
    def cost(self) -> float:
        return self.cpu / len(self.samples) / self.seconds * 60

    @property
    def longest_gap(self) -> float:
        """Up to the cut, where there is one."""
        end = self.cut or self.seconds
        return max(
            float(np.diff([0.0, *(at for at in times if at < end), end]).max()) for times in self.samples.values()
        )

    @property
    def growth(self) -> float:
        """MB a minute: the slope of a straight line through all measurements."""
        when, megabytes = np.array(self.memory).T
        return float(np.polyfit(when / 60, megabytes, 1)[0]) if len(when) > 1 else 0.0

    def figures(self) -> dict[str, float | str]:
        taken = sum(map(len, self.samples.values()))
        figures: dict[str, float | str] = {
            "contender": self.contender,
            "cpu_s_per_camera_minute": round(self.cost, 3),
            "look_ms": round(self.look_ms, 1),
            "samples_per_camera_minute": round(taken / len(self.samples) / self.seconds * 60, 2),
            "longest_gap_s": round(self.longest_gap, 2),
            "cameras_a_core": round(60 / self.cost, 1),
            "cores_used": round(self.cpu / self.seconds, 3),
            "server_cores": round(self.server_cpu / self.seconds, 3),
            "memory_mb": round(self.memory[-1][1]),
            "memory_mb_per_min": round(self.growth, 2),
        }
        if self.back:
            figures |= {"all_back_s": round(max(self.back), 1), "openings_in_busiest_second": self.busiest}
        return figures


def spent(root: psutil.Process) -> float:
    """CPU seconds so far of a process, its children, and those of them that have ended."""
    seconds = 0.0
    for process in [root, *root.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            seconds += sum(process.cpu_times()[:4])
    return seconds


def memory_of(root: psutil.Process) -> float:
    """Resident megabytes of a process and its children; what they share counts once (PSS)."""
    kilobytes = 0
    for process in [root, *root.children(recursive=True)]:
        with suppress(OSError):  # it has ended meanwhile
            lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
            kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes / 1e3


def encode(video: str, out: Path, size: str, rate: str, *more: str) -> Path:
    """20 s at 25/s with a key frame every 2 s, no B-frames."""
    if not out.exists():
        x264 = ["-c:v", "libx264", "-preset", "veryfast", "-b:v", rate, "-maxrate", rate, "-bufsize", rate, "-bf", "0"]
        keys = ["-g", str(2 * FPS), "-keyint_min", str(2 * FPS), "-sc_threshold", "0", "-threads", "1", *more]
        shape = ["-vf", f"setpts=N/{FPS}/TB,scale={size}", "-r", str(FPS), "-t", "20", "-an", "-pix_fmt", "yuv420p"]
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", video, *shape, *x264, *keys, str(out)], check=True)
    return out


def prepare(args: argparse.Namespace, stream: str) -> tuple[Clips, Path]:
    """Return the clips and the network, made once and kept in the cache."""
    cache, name = Path(args.cache), Path(args.video).stem
    cache.mkdir(parents=True, exist_ok=True)
    main = encode(args.video, cache / f"{name}-25-main.mp4", "1920:1080", "4M")
    small = encode(args.video, cache / f"{name}-25-sub.mp4", "640:360", "500k")
    sliced = encode(args.video, cache / f"{name}-25-sliced.mp4", "1920:1080", "4M", "-x264-params", "slices=4")
    network = cache / f"{Path(args.weights).stem}-384x640.onnx"
    if not network.exists():
        export = (
            "import sys, shutil; from ultralytics import YOLO; shutil.copy(sys.argv[1], sys.argv[2] + '.pt');"
            "shutil.move(YOLO(sys.argv[2] + '.pt').export(format='onnx', imgsz=(384, 640), simplify=True), sys.argv[2])"
        )
        subprocess.run([sys.executable, "-c", export, args.weights, str(network)], check=True, stdout=sys.stderr)
    return Clips(main if stream == "main" else small, small, sliced), network


def run_one(args: argparse.Namespace, contender: str, clips: Clips, network: Path) -> Run:
    """Return one contender against a fresh server, so that each finds the same."""
    context = multiprocessing.get_context("spawn")
    port: multiprocessing.Queue[int] = context.Queue()
    commands: multiprocessing.Queue[str] = context.Queue()
    seen: multiprocessing.Queue[Opened] = context.Queue()
    server = context.Process(target=serve, args=(clips, args.cameras, args.broken, port, commands, seen), daemon=True)
    server.start()
    try:
        address = f"rtsp://127.0.0.1:{port.get(timeout=60)}"
        names = [*(f"camera{n}" for n in range(args.cameras)), *(f"broken{n}" for n in range(args.broken))]
        passed = {
            "urls": ",".join(f"{address}/{name}" for name in names),
            "contender": contender.partition("@")[0],
            "onnx": network,
        }
        passed |= {key: getattr(args, key) for key in ("weights", "cache", "every", "video")}
        command = [sys.executable, __file__, *(f"--{key}={value}" for key, value in passed.items())]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watching:
            run, began, cut_at = observe(args, contender, watching, commands)
            answer, _ = watching.communicate("over\n")
        commands.put("over")
        opened = seen.get(timeout=30)
    finally:
        server.kill()
        server.join()
    said = Samples(**json.loads(answer.splitlines()[-1]))
    told, run.look_ms = said.of, said.look_ms
    well = [f"camera{n}" for n in range(args.cameras)]
    run.samples = {
        name: [at - began for at in told.get(name, []) if began <= at <= began + run.seconds] for name in well
    }
    run.server_cpu = opened.cpu_seconds * run.seconds / (run.seconds + args.warm_up)
    if cut_at:
        run.cut = cut_at - began
        count_return(run, told, opened, cut_at)
    return run


def observe(
    args: argparse.Namespace,
    contender: str,
    watching: "subprocess.Popen[str]",
    commands: "multiprocessing.Queue[str]",
) -> tuple[Run, float, float]:
    """Return the run as it is seen from outside, and when it began and all was cut (monotonic seconds, 0 for never)."""
    assert watching.stdout is not None
    line = watching.stdout.readline()
    while line and line != "watching\n":
        line = watching.stdout.readline()
    time.sleep(args.warm_up)
    root = psutil.Process(watching.pid)
    began, before, cut_at = time.monotonic(), spent(root), 0.0
    memory = [(0.0, memory_of(root))]
    while (passed := time.monotonic() - began) < args.seconds:
        if args.cut_at and not cut_at and passed >= args.cut_at:
            commands.put("cut")
            cut_at = time.monotonic()
        time.sleep(min(5.0, args.seconds - passed, max(0.1, args.cut_at - passed) if not cut_at else 5.0))
        memory.append((time.monotonic() - began, memory_of(root)))
    lasted, cpu = time.monotonic() - began, spent(root) - before
    return Run(contender, lasted, cpu, 0.0, {}, memory), began, cut_at


def count_return(run: Run, told: dict[str, list[float]], opened: Opened, cut_at: float) -> None:
    """How long after the cut each camera's first sample from a new connection was done, and how fast they opened."""
    openings = sorted(at for times in opened.openings.values() for at in times if at > cut_at)
    run.busiest = max((sum(first <= at < first + 1 for at in openings) for first in openings), default=0)
    for name in run.samples:
        again = min((at for at in opened.openings[name] if at > cut_at), default=float("inf"))
        run.back.append(min((at for at in told.get(name, []) if at > again), default=float("inf")) - cut_at)


def table(runs: Sequence[Run]) -> str:
    """Return the figures side by side; the ratio is that of the first contender's CPU time to the others'."""
    heads = ("", "CPU s/cam-min", "ratio", "ms a look", "samples/cam-min", "longest gap s", "cameras a core", "cores")
    rows: list[tuple[object, ...]] = [(*heads, "MB", "MB/min"), ("---",) * 10]
    for run in runs:
        told, ratio = run.figures(), runs[0].cost / run.cost
        keys = ("samples_per_camera_minute", "longest_gap_s", "cameras_a_core", "cores_used", "memory_mb")
        cells = (run.contender, f"{run.cost:.2f}", f"{ratio:.2f}", told["look_ms"], *(told[key] for key in keys))
        rows.append((*cells, told["memory_mb_per_min"]))
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)


def plot(run: Run, path: Path, cut_at: float) -> None:
    """Every camera's sampling times as dots, and the memory below."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, (above, below) = plt.subplots(2, 1, figsize=(11, 7), height_ratios=[3, 1], sharex=True)
    for row, times in enumerate(run.samples.values()):
        above.plot(times, [row] * len(times), ".", markersize=1.5, color="black")
    if cut_at:
        above.axvline(cut_at, color="red", linewidth=0.8)
    above.set_ylabel("camera, one dot a sample")
    below.plot(*np.array(run.memory).T, color="black", linewidth=1)
    below.set_ylim(0, 1.1 * max(megabytes for _, megabytes in run.memory))
    below.set_xlabel("seconds")
    below.set_ylabel("memory, MB")
    figure.savefig(path, dpi=90, bbox_inches="tight")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", required=True, help="real footage to make the cameras' clip from")
    parser.add_argument("--weights", required=True, help="a YOLO .pt for both sides")
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--warm-up", type=float, default=20.0)
    parser.add_argument("--every", type=float, default=2.0, help="seconds between two samples of a camera")
    parser.add_argument("--contenders", default="ultralytics,processes,openvino")
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
        clips, network = prepare(args, contender.partition("@")[2] or "main")
        runs.append(run_one(args, contender, clips, network))
        print(json.dumps(runs[-1].figures()), flush=True)
    print(table(runs))
    if args.plot:
        plot(runs[-1], args.plot, args.cut_at)


if __name__ == "__main__":
    main()
