"""The service intake: reads the input topics, writes accepted records and dead letters."""

from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from infra.config.secrets import pseudonym_key
from infra.config.settings import Settings
from infra.config.sources import RulesInForce
from infra.kafka import client as kafka
from infra.service.gc_tuning import tune_gc
from infra.service.metrics import INTAKE
from infra.service.runner import run
from operators.core.votes.acceptance import Acceptance
from operators.core.votes.pseudonyms import pseudonymiser
from pipelines.intake.intake import Intake
from pipelines.intake.signed_rates import SignedRates


def _failed(error: KafkaError, _message: Any) -> None:
    """Called for failures only: nothing is committed, after the restart the batch is read again."""
    raise KafkaException(error)


def build(settings: Settings) -> Intake:
    """The intake of this installation."""
    pseudonymise = pseudonymiser(pseudonym_key(settings))
    in_force = RulesInForce(settings)

    def acceptance() -> Acceptance | None:
        return Acceptance(pseudonymise, in_force.rules) if in_force.renewed() else None

    # A member with a name takes its partitions back at once after it was killed.
    name = {"group.instance.id": f"intake-{settings.instance}"}
    # protects: intake reads committed messages only
    reader = kafka.consumer(settings, kafka.INTAKE_GROUP, **name)
    errors_only = {"delivery.report.only.error": True, "on_delivery": _failed}
    intake = Intake(
        reader,
        kafka.producer(settings, **errors_only),
        Acceptance(pseudonymise, in_force.rules),
        SignedRates(partial(kafka.read_since, settings)),
        acceptance,
    )
    tune_gc()
    return intake


def main() -> None:
    """Run until told to stop."""
    run("intake", build, metrics=INTAKE)


if __name__ == "__main__":
    main()
