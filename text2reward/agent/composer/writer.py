"""From a plan to a readable reward program."""

from __future__ import annotations

from collections.abc import Iterator

from text2reward.agent.composer.plan import Plan
from text2reward.agent.composer.world import World


def write_program(plan: Plan, world: World, instruction: str) -> str:
    """The program text of ``plan`` in ``world``; the last line holds the plan itself."""
    body = [*_distances(plan, world), *_terms(plan, world)]
    names = [line.split(" = ")[0] for line in _terms(plan, world) if not line.startswith("#")]
    names = [name for name in names if name in _TERM_NAMES]
    returned = ", ".join(f'"{name}": {name}' for name in names)
    lines = [
        f'"""{_one_line(instruction)}"""',
        "",
        "import torch",
        "",
        "",
        *_helpers(plan),
        "def compute_reward(state, action, prev):",
        *(f"    {line}" for line in body),
        f"    return {{{returned}}}",
        "",
        plan.to_comment(),
    ]
    return "\n".join(lines) + "\n"


_TERM_NAMES = ("reach", "grip", "move", "progress", "finish", "effort")


def _helpers(plan: Plan) -> Iterator[str]:
    yield "def closeness(a, b, scale):"
    if plan.measure == "axes":
        yield '    """1 where a is at b, falling to 0; axis by axis, so one that cannot be closed costs little."""'
        yield "    return (1 - torch.tanh(scale * torch.abs(a - b))).mean(dim=-1)"
    else:
        yield '    """1 where a is at b, falling to 0 with the distance."""'
        yield "    return 1 - torch.tanh(scale * torch.linalg.norm(a - b, dim=-1))"
    yield from ("", "")


def _distances(plan: Plan, world: World) -> Iterator[str]:
    yield f"hand = state.{world.hand}"
    yield f"goal = state.{world.goal}"
    if world.thing is None:
        if plan.contact == "above":
            yield f"goal = goal + torch.tensor([0.0, 0.0, {plan.offset:g}])  # the hand is above what it holds"
        yield f"before = prev.{world.hand}"
        return
    yield f"thing = state.{world.thing}"
    yield f"before = prev.{world.thing}"
    if plan.contact == "behind":
        yield "way = goal - thing"
        yield "way = way / (torch.linalg.norm(way, dim=-1, keepdim=True) + 1e-6)"
        yield f"contact = thing - {plan.offset:g} * way  # push from the side away from the goal"
    elif plan.contact == "above":
        yield f"contact = thing + torch.tensor([0.0, 0.0, {plan.offset:g}])"
    else:
        yield "contact = thing"
    yield "to_contact = torch.linalg.norm(hand - contact, dim=-1)"


def _terms(plan: Plan, world: World) -> Iterator[str]:
    moved = "hand" if world.thing is None else "thing"
    if world.thing is not None:
        yield f"reach = {plan.reach_weight:g} * (1 - torch.tanh({plan.reach_scale:g} * to_contact))"
        if plan.gate > 0:
            yield f"near = torch.exp(-((to_contact / {plan.gate:g}) ** 2))"
        if plan.grip_weight > 0:
            near = "near" if plan.gate > 0 else "torch.exp(-((to_contact / 0.04) ** 2))"
            yield f"grip = {plan.grip_weight * world.closes:g} * {near} * action[:, {world.action_size - 1}]"
    gated = "near * " if plan.gate > 0 and world.thing is not None else ""
    yield f"move = {plan.move_weight:g} * {gated}closeness({moved}, goal, {plan.move_scale:g})"
    if plan.progress_weight > 0:
        yield f"nearer = torch.linalg.norm(before - goal, dim=-1) - torch.linalg.norm({moved} - goal, dim=-1)"
        yield f"progress = {plan.progress_weight:g} * torch.clamp(50 * nearer, -1, 1)"
    if plan.finish_weight > 0:
        if plan.measure == "axes":
            yield f"there = torch.abs({moved} - goal) < {plan.finish_width:g}"
            yield f"finish = {plan.finish_weight:g} * there.float().mean(dim=-1)"
        else:
            yield f"there = torch.linalg.norm({moved} - goal, dim=-1) < {plan.finish_width:g}"
            yield f"finish = {plan.finish_weight:g} * there.float()"
    if plan.effort_weight > 0:
        yield f"effort = -{plan.effort_weight:g} * (action**2).mean(dim=-1)"


def _one_line(text: str) -> str:
    clean = "".join(c if c.isprintable() and c not in '"\\' else " " for c in text)
    return " ".join(clean.split())[:200] or "A reward."
