"""A plan in words: what a run may take, and the prompts it begins with."""

from __future__ import annotations

import json
from collections.abc import Iterator

from text2reward.agent.budget import ANSWER_MOST, longest_answer
from text2reward.agent.plan import GROWTH, TYPICAL_ANSWER, Plan
from text2reward.agent.tokens import BYTES, at_most
from text2reward.record.words import counted
from text2reward.terminal.clock import clock
from text2reward.terminal.guard import printable


def show(plan: Plan, as_json: bool) -> None:
    """Print a plan and every prompt of the first round."""
    if as_json:
        print(json.dumps(plan.to_json(), ensure_ascii=False))
        return
    print("\n".join(lines(plan)))
    if plan.first is None:
        why = "The first round is the program that is given." if plan.config.init else "No model is asked."
        print(f"\n{why} Nothing was spent.")
        return
    print(f"\nThe prompt of the first round, asked for {', '.join(plan.asked)}:")
    for message in plan.first.messages:
        print(f"\n--- {message.role}\n\n{printable(message.content)}")
    print("Nothing was spent.")


def lines(plan: Plan) -> Iterator[str]:
    """What a run may take, a line each."""
    config = plan.config
    if plan.facts is None:
        yield f"plan: {config.model} asks no model, which costs nothing"
    else:
        yield f"plan: at most {counted(plan.calls, 'call')} of {config.model}{_limits(plan)}"
    if plan.vision_facts is not None:
        yield f"opinions: at most {counted(plan.looks, 'call')} of {config.vision}, each with a dozen pictures"
    if config.replayed is not None:
        yield f"replay: answers are taken from {config.replayed} for nothing; limits count them as if they were paid"
    if plan.first is not None:
        parts = ", ".join(f"{name} {size:,}" for name, size in plan.sizes.items() if size)
        yield f"first prompt: about {sum(plan.sizes.values()):,} tokens, a token for {BYTES} bytes ({parts})"
        yield from _window(plan)
    if plan.facts is not None or plan.vision_facts is not None:
        yield f"cost: {_cost(plan)}"
    yield (
        f"training: at most {counted(plan.trainings, 'training')}, {plan.sim_steps:,} simulator steps, "
        f"{plan.jobs} at once; {_time(plan)}"
    )


def _limits(plan: Plan) -> str:
    config = plan.config
    given = {
        "--max-cost": config.max_cost,
        "--max-tokens": config.max_tokens,
        "--max-steps": config.max_steps,
        "--max-hours": config.max_hours,
    }
    said = ", ".join(f"{name} {value:g}" for name, value in given.items() if value is not None)
    return f", within {said}" if said else ""


def _window(plan: Plan) -> Iterator[str]:
    assert plan.first is not None
    if plan.room is not None:
        yield f"window: room for {plan.room:,} tokens of a prompt, of which the first takes {_most(plan):,} at most"
    if plan.first.left_out:
        yield f"left out to fit: {', '.join(plan.first.left_out)}"


def _most(plan: Plan) -> int:
    assert plan.first is not None
    return at_most(plan.first.messages)


def _cost(plan: Plan) -> str:
    """What it costs and what that stands on."""
    if plan.config.replay is not None:
        return "nothing (every answer is replayed)"
    cost = plan.cost_usd
    if plan.facts is not None and plan.facts.price is None:
        return "unknown; say what a million tokens cost with --price IN OUT"
    if cost is None:
        return f"unknown; nobody knows the price of {plan.config.vision}"
    if plan.facts is None or plan.facts.price is None:
        return f"at most ${cost[1]:.2f} for opinions"
    price = plan.facts.price
    if not plan.vision_facts and not price.tokens_in + price.tokens_out:
        return f"nothing ({price.source})"
    answer = longest_answer(plan.config, plan.facts)
    sure = plan.config.answer_tokens or plan.facts.longest_answer
    cached = "" if price.cached is None else f", {price.cached:g} where it is cached"
    return (
        f"about ${cost[0]:.2f} where nothing is repaired and answers have {TYPICAL_ANSWER:,} tokens, at most "
        f"${cost[1]:.2f} where every call is made, attempts add {GROWTH:,} tokens to prompts and answers have "
        f"{answer:,}{'' if sure else f' (nobody says; {ANSWER_MOST:,} are assumed, --answer-tokens makes sure)'}; "
        f"${price.tokens_in:g} for a million tokens in{cached}, ${price.tokens_out:g} out ({price.source})"
    )


def _time(plan: Plan) -> str:
    if plan.seconds is None or plan.speed is None:
        return "how long is unknown, no run of this task was measured here"
    return (
        f"up to about {clock(plan.seconds)} by the {plan.speed.steps_per_s:,.0f} steps a second of {plan.speed.run}, "
        "without the model's answers and judging"
    )
