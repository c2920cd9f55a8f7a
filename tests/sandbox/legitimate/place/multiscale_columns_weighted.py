"""PhD style: multi-scale RBF features in a (B, K) matrix, weighted by a constant vector via @, log-ratio to bound ranges."""
import math

import torch

# RBF widths σ_k [m] and their weights; Σ w = 1
SIGMAS = (0.02, 0.05, 0.12, 0.30, 0.70)
RBF_W = (0.30, 0.25, 0.20, 0.15, 0.10)
D_MIN, D_MAX = 0.01, 1.0
LOG_RANGE = math.log(D_MAX / D_MIN)


def rbf(d: torch.Tensor, sigmas=SIGMAS, weights=RBF_W) -> torch.Tensor:
    """Σ_k w_k exp(−d²/2σ_k²) ∈ [0, 1]."""
    sig = torch.as_tensor(sigmas, dtype=d.dtype, device=d.device)
    w = torch.as_tensor(weights, dtype=d.dtype, device=d.device)
    phi = torch.exp(-0.5 * (d[:, None] / sig[None]) ** 2)     # (B, K)
    return phi @ w                                            # (B,)


def log_closeness(d: torch.Tensor) -> torch.Tensor:
    """1 at d ≤ 1 cm, 0 at d ≥ 1 m, linear in log d between."""
    return 1.0 - torch.log(d.clip(D_MIN, D_MAX) / D_MIN) / LOG_RANGE


def compute_reward(state, action, prev):
    p_tip = state.robot.ee_pos - 0.045 * torch.eye(3, dtype=torch.float32, device=action.device)[2]
    delta = p_tip - state.puck.pos                            # (B, 3)
    lateral, vertical = delta[:, 0:2].norm(dim=1), delta[:, 2]
    d_goal = torch.linalg.vector_norm(state.puck.pos - state.goal.pos, ord=2, dim=1)

    # approach: don't descend before the hand is over the puck
    funnel = torch.exp(-torch.relu(lateral - torch.relu(vertical)) / 0.05)
    approach = rbf(delta.norm(dim=1)) * (0.5 + 0.5 * funnel)

    # caging ∧ closure as a product t-norm
    caged = torch.exp(-((lateral / 0.02) ** 2)) * torch.exp(-((vertical / 0.02) ** 2))
    w_gap = 0.1 * state.robot.gripper_openness                # m
    closure = torch.exp(-(((w_gap - 0.04) / 0.02) ** 2))
    grasp = caged * closure

    z, z_goal = state.puck.pos[:, 2], state.goal.pos[:, 2]
    height_ok = torch.special.expit((z - (z_goal - 0.03)) / 0.01)
    placed = torch.special.expit((0.04 - d_goal) / 0.005)
    transport = log_closeness(d_goal)

    terms: dict = {}
    terms["approach"] = 0.4 * torch.maximum(approach, placed)
    terms["grasp"] = 0.5 * torch.maximum(grasp, placed)
    terms["height"] = 0.7 * torch.maximum(grasp * height_ok, placed)
    terms["transport"] = 1.0 * transport * torch.maximum(0.3 + 0.7 * grasp, placed)
    terms["placed"] = 2.0 * placed
    return terms
