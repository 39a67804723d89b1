"""Turns an SVG into a PNG, in a process of its own: ``python -m pipelines.live.png <in >out``.

The library holds Python's lock while it draws, and a stranger's text is in the picture: so it draws
where it can neither hold up other viewers nor take more time and memory than it is given.
"""

import resource
import sys
from typing import Final

import fontpkg_noto_sans
import fontpkg_noto_sans_arabic
import resvg_py

MAX_CPU_S: Final = 10
MAX_BYTES: Final = 512 * 1024 * 1024
"""Of address space; a picture of 1200 by 630 with its letters takes about 60 MB."""


def letters() -> list[str]:
    """The fonts, of Latin, Greek, Cyrillic and Arabic scripts; none of the machine's."""
    return [
        str(file)
        for package in (fontpkg_noto_sans, fontpkg_noto_sans_arabic)
        for file in sorted((package.ROOT / "files").iterdir())
        if "Italic" not in file.name
    ]


FETCHING: Final = ("<image", "<feImage", "<use", "<style", "<!ENTITY")
"""What makes the library read files; our pictures have none, and texts in them are escaped."""


def drawn(svg: str) -> bytes:
    """The picture as PNG, the same bits on every machine.

    Raises:
        ValueError: It wants files of this machine, or is no SVG.
    """
    if any(each.lower() in svg.lower() for each in FETCHING):
        raise ValueError("A picture is drawn from itself alone.")
    return resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=letters())


def main() -> None:
    """Draw what comes in."""
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
    sys.stdout.buffer.write(drawn(sys.stdin.read()))


if __name__ == "__main__":
    main()
