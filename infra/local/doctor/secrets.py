"""Secrets: readable by their owner alone."""

import os
import stat
from collections.abc import Iterator

from infra.local.doctor.finding import Finding, some
from infra.local.doctor.patient import Patient
from operators.core.wording import number_of


def check_secrets(patient: Patient) -> Iterator[Finding]:
    """Only their owner can read the secrets."""
    folder = patient.settings.home / "secrets"
    if not folder.exists():
        yield Finding("secrets", "ok", "none yet: made at the first start")
        return
    places = [folder, *folder.rglob("*")]
    open_ones = [
        str(place)
        for place in places
        if stat.S_IMODE((found := place.lstat()).st_mode) & 0o077 or found.st_uid != os.getuid()
    ]
    if open_ones:
        yield Finding(
            "secrets", "problem", f"others can read {some(open_ones)}", f"chmod -R go= {folder}"
        )
    else:
        yield Finding(
            "secrets", "ok", f"{number_of(len(places) - 1, 'file')}, for their owner alone"
        )
