"""Prices and sizes of models: as a person says, or from the table that is installed with LiteLLM."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from text2reward.agent.config import RunConfig
from text2reward.agent.litellm_model import LOCAL
from text2reward.agent.openai_model import OPENAI, other_server
from text2reward.agent.system import package_version
from text2reward.record.price import ModelFacts, Price

TABLE = "model_prices_and_context_window_backup.json"
_MILLION = 1_000_000
_BEYOND = re.compile(r"input_cost_per_token_above_(\d+)k_tokens")
_FREE = Price(0.0, 0.0, 0.0, "on one's own machine")


def model_facts(config: RunConfig) -> ModelFacts:
    """What is known of the model that a configuration names; what ``--price`` says wins over the table."""
    return with_price(_facts_of(config.model, config.base_url), config)


def facts_of_the_one_that_sees(config: RunConfig) -> ModelFacts | None:
    """What is known of the model that ``--vision`` names; None where it names none. ``--price`` is not about it."""
    if config.vision is None:
        return None
    return model_facts(config) if config.vision == config.model else _facts_of(config.vision, config.vision_url)


def _facts_of(model: str, base_url: str | None) -> ModelFacts:
    provider, _, name = model.partition("/")
    elsewhere = provider == OPENAI and other_server(base_url)  # it may call its models as it likes
    facts = ModelFacts() if elsewhere else _from_table(provider, name)
    return replace(facts, price=_FREE) if provider in LOCAL else facts


def with_price(facts: ModelFacts, config: RunConfig) -> ModelFacts:
    """The facts with the price that a person gave, if any."""
    if config.price is None:
        return facts
    tokens_in, tokens_out = config.price
    return replace(facts, price=Price(tokens_in, tokens_out, None, "--price"))


def _from_table(provider: str, name: str) -> ModelFacts:
    table = _table()
    entry = table.get(f"{provider}/{name}")
    if entry is None and table.get(name, {}).get("litellm_provider") == provider:
        entry = table[name]
    if not isinstance(entry, Mapping):
        return ModelFacts()
    return ModelFacts(_price(entry), _count(entry, "max_input_tokens"), _count(entry, "max_output_tokens"))


def _price(entry: Mapping[str, Any]) -> Price | None:
    """The price in an entry of the table; None where it names none, or none for either way."""
    tokens_in, tokens_out = _per_million(entry, "input_cost_per_token"), _per_million(entry, "output_cost_per_token")
    if tokens_in is None or tokens_out is None or not tokens_in + tokens_out:
        return None
    price = Price(
        tokens_in,
        tokens_out,
        _per_million(entry, "cache_read_input_token_cost"),
        f"LiteLLM {package_version('litellm')}",
    )
    steps = sorted(int(found[1]) for key in entry if (found := _BEYOND.fullmatch(key)))
    if not steps:
        return price
    above = f"above_{steps[0]}k_tokens"
    dear_in, dear_out = (_per_million(entry, f"{way}_cost_per_token_{above}") for way in ("input", "output"))
    return replace(
        price,
        beyond=steps[0] * 1000,
        beyond_in=tokens_in if dear_in is None else dear_in,
        beyond_out=tokens_out if dear_out is None else dear_out,
        beyond_cached=_per_million(entry, f"cache_read_input_token_cost_{above}"),
    )


def _per_million(entry: Mapping[str, Any], key: str) -> float | None:
    value = entry.get(key)
    return round(float(value) * _MILLION, 9) if isinstance(value, int | float) else None


def _count(entry: Mapping[str, Any], key: str) -> int | None:
    value = entry.get(key)
    return int(value) if isinstance(value, int | float) and value > 0 else None


@cache
def _table() -> dict[str, Any]:
    """The table, read without importing LiteLLM, which takes seconds; empty where it is not installed."""
    found = importlib.util.find_spec("litellm")
    places = [Path(place) / TABLE for place in (found.submodule_search_locations or ())] if found else []
    for path in places:
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(data, dict):
            return data
    return {}
