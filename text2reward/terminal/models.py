"""The command that lists what can write reward programs here; keys are found, never shown."""

from __future__ import annotations

import os
import socket

from rich.table import Table

from text2reward.agent import openai_model
from text2reward.agent.litellm_model import KEYS, installed, key_of
from text2reward.extras import install
from text2reward.terminal.looking import OK, console

_OLLAMA_PORT = 11434
_PATIENCE_S = 0.2


def models() -> int:
    """Who can be asked here, and what is missing for the others."""
    table = Table(box=None, pad_edge=False)
    for head in ("--model", "usable here", ""):
        table.add_column(head, overflow="fold")
    table.add_row("composer", "yes", "built in; no key, no cost")
    table.add_row("manual", "yes", "you paste answers from any chat window")
    base = os.environ.get("OPENAI_BASE_URL")
    table.add_row("openai/NAME", *_openai(bool(os.environ.get(openai_model.KEY)), base))
    there, extra = installed(), install("providers")
    for provider, keys in KEYS.items():
        found = key_of(provider)
        if found is None:
            table.add_row(f"{provider}/NAME", "no", f"set {' or '.join(keys)}")
        else:
            table.add_row(
                f"{provider}/NAME", *(("yes", f"{found} is set") if there else ("no", f"{found} is set; {extra}"))
            )
    answers = _listens(_OLLAMA_PORT)
    said = f"a server listens on port {_OLLAMA_PORT}" if answers else f"no server listens on port {_OLLAMA_PORT}"
    table.add_row("ollama/NAME", "yes" if answers and there else "no", said if there else f"{said}; {extra}")
    console().print(table, markup=False, highlight=False)
    if there:
        print("\nOther providers that LiteLLM knows work the same way: https://docs.litellm.ai/docs/providers")
    return OK


def _openai(key: bool, base: str | None) -> tuple[str, str]:
    if key:
        return "yes", f"{openai_model.KEY} is set{f'; {base} is asked' if base else ''}"
    if base:
        return "yes", f"{base} is asked, without a key"
    return "no", f"set {openai_model.KEY}, or name a server that speaks its protocol with --base-url"


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S):
            return True
    except OSError:
        return False
