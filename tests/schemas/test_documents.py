"""The AsyncAPI document and the page of the events are valid, and say what the contracts say."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from typing import Any

import pytest
from jsonschema import Draft7Validator
from places import CHECKOUT

from schemas import asyncapi, page
from schemas.published import NAMES, schema
from schemas.rejections import ADVICE
from schemas.topics import INPUT, TOPICS

PARSER = CHECKOUT / "build" / "asyncapi"
"""Where `make test-parser` puts AsyncAPI's own parser."""

VALIDATE = """
import { Parser } from "@asyncapi/parser";
import { readFileSync } from "node:fs";
const { document, diagnostics } = await new Parser().parse(readFileSync(0, "utf8"));
const errors = diagnostics.filter((d) => d.severity < 2).map((d) => d.path.join("/") + d.message);
console.log(JSON.stringify({ read: document !== undefined, errors }));
"""


# AsyncAPI


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads(json.dumps(asyncapi.document()))


def validated(document: dict[str, Any]) -> dict[str, Any]:
    """What AsyncAPI's own parser says."""
    if shutil.which("node") is None or not (PARSER / "node_modules" / "@asyncapi").is_dir():
        pytest.skip("AsyncAPI's parser is not here: make test-parser (needs Node.js)")
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", VALIDATE],
        cwd=PARSER,
        input=json.dumps(document).encode(),
        capture_output=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout)


def test_asyncapi_s_own_parser_accepts_the_document(document):
    assert validated(document) == {"read": True, "errors": []}


def test_asyncapi_s_own_parser_would_find_a_fault(document):
    broken = json.loads(json.dumps(document))
    broken["operations"]["receive-votes"]["action"] = "eat"
    assert validated(broken)["errors"]


def references(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(references, value))
    if not isinstance(value, dict):
        return set()
    found = set().union(*map(references, value.values()))
    return found | {value["$ref"]} if isinstance(value.get("$ref"), str) else found


def resolved(document: dict[str, Any], reference: str) -> Any:
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


def test_every_reference_leads_to_something_in_the_document(document):
    found = references(document)
    assert len(found) > 30
    for reference in found:
        assert reference.startswith("#/"), reference
        assert resolved(document, reference)


def test_every_example_fits_the_schema_of_its_message(document):
    for name, message in document["components"]["messages"].items():
        whole = document["components"] | message["payload"]
        reader = Draft7Validator(json.loads(json.dumps(whole).replace("#/components/", "#/")))
        reader.check_schema(reader.schema)
        assert message["examples"], name
        for example in message["examples"]:
            reader.validate(example["payload"])
            spoiled = dict(list(example["payload"].items())[1:])
            assert not reader.is_valid(spoiled), f"{name}: a required field is missing"


def test_no_reference_hides_what_stands_beside_it(document):
    def check(value: Any) -> None:
        if isinstance(value, dict):
            assert "$ref" not in value or len(value) == 1
        for inner in value.values() if isinstance(value, dict) else value:
            if isinstance(inner, dict | list):
                check(inner)

    check(document)


def test_every_topic_is_a_channel_with_its_settings(document):
    channels = {channel["address"]: channel for channel in document["channels"].values()}
    assert channels.keys() == TOPICS.keys()
    for name, topic in TOPICS.items():
        binding = channels[name]["bindings"]["kafka"]
        assert (binding["topic"], binding["partitions"]) == (name, topic.partitions)
        assert binding["topicConfiguration"].keys() == topic.config.keys()
        assert channels[name]["messages"].keys() == {topic.schema}


def test_tutti_receives_what_campaigns_send_and_sends_the_rest(document):
    actions = {
        resolved(document, operation["channel"]["$ref"])["address"]: operation["action"]
        for operation in document["operations"].values()
    }
    inputs = {topic.name for topic in INPUT.values()}
    assert actions == {name: "receive" if name in inputs else "send" for name in TOPICS}


def test_every_schema_belongs_to_a_topic():
    files = {file.name for file in (CHECKOUT / "schemas" / "json").iterdir()}
    assert files == {f"{name}.schema.json" for name in NAMES}


# The page


class Page(HTMLParser):
    """What a reader of the page meets."""

    VOID = ("meta", "link", "img", "br", "hr")

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def read() -> Page:
    return Page(page.text())


def test_the_page_is_whole_and_its_tags_are_closed(read):
    assert not read.open
    assert [tag for tag, _ in read.tags].count("h1") == 1


def test_the_page_fetches_nothing_and_runs_nothing(read):
    source = page.text()
    assert "://" not in source
    assert "url(" not in source
    assert "@import" not in source
    assert not {tag for tag, _ in read.tags} & {"script", "link", "img", "iframe", "object"}


def test_links_of_the_page_lead_to_its_sections(read):
    names = {attributes["id"] for _, attributes in read.tags if "id" in attributes}
    links = {str(attributes["href"]) for tag, attributes in read.tags if tag == "a"}
    assert links == {"#content", *(f"#{topic.schema}" for topic in TOPICS.values())}
    assert {link.removeprefix("#") for link in links} <= names


def test_the_page_can_be_read_by_ear_and_by_keyboard(read):
    assert ("html", {"lang": "en"}) in read.tags
    assert all("scope" in attributes for tag, attributes in read.tags if tag == "th")
    for tag, attributes in read.tags:
        if tag == "pre" or attributes.get("class") == "wide":
            assert attributes["tabindex"] == "0"  # what scrolls can be reached
            assert attributes["aria-label"]


def test_the_page_names_every_topic_field_and_reason_with_its_cure(read):
    for topic in TOPICS.values():
        assert topic.name in read.words
        for name, field in schema(topic.schema)["properties"].items():
            assert name in read.words
            assert field["description"].replace("`", "").rstrip(".") in read.words
    for reason, advice in ADVICE.items():
        assert reason in read.words
        assert advice.cure in read.words


def test_a_reason_stands_at_the_events_that_it_can_meet():
    source = page.text()
    vote = source.split('<section id="vote"')[1].split("</section>")[0]
    reasons = re.findall(r'<th scope="row"><code>(\w+)</code></th>', vote.split("Why one")[1])
    assert "unknown_choice" in reasons
    assert "not_json" in reasons
    assert not {"unknown_status", "bad_number", "duplicate_country"} & set(reasons)
