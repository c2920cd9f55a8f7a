"""Answers that are none: wrong values, wrong names, exceptions that bite, ways to end, and noise on the channel."""

from __future__ import annotations

from . import POWER, attack
from .tampering import tampering

HEAD = "import torch\ndef compute_reward(state, action, prev):\n    x = action[:, 0]\n"


def answer(expression: str, *lines: str) -> str:
    """A program that stays with torch and answers ``expression``."""
    return HEAD + "".join(f"    {line}\n" for line in (*lines, f"return {expression}"))


def term(expression: str, *lines: str) -> str:
    """A program that stays with torch and answers one term."""
    return answer(f"{{'a': {expression}}}", *lines)


def powerful(expression: str, *lines: str, top: str = "") -> str:
    """A program with all of Python that answers ``expression``."""
    body = "".join(f"    {line}\n" for line in ("x = action[:, 0]", *lines, f"return {expression}"))
    return f"{POWER}{top}\ndef compute_reward(state, action, prev):\n{body}"


def made(base: str, **methods: str) -> str:
    """The line that makes an object of a subclass of ``base``."""
    members = ", ".join(f"'__{name}__': {value}" for name, value in methods.items())
    return f"made = type('Made', ({base},), {{{members}}})"


def raising(expression: str, *lines: str) -> str:
    """A program that raises ``expression``."""
    return attack(*lines, f"raise {expression}")


IDEAS = {
    # no dict of terms
    "nothing": answer("None"),
    "a tensor": answer("x"),
    "a list of pairs": answer("[('a', x)]"),
    "the state": answer("state"),
    "the function": answer("compute_reward"),
    "a generator": answer("(x for i in range(3))"),
    "no terms": answer("{}"),
    "33 terms": answer("{f'a{i}': x for i in range(33)}"),
    "32 terms": answer("{f'a{i}': x * i for i in range(32)}"),
    "a million terms": powerful("{str(i): x for i in real.range(10**6)}"),
    "a dict that bites": powerful(
        "made({'a': x})",
        made("dict", len="lambda self: 1", items="None", iter="lambda self: real.iter(['../x'])").replace(
            "'__items__': None", "'items': lambda self: os._exit(3)"
        ),
    ),
    "a dict that calls itself a dict": powerful("made(a=x)", made("dict", **{"class": "dict", "getitem": "None"})),
    "an ordered dict": powerful("modules['collections'].OrderedDict(a=x)"),
    "a class": powerful("type('T', (dict,), {})"),
    # names
    "a name with a space": answer("{'a b': x}"),
    "an empty name": answer("{'': x}"),
    "a path": answer("{'../../<CANARY>': x}"),
    "a markup": answer("{'<script>alert(1)</script>': x}"),
    "a long name": answer(f"{{'{'a' * 900}': x}}"),
    "a very long name": powerful("{'a' * 10**7: x}"),
    "a bidi name": powerful("{'a\\u202eb': x}"),
    "letters of elsewhere": powerful("{'\\u0430\\u0435': x, '\\uff41': x}"),
    "control characters": powerful("{'\\x1b[2J\\r\\n\\0': x}"),
    "a newline at the end": powerful("{'a\\n': x}"),
    "a surrogate": powerful("{'\\ud800': x}"),
    "names that differ by case": answer("{'a': x, 'A': -x}"),
    "a keyword": answer("{'class': x, 'None': x}"),
    "dunders": answer("{'__class__': x, '_values': x}"),
    "names the answer uses": answer("{'fault': x, 'terms': 2 * x, 'loaded': 3 * x, 'ready': 4 * x, 'total': 5 * x}"),
    "a number": answer("{1: x}"),
    "a tensor as a name": answer("{x: x}"),
    "a name that prints badly": powerful("{made(): x}", made("real.object", str="lambda self: os._exit(4)")),
    "a text that is more": powerful(
        "{made('a'): x}",
        made("str", hash="lambda self: 1", eq="lambda self, other: True", str="lambda self: 'x' * 10**8"),
    ),
    "a tuple": answer("{('a', 'b'): x}"),
    "a name that changes": answer("{'a' if KIND[0] else 'b': x}", "KIND[0] = not KIND[0]").replace(
        "import torch\n", "import torch\nKIND = [True]\n"
    ),
    # values
    "None": term("None"),
    "a float": term("1.0"),
    "a list": term("[1.0] * 64"),
    "a text": term("'12345'"),
    "one number": term("x.sum()"),
    "a column": term("action[:, :1]"),
    "all columns": term("action"),
    "a row too few": term("x[1:]"),
    "no rows": term("x[:0]"),
    "a thousand dimensions": powerful("{'a': x.reshape([64] + [1] * 62)}"),
    "float64": term("x.double()"),
    "float16": term("x.half()"),
    "integers": term("x.long()"),
    "truth": term("x > 0"),
    "complex": powerful("{'a': x.to(torch.complex64)}"),
    "conjugate": powerful("{'a': torch.view_as_complex(action[:, :2].clone()).conj().imag}"),
    "negative view": powerful("{'a': torch._neg_view(x)}"),
    "sparse": powerful("{'a': x.to_sparse()}"),
    "compressed": powerful("{'a': action.to_sparse_csr()}"),
    "quantized": powerful("{'a': torch.quantize_per_tensor(x, 0.1, 0, torch.qint8)}"),
    "nested": powerful("{'a': torch.nested.nested_tensor([x, x[:3]])}"),
    "mkldnn": powerful("{'a': x.to_mkldnn()}"),
    "meta": powerful("{'a': x.to('meta')}"),
    "a fake device": powerful("{'a': torch.empty(64, device='cuda')}"),
    "no storage": powerful("{'a': x}", "x = x.clone()", "x.untyped_storage().resize_(0)"),
    "wants a gradient": powerful("{'a': x.clone().requires_grad_(True)}"),
    "a graph that bites": powerful(
        "{'a': x}",
        "torch.set_grad_enabled(True)",
        "x = x.clone().requires_grad_(True) * 2",
        "x.register_hook(os.abort)",
    ),
    "a parameter": powerful("{'a': torch.nn.Parameter(x.clone())}"),
    "a subclass": powerful(
        "{'a': x.as_subclass(made)}", made("torch.Tensor", torch_function="classmethod(lambda *a, **k: os._exit(5))")
    ).replace("classmethod", "real.classmethod"),
    "a lying subclass": powerful(
        "{'a': x.as_subclass(made)}", made("torch.Tensor", **{"class": "torch.Tensor", "len": "lambda self: 64"})
    ),
    "a NumPy array": powerful("{'a': x.numpy()}"),
    "expanded": term("x[:1].expand(action.shape[0])"),
    "reversed": term("x.flip(0)"),
    "strided": powerful("{'a': torch.as_strided(action, (64,), (0,), 10**6)}"),
    "far past the end": powerful(
        "{'a': torch.as_strided(x, (64,), (1 << 40,), 0)}", "x.untyped_storage()", "torch.as_strided_ = None"
    ),
    "the input itself": term("x"),
    "the input, twice": answer("{'a': x, 'b': x, 'c': state.robot.ee_pos[:, 0]}"),
    "the output as it was": tampering("action = frame('main').f_locals['server']._terms.t()"),
    "one NaN": term("y", "y = x.clone()", "y[-1] = math.nan"),
    "infinity": term("torch.where(x > 0, x / 0, x)"),
    "huge": term("x * 1e38"),
    "tiny": term("x * 1e-44"),
    "huge, and they cancel": answer("{'a': x * 1e38, 'b': -x * 1e38, 'c': x}"),
    "huge in some orders": term("torch.where(torch.arange(action.shape[0]) % 2 == 0, 3e38, -3e38)"),
    # exceptions
    "a huge message": raising("real.ValueError('x' * 10**8)"),
    "control characters in a message": raising("real.ValueError('\\x1b]0;x\\x07\\x1b[2J\\r\\0\\u202e\\u2028')"),
    "surrogates in a message": raising("real.ValueError('\\ud800\\udfff' * 100)"),
    "a message that is no text": raising("real.ValueError(float('nan'), b'\\xff', [[]] * 1000, compute_reward)"),
    "a message that fails": raising("made()", made("real.Exception", str="lambda self: 1 / 0")),
    "a message that is no str": raising("made()", made("real.Exception", str="lambda self: 42")),
    "a message that exits": raising("made()", made("real.Exception", str="lambda self: sys.exit(6)")),
    "a message without end": raising(
        "made()", made("real.Exception", str="lambda self: ''.join(real.iter(lambda: '', 1))")
    ),
    "a message that raises deeply": raising("made()", made("real.Exception", str="lambda self: str(self)")),
    "a class with a hostile name": raising("type('\\x1b[31m' + 'E' * 10**6, (real.Exception,), {})()"),
    "a class without a name": raising(
        "made()",
        "meta = type('Meta', (type,), {'__name__': property(lambda self: 1 / 0)})".replace("property", "real.property"),
        "made = meta('Made', (real.Exception,), {})",
    ),
    "a program error of its own": raising(
        "modules['text2reward.sandbox.program'].ProgramError(['x'], {'a': 1}, 10**400)",
    ),
    "a program error that is no JSON": raising(
        "modules['text2reward.sandbox.program'].ProgramError('raised', 'x' * 10, {1, 2}.__class__)",
    ),
    "a program error named by a list": raising(
        "modules['text2reward.sandbox.program'].ProgramError([], 'no name', 1)",
    ),
    "SystemExit": raising("real.SystemExit('<CANARY>')"),
    "SystemExit with a huge code": raising("real.SystemExit(10**30)"),
    "KeyboardInterrupt": raising("real.KeyboardInterrupt"),
    "GeneratorExit": raising("real.GeneratorExit(1, 2, 3)"),
    "BaseException": raising("made('x')", made("real.BaseException", str="lambda self: os._exit(7)")),
    "StopIteration": raising("real.StopIteration({'a': action})"),
    "the channel's own": raising("modules['text2reward.sandbox.channel'].ChannelClosed()"),
    "the lock's own": raising("modules['text2reward.sandbox.kernel'].LockError('not locked')"),
    "an exception group": raising("real.ExceptionGroup('x', [real.ValueError(i) for i in range(64)])"),
    "a chain of causes": attack(
        "error = None",
        "for i in real.range(100000):",
        "    new = real.ValueError(i)",
        "    new.__context__, error = error, new",
        "raise error",
    ),
    "a long traceback": attack(
        "error = real.ValueError()", "sys.setrecursionlimit(10**6)", "return down(9000)"
    ).replace("\ndef compute_reward", "def down(n):\n    return down(n - 1) if n else 1 / 0\n\ndef compute_reward"),
    "from another line": attack("exec(real.compile('\\n' * 10**6 + '1 / 0', '<reward>', 'exec'), {})"),
    # ends
    "os._exit": attack("os._exit(0)"),
    "every exit code": attack("os._exit(255)"),
    "os.abort": attack("os.abort()"),
    "a segmentation fault": attack("ctypes.string_at(0)"),
    "a division by zero in C": attack("libc.div(1, 0)"),
    "a bus error": attack("libc.raise_ = libc['raise']", "libc.raise_(7)", "libc.raise_(31)"),
    "killed by itself": attack("libc['raise'](9)"),
    "an exit in a C callback": attack(
        "call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(lambda a, b: os._exit(8))",
        "libc.qsort((ctypes.c_int * 8)(), 8, 4, call)",
    ),
    "fatal error": attack("ctypes.pythonapi.Py_FatalError(b'no more')"),
    "no interpreter": attack("ctypes.pythonapi.Py_FinalizeEx()"),
    # noise
    "garbage": tampering("for i in range(64): os.write(fd(), os.urandom(1000))"),
    "a length of 4 GiB": tampering("os.write(fd(), b'\\xff\\xff\\xff\\xff' + b'x' * 1000)"),
    "just above the cap": tampering("os.write(fd(), ((1 << 17) + 1).to_bytes(4, 'big'))"),
    "no length": tampering("os.write(fd(), b'\\0\\0\\0\\0')"),
    "a flood without end": tampering("while True: os.write(fd(), b'\\0\\0\\0\\2{}' * 10000)"),
    "drop by drop": tampering(
        "os.write(fd(), b'\\0\\0\\1\\0')", "while True:", "    os.write(fd(), b' ')", "    time.sleep(0.05)"
    ),
    "deep JSON": tampering("say('[' * 100000)"),
    "deep objects": tampering("say('{\"a\":' * 20000)"),
    "a giant integer": tampering("say('{\"terms\": ' + '9' * 100000 + '}')"),
    "a giant exponent": tampering("say('{\"terms\": 1e' + '9' * 100000 + '}')"),
    "an integer near the limit": tampering("say('{\"fault\": {\"line\": ' + '9' * 4300 + ', \"message\": 1}}')"),
    "NaN in JSON": tampering('say(\'{"fault": {"line": NaN, "message": Infinity, "name": -Infinity}}\')'),
    "no UTF-8": tampering("os.write(fd(), b'\\0\\0\\0\\5\"\\xff\\xfe\\x80\"')"),
    "UTF-16": tampering("os.write(fd(), b'\\0\\0\\0\\x1e' + '{\"terms\": 1}  '.encode('utf-16'))"),
    "a BOM": tampering("say('\\ufeff{}')"),
    "a surrogate in JSON": tampering('say(\'{"terms": ["\\\\ud800"], "fault": "\\\\udfff"}\')'),
    "the same key a thousand times": tampering("say('{' + '\"terms\": [\"a\"], ' * 5000 + '\"fault\": 0}')"),
    "as many names as fit": tampering("say('{\"terms\": [' + '\"a\",' * 30000 + '\"a\"]}')"),
}
