"""Flink in this process: its Java machine, its configuration, and the job."""

import os
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from infra.config.settings import Settings
from infra.service.tempdirs import java_tempdir
from infra.service.waiting import wait_until
from operators.core.errors import TransientError
from operators.flink.checkpoints import DamagedError, check_files
from operators.flink.plan import Plan
from operators.flink.votes import VotesJob

CONNECTOR: Final = "flink/flink-sql-connector-kafka-5.0.0-2.2.jar"
YOUNG_MB: Final = 1_536
"""Beyond that, or a fifth of a large heap, more room for what dies young gains nothing, and ballots
need it."""

_LOG4J: Final = """\
status = warn
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
logger.checkpoints.name = org.apache.flink.runtime.checkpoint
logger.checkpoints.level = warn
logger.job.name = org.apache.flink.runtime.executiongraph.ExecutionGraph
logger.job.level = warn
# Operators of one name; what is measured is not among those names.
logger.names.name = org.apache.flink.metrics.MetricGroup
logger.names.level = error
# At each checkpoint a task is done with a file of changes that the job manager owns since the one
# before, and removes: not tracked by the task any more, as it must be.
logger.tracking.name = org.apache.flink.changelog.fs.TaskChangelogRegistryImpl
logger.tracking.level = error
# A push that fails is tried again in 5 s; that none arrives, the metrics themselves say.
logger.push.name = org.apache.flink.metrics.prometheus
logger.push.level = error
appender.out.type = Console
appender.out.name = out
appender.out.target = SYSTEM_OUT
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %m (%c)%n
"""


def counting_heap(heap_mb: int) -> str:
    """Java's options for a job that holds millions of ballots."""
    # Throughput matters more here than short pauses: measured with the object reuse of the job.
    # All of the heap from the start: each step of its growth is a collection of all ballots.
    young = min(heap_mb * 2 // 5, max(YOUNG_MB, heap_mb // 5))
    return f"-Xmx{heap_mb}m -Xms{heap_mb}m -Xmn{young}m -XX:+UseParallelGC"


def configure_flink(settings: Settings, service: str, heap: str) -> None:
    """Write the configuration folder that Flink's Java machine reads.

    Args:
        settings: Where it is.
        service: Whose Flink it is.
        heap: Java's options of its memory, and more.
    """
    folder = settings.run / service
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "log4j.properties").write_text(_LOG4J)
    options = f"{heap} -XX:MaxMetaspaceSize=512m -XX:+ExitOnOutOfMemoryError"
    (folder / "config.yaml").write_text(f'env.java.opts.all: "{options}"\n')
    os.environ["FLINK_CONF_DIR"] = str(folder)
    os.environ["LOG4J_PROPERTIES"] = str(folder / "log4j.properties")
    os.environ["FLINK_LOG_DIR"] = str(settings.logs)
    os.environ.update(java_tempdir(settings, service))
    # A Flink inside one process loads no plugins: its reporter must be on the class path, and
    # this is the variable by which PyFlink takes more.
    plugin = files("pyflink") / "plugins" / "metrics-prometheus"
    os.environ["HADOOP_CLASSPATH"] = os.pathsep.join(str(jar) for jar in plugin.iterdir())
    # Otherwise PyFlink opens a port for Python functions on every address. The votes job has none,
    # the semantics job runs its own within Java.
    os.environ["_python_worker_execution_mode"] = "process"  # noqa: SIM112 - PyFlink's name


SPARE_CONNECTIONS: Final = 3
WATCHDOG_S: Final = 300
"""Objects of Java may end in any thread of ours, which then tells Java."""

# PyFlink is imported late: it looks for its configuration folder when it starts Java.


def set_system_properties(properties: dict[str, str]) -> None:
    """Set them in Flink's Java machine; its command line would have to quote spaces."""
    from pyflink.java_gateway import get_gateway  # noqa: PLC0415

    for name, value in properties.items():
        get_gateway().jvm.java.lang.System.setProperty(name, value)


def environment(options: dict[str, str], job: VotesJob) -> Any:
    """A Flink of its own that knows the job's tables."""
    from pyflink.common import Configuration  # noqa: PLC0415
    from pyflink.table import EnvironmentSettings, TableEnvironment  # noqa: PLC0415

    configuration = Configuration()
    for key, value in options.items():
        configuration.set_string(key, value)
    made = TableEnvironment.create(
        EnvironmentSettings.new_instance()
        .in_streaming_mode()
        .with_configuration(configuration)
        .build()
    )
    for statement in job.tables():
        made.execute_sql(statement)
    return made


def compiled(flink: Any, job: VotesJob) -> str:
    """The plan that Flink's planner makes of the job's statements today."""
    statements = flink.create_statement_set()
    for statement in job.inserts():
        statements.add_insert_sql(statement)
    return str(statements.compile_plan().as_json_string())


def load(flink: Any, plan: Plan, epoch: int, mini_batch_ms: int) -> Any:
    """The job of a compiled plan, not yet running."""
    from pyflink.table.plan_reference import PlanReference  # noqa: PLC0415

    loaded = flink.load_plan(PlanReference.from_json_string(plan.of(epoch, mini_batch_ms)))
    # PyFlink 2.3.0 hands it the Java environment, which lacks what `execute` calls on it.
    loaded._t_env = flink  # noqa: SLF001
    return loaded


def check_checkpoint(checkpoint: Path, folder: Path) -> None:
    """See that Flink can read what the checkpoint is made of, and that its files are there.

    Raises:
        DamagedError: It must not be resumed.
    """
    from py4j.protocol import Py4JJavaError  # noqa: PLC0415
    from pyflink.java_gateway import get_gateway  # noqa: PLC0415

    check_files(checkpoint, folder)
    java = get_gateway().jvm
    path = str(checkpoint / "_metadata")
    stream = java.java.io.DataInputStream(java.java.io.FileInputStream(path))
    loader = java.Thread.currentThread().getContextClassLoader()
    try:
        java.org.apache.flink.runtime.checkpoint.Checkpoints.loadCheckpointMetadata(
            stream, loader, path
        )
    except Py4JJavaError as error:
        raise DamagedError(f"_metadata cannot be read: {error.java_exception}") from None
    finally:
        stream.close()


def know_connector(settings: Settings) -> None:
    """Make the connector's classes known where there is no `environment`."""
    from pyflink.util.java_utils import add_jars_to_context_class_loader  # noqa: PLC0415

    add_jars_to_context_class_loader([(settings.jars / CONNECTOR).resolve().as_uri()])


def close_gateway() -> None:
    """Take no further connections to Flink's Java machine, nor from it: none asks for a password.

    Whoever connects there runs programs as the user of the stack, and a web page can send lines to
    a local port. What is connected stays connected: this thread, and a few for objects that end.
    Java knows classes by thread, and each connection has one of its own: all know what this one's
    does, because any may be used next.

    Raises:
        TransientError: Java does not ask whether this process lives.
    """
    from pyflink.java_gateway import get_gateway  # noqa: PLC0415

    gateway = get_gateway()
    client = gateway._gateway_client  # noqa: SLF001 - there is no other way to its connections
    classes = gateway.jvm.Thread.currentThread().getContextClassLoader()
    for _ in range(SPARE_CONNECTIONS):
        client._give_back_connection(client._create_connection())  # noqa: SLF001 - the next in use
        gateway.jvm.Thread.currentThread().setContextClassLoader(classes)
        client.deque.rotate()
    server = gateway.java_gateway_server
    listener = server.getClass().getDeclaredField("sSocket")
    listener.setAccessible(True)
    listener.get(server).close()
    callbacks = gateway.get_callback_server()
    # Java's watchdog asks over one connection whether this process lives: without it Java ends.
    if not wait_until(lambda: bool(callbacks.connections), WATCHDOG_S, every_s=0.1):
        raise TransientError("Flink's Java machine does not ask whether this process lives.")
    callbacks.server_socket.close()
