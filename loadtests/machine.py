"""Where a measurement was made: machine, versions, settings, commit."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import confluent_kafka
import psutil

from infra.config.folders import CHECKOUT
from infra.config.settings import Settings

_SHOWN = (
    "checkpoint_interval_ms",
    "parallelism",
    "state",
    "state_memory_mb",
    "flink_heap_mb",
    "kafka_heap_mb",
    "clickhouse_memory_mb",
    "redis_memory_mb",
)


def machine() -> dict[str, str]:
    """Processor, cores, memory, system."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
    }


def versions(settings: Settings) -> dict[str, str]:
    """Versions of the programs and libraries that process votes."""
    broker = [path.name for path in settings.jars.glob("kafka/kafka_*.jar")]
    return {
        "Python": platform.python_version(),
        # The first lines of Java's output may be options from the environment.
        "Java": next(line for line in _said("java", "-version").splitlines() if "version" in line),
        "Kafka": broker[0].removesuffix(".jar").rpartition("-")[2] if broker else "?",
        "Flink": version("apache-flink"),
        "chDB": version("chdb"),
        "librdkafka": str(confluent_kafka.libversion()[0]),
        "confluent-kafka": version("confluent-kafka"),
        "msgspec": version("msgspec"),
    }


def shown(settings: Settings) -> dict[str, str]:
    """The settings that speed depends on."""
    return {name: str(getattr(settings, name)) for name in _SHOWN}


def changed(settings: Settings) -> str:
    """Those settings that differ from their defaults, as a shell sets them."""
    defaults = {name: Settings.model_fields[name].default for name in _SHOWN}
    return " ".join(
        f"TUTTI_{name.upper()}={getattr(settings, name)}"
        for name, default in defaults.items()
        if getattr(settings, name) != default
    )


def commit() -> str:
    """The commit that is checked out, with a plus if files differ from it; ? without git.

    Files of results do not count as differing: each measurement adds some.
    """
    found = _said("git", "rev-parse", "--short=10", "HEAD").strip() or "?"
    files = ("--", ".", ":!*/results/*")
    changed = _said("git", "status", "--porcelain", "--untracked-files=no", *files).strip()
    return found + ("+" if changed else "")


def _said(*command: str) -> str:
    """The output of a command; empty if there is no such command or it fails."""
    try:
        done = subprocess.run(
            command,
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout or done.stderr
