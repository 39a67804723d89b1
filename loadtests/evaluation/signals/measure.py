"""All simulations of signals, on a ClickHouse that is started for them and removed."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.clickhouse.client import connect
from infra.clickhouse.state import StateWriter
from infra.local.ephemeral_clickhouse import ephemeral_clickhouse
from loadtests.evaluation.signals.bursts import outcomes, watch
from loadtests.evaluation.signals.page import render
from loadtests.evaluation.signals.rings import CROWDS, RINGS, find_rings
from loadtests.evaluation.signals.scenarios import BACKGROUNDS, attacked, honest, newcomers, slow


def measure(seed: int, say: Callable[[str], None]) -> str:
    """Run all simulations; returns the page in Markdown."""
    with (
        TemporaryDirectory(prefix="tutti-signals-") as folder,
        ephemeral_clickhouse(Path(folder)) as settings,
    ):
        clickhouse = connect(settings, timeout_s=600)
        StateWriter(clickhouse).activate(1, now_ms=0)
        rings = []
        for crowd in CROWDS:
            say(f"rings: {crowd.about}")
            rings.append((crowd, *find_rings(clickhouse, crowd, RINGS, seed)))
        attacks = [*(attacked(rate, seed) for rate in BACKGROUNDS), slow(), *newcomers()]
        quiet = honest()
        found = watch(clickhouse, [*quiet, *attacks], seed, say)
        return render(
            seed,
            [(s, *outcomes(clickhouse, s, found[s.name])) for s in attacks],
            [(s, found[s.name]) for s in quiet],
            rings,
        )
