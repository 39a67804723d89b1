"""One of the server's two ports: what its clients may use."""

from dataclasses import dataclass, field

from infra.chdb_http.body import BodyMemory
from infra.chdb_http.credentials import Credentials
from infra.chdb_http.limits import Limits
from infra.chdb_http.policy.policy import Policy
from infra.chdb_http.query_pool import QueryPool
from infra.chdb_http.query_registry import QueryRegistry


@dataclass(frozen=True, slots=True)
class Listener:
    """A port.

    Attributes:
        limits: of one request.
        pool: runs its queries.
        memory: for all bodies together.
        policy: admits statements; None on the operators' port.
        seconds: time for one request, sending the response included; None: any.
        credentials: whom it lets in; None: everybody.
        registry: its queries, running or waiting.
    """

    limits: Limits
    pool: QueryPool
    memory: BodyMemory
    policy: Policy | None = None
    seconds: float | None = None
    credentials: Credentials | None = None
    registry: QueryRegistry = field(default_factory=QueryRegistry)
