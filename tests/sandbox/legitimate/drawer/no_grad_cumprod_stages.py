"""Whole body under torch.no_grad(); soft stage gates multiplied up with cumprod; Python-constant ifs."""
import torch

USE_ACTION_COST = True
USE_PROGRESS = False
STAGE_WEIGHTS = (0.5, 1.0, 2.0)


def compute_reward(state, action, prev):
    with torch.no_grad():
        dtype, device = action.dtype, action.device
        weights = torch.tensor(STAGE_WEIGHTS, dtype=dtype, device=device)

        tip = state.robot.ee_pos - torch.tensor((0.0, 0.0, 0.045), dtype=dtype, device=device)
        reach_d = torch.linalg.vector_norm(tip - state.handle.pos, dim=-1)
        open_d = torch.linalg.vector_norm(state.goal.pos - state.handle.pos, dim=-1)

        quality = torch.stack(
            [
                torch.exp(-4.0 * reach_d),                  # get there
                torch.sigmoid((0.05 - reach_d) / 0.01),     # really be there
                torch.exp(-7.0 * open_d),                   # and pull
            ],
            dim=-1,
        )                                                   # (B, 3), each in [0, 1]
        staged = torch.cumprod(quality, dim=-1) * weights   # (B, 3)

        out = {
            "stage_reach": staged[:, 0],
            "stage_contact": staged[:, 1],
            "stage_pull": staged[:, 2],
            "opened": 1.5 * torch.exp(-10.0 * open_d),
        }
        if USE_PROGRESS:
            prev_d = torch.linalg.vector_norm(prev.goal.pos - prev.handle.pos, dim=-1)
            out["progress"] = torch.clamp(20.0 * (prev_d - open_d), -1.0, 1.0)
        if USE_ACTION_COST:
            out["action_cost"] = -0.01 * action.pow(2).sum(dim=-1)
    return out
