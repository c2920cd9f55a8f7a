from __future__ import annotations

import ast
import importlib
import os
import time
from collections.abc import Iterator

import pytest
import toy
from hostile import CATEGORIES, files, tampering
from outside import SECRET, Outside, batch
from servers import NOBODY, server

from text2reward.sandbox.bank_check import check_program
from text2reward.sandbox.reward_process import Limits
from text2reward.sandbox.reward_server import RewardServer
from text2reward.sandbox.static_check import check_source

IDEAS = {
    f"{category}-{name}": source
    for category in CATEGORIES
    for name, source in importlib.import_module(f"hostile.{category}").IDEAS.items()
}
LIMITS = Limits(load_s=1.5, call_s=1.5)
MOST_STATIC_S = 1.0
USERS = {"as who runs this": "", "as nobody": NOBODY}


@pytest.fixture(scope="module", params=USERS.values(), ids=USERS)
def attacked(request) -> Iterator[RewardServer]:
    """A server whose starter holds a key in its environment; once more with children of a user without rights."""
    if request.param and os.getuid() != 0:
        pytest.skip("already without rights: only root can become another user")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", SECRET)
        with server(request.param) as rewards:
            yield rewards


@pytest.fixture
def outside(tmp_path, attacked) -> Iterator[Outside]:
    world = Outside(tmp_path, attacked)
    yield world
    world.close()


def test_every_category_has_ten_ideas():
    for category in CATEGORIES:
        assert sum(name.startswith(f"{category}-") for name in IDEAS) >= 10, category


def looking(source: str) -> str | None:
    """An attack that only reads what it would replace; None where it replaces nothing by name."""
    tree = ast.parse(source)
    entry = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "compute_reward")
    attempts = [line for node in entry.body for line in (node.body if isinstance(node, ast.Try) else [node])]
    looks: list[ast.stmt] = []
    for line in attempts:
        for target in line.targets if isinstance(line, ast.Assign) else []:
            if isinstance(target, ast.Attribute):
                looks.append(ast.parse(ast.unparse(target)).body[0])
            elif isinstance(target, ast.Name) and line in entry.body:
                looks.append(line)  # something that is changed further below
    if not any(isinstance(look, ast.Expr) for look in looks):
        return None
    entry.body = [*looks, entry.body[-1]]
    tree.body = [node for node in tree.body if not isinstance(node, ast.Expr)]
    return ast.unparse(ast.fix_missing_locations(tree))


REPLACING = {name: looks for name, source in tampering.IDEAS.items() if (looks := looking(source)) is not None}


def test_some_attacks_replace_the_machinery():
    assert sum("machinery." in looks or "channel." in looks for looks in REPLACING.values()) >= 7


@pytest.mark.parametrize("source", REPLACING.values(), ids=REPLACING)
def test_what_an_attack_replaces_is_there(rewards, source):
    """Otherwise it would attack nothing, and tell nothing by failing."""
    process = rewards.process(toy.TASK.layout, 3, 64)
    try:
        process.load(source)
        part = batch()
        assert list(process(part.prev, part.action, part.state)) == ["a"]
    finally:
        process.close()


@pytest.mark.parametrize("source", IDEAS.values(), ids=IDEAS)
def test_without_the_static_check_nothing_outside_changes(outside, source):
    began = time.monotonic()
    heard = outside.attack(source, LIMITS)
    assert time.monotonic() - began < 2 * (LIMITS.load_s + LIMITS.call_s)
    outside.unharmed(heard)


@pytest.mark.parametrize(
    "attacked",
    [pytest.param("", id="as who runs this"), pytest.param(NOBODY, id="as nobody")],
    indirect=True,
)
@pytest.mark.long
@pytest.mark.parametrize("source", IDEAS.values(), ids=IDEAS)
def test_with_the_static_check_nothing_outside_changes(outside, attacked, source):
    told = outside.told(source)
    began = time.process_time()
    check_source(told, toy.TASK.layout)
    assert time.process_time() - began < MOST_STATIC_S
    findings = check_program(told, toy.TASK.layout, attacked, batch())
    outside.unharmed("\n".join(map(str, findings)))


def test_the_canaries_would_notice(tmp_path):
    noticed = 0
    with server(mode="off") as rewards:
        for i, source in enumerate(files.IDEAS.values()):
            folder = tmp_path / str(i)
            folder.mkdir()
            world = Outside(folder, rewards)
            heard = world.attack(source, LIMITS)
            try:
                world.unharmed(heard)
            except AssertionError:
                noticed += 1
            world.close()
    assert noticed >= 12  # of 18: the limits alone keep some from writing
