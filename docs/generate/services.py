"""The services of the local stack with their ports and logs."""

import inspect

from docs.generate.markdown import code, table
from infra.config.settings import Settings
from infra.local.services import SERVICES

_BASE = Settings.model_fields["port_base"].default


def ports() -> str:
    """Every port, as the properties of `Settings` say."""
    settings = Settings.model_construct(port_base=_BASE)
    found = sorted(
        (getattr(settings, name), inspect.getdoc(given) or "")
        for name, given in vars(Settings).items()
        if isinstance(given, property) and name.endswith("_port")
    )
    return table(
        ["port", "what answers", "`TUTTI_PORT_BASE` +"],
        ([str(port), about, str(port - _BASE)] for port, about in found),
    )


def services() -> str:
    """Every process that the supervisor runs."""
    settings = Settings.model_construct(port_base=_BASE)
    return table(
        ["service", "runs", "port", "log"],
        (
            [
                code(service.name),
                code(service.module) + (" while a rebuild is asked for" * service.on_demand),
                str(service.port(settings)) if service.port else "",
                code(f"var/logs/{service.name}.log"),
            ]
            for service in SERVICES
        ),
    )
