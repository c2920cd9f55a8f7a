"""What a reward program may name: the functions of torch and math that compute, and nothing that reaches further."""

from __future__ import annotations

STATE_ARGUMENTS = ("state", "prev")
ARGUMENTS = ("state", "action", "prev")
ENTRY = "compute_reward"

IMPORTS = {"torch": "torch", "math": "math", "torch.nn.functional": "F"}
"""Modules a program may import, and the name each is known by."""

BUILTINS = frozenset(
    "abs min max sum len range float int bool enumerate zip sorted round any all tuple list dict isinstance".split()
)

_ELEMENTWISE = """
abs absolute acos acosh add addcdiv addcmul arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2
atanh ceil clamp clamp_max clamp_min clip copysign cos cosh deg2rad div divide erf exp exp2 expm1 floor
float_power floor_divide fmod frac hypot lerp log log10 log1p log2 logaddexp logit maximum minimum mul multiply
nan_to_num neg negative pow rad2deg reciprocal relu remainder round rsqrt sigmoid sign sgn sin sinc sinh sqrt square
sub subtract tan tanh true_divide trunc where xlogy heaviside fmax fmin
isfinite isinf isnan isclose eq ne lt le gt ge greater greater_equal less less_equal not_equal
logical_and logical_not logical_or logical_xor bitwise_and bitwise_not bitwise_or bitwise_xor
""".split()
_REDUCTIONS = """
all amax amin any argmax argmin cumprod cumsum diff logsumexp max mean median min norm prod std std_mean sum var topk
sort argsort cross dot inner outer vdot matmul mm mv bmm einsum tensordot trace det count_nonzero
""".split()
_SHAPES = """
atleast_1d broadcast_to cat chunk column_stack concat concatenate diag diag_embed diagonal expand_copy flatten flip
gather hstack index_select masked_fill movedim narrow permute ravel repeat_interleave reshape roll select split
squeeze stack swapaxes t take_along_dim tile transpose tril triu unbind unsqueeze vstack
""".split()
_MAKERS = "arange as_tensor empty_like eye full full_like linspace ones ones_like scalar_tensor tensor zeros zeros_like"
_TORCH_CONSTANTS = "bool double e float float32 float64 inf int int32 int64 long nan pi"

TORCH = (
    frozenset([*_ELEMENTWISE, *_REDUCTIONS, *_SHAPES, *_MAKERS.split(), *_TORCH_CONSTANTS.split()])
    | {f"linalg.{name}" for name in "norm vector_norm matrix_norm cross vecdot inv det solve".split()}
    | {"special.expit", "special.entr", "special.erf", "no_grad"}
)

FUNCTIONAL = frozenset(
    """
    celu cosine_similarity elu gelu hardsigmoid hardtanh huber_loss l1_loss leaky_relu log_softmax logsigmoid mish
    mse_loss normalize one_hot pad pairwise_distance relu relu6 selu sigmoid silu smooth_l1_loss softmax softmin
    softplus softshrink softsign tanh tanhshrink threshold
    """.split()
)

MATH = frozenset(
    """
    acos acosh asin asinh atan atan2 atanh ceil cos cosh degrees dist e erf exp expm1 fabs floor fmod fsum hypot inf
    isclose isfinite isinf isnan log log10 log1p log2 nan pi pow prod radians sin sinh sqrt tan tanh tau trunc
    """.split()
)

MODULE_NAMES: dict[str, frozenset[str]] = {
    "torch": TORCH | {f"nn.functional.{name}" for name in FUNCTIONAL},
    "math": MATH,
    "F": FUNCTIONAL,
}
"""Dotted names a program may use below each module name."""

TENSOR = frozenset(
    [
        *_ELEMENTWISE,
        *_REDUCTIONS,
        *_SHAPES,
        *"shape dtype device ndim T mT real values indices".split(),
        *"size dim numel float double int long bool half to type_as clone detach contiguous view view_as".split(),
        *"expand expand_as reshape_as repeat new_zeros new_ones new_full new_tensor is_floating_point".split(),
    ]
) | {"append", "extend", "items", "keys", "get", "copy", "index", "count"}
"""Attributes of tensors, lists and dicts that a program may use."""

HINTS: dict[str, str] = {
    "item": "a program works on whole batches; keep the (B,) tensor",
    "tolist": "a program works on whole batches; keep the (B,) tensor",
    "numpy": "stay in torch; every tensor function you need has a torch form",
    "cpu": "drop it; tensors stay where they are",
    "cuda": "drop it; tensors stay where they are",
    "data": "use the tensor itself",
    "grad": "a program is not differentiated",
    "backward": "a program is not differentiated",
    "backward_": "a program is not differentiated",
    "rand": "a program has no randomness; row i depends on row i of its input alone",
    "randn": "a program has no randomness; row i depends on row i of its input alone",
    "rand_like": "a program has no randomness; row i depends on row i of its input alone",
    "randn_like": "a program has no randomness; row i depends on row i of its input alone",
    "nonzero": "use torch.where(condition, a, b), which keeps the batch's shape",
    "masked_select": "use torch.where(condition, a, b), which keeps the batch's shape",
    "load": "a program reads no files",
    "save": "a program writes no files",
    "format": "a program returns numbers, not text",
}
"""What to write instead of names that models reach for."""

NUMPY_TO_TORCH: dict[str, str] = {
    "linalg.norm": "torch.linalg.norm(x, dim=-1)",
    "clip": "torch.clamp(x, low, high)",
    "concatenate": "torch.cat([...], dim=-1)",
    "arctan2": "torch.atan2(y, x)",
    "arccos": "torch.acos(x)",
    "power": "torch.pow(x, p)",
    "array": "torch.tensor([...])",
    "float32": "torch.float32",
    "logical_and": "a & b",
    "logical_or": "a | b",
    "sum": "torch.sum(x, dim=-1)",
    "mean": "torch.mean(x, dim=-1)",
}
"""The torch form of the NumPy calls that reward programs use most."""
