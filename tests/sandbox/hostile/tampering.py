"""Forging success: replacing what runs beside the program, its channel and the memory it shares."""

from __future__ import annotations

from . import attack, trying

MACHINERY = """
machinery, channel = modules["text2reward.sandbox.reward_process_main"], modules["text2reward.sandbox.channel"]
adapters = modules["text2reward.sandbox.dialects.adapters"]
gc, signal, time, threading = modules["gc"], modules["signal"], modules["time"], modules["threading"]
def frame(name):
    found = sys._getframe()
    while found.f_code.co_name != name:
        found = found.f_back
    return found
def fd():
    return frame("main").f_locals["fd"]
def arrays():
    return frame("main").f_locals["arrays"]
def say(text):
    os.write(fd(), len(text).to_bytes(4, "big") + text.encode())
def address():
    return frame("main").f_locals["server"]._prev.data_ptr()
"""


def tampering(*lines: str, top: str = "") -> str:
    """As :func:`attack`, with hands on the channel and the shared arrays."""
    return attack(*lines, top=MACHINERY + top)


def saying(text: str) -> str:
    """A program that gives ``text`` as its answer before the true one."""
    return tampering(f"say({text!r})")


def trying_to(*attempts: str) -> str:
    """As :func:`trying`, with hands on the channel and the shared arrays."""
    return trying(*attempts, top=MACHINERY)


IDEAS = {
    # what the program is computed with
    "torch functions": attack("torch.tanh = torch.exp = torch.linalg.norm = torch.from_numpy = lambda *a, **k: action"),
    "tensor methods": trying(
        "torch.Tensor.to = lambda self, *a: self.zero_()",
        "torch.Tensor.__setitem__ = lambda self, i, value: self.fill_(7.0)",
        "torch.Tensor.shape = torch.Tensor.dtype = property(lambda self: (64,))",
        "setattr(torch._C.TensorBase, '__getitem__', lambda self, i: self)",
    ),
    "a function mode": attack(
        "mode = type('M', (torch.overrides.TorchFunctionMode,), {'__torch_function__': answer})",
        "mode().__enter__()",
        top="def answer(self, function, types, given=(), keywords=None): return torch._C._get_tracing_state()\n",
    ),
    "a dispatch mode": attack(
        "base = modules['torch.utils._python_dispatch'].TorchDispatchMode",
        "mode = type('M', (base,), {'__torch_dispatch__': answer})",
        "torch._C._push_on_torch_dispatch_stack(mode())",
        top="def answer(self, function, types, given=(), keywords=None): return given[0]\n",
    ),
    "a kernel of its own": attack(
        "library.impl('copy_', lambda to, source, non_blocking=False: to, 'CPU')",
        "library.impl('select.int', lambda x, dim, index: x.new_zeros(64), 'CPU')",
        top="library = modules['torch.library'].Library('aten', 'IMPL')\n",
    ),
    "defaults": trying(
        "torch.set_default_dtype(torch.float16)",
        "torch.set_grad_enabled(True)",
        "torch.set_num_threads(64)",
        "torch.set_num_interop_threads(64)",
        "torch.set_flush_denormal(True)",
        "torch.use_deterministic_algorithms(True)",
    ),
    "the default device": trying(
        "torch.set_default_device('meta')",
        "torch.set_default_tensor_type(torch.DoubleTensor)",
        "torch.zeros = torch.ones = lambda *a, **k: action.to('meta')",
        "action = action.to('meta')",
    ),
    "small integers": attack("ctypes.memmove(real.id(1) + 24, real.id(2) + 24, 4)"),
    # what the process is made of
    "builtins": trying(
        "real.isinstance = lambda *a: True",
        "real.len = lambda x: 1",
        "real.list = lambda x: ['near', 'nearer']",
        "real.tuple = lambda x: (64,)",
        "real.type = lambda *a: real.dict",
    ),
    "__import__": attack("real.__import__ = lambda *a, **k: torch", "real.open = real.exec = None"),
    "json": attack('modules[\'json\'].dumps = lambda message: \'{"terms": ["near", "nearer"]}\''),
    "json in C": attack("modules['json.encoder'].c_make_encoder = None", "modules['json.decoder'].scanstring = None"),
    "os.write": attack(
        "write = os.write",
        "os.write = lambda fd, data: write(fd, data[:1])",
        "os.read = lambda fd, size: b'{' * size",
    ),
    "the channel's functions": tampering(
        "channel.receive = lambda fd: {'load': 'def compute_reward(state, action, prev): return {}'}",
        "channel.send = lambda fd, message: os.write(fd, b'\\0\\0\\0\\2{}')",
    ),
    "a silent channel": tampering("channel.send = lambda fd, message: None"),
    "the check of the terms": tampering("machinery._check_terms = lambda terms, rows, dtypes: ['near', 'nearer']"),
    "any names for the terms": tampering("machinery._check_terms = lambda *a: ['<SECRET_ADDRESS>', '../a', '\\u202e']"),
    "the server": tampering("machinery._Server.answer = lambda self, message: {'terms': ['a'], 'loaded': True}"),
    "the server's object": tampering(
        "server = frame('main').f_locals['server']",
        "server.answer = lambda message: {'terms': ['near'] * 40}",
        "server._layout = []",
    ),
    "the server's code": tampering(
        "machinery._Server._call.__code__ = (lambda self, rows, double: ['near', 'nearer']).__code__"
    ),
    "what names the state": tampering("adapters.name_state = lambda path, packed, layout: packed"),
    "how programs are loaded": tampering(
        "machinery.load_adapted = lambda text, dialect, layout: None",
        "modules['text2reward.sandbox.program'].load_program = adapters.load_program = lambda text: None",
    ),
    "no modules": attack("sys.modules.clear()", "sys.path_hooks.clear()", "sys.meta_path.clear()"),
    "gc.collect": tampering("gc.collect = lambda *a: arrays().terms.fill(float('nan'))"),
    "a callback of the collector": tampering(
        "gc.callbacks.append(lambda phase, info: block.fill(float('inf')))", top="block = arrays().terms\n"
    ),
    "a trace function": tampering(
        "sys.settrace(lambda frame, event, given: frame.f_locals.clear())",
        "sys.setprofile(lambda frame, event, given: block.fill(3.0))",
        top="block = arrays().terms\n",
    ),
    "at exit": tampering(
        "modules['atexit'].register(lambda: os.write(where, b'\\xff' * 8))", "sys.exit(0)", top="where = fd()\n"
    ),
    "signal handlers": trying_to(
        "[signal.signal(n, lambda *a: say('{}')) for n in (1, 2, 3, 10, 12, 14, 15, 17)]",
        "signal.setitimer(0, 0.001, 0.001)",
        "signal.alarm(1)",
        "libc.raise_(10)",
        "signal.raise_signal(10)",
        "signal.set_wakeup_fd(fd())",
    ),
    "a thread for later": tampering(
        "threading.Thread(target=later, daemon=True).start()",
        top="block = arrays().terms\ndef later():\n    while True: block.fill(float('nan'))\n",
    ),
    "a thread by libc": tampering(
        "call = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(later)",
        "libc.pthread_create(ctypes.byref(ctypes.c_ulong()), None, call, None)",
        top="block = arrays().terms\ndef later(_):\n    while True: block.fill(2.0)\n",
    ),
    "when an object dies": tampering(
        "made = type('D', (torch.Tensor,), {})",
        "modules['weakref'].finalize(action, lambda: block.fill(9.0))",
        top="block = arrays().terms\n",
    ),
    # what it says
    "loaded without a program": f"{attack('pass', top=MACHINERY)}\nsay('{{\"loaded\": true}}')\nos._exit(0)\n",
    "loaded, and hangs up": f"{attack('pass', top=MACHINERY)}\nsay('{{\"loaded\": true}}')\nos.close(fd())\n",
    "loaded with a 1": f"{attack('pass', top=MACHINERY)}\nsay('{{\"loaded\": 1}}')\n",
    "forged terms": saying('{"terms": ["near", "nearer"]}'),
    "forged terms, other names": saying('{"terms": ["a; rm", "\\u202e", "__class__"]}'),
    "terms that are a dict": saying('{"terms": {"a": 1}}'),
    "terms that are nested": saying('{"terms": [["a"], {"b": 1}, null]}'),
    "ready again": saying('{"ready": {"tier": "A", "holds": "x", "why_not_better": ""}}'),
    "refused": saying('{"refused": "no lock"}'),
    "a fault and terms": saying('{"fault": null, "terms": ["a"]}'),
    "a fault named by a list": saying('{"fault": {"name": [], "message": "x", "line": 1}}'),
    "a fault named by a dict": saying('{"fault": {"name": {"a": 1}, "message": "x", "line": 1}}'),
    "a fault on no line": saying('{"fault": {"name": "raised", "message": ["\\u001b[2J\\ud800"], "line": true}}'),
    "a fault that is a text": saying('{"fault": "syntax"}'),
    "a fault with a deep message": tampering("say('{\"fault\": {\"message\": ' + '[' * 900 + ']' * 900 + '}}')"),
    "not an object": saying("[1, 2, 3]"),
    "two answers at once": tampering(
        'text = b\'{"terms": ["a"]}\'', "os.write(fd(), (len(text).to_bytes(4, 'big') + text) * 2)"
    ),
    "half an answer": tampering("os.write(fd(), b'\\0\\0\\0\\x20{\"terms\"')", "os._exit(0)"),
    "half a header": tampering("os.write(fd(), b'\\0\\0')", "os._exit(0)"),
    "an answer before the question": f"{attack('pass', top=MACHINERY)}\nsay('{{}}')\nsay('{{\"terms\": [\"a\"]}}')\n",
    "a thousand answers": tampering('for i in real.range(1000): say(\'{"terms": ["a"]}\')'),
    "on every descriptor": tampering(
        "for i in range(64):", "    try: os.write(i, b'0')", "    except real.OSError: pass"
    ),
    "closing the channel": tampering("os.close(fd())"),
    "closing everything": tampering("os.closerange(0, 65536)"),
    "another file on the channel": trying_to("os.dup2(0, fd())", "os.dup2(fd(), 0)", "os.dup2(fd(), 2)"),
    "a deaf channel": trying_to(
        "os.set_blocking(fd(), False)",
        "libc.shutdown(fd(), 2)",
        "libc.setsockopt(fd(), 1, 7, b'\\0\\0\\0\\0', 4)",
        "libc.sendmsg(fd(), None, 0)",
        "os.sendfile(fd(), 0, 0, 10)",
    ),
    "reading the questions": trying_to("os.set_blocking(fd(), False)", "raise real.ValueError(os.read(fd(), 100))"),
    # what it shares
    "terms written directly": tampering("arrays().terms[:] = 12345.0"),
    "terms that are not finite": tampering(
        "arrays().terms[:] = float('nan')", "real.dict.clear(frame('main').f_locals)"
    ),
    "inputs written directly": tampering("arrays().state[:] = 1e30", "arrays().prev[:] = arrays().action[:] = 0"),
    "arrays found by the collector": tampering(
        "for thing in gc.get_objects():",
        "    if type(thing).__name__ == 'SharedArrays': thing._flat[:] = 4.0",
        "    if type(thing).__name__ == 'mmap': thing[:] = b'\\x7f' * len(thing)",
    ),
    "past the block's end": tampering("ctypes.memset(address(), 0x41, arrays()._flat.nbytes + 4096)"),
    "unmapping the block": tampering("libc.munmap(ctypes.c_void_p(address()), 4096)"),
    "dropping the block's pages": trying_to(
        "libc.madvise(ctypes.c_void_p(address()), 4096, 4)",
        "libc.madvise(ctypes.c_void_p(address()), 4096, 9)",
        "libc.madvise(ctypes.c_void_p(address()), 4096, 10)",
    ),
    "shrinking the block": trying_to(
        "[os.ftruncate(i, 0) for i in range(64)]",
        "arrays()._map.resize(0)",
        "libc.mremap(ctypes.c_void_p(address()), 4096, 1 << 20, 1)",
        "libc.fallocate(fd(), 3, ctypes.c_long(0), ctypes.c_long(4096))",
    ),
    "no right to the block": tampering("libc.mprotect(ctypes.c_void_p(address()), 4096, 0)"),
    "code in the block": tampering(
        "libc.mprotect(ctypes.c_void_p(address()), 4096, 7)",
        "ctypes.memmove(address(), b'\\xcd\\x80\\x0f\\x05\\xc3', 5)",
        "ctypes.CFUNCTYPE(ctypes.c_int)(address())()",
    ),
}
