"""Learning a key, or anything else that lies outside, and telling it to whoever reads the answer."""

from __future__ import annotations

from . import attack, trying

CALLS = """
def call(number, *words):
    libc.syscall.restype = ctypes.c_long
    given = [ctypes.c_long(w) if real.isinstance(w, int) else w for w in words]
    answer = libc.syscall(ctypes.c_long(number), *given)
    if answer < 0:
        raise real.OSError(ctypes.get_errno(), "refused")
    return answer
"""
"""System calls by their numbers on x86-64."""

LEARN = """
def learn():
    for find in (
        lambda: open('<CANARY>').read(),
        lambda: os.environ['OPENAI_API_KEY'],
        lambda: open('/proc/<KEEPER_PID>/environ', 'rb').read().split(b'API_KEY=')[1][:17].decode(),
        lambda: open('/proc/<SERVER_PID>/environ', 'rb').read().split(b'API_KEY=')[1][:17].decode(),
    ):
        try: return find()
        except real.BaseException: pass
    return 'nothing'
"""
"""The shortest ways to a secret, for programs about what to do with one."""

MAPPED = """
def mapped(address):
    # A signal mask read from there: the kernel says EFAULT where nothing is mapped.
    return libc.syscall(14, 0, ctypes.c_void_p(address), None, 8) == 0 or ctypes.get_errno() != 14
def search(address, pages):
    needle = b'-'.join([b'sk', b'canary', b''])
    for page in real.range(address & -4096, (address & -4096) + 4096 * pages, 4096):
        if mapped(page):
            text = ctypes.string_at(page, 4096)
            for after in text.split(needle)[1:]:
                if after[:1] not in (b'\\0', b''):  # not the needle itself
                    raise real.ValueError(needle + after[:6])
"""
"""Reading this process's own memory without stepping on what is not there."""

PEEK = """
def vector(address, size):
    return ctypes.byref((ctypes.c_void_p * 2)(address, size))
def read(pid, address, size):
    copy = ctypes.create_string_buffer(size)
    call(310, pid, vector(ctypes.addressof(copy), size), 1, vector(address, size), 1, 0)
    return copy.raw
def pread(pid, address, size):
    return os.pread(os.open(f'/proc/{pid}/mem', 0), size, address)
def trace(pid, address, size):
    for request in (0x4206, 0x4207):  # seize, interrupt
        call(101, request, pid, 0, 0)
    os.waitpid(pid, 0x40000000)
    word = ctypes.c_long()
    call(101, 2, pid, address, ctypes.byref(word))
    call(101, 17, pid, 0, 0)
    return word.value.to_bytes(8, 'little')
def secret(read):
    inside = real.int.from_bytes(read(<MAIN_PID>, <SECRET_ADDRESS> + 40, 8), 'little')
    return read(<MAIN_PID>, inside, 17)
"""
"""Ways to read another process's memory, and how a bytearray lies in it."""


def telling(*lines: str, top: str = "") -> str:
    """A program that does ``lines`` and raises whatever ended up in ``found``."""
    return attack("found = []", *lines, "raise real.ValueError(found)", top=top)


def asking(*places: str, top: str = "") -> str:
    """A program that raises whatever it could get out of the expressions ``places``."""
    lines = [part for each in places for part in (f"try: found.append({each})", "except real.BaseException: pass")]
    return telling(*lines, top=top)


IDEAS = {
    "environment": asking(
        "real.dict(os.environ)", "os.getenvb(b'OPENAI_API_KEY')", "real.dict(modules['posix'].environ)"
    ),
    "its own /proc": asking(
        *(f"open('/proc/self/{name}', 'rb').read()" for name in "environ cmdline auxv maps status stack".split()),
        "open('/proc/thread-self/environ', 'rb').read()",
        "open(f'/proc/{os.getpid()}/environ', 'rb').read()",
    ),
    "environments of others": asking(
        *(f"key(open('/proc/<{who}_PID>/environ', 'rb').read())" for who in ("KEEPER", "MAIN", "SERVER", "TWIN")),
        "[key(open(f'/proc/{p}/environ', 'rb').read()) for p in os.listdir('/proc') if p.isdigit() and p != '1']",
        top="def key(environment):\n    return environment.split(b'API_KEY=')[-1][:20]\n",
    ),
    "memory of others": asking(
        "secret(pread)",
        "open('/proc/<SERVER_PID>/maps').read()",
        "pread(<TWIN_PID>, real.id(os.environ), 200)",
        "open('/proc/kcore', 'rb').read(100)",
        "open('/dev/mem', 'rb').read(100)",
        top=PEEK,
    ),
    "descriptors of others": asking(
        "[os.readlink(f'/proc/<MAIN_PID>/fd/{n}') for n in real.range(64)]",
        "[open(f'/proc/<SERVER_PID>/fd/{n}', 'rb') for n in real.range(64)]",
        "open('/proc/<MAIN_PID>/root<CANARY>').read()",
        "open('/proc/<MAIN_PID>/cwd/pyproject.toml').read()",
    ),
    "stolen descriptors": asking(
        "[call(438, call(434, <MAIN_PID>, 0), n, 0) for n in real.range(3, 64)]",
        "call(434, <SERVER_PID>, 0)",
        "os.pidfd_open(<TWIN_PID>)",
        "call(312, os.getpid(), <MAIN_PID>, 0, 3, 3)",
        top=CALLS,
    ),
    "libc's environment": asking(
        "ctypes.cast(libc.getenv(b'OPENAI_API_KEY'), ctypes.c_char_p).value",
        "ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_char_p)(('secure_getenv', libc))(b'OPENAI_API_KEY')",
        "[e for e in ctypes.cast(ctypes.c_void_p.in_dll(libc, 'environ').value, ctypes.POINTER(ctypes.c_char_p))[:5]]",
    ),
    "what lies above the stack": telling(
        "first = ctypes.cast(ctypes.c_void_p.in_dll(libc, 'environ').value, ctypes.POINTER(ctypes.c_void_p))[0]",
        "search(first - 0x4000, 32)",
        top=MAPPED,
    ),
    "process_vm_readv": asking(
        "secret(read)",
        "read(<SERVER_PID>, real.id(os.environ), 100)",
        "read(<TWIN_PID>, real.id(os.environ), 100)",
        "call(311, <TWIN_PID>, vector(real.id(os.environ), 0), 1, vector(real.id(os.environ), 0), 1, 0)",
        top=CALLS + PEEK,
    ),
    "ptrace": asking(
        "trace(<SERVER_PID>, real.id(os.environ), 8)",
        "trace(<TWIN_PID>, real.id(os.environ), 8)",
        "secret(trace)",
        "call(101, 16, <TWIN_PID>, 0, 0)",
        "call(101, 0, 0, 0, 0)",
        top=CALLS + PEEK,
    ),
    "frames of trusted code": telling(
        "frame = sys._getframe()",
        "while frame is not None:",
        "    found += [f'{name}={value}' for name, value in frame.f_locals.items() if name != 'found']",
        "    found += [name for name in frame.f_globals if 'key' in name.lower()]",
        "    frame = frame.f_back",
        "found = [text for text in found if 'sk-' in text or 'env' in text]",
    ),
    "what the collector knows": telling(
        "for each in modules['gc'].get_objects():",
        "    inside = [*each.values()] if type(each) is real.dict else each if type(each) is real.list else []",
        "    found += [v for v in inside if type(v) is real.str and v.startswith('sk-')]",
    ),
    "modules that hold keys": asking(
        "modules['importlib'].import_module('text2reward.agent.models').__dict__",
        "modules['importlib'].import_module('openai').OpenAI().api_key",
        "[v for n in ours for v in real.vars(modules[n]).values() if 'sk-canary' in real.str(v)[:9]]",
        top="ours = [name for name in modules if name.startswith('text2reward')]\n",
    ),
    "its own heap": attack(
        "search(real.id([]), 2000)",
        "search(real.id(os.environ) - 4096 * 500, 1000)",
        "search(ctypes.cast(libc.sbrk(0), ctypes.c_void_p).value or 0, 1)",
        top="libc.sbrk.restype = ctypes.c_void_p\n" + MAPPED,
    ),
    "memory that nobody cleared": attack(
        "needle = b'-'.join([b'sk', b'canary', b''])",
        "for size in (64, 512, 4096, 1 << 16, 1 << 20, 1 << 24):",
        "    for each in [torch.empty(size, dtype=torch.uint8) for _ in real.range(4)]:",
        "        text = each.numpy().tobytes()",
        "        for after in text.split(needle)[1:]:",
        "            if after[0] != 0: raise real.ValueError(needle + after[:6])",
    ),
    "the place in memory that was told": attack(
        "if mapped(<SECRET_ADDRESS>): search(<SECRET_ADDRESS> - 8192, 8)",
        top=MAPPED,
    ),
    "keyrings": asking(
        "call(250, 11, -3, copy, 17, 0)",
        "call(250, 6, -4, copy, 17, 0)",
        "call(249, ctypes.c_char_p(b'user'), ctypes.c_char_p(b'openai'), None, -3)",
        "call(248, ctypes.c_char_p(b'user'), ctypes.c_char_p(b'x'), ctypes.c_char_p(b'y'), 1, -5)",
        "open('/proc/keys').read()",
        top=CALLS + "copy = ctypes.create_string_buffer(17)\n",
    ),
    "files of the user": asking(
        *(
            f"open(home + '/{name}').read()"
            for name in ".ssh/id_rsa .ssh/id_ed25519 .bash_history .python_history .netrc .aws/credentials .env".split()
        ),
        "os.listdir(home)",
        "os.listdir(os.path.expanduser('~'))",
        "os.listdir(modules['pathlib'].Path.home())",
        top="home = '/root'\n",
    ),
    "files of the machine": asking(
        "open('/etc/passwd').read()",
        "open('/etc/shadow').read()",
        "open('/proc/version').read()",
        "os.listdir('/run')",
        "os.listdir('/var/log')",
        "os.getlogin()",
        "real.__import__('pwd').getpwuid(0)",
    ),
    "a core dump": trying(
        "modules['resource'].setrlimit(modules['resource'].RLIMIT_CORE, (-1, -1))",
        "modules['resource'].setrlimit(modules['resource'].RLIMIT_FSIZE, (-1, -1))",
        "libc.prctl(4, 1, 0, 0, 0)",
        "open('/proc/self/coredump_filter', 'w').write('0xff')",
        "os.chdir('<FOLDER>')",
        "libc.abort()",
    ),
    "descriptors left open": asking(
        "[os.pread(n, 100, 0) for n in real.range(3)]",
        "[ctypes.create_string_buffer(libc.pread(n, ctypes.byref(word), 8, 0)) for n in real.range(3, 64)]",
        "[(n, libc.lseek(n, 0, 1)) for n in real.range(1024) if libc.lseek(n, 0, 1) >= 0]",
        "[modules['mmap'].mmap(n, 4096).read(100) for n in real.range(3, 1024) if libc.lseek(n, 0, 1) >= 0]",
        "[os.dup(n) for n in real.range(1024)]",
        "modules['fcntl'].fcntl(4, 0, 100)",
        top="word = ctypes.c_long()\n",
    ),
    "the next question, read too early": attack(
        "frame = sys._getframe()",
        "while 'fd' not in frame.f_locals: frame = frame.f_back",
        "raise real.ValueError(os.read(frame.f_locals['fd'], 100))",
    ),
    "shared memory": asking(
        "[open('/dev/shm/' + name, 'rb').read(100) for name in os.listdir('/dev/shm')]",
        "os.listdir('/dev/mqueue')",
        "[ctypes.string_at(call(30, n, 0, 0o10000), 17) for n in real.range(100)]",
        "call(29, 0x5152, 4096, 0)",
        "libc.shm_open(b'/psm_0', 0, 0)",
        "open('/proc/sysvipc/shm').read()",
        top=CALLS,
    ),
    "files by their handles": asking(
        "call(303, -100, ctypes.c_char_p(b'<CANARY>'), handle, mount, 0)",
        "call(304, 3, handle, 0)",
        "call(437, -100, ctypes.c_char_p(b'<CANARY>'), how, 24)",
        "call(428, -100, ctypes.c_char_p(b'<FOLDER>'), 1)",
        "call(89, ctypes.c_char_p(b'/proc/<MAIN_PID>/exe'), copy, 99)",
        "os.stat('<CANARY>')",
        "os.getxattr('<CANARY>', 'user.x')",
        top=CALLS + "handle, how, copy = (ctypes.create_string_buffer(128) for _ in 'abc')\n"
        "handle[0] = 100\nmount = ctypes.byref(ctypes.c_int())\n",
    ),
    "what the kernel tells": asking(
        "call(103, 3, ctypes.create_string_buffer(1 << 16), 1 << 16)",
        "call(298, ctypes.create_string_buffer(128), <MAIN_PID>, -1, -1, 0)",
        "call(321, 11, ctypes.create_string_buffer(128), 128)",
        "call(323, 0)",
        "call(300, 0, 0)",
        "call(204, <MAIN_PID>, 128, ctypes.create_string_buffer(128))",
        "open('/proc/kallsyms').read(100)",
        top=CALLS,
    ),
    "programs that know": asking(
        "modules['subprocess'].check_output(['cat', '<CANARY>'])",
        "os.popen('printenv').read()",
        "modules['subprocess'].check_output(['ps', 'auxe'])",
        "modules['platform'].freedesktop_os_release()",
    ),
    "told by the values": attack(
        "text = learn()",
        "letters = [real.float(real.ord(text[i % real.len(text)])) for i in real.range(real.len(action))]",
        "return {'a': torch.tensor(letters, dtype=action.dtype)}",
        top=LEARN,
    ),
    "told by the terms' names": attack(
        "text = learn()",
        "return {text: action[:, 0]}",
        top=LEARN,
    ),
    "told by an exception": attack(
        "text = learn()",
        "kind = type(text.replace('-', '_'), (real.ValueError,), {'__str__': lambda self: text})",
        "raise kind from real.KeyError(text)",
        top=LEARN,
    ),
    "told while loading": attack("pass", top=LEARN + "raise real.SyntaxError(learn(), (learn(), 1, 1, learn()))\n"),
    "told in a message of its own": attack(
        "frame = sys._getframe()",
        "while 'fd' not in frame.f_locals: frame = frame.f_back",
        "text = modules['json'].dumps({'fault': {'name': 'raised', 'message': learn(), 'line': 1}}).encode()",
        "os.write(frame.f_locals['fd'], len(text).to_bytes(4, 'big') + text)",
        top=LEARN,
    ),
    "left in the shared arrays": attack(
        "frame = sys._getframe(1)",
        "mine = frame.f_locals['self']",
        "text = learn().encode()",
        "letters = torch.tensor(real.list(text), dtype=torch.float32)",
        "for each in (mine._prev, mine._action, mine._state, mine._terms):",
        "    each.view(-1)[: real.len(letters)] = letters",
        top=LEARN,
    ),
    "left by an earlier program": telling(
        "mine = sys._getframe(1).f_locals['self']",
        "for each in (mine._prev, mine._action, mine._state, mine._terms):",
        "    found.append(''.join(real.chr(real.int(v)) for v in each.flatten().abs().tolist() if 31 < v < 127))",
    ),
}
