"""What one server is told: folders, ports, memory, who may come in and what analysts may read."""

from dataclasses import dataclass
from pathlib import Path

from infra.chdb_http.credentials import Credentials

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """One server.

    Attributes:
        data: folder of the data, owned by one process at a time.
        temporary: folder of temporary files, emptied at start.
        port: of operators, who may read and write everything.
        analyst_port: of analysts, who read what is published.
        memory_mb: memory of the engine, MiB.
        published: databases that analysts may read, besides the schema of the system; an
            unqualified name is looked up in the first one that exists.
        default_database: where operators' unqualified names are looked up; made if it is missing.
            The engine's own database `default` holds the files of the machine and is closed.
        request_bytes: largest body of an operator's request.
        operator: whom the operators' port lets in; None: everybody.
        analyst: whom the analysts' port lets in; None: everybody.
        display_name: what the server calls itself in its responses.
    """

    data: Path
    temporary: Path
    port: int
    analyst_port: int
    memory_mb: int
    published: tuple[str, ...] = ()
    default_database: str = "local"
    request_bytes: int = 256 * MIB
    operator: Credentials | None = None
    analyst: Credentials | None = None
    display_name: str = "chdb"
