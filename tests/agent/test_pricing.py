from __future__ import annotations

import subprocess
import sys

import pytest
from test_composer import brief
from test_llm_coder import coder

from text2reward.agent import litellm_model, pricing
from text2reward.agent.budget import check_budget, check_first_call, prompt_room
from text2reward.agent.config import config_for
from text2reward.agent.language_model import Message
from text2reward.agent.models import facts_for
from text2reward.agent.pricing import model_facts
from text2reward.agent.tokens import about, at_most
from text2reward.envs import all_tasks
from text2reward.errors import UserError
from text2reward.record.price import ModelFacts, Price


def config(model: str, **settings):
    return config_for(None, {"env": "toy:TASK", "model": model, **settings})


@pytest.fixture(autouse=True)
def no_server(monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def test_prices_come_from_the_installed_table_as_litellm_computes_them():
    litellm = litellm_model._litellm()
    for model in ("anthropic/claude-sonnet-4-5", "openai/gpt-4o", "gemini/gemini-2.5-pro"):
        price = model_facts(config(model)).price
        for tokens_in in (1000, 300_000):
            own = sum(litellm.cost_per_token(model=model, prompt_tokens=tokens_in, completion_tokens=50))
            assert price.cost(tokens_in, 50) == pytest.approx(own)
        assert price.source.startswith("LiteLLM 1.")
        assert 0 < price.cached < price.tokens_in


def test_sizes_come_from_the_table_too():
    facts = model_facts(config("openai/gpt-4o"))
    assert (facts.window, facts.longest_answer) == (128_000, 16_384)


def test_prices_are_unknown_for_other_servers_and_unknown_models_and_nothing_on_ones_own_machine(monkeypatch):
    assert model_facts(config("openai/gpt-4o", base_url="http://localhost:1/v1")) == ModelFacts()
    assert model_facts(config("anthropic/claude-nobody-knows")).price is None
    assert model_facts(config("ollama_chat/llama3")).price.cost(1000, 1000) == 0
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1/v1")
    assert model_facts(config("openai/gpt-4o")) == ModelFacts()


def test_without_litellm_nothing_is_known_but_what_is_given(monkeypatch):
    monkeypatch.setattr(pricing, "_table", dict)
    assert model_facts(config("openai/gpt-4o")) == ModelFacts()
    assert model_facts(config("openai/gpt-4o", price=(2, 8))).price == Price(2, 8, None, "--price")


def test_looking_a_price_up_does_not_import_litellm():
    code = (
        "import sys; from text2reward.agent.pricing import _from_table\n"
        "assert _from_table('openai', 'gpt-4o').price is not None\n"
        "print('litellm' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_cached_tokens_have_a_price_of_their_own_and_long_prompts_another():
    price = Price(10, 20, 1, beyond=1000, beyond_in=100, beyond_out=200, beyond_cached=50)
    assert price.cost(100, 10, cached=40) == pytest.approx((60 * 10 + 40 * 1 + 10 * 20) / 1e6)
    assert price.cost(1000, 10) == pytest.approx((1000 * 10 + 10 * 20) / 1e6)
    assert price.cost(1001, 10, cached=1) == pytest.approx((1000 * 100 + 50 + 10 * 200) / 1e6)
    assert Price(10, 20).cost(100, 0, cached=40) == pytest.approx(100 * 10 / 1e6)  # never less than is known


def test_a_limit_on_costs_needs_a_price():
    unknown = config("openai/x", base_url="http://localhost:1/v1", max_cost=1.0)
    with pytest.raises(UserError, match=r"needs the price of openai/x.*--price IN OUT, or limit --max-tokens"):
        check_budget(unknown, facts_for(unknown))
    known = config("openai/x", base_url="http://localhost:1/v1", max_cost=1.0, price=(1, 2))
    check_budget(known, facts_for(known))
    composer = config("composer", max_cost=1.0)
    check_budget(composer, facts_for(composer))
    manual = config("manual", max_tokens=1000)
    with pytest.raises(UserError, match="--max-tokens does not go with --model manual"):
        check_budget(manual, facts_for(manual))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"max_cost": 0.01}, r"a call may cost \$0\.0331 \(155 tokens in and 16,384 out at most\)"),
        ({"max_tokens": 1000}, r"a call may take 16,539"),
        ({"context": 160}, r"window of 160 has room for 120 beside an answer"),
    ],
    ids=["cost", "tokens", "window"],
)
def test_a_first_call_that_does_not_fit_is_refused(changes, said):
    asked = config("openai/x", base_url="http://localhost:1/v1", price=(2, 2), **changes)
    with pytest.raises(UserError, match=said):
        check_first_call(asked, facts_for(asked), [Message("user", "x" * 294)])


def test_a_shorter_answer_makes_room_for_the_first_call():
    asked = config("openai/x", base_url="http://localhost:1/v1", price=(2, 2), max_cost=0.01, answer_tokens=100)
    check_first_call(asked, facts_for(asked), [Message("user", "x" * 294)])
    assert prompt_room(config("openai/x", context=1000, answer_tokens=100), ModelFacts()) == 900
    assert prompt_room(config("openai/x"), ModelFacts(window=200_000)) == 192_000
    assert prompt_room(config("openai/x"), ModelFacts()) is None


def test_no_prompt_of_the_product_has_more_tokens_than_are_counted(tmp_path):
    """Against a tokeniser that comes with LiteLLM; those of other models are like it."""
    from pathlib import Path

    import litellm

    tiktoken = pytest.importorskip("tiktoken")
    folder = Path(litellm.__file__).parent / "litellm_core_utils" / "tokenizers"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", str(folder))
        encoding = tiktoken.get_encoding("cl100k_base")
    for task in all_tasks().values():
        messages = coder(tmp_path).messages(brief(task))
        counted = sum(len(encoding.encode(message.content)) for message in messages)
        assert counted <= at_most(messages)
        assert 0.8 * counted < sum(about(message.content) for message in messages) < 1.6 * counted
