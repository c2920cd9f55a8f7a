"""torch.nn.functional everywhere: relu, softplus, softsign, smooth_l1_loss, cosine_similarity, normalize."""
import torch
import torch.nn.functional as F


def compute_reward(state, action, prev):
    vel = state.torso.lin_vel
    goal_dir = torch.tensor([1.0, 0.0, 0.0], dtype=vel.dtype, device=vel.device).expand_as(vel)
    up_dir = vel.new_tensor([0.0, 0.0, 1.0]).unsqueeze(0).expand(vel.shape[0], 3)

    # direction of travel vs. forward, in [-1, 1], counted only when it really moves
    direction = F.cosine_similarity(vel, goal_dir, dim=-1, eps=1e-6)
    speed = F.softsign(F.relu(torch.linalg.vector_norm(vel, dim=-1)) / 2.0)

    # upright error as huber loss per row
    up = F.normalize(state.torso.up, dim=-1, eps=1e-6)
    tilt_loss = F.smooth_l1_loss(up, up_dir, reduction="none", beta=0.3).sum(dim=-1)

    height_loss = F.softplus(10.0 * (0.9 - state.torso.pos[:, 2])) / 10.0
    height_loss = F.hardtanh(height_loss, 0.0, 1.0)

    still = F.mse_loss(action, torch.zeros_like(action), reduction="none").mean(-1)

    return {
        "heading_speed": 2.0 * speed * direction,
        "tilt": -0.3 * tilt_loss.clamp(max=2.0),
        "too_low": -0.5 * height_loss,
        "effort": -0.02 * still,
    }
