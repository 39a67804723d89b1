"""What the function counts reaches the metrics, whichever of the two starts anew."""

import json
import subprocess
import sys

import pytest

from infra.service.metrics import SEMANTICS
from operators.core.clusters.clusters import StateSize
from operators.core.clusters.thresholds import Thresholds
from pipelines.semantics.counters import MeasuredEncoders, Reporter


class Cached:
    """An encoder before which stands a cache that has every second text."""

    model, dimension = "toy/1", 2
    hits = misses = 0
    paused = True

    def encode(self, texts):
        self.hits += len(texts) // 2
        self.misses += len(texts) - len(texts) // 2
        return texts


class Shelf:
    """The encoders of an installation that has one."""

    loads = 0

    def load(self, _name):
        self.loads += 1
        return Cached()

    def thresholds(self, _name):
        return Thresholds()


def value(name):
    found = SEMANTICS.registry.get_sample_value(f"tutti_semantics_{name}")
    return 0 if found is None else found


@pytest.fixture
def page(tmp_path):
    return tmp_path / "run" / "numbers"


def test_totals_grow_and_sizes_are_those_of_all_consultations(page):
    names = ("proposals_total", "encoding_seconds_total", "cache_hits_total", "cache_misses_total")
    before = {name: value(name) for name in names}
    reporter = Reporter(page)
    clock = iter((10.0, 10.5, 20.0, 20.25))
    shelf = Shelf()
    watch = MeasuredEncoders(page, shelf, lambda: next(clock))
    assert shelf.loads == 0
    assert watch.get("toy")[0].encode(["a", "b", "c"]) == ["a", "b", "c"]
    watch.clustered("one", StateSize(micro_clusters=1, clusters=1, proposals=3, bytes=100))
    reporter.report()
    watch.get("toy")[0].encode(["d"])
    assert shelf.loads == 1
    watch.clustered("two", StateSize(micro_clusters=5, clusters=1, proposals=7, bytes=50))
    watch.clustered("one", StateSize(micro_clusters=2, clusters=1, proposals=2, bytes=90))
    reporter.report()
    reporter.report()  # nothing new: nothing is counted twice
    grown = {name: value(name) - before[name] for name in names}
    assert grown == dict(zip(names, (3, 0.75, 1, 3), strict=True))
    assert value("kept_proposals") == 9
    assert value("micro_clusters") == 7
    assert value("state_bytes") == 140
    assert value("cache_paused") == 1


def test_a_function_that_starts_anew_keeps_the_totals_and_forgets_the_sizes(page):
    reporter = Reporter(page)
    MeasuredEncoders(page, Shelf()).clustered("one", StateSize(1, 1, 3, 100))
    reporter.report()
    before = value("proposals_total")
    MeasuredEncoders(page, Shelf()).clustered("one", StateSize(1, 1, 4, 120))
    reporter.report()
    assert value("proposals_total") == before + 1
    assert (value("kept_proposals"), value("state_bytes")) == (4, 120)


def test_the_numbers_pass_from_process_to_process(page):
    before = value("proposals_total")
    reporter = Reporter(page)
    code = (
        "from pathlib import Path\n"
        "from pipelines.semantics.counters import StateSize, MeasuredEncoders\n"
        f"watched = MeasuredEncoders(Path({json.dumps(str(page))}), None)\n"
        "watched.clustered('x', StateSize(1, 1, 1, 1))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    reporter.report()
    assert value("proposals_total") == before + 1
