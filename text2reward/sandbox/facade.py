"""What a reward program may name: the functions of torch and math that compute, and nothing that reaches further."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

STATE_ARGUMENTS = ("state", "prev")
ARGUMENTS = ("state", "action", "prev")
ENTRY = "compute_reward"

IMPORTS = ("torch", "math", "torch.nn", "torch.nn.functional")
"""Modules a program may import, under any name."""

DROPPED_IMPORTS = ("typing", "__future__")
"""Modules that only annotations need; annotations and these imports are dropped before a program runs."""

DROPPED_DECORATORS = ("torch.no_grad()", "torch.no_grad", "torch.inference_mode()", "torch.jit.script")
"""Decorators that change nothing about a reward; they are dropped, too."""

GIVEN = {"torch": "torch", "math": "math", "F": "torch.nn.functional"}
"""Names that stand for a module whether or not a program imports it."""

BUILTINS = frozenset(
    """
    abs min max sum len range float int bool str enumerate zip reversed sorted map filter round any all tuple list dict
    set slice isinstance
    """.split()
)

FIXED_BUILTINS = frozenset("range len enumerate zip isinstance".split())
"""Builtins that a program may not give another meaning, because the checks rely on it."""

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
all amax amin any argmax argmin cosine_similarity cumprod cumsum diff log_softmax logsumexp max mean median min norm
pairwise_distance prod softmax std std_mean sum var topk sort argsort cross dot inner outer vdot matmul mm mv bmm
einsum tensordot trace det count_nonzero
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
    | {"special.expit", "special.entr", "special.erf", "no_grad", "Tensor", "finfo"}
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

FUNCTIONS = frozenset(
    [
        *(f"torch.{name}" for name in TORCH),
        *(f"torch.nn.functional.{name}" for name in FUNCTIONAL),
        *(f"math.{name}" for name in MATH),
    ]
)
"""Everything a program may name below a module, in full."""

_NO_METHODS = """
atleast_1d cat column_stack concat concatenate cosine_similarity einsum expand_copy hstack pairwise_distance stack
std_mean tensordot vstack
""".split()

TENSOR = frozenset(
    [
        *_ELEMENTWISE,
        *_REDUCTIONS,
        *_SHAPES,
        *"shape dtype device ndim T mT real values indices".split(),
        *"size dim numel float double int long bool half to type type_as clone detach contiguous view view_as".split(),
        *"expand expand_as reshape_as repeat new_zeros new_ones new_full new_tensor is_floating_point".split(),
    ]
).difference(_NO_METHODS) | frozenset("append extend items keys get copy count update setdefault eps tiny".split())
"""Attributes of tensors, lists and dicts that a program may use."""

METADATA = frozenset("shape dtype device ndim size dim numel is_floating_point".split())
"""Attributes of tensors that are the same for all rows."""

HINTS: dict[str, str] = {
    "print": "drop it",
    "pow": "write d ** 2, or torch.pow(d, 2)",
    "device": "write device=action.device, or drop it; tensors stay where the inputs are",
    "quantile": "compare with a constant; row i depends on row i of its input alone",
    "unflatten": "use x.reshape(...)",
    "pop": "read it by its name, as in terms[name]",
    "join": "write the name out",
    "getattr": "every field of the task exists; read it as state.group.name",
    "hasattr": "every field of the task exists; read it as state.group.name",
    "super": "use functions and module constants",
    "expand_dims": "use x.unsqueeze(-1)",
    "newaxis": "use x.unsqueeze(-1), or None inside the brackets",
    "astype": "use x.float()",
    "clip_by_value": "use torch.clamp(x, low, high)",
    "power": "use torch.pow(x, p)",
    "array": "use torch.tensor([...])",
    "asarray": "use torch.tensor([...])",
    "reduce_sum": "use torch.sum(x, dim=-1)",
    "reduce_mean": "use torch.mean(x, dim=-1)",
    "reduce_max": "use torch.amax(x, dim=-1)",
    "reduce_min": "use torch.amin(x, dim=-1)",
    "degrees": "use torch.rad2deg(x)",
    "radians": "use torch.deg2rad(x)",
    "softplus": "use F.softplus(x)",
    "normalize": "use F.normalize(x, dim=-1)",
    "mse_loss": 'use F.mse_loss(a, b, reduction="none")',
    "empty": "use torch.zeros_like(x)",
    "cdist": "use torch.linalg.norm(a - b, dim=-1)",
    "dist": "use torch.linalg.norm(a - b, dim=-1)",
    "manual_seed": "a program has no randomness; row i depends on row i of its input alone",
    "normal": "a program has no randomness; row i depends on row i of its input alone",
    "randint": "a program has no randomness; row i depends on row i of its input alone",
    "bernoulli": "a program has no randomness; row i depends on row i of its input alone",
    "vmap": "write the operation on the (B, ...) tensors at once",
    "vectorize": "write the operation on the (B, ...) tensors at once",
    "unique": "use torch.where(condition, a, b), which keeps the batch's shape",
    "argwhere": "use torch.where(condition, a, b), which keeps the batch's shape",
    "allclose": "compare row by row, for example ((a - b).abs() < 1e-3).all(dim=-1)",
    "equal": "compare row by row, for example (a == b).all(dim=-1)",
    "item": "a program works on whole batches; keep the (B,) tensor",
    "tolist": "a program works on whole batches; keep the (B,) tensor",
    "numpy": "stay in torch; every tensor function you need has a torch form",
    "cpu": "drop it; tensors stay where they are",
    "cuda": "drop it; tensors stay where they are",
    "data": "use the tensor itself",
    "grad": "a program is not differentiated",
    "backward": "a program is not differentiated",
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


@dataclass(frozen=True)
class Vocabulary:
    """What programs of one dialect may name.

    Args:
        given: names that stand for a module whether or not a program imports it.
        imports: modules that may be imported.
        functions: everything that may be named below a module, in full.
        attributes: attributes of values.
        builtins: Python's own functions, and others that are at hand without an import.
        available: the imports, in words.
        hints: what to write instead of names that models reach for.
    """

    given: Mapping[str, str]
    imports: tuple[str, ...]
    functions: frozenset[str]
    attributes: frozenset[str]
    builtins: frozenset[str]
    available: str
    hints: Mapping[str, str]


TORCH_VOCABULARY = Vocabulary(
    given=GIVEN,
    imports=IMPORTS,
    functions=FUNCTIONS,
    attributes=TENSOR,
    builtins=BUILTINS,
    available="only torch, math and torch.nn.functional (as F) are available",
    hints=HINTS,
)
