from typing import Dict, Tuple

import torch
from torch import Tensor


@torch.jit.script
def compute_reward(
    torso_pos: Tensor,
    torso_linvel: Tensor,
    torso_angvel: Tensor,
    front_left_hip_vel: Tensor,
    back_right_ankle_vel: Tensor,
    actions: Tensor,
) -> Tuple[Tensor, Dict[str, Tensor]]:
    forward = 2.0 * torch.clamp(torso_linvel[:, 0], -1.0, 2.0)
    sideways = -0.5 * torch.clamp(torch.abs(torso_linvel[:, 1]), max=1.0)
    height = torch.where(torso_pos[:, 2] > 0.3, torch.full_like(forward, 0.5), torch.zeros_like(forward))
    turning = -0.05 * torch.clamp(torch.abs(torso_angvel[:, 2]), max=5.0)
    smooth = -0.001 * torch.clamp(front_left_hip_vel**2 + back_right_ankle_vel**2, max=100.0)
    control = -0.05 * torch.mean(actions**2, dim=-1)
    total = forward + sideways + height + turning + smooth + control
    return total, {"forward": forward, "sideways": sideways, "height": height, "control": control}
