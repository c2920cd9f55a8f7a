"""Pictures that a model is shown."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

_KINDS = {b"\x89PNG\r\n\x1a\n": ("image/png", "png"), b"\xff\xd8\xff": ("image/jpeg", "jpg")}
"""By what a file begins with: its type, and how its name ends."""


@dataclass(frozen=True)
class Picture:
    """One picture.

    Args:
        name: what it is called in the conversation, for example ``first, 1 of 6``.
        data: a PNG or JPEG file.

    Raises:
        ValueError: ``data`` is neither.
    """

    name: str
    data: bytes

    def __post_init__(self) -> None:
        if not self.data.startswith(tuple(_KINDS)):
            raise ValueError("a picture is a PNG or a JPEG file")

    @property
    def file(self) -> str:
        """A file's name that tells its content: the same for the same bytes."""
        return f"{hashlib.sha256(self.data).hexdigest()[:32]}.{self._kind[1]}"

    def to_url(self) -> str:
        """The picture itself as an address, which chat APIs take."""
        return f"data:{self._kind[0]};base64,{base64.b64encode(self.data).decode()}"

    @property
    def _kind(self) -> tuple[str, str]:
        return next(kind for start, kind in _KINDS.items() if self.data.startswith(start))
