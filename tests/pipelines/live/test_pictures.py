import asyncio
import sys

import pytest

from pipelines.live import pictures as subject
from pipelines.live.pictures import NotDrawnError, Pictures

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="6" height="3"/>'


def test_a_picture_that_many_want_is_drawn_once(monkeypatch):
    drawn = []
    draw = subject._draw

    async def counted(svg: bytes) -> bytes:
        drawn.append(svg)
        return await draw(svg)

    monkeypatch.setattr(subject, "_draw", counted)

    async def ask() -> list[bytes]:
        pictures = Pictures()
        return await asyncio.gather(*(pictures.png(SVG) for _ in range(5)))

    assert len(set(asyncio.run(ask()))) == 1
    assert drawn == [SVG]


def test_more_than_may_wait_are_refused(monkeypatch):
    async def slowly(svg: bytes) -> bytes:
        await asyncio.sleep(0)
        return svg

    monkeypatch.setattr(subject, "_draw", slowly)

    async def ask() -> list[object]:
        pictures = Pictures()
        asked = (pictures.png(bytes([n])) for n in range(subject.MAX_WAITING + 3))
        return await asyncio.gather(*asked, return_exceptions=True)

    assert sum(isinstance(each, NotDrawnError) for each in asyncio.run(ask())) == 3


def test_what_cannot_be_drawn_is_no_picture():
    with pytest.raises(NotDrawnError):
        asyncio.run(Pictures().png(b"<svg"))


def test_what_takes_too_long_is_ended(monkeypatch):
    sleeper = ["-c", "import time; time.sleep(600)"]
    start = asyncio.create_subprocess_exec
    started = []

    async def asleep(_python: str, *_given: str, **pipes: int) -> asyncio.subprocess.Process:
        started.append(await start(sys.executable, *sleeper, **pipes))
        return started[0]

    monkeypatch.setattr(subject, "MAX_S", 0.05)
    monkeypatch.setattr(subject.asyncio, "create_subprocess_exec", asleep)
    with pytest.raises(NotDrawnError):
        asyncio.run(Pictures().png(SVG))
    assert started[0].returncode is not None


def test_what_is_kept_is_bounded(monkeypatch):
    async def at_once(svg: bytes) -> bytes:
        return svg

    monkeypatch.setattr(subject, "_draw", at_once)
    monkeypatch.setattr(subject, "MAX_KEPT", 3)

    async def ask() -> int:
        pictures = Pictures()
        for n in range(9):
            await pictures.png(bytes([n]))
        return len(pictures._kept)

    assert asyncio.run(ask()) == 3
