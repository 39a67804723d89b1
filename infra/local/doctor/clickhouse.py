"""ClickHouse: it answers, and its tables are of this version."""

from collections.abc import Iterator

from infra.clickhouse.client import ERRORS, ClickHouseUnavailableError, connect, scalar
from infra.clickhouse.migrations import applied_migrations, migrations
from infra.local.doctor.finding import Finding, some
from infra.local.doctor.patient import Patient


def check_clickhouse_addresses(patient: Patient) -> Iterator[Finding]:
    """ClickHouse answers operators and analysts."""
    if not patient.ready("clickhouse"):
        return
    for analyst, who in ((False, "operators"), (True, "analysts")):
        try:
            answered = scalar(connect(patient.settings, analyst=analyst), "SELECT version()")
        except (*ERRORS, ClickHouseUnavailableError) as error:
            raise RuntimeError(f"clickhouse does not answer: {error}") from error
        yield Finding("clickhouse", "ok", f"answers {who}, version {answered}")


def check_migrations(patient: Patient) -> Iterator[Finding]:
    """The tables are of this version."""
    if not patient.ready("clickhouse"):
        return
    applied = applied_migrations(connect(patient.settings))
    wanted = {migration.name: migration.sha256 for migration in migrations()}
    missing = sorted(wanted.keys() - applied.keys())
    changed = [name for name in applied if applied[name] != wanted.get(name)]
    if missing:
        yield Finding("migrations", "problem", f"not applied: {some(missing)}", "tutti up")
    if changed:
        yield Finding(
            "migrations",
            "problem",
            f"applied in another form: {some(changed)}",
            "these data are of another version of tutti: use that one",
        )
    if not missing and not changed:
        yield Finding("migrations", "ok", f"{len(wanted)} applied, none is missing")
