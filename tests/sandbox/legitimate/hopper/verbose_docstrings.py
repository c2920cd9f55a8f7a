"""Verbose: very long docstrings, section banners, unicode in comments, many intermediate names."""
import torch
import torch.nn.functional as F

# ============================================================================
#  Tunable constants
# ============================================================================
HEALTHY_Z_MIN: float = 0.70      # below this the hopper has fallen (metres)
HEALTHY_Z_MAX: float = 2.00      # above this something odd is going on
MAX_REWARDED_SPEED: float = 4.0  # m/s, the speed at which the term saturates
WEIGHTS: dict = {
    "forward_speed": 2.0,
    "takeoff": 0.3,
    "fallen": -1.0,
    "effort": -0.05,
    "joint_limits": -0.1,
}


def _healthy_mask(pos: torch.Tensor, up: torch.Tensor) -> torch.Tensor:
    """
    Decide for every row whether the hopper is still standing.

    Parameters
    ----------
    pos : torch.Tensor
        (B, 3) position of the torso.
    up : torch.Tensor
        (B, 3) up direction of the torso.

    Returns
    -------
    torch.Tensor
        (B,) bool, True where 0.7 ≤ z ≤ 2.0 and the tilt is ≤ ~45°.
    """
    height_is_fine = (pos[:, 2] >= HEALTHY_Z_MIN) & (pos[:, 2] <= HEALTHY_Z_MAX)
    tilt_is_fine = up[:, 2] >= 0.7
    return height_is_fine & tilt_is_fine


def compute_reward(state, action, prev):
    """
    Reward for hopping forward.

    The curriculum is implicit:
        lean forward → push off → flight → land → repeat

    * ``forward_speed`` is the main objective; it is dense (any positive Δx pays) and saturates.
    * ``takeoff`` pays once on each transition from contact to flight, if the body moves forward.
    * ``fallen`` is a constant negative while the robot lies on the ground, which is worse than hopping.
    * ``effort`` and ``joint_limits`` are small regularisers — they must never dominate.
    """
    # ------------------------------------------------------------------
    # Step 1: gather the signals
    # ------------------------------------------------------------------
    healthy = _healthy_mask(state.torso.pos, state.torso.up)
    healthy_float = healthy.to(torch.float32)
    forward_speed = state.torso.lin_vel[:, 0]

    # ------------------------------------------------------------------
    # Step 2: main objective
    # ------------------------------------------------------------------
    normalised_speed = F.hardtanh(forward_speed / MAX_REWARDED_SPEED, min_val=-0.25, max_val=1.0)
    forward_term = normalised_speed * healthy_float

    # ------------------------------------------------------------------
    # Step 3: event: the foot was touching and no longer is
    # ------------------------------------------------------------------
    just_left_ground = torch.logical_and(prev.foot.is_touching, torch.logical_not(state.foot.is_touching))
    takeoff_term = torch.where(
        just_left_ground & healthy & (forward_speed > 0.2),
        torch.ones_like(forward_speed),
        torch.zeros_like(forward_speed),
    )

    # ------------------------------------------------------------------
    # Step 4: regularisation
    # ------------------------------------------------------------------
    effort_term = torch.mean(torch.square(action), dim=-1)
    joint_angles = torch.stack([state.thigh.angle, state.leg.angle, state.foot.angle], dim=-1)
    excess = F.relu(joint_angles.abs() - 2.0)
    joint_limit_term = excess.sum(dim=-1).clamp(max=1.0)

    # ------------------------------------------------------------------
    # Step 5: assemble, multiplying every raw term by its weight
    # ------------------------------------------------------------------
    raw_terms = {
        "forward_speed": forward_term,
        "takeoff": takeoff_term,
        "fallen": 1.0 - healthy_float,
        "effort": effort_term.clamp(0.0, 1.0),
        "joint_limits": joint_limit_term,
    }
    return {name: WEIGHTS[name] * value for name, value in raw_terms.items()}
