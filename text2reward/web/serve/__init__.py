"""A run as pages in a browser: an overview that follows the record, and a queue of films to rate."""

from __future__ import annotations

from text2reward.web.serve.ports import Films, Pair, Ports
from text2reward.web.serve.server import Server

__all__ = ["Films", "Pair", "Ports", "Server"]
