"""The reference pages leave nothing out.

`docs.generate` makes their tables; these tests read the pages and compare them with the code.
"""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from places import CHECKOUT

from docs.generate.commands import app
from docs.generate.metrics import labels
from infra.clickhouse.views import view_names
from infra.config.settings import Settings
from infra.service.metrics import METRICS
from schemas.published import NAMES, schema
from schemas.rejections import ADVICE, REASONS
from schemas.topics import TOPICS

REFERENCE = CHECKOUT / "docs" / "reference"


def text(page: str) -> str:
    return (REFERENCE / f"{page}.md").read_text("utf-8")


def rows(source: str) -> dict[str, list[str]]:
    """The tables of a page: the code in the first column → the other columns."""
    lines = [line for line in source.splitlines() if re.match(r"\| \[?`", line)]
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines]
    return {
        name: [cell.strip().replace("\\|", "|") for cell in others]
        for first, *others in cells
        for name in re.findall(r"`([^`]+)`", first)
    }


def section(page: str, heading: str) -> str:
    """What stands below a heading, down to the next."""
    below = rf"(?ms)^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)"
    found = re.findall(below, text(page))
    assert len(found) == 1, f"{heading} must have one section in {page}.md"
    return str(found[0])


def commands() -> dict[str, list[Any]]:
    """``tutti …`` → its arguments and options."""
    found: dict[str, list[Any]] = {}

    def walk(command: Any, path: str) -> None:
        children = getattr(command, "commands", {})
        for name in children:
            walk(children[name], f"{path} {name}")
        if not children:
            found[path] = [each for each in command.params if each.name != "help"]

    walk(typer.main.get_command(app), "tutti")
    return found


@pytest.mark.parametrize(("command", "parameters"), commands().items(), ids=list(commands()))
def test_every_command_is_documented_with_exactly_its_options(command, parameters):
    page = section("commands", command)
    listed = rows(page)
    options = {name for each in parameters for name in each.opts if name.startswith("-")}
    assert {name for name in listed if name.startswith("-")} == options
    assert len(listed) - len(options) == sum(
        each.param_type_name == "argument" for each in parameters
    )
    for name, (meaning, _) in listed.items():
        assert meaning, name
    [usage] = re.findall(r"```\n(.+?)\n```", page, re.DOTALL)
    assert set(re.findall(r"--[a-z-]+", usage)) == {
        each.opts[0] for each in parameters if each.opts[0].startswith("-")
    }
    assert rows(text("commands"))[command][0]


def test_no_command_is_documented_that_does_not_exist():
    headings = set(re.findall(r"^### (tutti .+)$", text("commands"), re.MULTILINE))
    assert headings == commands().keys()


def test_every_make_target_is_documented():
    makefile = (CHECKOUT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    listed = {name.removeprefix("make ") for name in rows(section("commands", "make"))}
    assert listed == targets


def test_every_setting_is_documented_with_its_default():
    listed = rows(section("settings", "An installation"))
    assert listed.keys() == {f"TUTTI_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, Path):
            default = default.relative_to(CHECKOUT)
        meaning, shown, _ = listed[f"TUTTI_{name.upper()}"]
        assert shown == ("unset" if default is None else f"`{default}`"), name
        assert meaning, name


def test_every_topic_is_documented_with_its_partitions():
    listed = {name: row[2] for name, row in rows(text("topics")).items()}
    assert listed == {name: str(topic.partitions) for name, topic in TOPICS.items()}


@pytest.mark.parametrize("event", NAMES)
def test_every_field_is_documented(event):
    body = schema(event)
    listed = rows(section("fields", body["title"]))
    assert {name for name in listed if "[]" not in name} == body["properties"].keys()
    required = {name for name, row in listed.items() if row[2] == "required" and "[]" not in name}
    assert required == set(body["required"])
    assert all(row[0] for row in listed.values())


def test_every_reason_is_documented_with_its_cure():
    listed = rows(text("rejection-reasons"))
    assert tuple(listed) == REASONS
    for reason, (meaning, cure, events) in listed.items():
        assert (meaning, cure) == ADVICE[reason]
        assert events, reason


def test_every_view_is_documented():
    shown = {name for name in view_names() if not name.startswith("tutti.")}
    listed = rows(text("views"))
    assert listed.keys() == shown
    assert all(row[0] for row in listed.values())


def test_every_metric_is_documented_with_its_labels():
    listed = rows(text("metrics"))
    assert listed.keys() == METRICS.keys()
    for name, (meaning, kind, _, given) in listed.items():
        assert (meaning, kind) == (METRICS[name].about, METRICS[name].kind)
        assert tuple(re.findall(r"`(\w+)`", given)) == labels(METRICS[name])


def test_every_port_is_documented():
    settings = Settings(port_base=18_100)
    page = section("ports-and-files", "Ports")
    listed = dict(re.findall(r"^\| (\d+) \| (.+?) \|", page, re.MULTILINE))
    for port, word in (
        (settings.live_port, "public pages"),
        (settings.clickhouse_port, "operators"),
        (settings.analyst_port, "analysts"),
        (settings.kafka_port, "broker"),
        (settings.kafka_controller_port, "controller"),
        (settings.redis_port, "Redis"),
        (settings.flink_port, "votes job"),
        (settings.semantics_port, "semantics job"),
        (settings.metrics_port, "Metrics"),
        (settings.http_intake_port, "HTTP intake"),
    ):
        assert word in listed.pop(str(port))
    assert not listed


def test_every_service_of_the_stack_has_its_log_documented():
    from infra.local.services import SERVICES  # noqa: PLC0415 - its clients take a moment to import

    listed = rows(section("ports-and-files", "Services"))
    assert listed.keys() == {service.name for service in SERVICES}
    for name, row in listed.items():
        assert row[-1] == f"`var/logs/{name}.log`"


def test_every_decision_is_in_the_index():
    pages = {file.name for file in (CHECKOUT / "docs" / "decisions").glob("[0-9]*.md")}
    index = (CHECKOUT / "docs" / "decisions" / "index.md").read_text()
    assert set(re.findall(r"^\| \[\d{4}\]\((.+?)\) ", index, re.MULTILINE)) == pages


def test_every_topic_is_drawn_once_in_the_flow_with_its_writers_and_readers():
    page = (CHECKOUT / "docs" / "explain" / "flow.md").read_text()
    diagram = page.split("```mermaid\n")[1].split("```")[0]
    boxes = re.findall(r'(\w+)>"(.+?)"\]', diagram)
    drawn = [topic for _, topics in boxes for topic in topics.split("<br>")]
    assert sorted(drawn) == sorted(TOPICS)
    for box, topics in boxes:
        for topic in topics.split("<br>"):
            writers = re.findall(rf"(\w+) --> {box}\b", diagram)
            readers = re.findall(rf"\b{box} -\.?-> (\w+)", diagram)
            assert tuple(writers) == TOPICS[topic].producers
            assert tuple(readers) == TOPICS[topic].consumers
