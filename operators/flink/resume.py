"""Resuming: which checkpoint to start from."""

import re
from pathlib import Path


def newest_checkpoint(folder: Path) -> Path | None:
    """The newest complete checkpoint below ``folder/JOB/chk-N``; None if there is none.

    Numbers go on counting after a restore; where two runs made the same number (the second fell
    back to an older one), the later written counts. Flink writes ``_metadata`` last.
    """
    complete = [
        (int(match[1]), metadata.stat().st_mtime_ns, metadata.parent)
        for metadata in folder.glob("*/chk-*/_metadata")
        if (match := re.fullmatch(r"chk-(\d+)", metadata.parent.name))
    ]
    return max(complete)[2] if complete else None
