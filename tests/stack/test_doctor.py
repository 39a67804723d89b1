"""The doctor: content with a stack that is well, and it names what is not."""

from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
from stack.watching import ALWAYS, patiently

from infra.kafka import client as kafka
from schemas.topics import DEAD_LETTERS


def test_doctor_finds_the_stack_healthy(stack):
    found = patiently(lambda: stack.json("doctor"))
    assert found["healthy"]
    checks = {finding["check"] for finding in found["findings"]}
    assert checks >= {service.name for service in ALWAYS} | {"topics", "migrations", "clock"}
    assert "problem" not in patiently(lambda: stack.run("doctor"))


def problems(stack) -> list[str]:
    found = stack.json("doctor", code=1)
    assert not found["healthy"]
    return [
        f"{finding['check']}: {finding['found']}"
        for finding in found["findings"]
        if finding["level"] == "problem"
    ]


def says_all_three(stack) -> None:
    output = " | ".join(problems(stack))
    assert "tutti.dead-letters.v1 has retention.ms=7000000000 instead of" in output
    assert "others can read" in output
    assert "9999_tomorrow.sql" in output


def test_doctor_finds_what_was_changed(stack):
    admin = kafka.admin(stack.settings)

    def keep(ms: str) -> None:
        resource = ConfigResource(
            ResourceType.TOPIC,
            DEAD_LETTERS.name,
            incremental_configs=[
                ConfigEntry("retention.ms", ms, incremental_operation=AlterConfigOpType.SET)
            ],
        )
        for answer in admin.incremental_alter_configs([resource]).values():
            answer.result(timeout=30)

    key = stack.settings.home / "secrets" / "pseudonym.key"
    clickhouse = stack.clickhouse()
    try:
        keep("7000000000")
        key.chmod(0o644)
        clickhouse.insert(
            "migrations",
            [[9999, "9999_tomorrow.sql", "x"]],
            column_names=["number", "name", "sha256"],
            database="tutti",
        )
        patiently(lambda: says_all_three(stack))
    finally:
        keep(DEAD_LETTERS.config["retention.ms"])
        key.chmod(0o600)
        clickhouse.command("DELETE FROM tutti.migrations WHERE number = 9999")
    assert patiently(lambda: stack.json("doctor"))["healthy"]
