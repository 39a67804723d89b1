"""The documentation names everything there is, and nothing that is not."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from places import CHECKOUT
from pydantic import SecretStr

from infra.clickhouse.views import view_names
from infra.config.settings import Settings
from infra.kafka import client as kafka
from infra.redis import CHANGES
from infra.service.metrics import CLICKHOUSE, SOURCES
from models.cache import NAMESPACE
from operators.flink import semantics, votes
from pipelines.cli.app import app
from schemas.events import Kind
from schemas.rejections import REASONS, Rejection
from schemas.rules import VALIDATORS
from schemas.topics import TOPICS

DOCS = CHECKOUT / "docs"
REFERENCE = DOCS / "reference"
PRODUCTION = (DOCS / "production.md").read_text()
SENDING = (DOCS / "howto" / "campaigns" / "send-votes.md").read_text()
PORTS = (REFERENCE / "ports-and-files.md").read_text()
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


def commands() -> dict[str, set[str]]:
    """``tutti …`` → its options."""
    found: dict[str, set[str]] = {}

    def walk(command: Any, path: str) -> None:
        children = getattr(command, "commands", {})
        for name, child in children.items():
            walk(child, f"{path} {name}")
        if not children:
            found[path] = {
                option
                for parameter in command.params
                if parameter.param_type_name == "option"
                for option in parameter.opts
                if option != "--help"
            }

    walk(typer.main.get_command(app), "tutti")
    return found


@pytest.mark.parametrize(("command", "options"), commands().items(), ids=list(commands()))
def test_every_command_is_documented_with_exactly_its_options(command, options):
    listed = [name for name in first_column("commands") if f"{name} ".startswith(f"{command} ")]
    assert len(listed) == 1, f"{command} must have one row in the table of commands"
    assert set(re.findall(r"--[a-z-]+", listed[0])) == options


def test_no_command_is_documented_that_does_not_exist():
    listed = [name for name in first_column("commands") if name.startswith("tutti ")]
    assert len(listed) == len(commands())


def test_every_setting_is_documented_with_its_default():
    listed = first_column("settings")
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, Path):
            default = default.relative_to(CHECKOUT)
        shown = "unset" if default is None else f"`{default}`"
        assert listed[f"TUTTI_{name.upper()}"][0] == shown, name


def test_no_setting_is_documented_that_is_read_nowhere():
    fields = {f"TUTTI_{name.upper()}" for name in Settings.model_fields}
    sources = "".join((CHECKOUT / name).read_text() for name in tracked() if is_source(name))
    for name in first_column("settings").keys() - fields:
        assert name in sources, name


def test_every_setting_of_prove_is_documented_with_its_default():
    source = (CHECKOUT / "tests" / "faults" / "drive.py").read_text()
    defaults = re.findall(r'environ\.get\("(PROVE_\w+)", "(\d+)"\)', source)
    listed = {name: row[0] for name, row in first_column("settings").items() if "PROVE" in name}
    assert listed == {name: f"`{default}`" for name, default in defaults}


def test_secrets_do_not_show_themselves():
    assert "hush" not in repr(Settings(pseudonym_key=SecretStr("hush")))


def test_every_make_target_is_documented():
    makefile = (CHECKOUT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    listed = {
        name.removeprefix("make ") for name in first_column("commands") if name.startswith("make ")
    }
    assert listed == targets


def test_every_topic_is_documented_with_its_partitions():
    listed = {name: row[0] for name, row in first_column("topics").items()}
    assert listed == {name: str(topic.partitions) for name, topic in TOPICS.items()}


def test_every_reason_is_documented():
    assert tuple(first_column("rejection-reasons")) == REASONS


def test_every_view_is_documented():
    assert set(first_column("views")) == {
        name for name in view_names() if not name.startswith("tutti.")
    }


def test_every_service_of_the_stack_has_its_log_documented():
    from infra.local.services import SERVICES  # noqa: PLC0415 - its clients take a moment to import

    [row] = [line for line in PORTS.splitlines() if line.startswith("| `var/logs/SERVICE.log`")]
    assert {service.name for service in SERVICES} <= set(re.findall(r"`(\w+)`", row))


def test_every_port_is_documented():
    listed = {int(name) for name in re.findall(r"\b181\d\d\b", PORTS.split("## Ports")[1])}
    assert listed == set(range(18_100, 18_110))
    settings = Settings(port_base=18_100)
    table = dict(re.findall(r"^\| (181\d\d) \| (.+) \|$", PORTS, re.MULTILINE))
    for port, word in (
        (settings.clickhouse_port, "operators"),
        (settings.analyst_port, "analysts"),
        (settings.kafka_port, "Kafka"),
        (settings.kafka_controller_port, "controller"),
        (settings.redis_port, "Redis"),
        (settings.flink_port, "votes job"),
        (settings.semantics_port, "semantics job"),
        (settings.metrics_port, "metrics"),
    ):
        assert word in table[str(port)]


def test_every_service_with_metrics_is_named_where_they_are_served():
    services = {source.name for source in SOURCES} - {CLICKHOUSE.name}
    [port] = re.findall(r"^\| 18108 \| (.+) \|$", PORTS, re.MULTILINE)
    watch = (DOCS / "howto" / "operators" / "watch.md").read_text()
    watching = watch.split("## Metrics and alerts\n")[1].split(" `http://127.0.0.1:18101")[0]
    page = (REFERENCE / "metrics.md").read_text().split(" together at port")[0]
    for text in (port, watching, page):
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
    assert {CHANGES, f"{NAMESPACE}*"} == set(re.findall(r"`(tutti:\S+)`", section))


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


@pytest.mark.parametrize("kind", ["vote", "proposal", "consultation"])
def test_every_field_is_documented(kind):
    schema = json.loads((CHECKOUT / f"schemas/json/{kind}.schema.json").read_text())
    fields = (REFERENCE / "fields.md").read_text()
    table = fields.split(f"| {kind} | | rule |\n")[1].split("\n\n")[0]
    listed = {
        name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    assert listed == set(schema["properties"])
    required = {
        name
        for row in table.splitlines()
        if row.split("|")[2].strip() == "required"
        for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    assert required == set(schema["required"])


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
