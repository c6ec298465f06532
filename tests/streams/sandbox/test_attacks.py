"""What a decoder that was taken over can do: nothing, whoever runs the service."""

import time
from pathlib import Path

import pytest

from tests.streams.sandbox.users import run_as, start_as

USERS = ("root", "nobody")
NOT_ATTEMPTS = ("user", "privileges", "held", "exit", "unharmed", "files")


@pytest.mark.parametrize("kind", ["footage", "camera"])
@pytest.mark.parametrize("user", USERS)
def test_no_attempt_succeeds(user: str, kind: str) -> None:
    said = run_as(user, "tests.streams.sandbox.driver", kind)
    held = said["held"]
    assert isinstance(held, dict)
    for layer, needs in (
        ("landlock", "Landlock (Linux 5.13)"),
        ("system_calls", "seccomp filters"),
        ("user_namespace", "user namespaces"),
    ):
        if not held[layer]:
            pytest.skip(f"this kernel, or the container around us, does not allow {needs}")
    outcomes = {name: text for name, text in said.items() if name not in NOT_ATTEMPTS}
    assert len(outcomes) > 50
    assert {name for name, text in outcomes.items() if not str(text).startswith("denied")} == set()
    assert held["no_new_privileges"]
    assert held["capabilities"]
    assert held["network_namespace"] == (kind == "footage")
    assert (said["user"] == 0, said["privileges"] != 0) == (user == "root", user == "root")
    assert said["exit"] == 0
    assert said["unharmed"]
    assert said["files"] == ["footage", "secret.key", "unix"]


@pytest.mark.parametrize("user", USERS)
def test_without_the_sandbox_most_attempts_succeed(user: str) -> None:
    """What cannot succeed anywhere would prove nothing above."""
    said = run_as(user, "tests.streams.sandbox.driver", "bare")
    succeeded = {name for name, text in said.items() if text == "SUCCEEDED"}
    assert len(succeeded) >= 25, sorted(set(said) - succeeded)


@pytest.mark.parametrize("user", USERS)
def test_a_decoder_dies_with_the_service(user: str) -> None:
    service = start_as(user, "tests.streams.sandbox.orphan")
    assert service.stdout is not None
    decoder = Path("/proc", service.stdout.readline().strip())
    assert "launch.py" in (decoder / "cmdline").read_text()
    service.kill()
    service.wait()
    service.stdout.close()
    until = time.monotonic() + 5
    while (decoder / "exe").is_symlink() and _runs(decoder) and time.monotonic() < until:
        time.sleep(0.02)
    assert not _runs(decoder)


def _runs(process: Path) -> bool:
    try:
        return ") Z " not in (process / "stat").read_text()
    except OSError:
        return False


@pytest.mark.parametrize(
    ("call", "lacks", "still"),
    [
        ("unshare", {"network_namespace", "user_namespace"}, 0),
        ("landlock_create_ruleset", {"landlock"}, 5),
        ("seccomp", {"seccomp", "camera_addresses"}, 10),
        ("pidfd_getfd", {"camera_addresses"}, 0),
    ],
)
@pytest.mark.parametrize("user", USERS)
def test_what_a_container_forbids_is_missing_and_said(user: str, call: str, lacks: set[str], still: int) -> None:
    """One layer less is no reason to fail; the others hold, and `still` is what succeeds without it at most."""
    said = run_as(user, "tests.streams.sandbox.degraded", call)
    everything = run_as(user, "tests.streams.sandbox.driver", "footage")["held"]
    assert isinstance(everything, dict)
    if not (everything["landlock"] and everything["system_calls"] and everything["user_namespace"]):
        pytest.skip("this kernel, or the container around us, lacks a layer already")
    assert set(said["lacks"]) == lacks  # type: ignore[call-overload]  # JSON
    assert said["frames"] == 1
    assert len(said["won"]) <= still  # type: ignore[arg-type]  # JSON
