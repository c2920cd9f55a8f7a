"""Using up time, memory, descriptors and patience."""

from __future__ import annotations

from . import attack, trying

HEAD = "import torch\ndef compute_reward(state, action, prev):\n"
CLOCK = "signal, time, threading = modules['signal'], modules['time'], modules['threading']\n"


def plain(*lines: str, top: str = "") -> str:
    """A program that stays with torch."""
    return f"{top}{HEAD}" + "".join(f"    {line}\n" for line in (*lines, "return {'a': action[:, 0]}"))


def at_once(line: str) -> str:
    """A program that does it when it is loaded."""
    return f"{attack('pass', top=CLOCK)}\n{line}\n"


IDEAS = {
    # time
    "an endless loop": plain("while True: pass"),
    "one long power": plain("x = 9 ** 9 ** 9"),
    "asleep": attack("time.sleep(10**6)", top=CLOCK),
    "stopped": attack("libc['raise'](19)"),
    "deaf to signals": attack(
        "for n in range(1, 32):",
        "    try: signal.signal(n, lambda *a: None)",
        "    except real.OSError: pass",
        "libc['raise'](15)",
        "while True: os.sched_yield() if hasattr(os, 'sched_yield') else None",
        top=CLOCK + "hasattr = real.hasattr\n",
    ),
    "all signals blocked": attack(
        "signal.pthread_sigmask(signal.SIG_BLOCK, real.range(1, 65))", "signal.sigwait([10])", top=CLOCK
    ),
    "loading without end": at_once("while True: pass"),
    "backtracking": attack("modules['re'].compile('(a+)+$').match('a' * 22 + 'b')"),
    "a deadlock": attack("lock = threading.Lock()", "lock.acquire()", "lock.acquire()", top=CLOCK),
    "holding the interpreter": attack("ctypes.pythonapi.sleep(10**6)", "ctypes.PyDLL(None).sleep(10**6)"),
    "loops in loops": plain(
        "x = 0.0", *(f"{'    ' * i}for i{i} in range(64):" for i in range(4)), f"{'    ' * 4}x = x + 1.0"
    ),
    "more turns than allowed": plain("for i in range(10**9): pass"),
    "turns by other means": trying(
        "[0 for i in zip(range(64), real.iter(int, 1))]",
        "sum(x for x in map(lambda i: i, [0] * 10**6))",
        "any(iter_ for iter_ in [0] * 10**6)",
        "sorted([*real.range(10**6)], key=lambda i: -i)",
    ),
    "quadratic text": plain("text = ''", "for i in range(10): text = text + str([text, text])"),
    "an integer as text": attack(
        "sys.set_int_max_str_digits(0)", "text = str(10 ** 60000)", "text = str(int('9' * 60000) ** 2)"
    ),
    "equal hashes": attack(
        "text = {i * ((1 << 61) - 1) for i in real.range(4000)}", "text = {x: 0 for x in [*text, *text]}"
    ),
    "sorting": plain("x = sorted([str(i % 977) for j in range(60) for i in range(64)] * 60)"),
    "a huge matrix product": plain("x = torch.ones(1500, 1500)", "for i in range(3): x = x @ x / 1500"),
    "a huge decomposition": plain("x = torch.linalg.det(torch.eye(900) + 0.1)"),
    "a slow sum": plain("x = torch.cumsum(torch.ones(3 * 10**7), dim=0)"),
    "slow numbers": plain("x = torch.full((10**6,), 1e-40)", "for i in range(60): x = x * 0.999"),
    "just below the limit, always": attack("time.sleep(0.4)", top=CLOCK),
    "just below the limit, and wrong": attack("time.sleep(0.2)", "return {'a': action}", top=CLOCK),
    # memory
    "a list without end": attack("x = []", "while True: x.append([0] * 10**6)"),
    "a text without end": attack("x = 'x' * 10**6", "while True: x = x * 2"),
    "an integer without end": attack("x = 1", "while x: x <<= 10**9"),
    "a tensor of terabytes": plain("x = torch.zeros(10**12)"),
    "a tensor of all numbers": plain("x = torch.zeros(2**62)"),
    "sizes that overflow": trying(
        "torch.zeros(2**31, 2**31, 2**31)",
        "torch.empty(2**63 - 1)",
        "torch.ones(1).expand(2**40).clone()",
        "torch.arange(0, 1e18)",
        "action.repeat(10**6, 10**6)",
    ),
    "a product of everything": plain("x = action[:, None, None] * torch.ones(1, 10**4, 10**4, 1)"),
    "tensor after tensor": plain("x = [torch.ones(10**7) for i in range(64)]"),
    "kept from call to call": plain("KEPT.append(torch.ones(10**7))", top="import torch\nKEPT = []\n"),
    "cycles, not collected": attack(
        "modules['gc'].disable()",
        "modules['gc'].freeze()",
        "for i in real.range(10**5):",
        "    x = []",
        "    x.append(x)",
    ),
    "one-hot": plain("x = torch.nn.functional.one_hot(torch.tensor([10**11]))"),
    "padding": plain("x = torch.nn.functional.pad(action, (0, 10**11))"),
    "numbers in a range": plain("x = torch.arange(10**11)", "y = torch.linspace(0, 1, 10**11)"),
    "memory by libc": trying(
        "[libc.malloc(1 << 28) for i in range(64)]",
        "libc.calloc(ctypes.c_size_t(1 << 40), ctypes.c_size_t(1 << 20))",
        "libc.sbrk(ctypes.c_long(1 << 40))",
    ),
    "mapping terabytes": trying(
        "modules['mmap'].mmap(-1, 1 << 42)",
        "libc.mmap(None, ctypes.c_size_t(1 << 44), 3, 0x4022, -1, 0)",
        "libc.mmap(None, ctypes.c_size_t(1 << 46), 0, 0x4022, -1, 0)",
    ),
    "many small maps": attack(
        "libc.mmap.restype = ctypes.c_void_p",
        "for i in real.range(70000): libc.mmap(None, ctypes.c_size_t(4096), 1 + i % 2, 0x22, -1, 0)",
    ),
    "locked in memory": trying("libc.mlockall(3)", "libc.mlock(ctypes.c_void_p(real.id(action)), 4096)"),
    "wider limits": trying(
        "modules['resource'].setrlimit(9, (-1, -1))",
        "modules['resource'].prlimit(0, 7, (10**6, 10**6))",
        "modules['resource'].setrlimit(1, (-1, -1))",
        "x = torch.ones(3 * 10**9)",
    ),
    "no memory for the answer": attack(
        "while True:",
        "    try: KEPT.append(real.bytearray(1 << 20))",
        "    except real.MemoryError: break",
        top="KEPT = []\n",
    ),
    "eaten while loading": at_once("kept = [torch.ones(10**8) for i in range(64)]"),
    # depth
    "recursion": plain("return compute_reward(state, action, prev)"),
    "recursion without a limit": attack("sys.setrecursionlimit(10**9)", "return compute_reward(state, action, prev)"),
    "recursion in C": attack(
        "sys.setrecursionlimit(10**9)", "x = []", "for i in real.range(10**5): x = [x]", "raise real.ValueError(x)"
    ),
    "a stack eaten in C": attack(
        "call = ctypes.CFUNCTYPE(ctypes.c_int)(lambda: call())", "sys.setrecursionlimit(10**9)", "call()"
    ),
    "freed in depth": attack("x = ()", "for i in real.range(3 * 10**5): x = (x,)", "del x"),
    "a deep graph": attack(
        "torch.set_grad_enabled(True)",
        "x = action.clone().requires_grad_(True)",
        "for i in real.range(50000): x = x + 1",
        "del x",
    ),
    # everything else
    "threads": attack(
        "for i in real.range(1000):",
        "    try: threading.Thread(target=lambda: time.sleep(9), daemon=True).start()",
        "    except real.RuntimeError: pass",
        top=CLOCK,
    ),
    "threads of torch": trying(
        "torch.set_num_threads(1000)",
        "torch.ones(10**7).sum()",
        "torch.futures.wait_all([torch.jit.fork(torch.sin, action) for i in range(64)])",
    ),
    "descriptors": attack(
        "for i in real.range(70000):", "    try: os.dup(0)", "    except real.OSError: pass", "os.pipe()"
    ),
    "a timer": trying(
        "signal.signal(14, lambda *a: libc['raise'](14))",
        "signal.setitimer(0, 1e-6, 1e-6)",
        "signal.alarm(1)",
        "signal.raise_signal(14)",
        "libc.timer_create(0, None, ctypes.byref(ctypes.c_void_p()))",
        top=CLOCK,
    ),
    "a storm of signals": attack(
        "signal.signal(10, lambda *a: None)", "for i in real.range(20000): libc['raise'](10)", top=CLOCK
    ),
    "yielding": attack("for i in real.range(10**5): libc.sched_yield()"),
    "real time": trying(
        "os.sched_setscheduler(0, 1, os.sched_param(99))",
        "os.sched_setaffinity(0, [0])",
        "os.setpriority(0, 0, -20)",
        "libc.ioprio_set(1, 0, 0x2000)",
    ),
    "randomness": attack("for i in range(64): os.getrandom(1 << 18)"),
    "a core": trying("modules['resource'].setrlimit(4, (-1, -1))", "os.abort()"),
    "a full disk": trying(
        "os.write(1, b'x' * 10**7)", "os.posix_fallocate(1, 0, 10**9)", "sys.stdout.write('x' * 10**7)"
    ),
}
