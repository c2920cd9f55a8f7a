"""torch.nn.functional wherever possible: normalize, cosine_similarity, huber, relu6, softsign, logsigmoid."""
import torch
import torch.nn.functional as F


def ex(q):
    w, x, y, z = F.normalize(q, dim=-1).split(1, dim=-1)
    return torch.cat((1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)), dim=-1)


def kernel(err, scale):
    """Huber-shaped exponential kernel: quadratic near zero, linear afar."""
    return torch.exp(-F.huber_loss(err / scale, torch.zeros_like(err), reduction="none", delta=1.0))


def compute_reward(state, action, prev):
    peg_x, hole_x = ex(state.peg.quat), ex(state.hole.quat)
    head = state.peg.pos + state.peg.half_length.unsqueeze(-1) * peg_x
    diff = head - state.hole.pos

    depth = torch.linalg.vecdot(diff, hole_x, dim=-1)
    side = F.pairwise_distance(diff, depth.unsqueeze(-1) * hole_x, p=2.0, eps=1e-8)
    cos = F.cosine_similarity(peg_x, hole_x, dim=-1, eps=1e-6)
    hand = F.pairwise_distance(state.robot.ee_pos, state.peg.pos)

    grasp = state.robot.is_grasping_peg.float()
    straight = F.relu(cos)
    lane = torch.exp(F.logsigmoid((0.02 - side) / 0.005))
    missing = F.relu6((0.05 - depth) * 10.0) / 10.0
    quick = F.softsign(state.robot.joint_vel).abs().mean(dim=-1)
    closed = F.hardtanh(1.0 - state.robot.gripper_width / 0.08, min_val=0.0, max_val=1.0)
    close_by = F.softplus(0.05 - hand, beta=100.0).clamp(max=0.05) / 0.05

    return {
        "hand": 0.25 * kernel(hand, 0.1),
        "close": 0.05 * close_by * closed,
        "grasp": 0.35 * grasp,
        "straight": 0.35 * grasp * straight,
        "side": 0.5 * grasp * kernel(side, 0.05),
        "push": 1.6 * grasp * lane * straight * kernel(missing, 0.05),
        "quick": -0.02 * quick,
    }
