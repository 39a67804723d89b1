"""What set-up makes: a folder of ``build/``, shown by a link that is switched when it is whole."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Product:
    """One thing that set-up makes.

    Attributes:
        link: where it is found.
        folder: how its folders' names begin: with its kind and the digest of its sources.
        files: what must be in it, relative to the link.
    """

    link: Path
    folder: Path
    files: tuple[str, ...]

    def ready(self) -> bool:
        """Whether the link shows a folder of the present sources; it shows no half-made one."""
        return (
            self.link.is_symlink()
            and self.link.readlink().name.startswith(f"{self.folder.name}-")
            # The Python behind an environment may have been uninstalled: `exists` follows links.
            and all((self.link / name).exists() for name in self.files)
        )

    @contextmanager
    def made(self) -> Iterator[Path]:
        """Give a new folder to fill; without an error, the link is switched to it in one step."""
        folder = self.folder.with_name(f"{self.folder.name}-{secrets.token_hex(4)}")
        folder.mkdir()
        yield folder
        os.sync()  # the link must not reach the disk before the files
        part = self.link.with_name(f".{self.link.name.lstrip('.')}.switch")
        part.unlink(missing_ok=True)
        part.symlink_to(os.path.relpath(folder, self.link.parent))
        part.replace(self.link)

    def delete_stale(self) -> None:
        """Delete the folders that the link does not show: replaced ones, and half-made ones."""
        kind = self.folder.name.partition("-")[0]
        for folder in self.folder.parent.glob(f"{kind}-*"):
            if folder.resolve() != self.link.resolve():
                shutil.rmtree(folder, ignore_errors=True)
