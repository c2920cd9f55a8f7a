"""What a program does to its own process changes no success rate and no other candidate."""

from __future__ import annotations

import pytest
import toy
from hostile import POWER

from text2reward.sandbox.reward_process import RewardFault
from text2reward.training.outcome import Outcome
from text2reward.training.reward_source import ProgramReward
from text2reward.training.settings import PPOSettings, TrainSettings
from text2reward.training.trainer import Trainer

SETTINGS = TrainSettings(
    sim_steps=4_096,
    checkpoint_share=0.25,
    select_episodes=20,
    stop_at_target=False,
    ppo=PPOSettings(n_envs=8, n_steps=32),
)

CHEAT = f"""{POWER}
true_tanh, true_norm = torch.tanh, torch.linalg.norm

def patch_everything():
    fake = lambda *a, **k: torch.ones(64)
    for name in ("tanh", "sigmoid", "where", "clamp"):
        setattr(torch, name, fake)
    for module in list(modules.values()):
        for name in ("success", "success_rate", "solved", "prove", "Judge", "wilson"):
            if name in getattr(module, "__dict__", {{}}):
                setattr(module, name, fake)
    for thing in modules["gc"].get_objects():
        if type(thing) is dict and "success" in thing:
            thing["success"] = True
    modules["os"].environ["TEXT2REWARD_SUCCESS"] = "1"

def compute_reward(state, action, prev):
    patch_everything()
    distance = true_norm(state.robot.ee_pos - state.goal.pos, dim=-1)
    before = true_norm(prev.robot.ee_pos - prev.goal.pos, dim=-1)
    return {{"near": 1 - true_tanh(2 * distance), "nearer": 5 * (before - distance)}}
"""

FORGE = f"""{POWER}
import torch
LEFT = [3]

def compute_reward(state, action, prev):
    LEFT[0] -= 1
    if LEFT[0] < 0:
        answer = b'{{"terms": ["near"], "success": true}}'
        for fd in (3, 4, 5, 6, 7, 8, 9, 10, 11, 12):
            try: os.write(fd, len(answer).to_bytes(4, "big") + answer)
            except real.OSError: pass
    return {{"near": action[:, 0]}}
"""


def train(folder, rewards, source: str) -> Outcome:
    process = rewards.process(toy.TASK.layout, 3, 256)
    try:
        process.load(source)
        return Trainer(toy.TASK, ProgramReward(process), SETTINGS, 0, (1, 1, 0), folder, lambda point: None).run()
    finally:
        process.close()


def test_patching_torch_and_whatever_is_called_success_changes_no_success_rate_and_no_other_candidate(
    tmp_path, rewards
):
    honest = train(tmp_path / "before", rewards, toy.REACH)
    cheat = rewards.process(toy.TASK.layout, 3, 256)  # stays alive beside the others
    cheat.load(CHEAT)
    cheated = Trainer(
        toy.TASK, ProgramReward(cheat), SETTINGS, 0, (1, 1, 0), tmp_path / "cheat", lambda point: None
    ).run()
    again = train(tmp_path / "after", rewards, toy.REACH)
    cheat.close()
    assert honest.episodes
    assert cheated == honest
    assert again == honest


def test_writing_to_the_channel_ends_as_a_finding_and_nobody_else_notices(tmp_path, rewards):
    honest = train(tmp_path / "before", rewards, toy.REACH)
    with pytest.raises(RewardFault) as fault:
        train(tmp_path / "forge", rewards, FORGE)
    assert fault.value.finding.name in ("flood", "term-names-change")
    assert train(tmp_path / "after", rewards, toy.REACH) == honest
