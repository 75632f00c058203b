"""Bytes a second of a large file that the portal lets nginx send, beside a plain static file of the same size."""

import subprocess
from collections.abc import Callable

from bench import data
from bench.table import Row, Spread
from tests.nginx import HOST, Portal

SIZE, SMALL_SIZE = 2 * 1024**3, 32 * 1024**2
AIM = "about 1"
MEBIBYTE = 1024**2


def measure(portal: Portal, *, quick: bool, say: Callable[[str], None]) -> list[Row]:
    """In turn, by one client and TLS, as customers meet it."""
    size, rounds = (SMALL_SIZE, 1) if quick else (SIZE, 7)
    link = data.one_link()
    data.large_build(link, size)
    with (portal.folder / "static" / "plain.bin").open("wb") as file:
        file.truncate(size)
    ours, plain = [], []
    for number in range(rounds + 1):
        say(f"{size // MEBIBYTE:,} MiB by nginx: round {number} of {rounds}")
        ours.append(_speed(portal, data.start(portal, link), size))
        plain.append(_speed(portal, "/static/plain.bin", size))
    sent, static = Spread.of(ours[1:]), Spread.of(plain[1:])
    ratio = f"{static.middle / sent.middle:.2f}"
    what = f"{size // MEBIBYTE:,} MiB through nginx, TLS"
    return [Row(what, sent.written(" MiB/s"), f"static file {static.written(' MiB/s')}", ratio, AIM)]


def _speed(portal: Portal, path: str, size: int) -> float:
    """MiB a second of one transfer to its end."""
    told = "%{http_code} %{size_download} %{speed_download}"
    words = [
        "curl",
        "--silent",
        "--insecure",
        "--header",
        f"Host: {HOST}",
        "--output",
        "/dev/null",
        "--write-out",
        told,
    ]
    done = subprocess.run(
        [*words, f"https://127.0.0.1:{portal.https_port}{path}"], capture_output=True, text=True, check=True
    )
    status, got, speed = done.stdout.split()
    if (status, int(got)) != ("200", size):
        raise RuntimeError(f"{path} was answered with {status} and {got} bytes")
    return float(speed) / MEBIBYTE
