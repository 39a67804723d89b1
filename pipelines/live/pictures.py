"""Pictures as PNG, for pages that show no SVG: each drawn once, one at a time."""

import asyncio
import sys
from collections import OrderedDict
from typing import Final

import structlog

from operators.core.errors import TransientError
from pipelines.live.boards import digest

MAX_KEPT: Final = 200
"""Pictures that are kept; each has some 40 KB."""
MAX_WAITING: Final = 8
"""Pictures that may wait for their turn; more are refused."""
MAX_S: Final = 20
"""A picture takes a tenth of a second; on a machine that does much else, longer."""

log = structlog.get_logger()


class NotDrawnError(TransientError):
    """A picture cannot be drawn at the moment."""


class Pictures:
    """Draws SVG as PNG in a process for each, with bounds of time and memory."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def png(self, svg: bytes) -> bytes:
        """The picture.

        Raises:
            NotDrawnError: Too many wait, or it took too long.
        """
        key = digest(svg)
        if key not in self._kept:
            if self._waiting >= MAX_WAITING:
                raise NotDrawnError("Too many pictures are asked for at once.")
            self._waiting += 1
            try:
                async with self._turn:
                    if key not in self._kept:  # nobody drew it meanwhile
                        self._kept[key] = await _draw(svg)
            finally:
                self._waiting -= 1
        self._kept.move_to_end(key)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return self._kept[key]


async def _draw(svg: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "pipelines.live.png",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        png, _ = await asyncio.wait_for(process.communicate(svg), MAX_S)
    except TimeoutError:
        raise NotDrawnError("The picture takes too long.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        log.warning("picture_not_drawn", status=process.returncode)
        raise NotDrawnError("The picture could not be drawn.")
    return png
