"""What a program over single rows may name: NumPy, SciPy's distances and transforms3d, where they compute."""

from __future__ import annotations

from text2reward.sandbox.facade import BUILTINS, MATH, Vocabulary

_NUMPY = """
abs absolute add all allclose amax amin any arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin
argsort around array array_equal asarray atleast_1d average bool_ ceil clip column_stack concatenate copy copysign cos
cosh count_nonzero cross cumprod cumsum deg2rad degrees diag diff divide dot e einsum exp exp2 expand_dims expm1 eye
fabs finfo flip float32 float64 floor floor_divide fmax fmin fmod full full_like hstack hypot identity inf inner int32
int64 interp isclose isfinite isinf isnan less less_equal greater greater_equal equal not_equal linspace log log10 log1p
log2 logaddexp logical_and logical_not logical_or logical_xor matmul max maximum mean median min minimum mod multiply
nan nan_to_num ndarray ndim negative newaxis ones ones_like outer pi power prod ptp rad2deg radians ravel reciprocal
remainder repeat reshape roll round shape sign sin sinc sinh size sort sqrt square squeeze stack std subtract sum
swapaxes tan tanh tile trace transpose true_divide trunc tril triu var vdot vstack where zeros zeros_like
""".split()
_LINALG = "cond cross det eigh inv matrix_norm norm pinv solve svd trace vector_norm".split()
_DISTANCES = "cdist chebyshev cityblock correlation cosine euclidean minkowski pdist sqeuclidean squareform".split()
_QUATERNIONS = """
axangle2quat mat2quat nearly_equivalent qconjugate qexp qeye qinverse qisunit qlog qmult qnorm qpow quat2axangle
quat2mat rotate_vector
""".split()
_EULER = "axangle2euler euler2axangle euler2mat euler2quat mat2euler quat2axangle quat2euler".split()

_MODULES = {
    "numpy": _NUMPY,
    "numpy.linalg": _LINALG,
    "scipy.spatial.distance": _DISTANCES,
    "transforms3d.quaternions": _QUATERNIONS,
    "transforms3d.euler": _EULER,
    "math": sorted(MATH),
}

LIBRARIES = ("scipy.spatial.distance", "transforms3d.quaternions", "transforms3d.euler")
"""What is loaded before the lock; NumPy always is."""

ARRAY = frozenset(
    """
    T all any argmax argmin argsort astype clip copy cumprod cumsum diagonal dot dtype eps fill flat flatten item items
    keys get append extend values update max mean min ndim nonzero prod ptp ravel repeat reshape round shape size sort
    squeeze std sum swapaxes take tiny tolist trace transpose var count index setdefault
    """.split()
)
"""Attributes of arrays, lists and dicts."""

_STAY = "every attribute of self that the task has can be read; others are refused before the program runs"
HINTS = {
    "print": "drop it",
    "getattr": _STAY,
    "hasattr": _STAY,
    "setattr": "a program keeps no state between calls",
    "random": "a program has no randomness",
    "rand": "a program has no randomness",
    "uniform": "a program has no randomness",
    "normal": "a program has no randomness",
    "load": "a program reads no files",
    "save": "a program writes no files",
}

NUMPY_VOCABULARY = Vocabulary(
    given={"np": "numpy", "math": "math"},
    imports=("numpy", "numpy.linalg", "math", "scipy", "scipy.spatial", "transforms3d", *list(_MODULES)[2:]),
    functions=frozenset(f"{module}.{name}" for module, names in _MODULES.items() for name in names),
    attributes=ARRAY,
    builtins=BUILTINS | {"pow"},
    available="only numpy, math, scipy.spatial.distance, transforms3d.quaternions and transforms3d.euler are available",
    hints=HINTS,
)
