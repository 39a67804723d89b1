"""Topics: those of ``topics.toml``, with their partitions and configuration."""

from collections.abc import Iterator

from confluent_kafka.admin import ConfigResource, ResourceType

from infra.kafka import client as kafka
from infra.local.doctor.finding import Finding, some
from infra.local.doctor.patient import Patient
from operators.core.wording import number_of
from schemas.topics import TOPICS


def check_topics(patient: Patient) -> Iterator[Finding]:
    """Kafka's topics are those of ``topics.toml``."""
    if not patient.ready("kafka"):
        return
    admin = kafka.admin(patient.settings)
    present = admin.list_topics(timeout=kafka.TIMEOUT_S).topics
    missing = [name for name in TOPICS if name not in present]
    wrong = [
        f"{name} has {number_of(len(present[name].partitions), 'partition')}"
        f" instead of {topic.partitions}"
        for name, topic in TOPICS.items()
        if name in present and len(present[name].partitions) != topic.partitions
    ]
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in TOPICS if name in present]
    for resource, future in admin.describe_configs(resources).items():
        config = kafka.answer(future)
        wrong += [
            f"{resource.name} has {key}={config[key].value} instead of {wanted}"
            for key, wanted in TOPICS[resource.name].config.items()
            if config[key].value != wanted
        ]
    if missing:
        yield Finding("topics", "problem", f"missing: {some(missing)}", "tutti up makes them")
    if wrong:
        yield Finding(
            "topics", "problem", some(wrong), "set them back to what schemas/topics.toml says"
        )
    if not missing and not wrong:
        yield Finding(
            "topics", "ok", f"{number_of(len(TOPICS), 'topic')} as in schemas/topics.toml"
        )
