"""Sample footage with known truth.

    python -m training.scenes camera --out DIR     the street camera's clip, its truth and the demo's configuration
    python -m training.scenes drone --out DIR      the drone's clip, its telemetry and its truth
    python -m training.scenes config --out DIR     the configuration alone (needs no renderer)
    python -m training.scenes frames --out DIR --count N     labelled single pictures of random streets, for training
    python -m training.scenes cutouts --out DIR --count N    things with nothing behind them, for composites

Rendering needs the `scenes` extra (Python 3.11) and ffmpeg. The same seed gives the same street and the same script.
An interrupted rendering goes on where it stopped when it is given the same --work folder.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from training.errors import TrainingError
from training.scenes import config, encode, flight_path, timeline, truth

CAMERA_FPS, CAMERA_KEY = timeline.SPEED / timeline.STEP, 2
FLIGHT_FPS, FLIGHT_KEY = 1 / timeline.FLIGHT_STEP, 2


def main() -> None:
    """Render, encode and describe one clip."""
    wanted = _arguments()
    wanted.out.mkdir(parents=True, exist_ok=True)
    work = wanted.work or wanted.out / "frames"
    try:
        if wanted.clip == "config":
            script, pose = timeline.street_script(wanted.seed), timeline.CAMERA.resized(wanted.width)
            config.write(wanted.out, script, pose, "street.mp4")
        elif wanted.clip == "camera":
            _camera(wanted, work / "street")
        elif wanted.clip == "drone":
            _drone(wanted, work / "flight")
        elif wanted.clip == "cutouts":
            from training.scenes import studio

            studio.cut_outs(wanted.out, wanted.count, wanted.seed, wanted.samples, wanted.threads)
        else:
            from training.scenes import frames, photos, random_block

            worn = photos.find(wanted.photos) if wanted.photos else None
            frames.render_frames(
                wanted.out,
                wanted.count,
                wanted.seed,
                wanted.width,
                wanted.samples,
                wanted.threads,
                worn,
                random_block.pole_view if wanted.pole else random_block.view,
            )
    except TrainingError as fault:
        sys.exit(f"scenes: {fault}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="training.scenes", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clip", choices=("camera", "drone", "config", "frames", "cutouts"))
    parser.add_argument("--out", type=Path, required=True, help="where the clip and its truth go")
    parser.add_argument("--work", type=Path, help="where the single frames go (default: OUT/frames)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--width", type=int, default=1280, help="of the picture, 16:9")
    parser.add_argument("--samples", type=int, default=6, help="light paths a pixel, before denoising")
    parser.add_argument("--quality", type=int, default=34, help="x264 constant rate factor; lower is better and larger")
    parser.add_argument("--count", type=int, default=100, help="how many pictures (frames only)")
    parser.add_argument("--photos", type=Path, help="a folder with labelled sets: surfaces wear them (frames only)")
    parser.add_argument("--pole", action="store_true", help="views from a lamp-post alone (frames only)")
    parser.add_argument("--above", type=float, default=timeline.FLIGHT_HEIGHT, help="metres over the street (drone)")
    parser.add_argument("--tilt", type=float, default=flight_path.NADIR, help="degrees of pitch of its camera (drone)")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def _camera(wanted: argparse.Namespace, work: Path) -> None:
    from training.scenes import clip  # imports Blender, which `config` does without

    script, pose = timeline.street_script(wanted.seed), timeline.CAMERA.resized(wanted.width)
    poses = [pose] * script.frames
    frames = clip.render_clip(
        lambda: clip.Scene(script, pose, wanted.samples, wanted.threads).frame, work, script.frames
    )
    encode.encode(work, wanted.out / "street.mp4", CAMERA_FPS, CAMERA_KEY, wanted.quality)
    truth.write_json(wanted.out / "street.json", truth.document("street.mp4", script, poses, frames, CAMERA_FPS))
    config.write(wanted.out, script, pose, "street.mp4")


def _drone(wanted: argparse.Namespace, work: Path) -> None:
    from training.scenes import clip, flight

    script = timeline.flight_script(wanted.seed)
    poses = flight_path.poses(script, wanted.width, wanted.above, wanted.tilt)
    frames = clip.render_clip(
        lambda: flight.FlightPlan(script, poses, wanted.samples, wanted.threads).frame, work, script.frames
    )
    encode.encode(work, wanted.out / "flight.mp4", FLIGHT_FPS, FLIGHT_KEY, wanted.quality, encode.FLAT)
    srt = encode.subtitles(script, poses, flight_path.FOCAL_35MM, flight_path.GROUND_ALTITUDE)
    (wanted.out / "flight.srt").write_text(srt, encoding="utf-8")
    truth.write_json(wanted.out / "flight.json", truth.document("flight.mp4", script, poses, frames, FLIGHT_FPS))


if __name__ == "__main__":
    main()
