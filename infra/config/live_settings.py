"""Settings of the public pages: who reaches them, under which names, and how many."""

from pydantic import BaseModel, Field

from infra.config.addresses import Names, Origins


class LiveSettings(BaseModel):
    """The part of `Settings` that the live service alone reads."""

    live_host: str = Field(
        "127.0.0.1",
        description="address the public pages listen on; any but 127.0.0.1 is reached from other"
        " machines",
    )
    live_names: Names = Field(
        (),
        description="host names by which visitors know the public pages, beside 127.0.0.1 and"
        " localhost, with commas between",
    )
    live_proxies: Names = Field(
        (),
        description="addresses of proxies before the public pages whose X-Forwarded-For is"
        " believed, with commas between",
    )
    live_embedders: Origins = Field(
        (),
        description="origins whose pages may show /embed/… in a frame, as https://host, with commas"
        " between; unset: none",
    )
    live_docs: str = Field(
        "http://127.0.0.1:8000",
        pattern=r"^https?://[^\s\"'<>]+$",
        description="address of the documentation, for the operator page's links; unset: where"
        " make docs-serve shows it",
    )
    live_streams: int = Field(
        2500, ge=1, le=50000, description="event streams of the public pages at a time"
    )
