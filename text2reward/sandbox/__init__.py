"""Judging and running reward programs that nobody trusts."""

from __future__ import annotations

from typing import Literal

SandboxMode = Literal["auto", "strict", "off"]
"""``auto`` takes the best lock there is and refuses to start without one; ``strict`` insists on tier A; ``off`` leaves
a process of its own with resource limits only."""

DialectName = Literal["auto", "native", "eureka", "text2reward"]
"""The style that a program is written in; ``auto`` tells it from the program."""
