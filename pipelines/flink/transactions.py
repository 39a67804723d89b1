"""Transactions that jobs which no longer run have left open: they hide output until aborted."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from infra.config.settings import Settings
from infra.kafka.security import java as security


def abort_transactions(settings: Settings, ours: str, keep: Iterable[str]) -> list[str]:
    """Abort what was left open by jobs that no longer run; it hides output until it times out.

    The connector does the same for the ids of its own count. Needs an `environment` or
    `know_connector` first.

    Args:
        settings: Where the broker is.
        ours: What the ids of all transactions of such jobs begin with.
        keep: What the ids begin with of jobs that may be running.

    Returns:
        The ids of the transactions.
    """
    with _admin(settings) as admin:
        left = [
            listing.transactionalId()
            for listing in admin.listTransactions().all().get()
            if listing.state().toString() in {"Ongoing", "PrepareAbort", "PrepareCommit"}
        ]
        kept = tuple(keep)
        abandoned = sorted(n for n in left if n.startswith(ours) and not n.startswith(kept))
        if abandoned:
            admin.fenceProducers(abandoned).all().get()
        return abandoned


@contextmanager
def _admin(settings: Settings) -> Iterator[Any]:
    from pyflink.java_gateway import get_gateway  # noqa: PLC0415

    java = get_gateway().jvm
    properties = java.java.util.Properties()
    properties.setProperty("bootstrap.servers", settings.brokers)
    for name, value in security(settings, settings.run / "votes").properties.items():
        properties.setProperty(name, value)
    clients = java.org.apache.flink.kafka.shaded.org.apache.kafka.clients
    admin = clients.admin.Admin.create(properties)
    try:
        yield admin
    finally:
        admin.close()
