"""Builds the image and runs the compose file as it is, with docker or podman, whichever is there.

    python -m tests.containers.compose_run [--skip-build]

The image without extras takes at most 450 MB over its base. With that of PostgreSQL: the default
service, then the profiles proxy, prometheus and replicas: each answers the three calls,
keeps a written item over a stop (within 20 s) and a start, and is taken down. If images cannot be
pulled, `--stand-ins` makes those of nginx, Prometheus and PostgreSQL from Debian packages.

`CONTAINER_BUILD` gives further options of the build, `COMPOSE` the command of compose.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.support.paths import ROOT

KEY = "a-key-for-these-containers"
HEADERS = {"Authorization": f"Bearer {KEY}"}
STOPPED_WITHIN_S = 20
MOST_MB = 450
_BASE = "python:3.11-slim"
_STAND_INS = Path(__file__).parent / "stand_ins"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skip-build", action="store_true", help="the image was built before")
    parser.add_argument("--stand-ins", action="store_true", help="images from Debian packages")
    options = parser.parse_args()
    engine = find_engine()
    if not options.skip_build:
        build(engine, image_of("twinset"), ROOT)
        check_size(engine)
        build(engine, image_of("twinset"), ROOT, "--build-arg", "EXTRAS=app,postgres")
    if options.stand_ins:
        for service in ("proxy", "prometheus", "postgres"):
            build(
                engine,
                image_of(service),
                _STAND_INS,
                "--file",
                f"{_STAND_INS}/{service}.Dockerfile",
            )
    compose = Compose()
    check_one_service(compose)
    check_profiles(compose)
    check_replicas(compose)
    say("all of it works")


def say(words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {words}", flush=True)


def find_engine() -> str:
    """docker if its daemon answers, else podman."""
    for engine in ("docker", "podman"):
        if shutil.which(engine) and run(engine, "info", check=False).returncode == 0:
            return engine
    sys.exit("neither docker nor podman works here")


def run(*command: str, check: bool = True, **more: Any) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if check and done.returncode:
        sys.exit(f"{shlex.join(command)}\n{done.stdout}\n{done.stderr}")
    return done


def image_of(service: str) -> str:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return str(services[service]["image"])


def build(engine: str, tag: str, folder: Path, *options: str) -> None:
    say(f"building {tag}")
    extra = shlex.split(os.environ.get("CONTAINER_BUILD", ""))
    run(engine, "build", *extra, *options, "--tag", tag, str(folder))


def check_size(engine: str) -> None:
    def size(image: str) -> float:
        return int(run(engine, "image", "inspect", "--format", "{{.Size}}", image).stdout) / 1e6

    over = size(image_of("twinset")) - size(_BASE)
    say(f"the image is {over:.0f} MB larger than {_BASE}")
    if over > MOST_MB:
        sys.exit(f"the image is more than {MOST_MB} MB over its base")


class Compose:
    """The compose file under a project name of its own, on ports that are free."""

    def __init__(self) -> None:
        self._command = shlex.split(os.environ.get("COMPOSE", "docker compose"))
        self._environment = os.environ | {
            "TWINSET_ADMIN_KEY": KEY,
            "PORT": "18000",
            "PROXY_PORT": "18080",
            "REPLICAS_PORT": "18081",
            "PROMETHEUS_PORT": "19090",
        }

    def __call__(self, *arguments: str, profiles: tuple[str, ...] = ()) -> str:
        chosen = [part for profile in profiles for part in ("--profile", profile)]
        command = [*self._command, "--project-name", "twinset-check", *chosen, *arguments]
        return run(*command, cwd=ROOT, env=self._environment).stdout

    @contextmanager
    def up(self, *services: str, profiles: tuple[str, ...] = ()) -> Iterator[None]:
        """Containers of profiles until the block ends; then they and their volumes are removed."""
        self("up", "--detach", "--no-build", *services, profiles=profiles)
        try:
            yield
        finally:
            self("down", "--volumes", profiles=profiles)


def wait_for(url: str, good: Callable[[httpx.Response], bool] = lambda a: a.is_success) -> None:
    latest = time.monotonic() + 180
    while time.monotonic() < latest:
        try:
            if good(httpx.get(url, timeout=10)):
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    sys.exit(f"{url} is not as it should be")


def check_calls(url: str) -> None:
    """By words, by item, by photo: each finds items."""
    with httpx.Client(base_url=url, timeout=60) as client:
        found = client.post("/recommend/by-text", json={"query": "red dress"}).json()["items"]
        assert found
        item = found[0]["id"]
        assert client.get(f"/items/{item}/similar").json()["items"]
        photo = client.get(f"/items/{item}/image").content
        by_photo = client.post("/recommend/by-image", files={"image": photo}).json()["items"]
        assert item in [one["id"] for one in by_photo]


def write(url: str, item_id: str) -> None:
    item = {"title": "lilac velvet cape"}
    answer = httpx.put(f"{url}/items/{item_id}", json=item, headers=HEADERS, timeout=60)
    assert answer.status_code == 201, answer.text


def check_one_service(compose: Compose) -> None:
    url = "http://127.0.0.1:18000"
    with compose.up("twinset"):
        wait_for(f"{url}/readyz")
        check_calls(url)
        write(url, "kept")
        started = time.monotonic()
        compose("stop", "twinset")
        took = time.monotonic() - started
        assert took <= STOPPED_WITHIN_S, took
        compose("start", "twinset")
        wait_for(f"{url}/items/kept")
        say(f"one service: three calls, stopped in {took:.1f} s, and the written item is there")


def check_profiles(compose: Compose) -> None:
    services = ("twinset", "proxy", "prometheus")
    with compose.up(*services, profiles=("proxy", "prometheus")):
        wait_for("http://127.0.0.1:18080/readyz")
        check_calls("http://127.0.0.1:18080")
        asked = "http://127.0.0.1:19090/api/v1/query?query=up%7Bjob%3D%22twinset%22%7D"
        wait_for(
            asked, lambda answer: [m["value"][1] for m in answer.json()["data"]["result"]] == ["1"]
        )
        rules = httpx.get("http://127.0.0.1:19090/api/v1/rules", timeout=30).json()
        assert rules["data"]["groups"]
        say("proxy and prometheus: calls pass, the service is scraped, the rules are loaded")


def check_replicas(compose: Compose) -> None:
    url = "http://127.0.0.1:18081"
    services = ("replica-1", "replica-2", "replica-3", "postgres", "balancer")
    with compose.up(*services, profiles=("replicas",)):
        wait_for(f"{url}/readyz")
        check_calls(url)
        write(url, "shared")
        time.sleep(1)
        for _ in range(9):  # by turns
            assert httpx.get(f"{url}/items/shared", timeout=30).status_code == 200
        started = time.monotonic()
        compose("stop", "replica-1", "replica-2", "replica-3", profiles=("replicas",))
        took = time.monotonic() - started
        compose("start", "replica-1", "replica-2", "replica-3", profiles=("replicas",))
        compose("restart", "balancer", profiles=("replicas",))
        wait_for(f"{url}/items/shared")
        say(f"replicas: three calls, one write for all, three stopped in {took:.1f} s, all kept")


if __name__ == "__main__":
    main()
