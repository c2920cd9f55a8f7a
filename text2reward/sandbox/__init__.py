"""Judging and running reward programs that nobody trusts."""

from __future__ import annotations

from typing import Literal

SandboxMode = Literal["auto", "off"]
"""``auto`` locks every reward process or refuses to start it; ``off`` leaves only resource limits."""
