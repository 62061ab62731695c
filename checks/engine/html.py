"""What pages of the kit's own have in common: templates that escape, and a policy.

A page needs nothing beside itself. Its policy lets a browser run exactly its script and apply
exactly its style, by their hashes, and fetch nothing: even a text that found its way past the
template's escaping could do no harm.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def policy(style: str, script: str = "") -> str:
    """A Content-Security-Policy: this script, this style, images in the page, nothing else."""
    return "; ".join((
        "default-src 'none'",
        f"script-src {_hash(script)}" if script else "script-src 'none'",
        f"style-src {_hash(style)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ))  # fmt: skip


def _hash(source: str) -> str:
    digest = hashlib.sha256(source.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@cache
def environment(folder: Path) -> Environment:
    """The templates of a folder, in which every value is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
