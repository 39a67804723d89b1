"""Style and script: files that browsers keep for ever under an address that holds their version."""

from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

STATIC: Final = Path(__file__).parent / "static"
KINDS: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
FOREVER: Final = "public, max-age=31536000, immutable"


@cache
def static_file(name: str) -> tuple[bytes, str]:
    """A file's content, and its version."""
    content = (STATIC / name).read_bytes()
    return content, blake2b(content, digest_size=6).hexdigest()


def static(name: str) -> str:
    """The address of a file, which changes with its content."""
    return f"/static/{static_file(name)[1]}/{name}"


def static_routes() -> APIRouter:
    """The files, and nothing for the icon that browsers ask for."""
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{version}/{name}")
    async def file(version: str, name: str) -> Response:
        suffix = Path(name).suffix
        if suffix not in KINDS or name not in {each.name for each in STATIC.iterdir()}:
            raise HTTPException(404)
        content, current = static_file(name)
        # An old page may still ask for an old version: it gets the new one, which is not kept.
        cache_control = FOREVER if version == current else "no-store"
        return Response(content, media_type=KINDS[suffix], headers={"Cache-Control": cache_control})

    @router.get("/favicon.ico")
    async def icon() -> Response:
        return Response(status_code=204, headers={"Cache-Control": FOREVER})

    return router
