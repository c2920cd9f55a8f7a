"""Potential difference phi(state) - phi(prev) from a features helper that returns a tuple."""
import torch

X_AXIS = [1.0, 0.0, 0.0]


def qrot(q, v):
    qv = q[..., 1:]
    uv = torch.linalg.cross(qv, v, dim=-1)
    uuv = torch.linalg.cross(qv, uv, dim=-1)
    return v + 2 * (q[..., :1] * uv + uuv)


def features(s):
    """→ (reach distance, lateral offset, missing depth, direction cosine, held)"""
    x = s.peg.pos.new_tensor(X_AXIS).expand_as(s.peg.pos)
    a, b = qrot(s.peg.quat, x), qrot(s.hole.quat, x)
    tip = s.peg.pos + s.peg.half_length[..., None] * a - s.hole.pos
    along = (tip * b).sum(-1)
    side = (tip - along[..., None] * b).norm(dim=-1)
    reach = (s.robot.ee_pos - s.peg.pos).norm(dim=-1)
    return reach, side, (0.06 - along).clamp(0.0, 1.0), (a * b).sum(-1), s.robot.is_grasping_peg.float()


def phi(s):
    reach, side, missing, cos, held = features(s)
    line = torch.exp(-12 * side) * (0.5 + 0.5 * cos).clamp(0, 1)
    return 0.5 * torch.exp(-5 * reach) + held * (0.5 + line + 2.0 * line * torch.exp(-8 * missing))


def compute_reward(state, action, prev):
    now, before = phi(state), phi(prev)
    _, side, missing, cos, held = features(state)
    inserted = (missing < 0.01) & (side < 0.01) & (cos > 0.98)
    return {
        "progress": (now - before).clamp(-4.0, 4.0),
        "level": 0.3 * now,
        "inserted": inserted.float(),
    }
