"""What is written by hand agrees with the code; tests/docs is about what is generated."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from places import CHECKOUT
from pydantic import SecretStr

from infra.clickhouse.views import view_names
from infra.config.settings import Settings
from infra.kafka import client as kafka
from infra.redis import CHANGES
from infra.service.metrics import CLICKHOUSE, SOURCES
from models.cache import NAMESPACE
from operators.flink import semantics, votes
from pipelines.http_intake.receipts import RECEIPTS
from schemas.events import Kind
from schemas.rejections import Rejection
from schemas.rules import VALIDATORS
from schemas.topics import TOPICS

DOCS = CHECKOUT / "docs"
REFERENCE = DOCS / "reference"
PRODUCTION = (DOCS / "production.md").read_text()
SENDING = (DOCS / "howto" / "campaigns" / "send-votes.md").read_text()
BROKER_MS = 1_777_680_000_000  # 2026-05-02, after every example was cast


def first_column(page: str) -> dict[str, list[str]]:
    """The tables of a reference page: the code in the first column → the other columns."""
    lines = (REFERENCE / f"{page}.md").read_text().splitlines()
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines if line[:3] == "| `"]
    return {
        name: [cell.strip() for cell in row[1:]]
        for row in rows
        for name in re.findall(r"`([^`]+)`", row[0])
    }


def test_no_setting_is_documented_that_is_read_nowhere():
    fields = {f"TUTTI_{name.upper()}" for name in Settings.model_fields}
    sources = "".join((CHECKOUT / name).read_text() for name in tracked() if is_source(name))
    for name in first_column("settings").keys() - fields:
        assert name in sources, name


def test_every_setting_of_prove_is_documented_with_its_default():
    source = (CHECKOUT / "tests" / "faults" / "drive.py").read_text()
    defaults = re.findall(r'environ\.get\("(PROVE_\w+)", "(\d+)"\)', source)
    listed = {name: row[1] for name, row in first_column("settings").items() if "PROVE" in name}
    assert listed == {name: f"`{default}`" for name, default in defaults}


def test_secrets_do_not_show_themselves():
    assert "hush" not in repr(Settings(pseudonym_key=SecretStr("hush")))


def test_every_service_with_metrics_is_named_where_they_are_served():
    services = {source.name for source in SOURCES} - {CLICKHOUSE.name}
    watch = (DOCS / "howto" / "operators" / "watch.md").read_text()
    watching = watch.split("## Metrics and alerts\n")[1].split(" `http://127.0.0.1:18101")[0]
    page = (REFERENCE / "metrics.md").read_text().split(" together at port")[0]
    for text in (watching, page):
        assert services <= set(re.findall(r"\w+", text))


def test_servers_elsewhere_are_told_what_of_kafka_is_used():
    [line] = [row for row in PRODUCTION.splitlines() if row.startswith("| transactional ids")]
    assert set(re.findall(r"`(tutti-\S+)`", line)) == {votes.TRANSACTIONS, semantics.TRANSACTIONS}
    [line] = [row for row in PRODUCTION.splitlines() if row.startswith("| groups `")]
    [prefix] = re.findall(r"`(\S+)` \(prefix\)", line)
    groups = kafka.INTAKE_GROUP, kafka.SINK_GROUP, votes.CONSUMER_GROUP, semantics.CONSUMER_GROUP
    assert all(group.startswith(prefix) for group in groups)
    assert all(name.startswith("tutti.") for name in TOPICS)


def test_servers_elsewhere_are_told_every_database():
    sql = PRODUCTION.split("```sql\n")[1].split("```")[0]
    databases = {name.partition(".")[0] for name in view_names()}
    assert set(re.findall(r"CREATE DATABASE IF NOT EXISTS (\w+);", sql)) == databases
    assert set(re.findall(r"(\w+)\.\* TO tutti_operator;", sql)) == databases
    assert set(re.findall(r"(\w+)\.\* TO tutti_analyst;", sql)) == databases - {"tutti"}


def test_servers_elsewhere_are_told_the_keys_of_redis():
    section = PRODUCTION.split("## Redis\n")[1].split("\n## ")[0]
    assert {CHANGES, f"{NAMESPACE}*", f"{RECEIPTS}*"} == set(re.findall(r"`(tutti:\S+)`", section))


def test_servers_elsewhere_are_told_what_runs_here():
    from infra.local.services import SERVICES  # noqa: PLC0415 - its clients take a moment to import

    elsewhere = Settings(
        kafka_brokers="kafka:9092", clickhouse_url="http://ch:8123", redis_url="redis://redis:6379"
    )
    [text] = [line for line in PRODUCTION.splitlines() if line.startswith("`tutti up` starts")]
    runs = text.split("runs the others against it: ")[1].split(". ")[0]
    assert set(re.findall(r"`(\w+)`", runs)) == {
        service.name for service in SERVICES if not service.elsewhere(elsewhere)
    }


def test_servers_elsewhere_are_told_of_settings_that_exist():
    named = set(re.findall(r"\bTUTTI_[A-Z_]+\b", PRODUCTION))
    assert named <= {f"TUTTI_{name.upper()}" for name in Settings.model_fields}


def examples() -> list[tuple[Kind, str]]:
    kinds: tuple[Kind, ...] = ("consultations", "proposals", "votes")
    return [
        (kind, line)
        for kind in kinds
        for line in SENDING.split(f"`{kind}.jsonl`\n\n```json\n")[1].split("\n```")[0].splitlines()
    ]


@pytest.mark.parametrize(("kind", "line"), examples())
def test_the_examples_for_campaigns_are_accepted(kind, line):
    verdict = VALIDATORS[kind](line.encode(), BROKER_MS)
    assert not isinstance(verdict, Rejection), verdict


def test_the_vote_of_the_example_program_is_accepted():
    program = SENDING.split("```python\n")[1].split("\n```")[0]
    vote = re.search(r"^vote = (\{.*?^\})", program, re.MULTILINE | re.DOTALL)
    assert vote
    value = json.dumps(json.loads(re.sub(r",\s*\}", "}", vote[1])))
    assert not isinstance(VALIDATORS["votes"](value.encode(), BROKER_MS), Rejection)
    assert '"murmur2_random"' in program


def test_the_picture_fetches_nothing():
    picture = (DOCS / "demo.svg").read_text()
    addresses = re.findall(r"https?://([^\s\"'<&/:]+)", picture)
    assert set(addresses) <= {"www.w3.org", "127.0.0.1"}
    assert "@font-face" not in picture
    assert "url(http" not in picture


def tracked() -> list[str]:
    """The files of the repository, those that are about to be added included."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no git checkout, so its files cannot be listed")
    names = sorted(set(listed.stdout.decode().split("\0")) - {""})
    return [name for name in names if (CHECKOUT / name).is_file()]


def is_source(name: str) -> bool:
    return name.endswith((".py", ".sh")) and name != Path(__file__).name


def test_no_file_names_a_registry_or_a_place_on_a_machine():
    forbidden = [
        "/".join(pieces).encode()
        for pieces in (("", "work", ""), ("", "root", ""), ("", "home", ""), ("", "Users", ""))
    ] + [
        ".".join(pieces).encode()
        for pieces in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("repo1", "maven"),
            ("repo", "maven"),
            ("registry", "npmjs"),
        )
    ]
    found = [
        f"{name}: {text.decode()}"
        for name in tracked()
        for text in forbidden
        if text in (CHECKOUT / name).read_bytes()
    ]
    assert not found


def test_lock_files_hold_hashes_and_no_addresses():
    locks = sorted((CHECKOUT / "requirements").glob("*.lock"))
    assert locks
    for lock in locks:
        text = lock.read_text()
        assert "://" not in text, lock.name
        assert text.count("==") <= text.count("--hash=sha256:"), lock.name
    for name in tracked():
        if Path(name).name == "package-lock.json":
            text = (CHECKOUT / name).read_text()
            assert "://" not in text, name
            packages = json.loads(text)["packages"]
            assert all("integrity" in package for place, package in packages.items() if place)


def test_nothing_that_is_ignored_is_in_the_repository():
    """A committed link into build/ works on one machine only."""
    tracked()
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
    )
    assert not listed.stdout.decode().split()


def test_the_package_reads_as_the_version_of_the_changelog():
    version = re.search(
        r'^version = "(.+)"', (CHECKOUT / "pyproject.toml").read_text(), re.MULTILINE
    )
    newest = re.search(r"^## \[(.+)\]", (CHECKOUT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert version
    assert newest
    assert version[1] == newest[1]


def test_the_python_versions_of_the_quick_start_are_those_of_the_package():
    assert 'requires-python = ">=3.11,<3.13"' in (CHECKOUT / "pyproject.toml").read_text()
    assert "Python 3.11 with `venv` (3.12 is best effort)" in (DOCS / "quickstart.md").read_text()
    assert sys.version_info[:2] in {(3, 11), (3, 12)}
