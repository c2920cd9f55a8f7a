"""Changing what is given, and remembering from one call to the next."""

from __future__ import annotations

from . import POWER, attack, trying

HEAD = "def compute_reward(state, action, prev):\n"
HAND = "x = state.robot.ee_pos"


def plain(*lines: str, answer: str = "action[:, 0]", top: str = "") -> str:
    """A program that stays with torch, so that the static check may well let it pass."""
    body = "".join(f"    {line}\n" for line in (*lines, f"return {{'a': {answer}}}"))
    return f"import torch\n{top}{HEAD}{body}"


def trying_each(*attempts: str) -> str:
    """In-place operations on ``x``, each tried."""
    return trying(HAND, *attempts)


IDEAS = {
    # inputs
    "item assignment": plain(HAND, "x[:] = 0.0"),
    "one row": plain(HAND, "x[0, 0] = 1e6"),
    "a masked assignment": plain(HAND, "x[x > 0] = 0.0"),
    "an alias": plain("y = action", "z = y.view(-1)", "z[0] = 5.0"),
    "a slice of a view": plain(HAND, "y = x[:, 1:].transpose(0, 1)", "y[0] = -1.0"),
    "by unbind": plain("a, b, c = action.unbind(dim=-1)", "a[:] = 1.0", answer="b"),
    "by a helper": plain("spoil(state.goal.pos)", top="def spoil(x):\n    x[:, 2] = 7.0\n    return x\n"),
    "prev becomes state": plain("y = prev.robot.ee_pos", "y[:] = state.robot.ee_pos"),
    "expanded, then written": plain("y = action[:, :1].expand(-1, 3)", "y[:, 2] = 3.0"),
    "augmented": plain(HAND, "x[:, 0] += 1.0", "x[:, 1] *= 2.0"),
    "augmented name": plain("action += 1.0", "action *= 2.0"),
    "in place": trying_each("x.clamp_(0, 1)", "x.add_(1)", "x.mul_(2)", "x.zero_()", "x.sigmoid_()", "x.neg_()"),
    "filled": trying_each(
        "x.fill_(3)", "x.data.fill_(4)", "x.detach().fill_(5)", "x.fill_diagonal_(6)", "x.uniform_()"
    ),
    "copied over": trying_each(
        "x.copy_(-x)", "x.index_copy_(0, torch.tensor([0]), x[1:2])", "torch._foreach_zero_([x])"
    ),
    "by an index": trying_each(
        "x.index_put_((torch.tensor([0]),), torch.tensor(9.0))",
        "x.index_fill_(0, torch.tensor([1]), 8)",
        "x.scatter_(1, torch.zeros(64, 1, dtype=torch.int64), 3.0)",
        "x.masked_fill_(x > 0, 2.0)",
        "x.put_(torch.tensor([3]), torch.tensor([4.0]))",
    ),
    "another storage": trying_each(
        "x.set_(torch.zeros(64, 3))", "x.data = torch.zeros(64, 3)", "x.untyped_storage().fill_(1)"
    ),
    "resized": trying_each("x.resize_(10000, 3)", "x.resize_as_(torch.zeros(1))", "x.untyped_storage().resize_(0)"),
    "reshaped in place": trying_each("x.t_()", "x.squeeze_()", "x.unsqueeze_(0)", "x.swapaxes_(0, 1)", "action.t_()"),
    "out=": trying_each("torch.add(x, 1, out=x)", "torch.exp(x, out=action)", "torch.sort(x, out=(x, x.long()))"),
    "activations": trying_each(
        "F.relu(x, inplace=True)", "torch.relu_(x)", "F.dropout(x, 0.5, True, True)", "torch.sqrt_(x)"
    ),
    "strided": trying_each(
        "x.as_strided((64 * 6,), (1,), 0).fill_(1)",
        "torch.as_strided(x, (10**4,), (1,), 0).fill_(2)",
        "x.as_strided_((3,), (1,), 0)",
    ),
    "as NumPy": trying_each("x.numpy().fill(2)", "x.numpy().base[:] = 3", "memoryview_(x.numpy())[0, 0] = 4.0").replace(
        "memoryview_", "real.memoryview"
    ),
    "by DLPack": trying_each("torch.from_dlpack(x).fill_(2)", "torch.utils.dlpack.from_dlpack(x.__dlpack__()).zero_()"),
    "by its address": attack(
        "x = state.robot.ee_pos",
        "ctypes.memset(x.data_ptr(), 0x3F, 64 * 24)",
        "ctypes.memset(action.data_ptr(), 0, 12)",
    ),
    "the names": trying(
        "state._values.clear()",
        "state._values['robot'] = prev._values['robot']",
        "object.__setattr__(state, '_values', {})",
        "state.robot._values['ee_pos'] = action",
        "type(state).__getattr__ = lambda self, name: action",
        "state.robot = prev.goal",
        "del state.robot",
    ),
    "the layout": attack(
        "layout = sys._getframe(1).f_locals['self']._layout", "layout[0]['start'] = 3", "layout.pop()"
    ),
    "its own program": attack("sys._getframe(1).f_locals['self']._program = lambda *a: {'a': action[:, 0] * 0}"),
    # memory
    "a list": plain("CALLS.append(1.0)", answer="action[:, 0] * sum(CALLS)", top="CALLS = [0.0]\n"),
    "a dict": plain("SEEN.setdefault('x', action.clone())", answer="action[:, 0] - SEEN['x'][0, 0]", top="SEEN = {}\n"),
    "a tensor of the module": plain("COUNT[0] += 1.0", answer="action[:, 0] * COUNT", top="COUNT = torch.zeros(1)\n"),
    "a default argument": plain(
        answer="action[:, 0] + count()", top="def count(seen=[]):\n    seen.append(1)\n    return len(seen)\n"
    ),
    "a closure": plain(
        answer="action[:, 0] * NEXT()",
        top="def counter():\n    seen = [0.0]\n    def step():\n        seen[0] = seen[0] + 1.0\n"
        "        return seen[0]\n    return step\nNEXT = counter()\n",
    ),
    "an iterator": plain(
        "value = [*map(lambda pair: pair[0], zip(TURNS, (0,)))]",
        answer="action[:, 0] * sum(value)",
        top="TURNS = map(float, range(1, 60))\n",
    ),
    "a generator": plain(answer="action[:, 0] * any(x > 3 for x in TURNS)", top="TURNS = (x for x in range(20))\n"),
    "a function's attribute": attack(
        "compute_reward.calls = getattr(compute_reward, 'calls', 0) + 1", "action = action * compute_reward.calls"
    ),
    "a global": plain("global calls", "calls = calls + 1", answer="action[:, 0] * calls", top="calls = 0\n"),
    "an attribute of torch": plain(
        "torch.calls = torch.calls + 1", answer="action[:, 0] * torch.calls", top="torch.calls = 0\n"
    ),
    "sleeper": plain(
        "CALLS.append(0)",
        answer="action[:, 0] * (1.0 if len(CALLS) < 40 else 9.0)",
        top="CALLS = [0]\n",
    ),
    "alternating": plain("CALLS.append(0)", answer="action[:, 0] * (len(CALLS) % 2 + 1)", top="CALLS = [0]\n"),
    "only for small batches": plain(answer="action[:, 0] * (1.0 if action.shape[0] > 1 else 2.0)"),
    "knows the batch": plain("y = torch.arange(action.shape[0]) % 2", answer="torch.where(y == 0, 3e38, -3e38)"),
    "row 0 knows all": plain("y = action[:, 0].clone()", "y[0] = y.sum()", answer="y"),
    # chance
    "random": plain(answer="torch.rand(64)[: action.shape[0]]"),
    "random with a seed": plain("torch.manual_seed(0)", answer="torch.rand(action.shape[0])"),
    "random by other names": trying(
        "action = action + torch.randn_like(action)",
        "action = action + torch.empty(64, 3).uniform_()",
        "action = action + modules['random'].random()",
        "action = action + modules['numpy'].random.rand()",
        "action = action + F.dropout(action, 0.5)",
        "action = action + os.urandom(1)[0]",
    ),
    "the clock": attack(
        "action = action * modules['time'].time()", "action = action + modules['time'].perf_counter_ns()"
    ),
    "addresses": f"{POWER}\n{HEAD}    return {{'a': action[:, 0] + real.id(action) % 1000 + hash_('x') % 7}}\n".replace(
        "hash_", "real.hash"
    ),
    "old memory": plain("y = torch.empty_like(action)", answer="torch.nan_to_num(y[:, 0])"),
    "a lot of old memory": attack(
        "x = torch.empty(1 << 24)",
        "x = torch.nan_to_num(x[x != 0])[:64]",
        "action = torch.zeros(64, 1)",
        "action[: len(x), 0] = x",
    ),
    "freed memory": plain(
        "y = torch.full((64, 3), 4.0)",
        "y = 0",
        "z = torch.zeros_like(action)",
        "w = torch.empty_like(z)",
        answer="torch.nan_to_num(w[:, 1])",
    ),
}
