"""Ways out of the restricted names in plain Python: what a program can reach without being handed anything."""

from __future__ import annotations

HARM = """
    opened, error = found["open"], found["ValueError"]
    try: opened('<FOLDER>/new', 'w').write('x')
    except found["OSError"]: pass
    raise error(opened('<CANARY>').read())
"""
"""What is tried with the real builtins, once a program has them in ``found``."""

FRAMES = """
def frames(frame):
    found = []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back
    return found

def here():
    generator = (generator.gi_frame.f_back for _ in (1,))
    return frames(list(generator)[0])
"""
"""The frames of whoever called, without sys."""

OF_TORCH = "found = F.softmax.__globals__['__builtins__']"


def escape(*lines: str, top: str = "") -> str:
    """A program that does ``lines``, which put the real builtins into ``found``, and then uses them."""
    body = "\n".join(f"    {line}" for line in lines)
    return f"{top}\ndef compute_reward(state, action, prev):\n{body}\n{HARM}"


def plain(*lines: str, top: str = "") -> str:
    """A program of plain Python that does ``lines`` and answers as if nothing had happened."""
    body = "\n".join(f"    {line}" for line in lines)
    return f"{top}\ndef compute_reward(state, action, prev):\n{body}\n    return {{'a': action[:, 0]}}\n"


IDEAS = {
    "subclasses of object": escape(
        "classes = ().__class__.__base__.__subclasses__()",
        "found = [c for c in classes if c.__name__ == '_wrap_close'][0].__init__.__globals__['__builtins__']",
    ),
    "any class with a Python method": escape(
        "found = {}",
        "for c in ().__class__.__mro__[-1].__subclasses__():",
        "    if '__globals__' in c.__init__.__dir__(): found = c.__init__.__globals__.get('__builtins__', found)",
    ),
    "globals of a torch function": escape(OF_TORCH),
    "globals of the guarded import": escape("found = __builtins__['__import__'].__globals__['builtins'].__dict__"),
    "globals of range": escape("found = range.__globals__['sys'].modules['builtins'].__dict__"),
    "its own builtins, undone": escape("found = (lambda: 0).__builtins__['__import__'].__builtins__"),
    "builtin functions know their module": escape("found = len.__self__.__dict__"),
    "a generator's frame": escape("found = here()[-1].f_builtins", top=FRAMES),
    "a traceback's frame": escape(
        "classes = ().__class__.__base__.__subclasses__()",
        "anything = [c for c in classes if c.__name__ == 'BaseException'][0]",
        "try: action.nothing",
        "except anything as error: found = error.__traceback__.tb_frame.f_back.f_builtins",
    ),
    "a traceback of trusted code": escape(
        "classes = ().__class__.__base__.__subclasses__()",
        "anything = [c for c in classes if c.__name__ == 'BaseException'][0]",
        "try: state.nothing",
        "except anything as error: found = error.__traceback__.tb_next.tb_frame.f_builtins",
    ),
    "a coroutine's frame": escape(
        "async def asleep(): return 1",
        "found = asleep().cr_frame.f_builtins['__import__'].__globals__['builtins'].__dict__",
    ),
    "a decorator that is not dropped": escape(
        "def undo(function): return function.__globals__['torch'].load.__globals__['__builtins__']",
        "@undo",
        "async def found(): pass",
    ),
    "an asynchronous loop": escape(
        "async def numbers():",
        "    yield torch.serialization.sys.modules['builtins'].__dict__",
        "async def first():",
        "    async for each in numbers(): return each",
        "running = first()",
        "found = {}",
        "try: running.send(None)",
        "except range.__globals__['builtins'].StopIteration as stop: found = stop.value",
    ),
    "text that walks attributes": plain(
        "told = '{0.__globals__[os].environ}{0.__globals__[__builtins__]}'.format(torch.load)",
        "{}[told]",
    ),
    "text that walks to a file": plain(
        '{}[f\'{torch.serialization.os.sys.modules["builtins"].open("<CANARY>").read()}\']',
    ),
    "a format that is a method": plain(
        "system = torch.serialization.os.system",
        "kind = ().__class__.__class__('Kind', (), {'__format__': lambda self, how: str(system(how))})",
        "f'{kind():touch <FOLDER>/new}'",
    ),
    "a function made over": escape(
        "function = (lambda: 0).__class__",
        "found = function((lambda: __builtins__).__code__, torch.load.__globals__)()",
    ),
    "other people's code replaced": escape(
        "range.__code__ = (lambda *bounds: builtins).__code__",
        "found = range(1).__dict__",
    ),
    "the import's own code replaced": escape(
        "__builtins__['__import__'].__code__ = (lambda name, *rest: sys.modules['builtins']).__code__",
        "import anything",
        "found = anything.__dict__",
    ),
    "bytecode of its own": plain(
        "def run(): return 1",
        "code = run.__code__.replace(co_code=bytes([151, 0, 100, 255, 83, 0]), co_consts=())",
        "run.__code__ = code",
        "raise run()",
        top="bytes = range.__globals__['builtins'].bytes",
    ),
    "locals of somebody else": plain(
        "def run(): return 1",
        "run.__code__ = run.__code__.replace(co_code=bytes([151, 0, 124, 250, 83, 0]), co_stacksize=1)",
        "raise run()",
        top="bytes = range.__globals__['builtins'].bytes",
    ),
    "how objects are copied": escape("found = state.__reduce_ex__(2)[0].__globals__['__builtins__']"),
    "how numbers are copied": escape("found = (1).__reduce_ex__(2)[0].__builtins__"),
    "a pickle": plain(
        "torch.serialization.pickle.loads(text.encode('latin1'))",
        top="text = '\\x80\\x04ctorch.serialization\\nos.system\\n(Vtouch <FOLDER>/new\\ntR.'\n",
    ),
    "a pickle that opens": plain(
        "{}[torch.serialization.pickle.loads(text.encode('latin1')).read()]",
        top="text = '\\x80\\x04ctorch.serialization\\nio.open\\n(V<CANARY>\\ntR.'\n",
    ),
    "imports of what torch imported": escape(
        "from torch.serialization import sys as system",
        "found = system.modules['builtins'].__dict__",
    ),
    "imports by another name": escape("found = __import__('torch', fromlist=['sys']).sys.modules['io'].__builtins__"),
    "imports at the top": escape(
        "found = os._Environ.__init__.__globals__['__builtins__']",
        top="from torch.hub import os\nfrom torch.storage import *\nimport torch.serialization as store, torch._utils",
    ),
    "the module's loader reads": plain("{}[torch.__spec__.loader.get_data('<CANARY>')]"),
    "the module's loader writes": plain("torch.__loader__.set_data('<FOLDER>/new', 'x'.encode())"),
    "a loader of its own": plain("{}[torch.__loader__.__class__('os', '<FOLDER>/canary.sh').get_source('os')]"),
    "finders and hooks": plain(
        "sys = torch.serialization.sys",
        "sys.meta_path.clear()",
        "sys.path_hooks.clear()",
        "sys.path[:] = ['<FOLDER>']",
        "sys.modules['builtins'].__import__('canary')",
    ),
    "ctypes, from torch": plain(
        "libc = torch.ctypes.CDLL(None)",
        "libc.creat('<FOLDER>/new'.encode(), 511)",
        "libc.system('touch <FOLDER>/new'.encode())",
        "libc.unlink('<CANARY>'.encode())",
    ),
    "objects written by their address": plain(
        "ctypes, builtins = torch.ctypes, range.__globals__['builtins']",
        "address = builtins.id(range.__globals__['builtins'].print.__self__)",
        "ctypes.memset(address, 65, 64)",
        "builtins.print('x')",
    ),
    "cells of a closure": escape(
        "closed = [f for f in torch.Tensor.__dict__.values() if isinstance(f, function) and f.__closure__]",
        "cells = [c.cell_contents for f in closed for c in f.__closure__]",
        "found = [c for c in cells if isinstance(c, function)][0].__globals__['__builtins__']",
        top="function = (lambda: 0).__class__",
    ),
    "a closure's cell, changed": plain(
        "closed = [f for f in torch.Tensor.__dict__.values() if isinstance(f, function) and f.__closure__]",
        "closed[0].__closure__[0].cell_contents = torch.serialization.os.remove",
        "closed[0]('<CANARY>')",
        top="function = (lambda: 0).__class__",
    ),
    "defaults of a lambda": escape(
        "found = reach().modules['builtins'].__dict__",
        top="reach = lambda system=torch.serialization.sys: system",
    ),
    "one long expression": escape(
        "found = [b for s in [torch.serialization] for m in [s.sys.modules] for b in [m['builtins'].__dict__]][-1]"
    ),
    "a walrus in a comprehension": escape(
        "[(found := each.__globals__['__builtins__']) for each in (torch.load,)]",
    ),
    "patterns that read attributes": escape(
        "match torch:",
        "    case thing(serialization=thing(sys=thing(modules={'builtins': thing(__dict__=found)}))): pass",
        top="thing = ().__class__.__base__",
    ),
    "eval, exec and compile": plain(
        OF_TORCH,
        "code = found['compile']('raise ValueError(open(\"<CANARY>\").read())', '', 'exec')",
        "found['exec'](code, {'__builtins__': found})",
        "found['eval']('__import__(\"os\").remove(\"<CANARY>\")')",
    ),
    "the state's own class": escape(
        "found = state.__class__.__init__.__globals__['__builtins__']",
    ),
    "the state's class, changed": plain(
        "named = state.__class__",
        "named.__getattr__ = lambda self, name: torch.serialization.os.remove('<CANARY>')",
        "named.__init__ = lambda self, path, values: torch.serialization.os.mkdir('<FOLDER>/new')",
    ),
    "a class, made by hand": plain(
        "def armed(part, *rest): torch.serialization.os.remove('<CANARY>')",
        "parent = make('Parent', (), {'__init_subclass__': armed})",
        "make('Child', (parent,), {})",
        top="make = ().__class__.__class__",
    ),
    "a class statement and its metaclass": escape(
        "__builtins__['__build_class__'] = F.softmax.__globals__['__builtins__']['__build_class__']",
        "class Meta(().__class__.__class__):",
        "    def __call__(cls): return F.softmax.__globals__['__builtins__']",
        "class Thing(metaclass=Meta): pass",
        "found = Thing()",
        top="__name__ = 'x'",
    ),
    "a dict that is more": plain(
        "def items(self): return torch.serialization.os.remove('<CANARY>')",
        "kind = ().__class__.__class__('dict', (dict,), {'items': items, '__len__': items, '__iter__': items})",
        "return kind({'a': action[:, 0]})",
    ),
    "a class whose name bites": plain(
        "make = ().__class__.__class__",
        "meta = make('Meta', (make,), {})",
        "kind = meta('Kind', (), {})",
        "meta.__getattribute__ = lambda self, name: torch.serialization.os.remove('<CANARY>')",
        "return kind()",
    ),
    "a term's name that compares": plain(
        "def armed(*given): torch.serialization.os.remove('<CANARY>')",
        "kind = ().__class__.__class__('str', (str,), {'__eq__': armed, '__hash__': lambda self: 1, '__str__': armed})",
        "return {kind('a'): action[:, 0], kind('b'): action[:, 1]}",
    ),
    "a tensor that is more": plain(
        "def armed(cls, function, types, given=(), named=None): torch.serialization.os.remove('<CANARY>')",
        "method = range.__globals__['builtins'].classmethod(armed)",
        "kind = ().__class__.__class__('Tensor', (torch.Tensor,), {'__torch_function__': method})",
        "term = action[:, 0].as_subclass(kind)",
        "return {'a': term, 'b': term + term}",
    ),
    "numbers with side effects": plain(
        "def armed(self): return torch.serialization.os.unlink('<CANARY>') or 1",
        "number = ().__class__.__class__('N', (), {'__float__': armed, '__index__': armed, '__len__': armed})()",
        "torch.full((2,), float(number))",
        "torch.tensor([number])",
    ),
    "an exception that keeps speaking": plain(
        "def told(self): return torch.serialization.os.sys.modules['io'].open('<CANARY>').read()",
        "make = ().__class__.__class__",
        "error = range.__globals__['builtins'].ValueError",
        "raise make('Kind', (error,), {'__str__': told, '__traceback__': None})('x')",
    ),
    "text without an end": plain(
        "circle = []",
        "circle.append(circle)",
        "deep = ()",
        "for _ in [0] * 100_000: deep = (deep,)",
        "error = range.__globals__['builtins'].ValueError",
        "raise error(circle, deep)",
    ),
    "what happens at the end": plain(
        "make = ().__class__.__class__",
        "def armed(self): torch.serialization.os.remove('<CANARY>')",
        "torch.left = make('Last', (), {'__del__': armed})()",
        "make('Now', (), {'__del__': armed})()",
        "torch.serialization.sys.modules['atexit'].register(armed, 1)",
    ),
    "a generator that never finishes": plain(
        "def endless():",
        "    while True:",
        "        try: yield 1",
        "        except: torch.serialization.os.remove('<CANARY>')",
        "running = endless()",
        "for _ in running: break",
        "running.close()",
    ),
    "answers in trusted code's name": plain(
        "outer = [f for f in here() if 'channel' in f.f_globals][0].f_globals",
        "send = outer['channel'].send",
        "outer['channel'].send = lambda fd, message: send(fd, {'terms': ['../../new', 'a\\n', '<CANARY>']})",
        top=FRAMES,
    ),
    "checks that were taken away": plain(
        "outer = [f for f in here() if '_check_terms' in f.f_globals][0].f_globals",
        "outer['_check_terms'] = lambda *given: ['a'] * 4000",
        "outer['gc'].collect = lambda *given: torch.serialization.os.remove('<CANARY>')",
        top=FRAMES,
    ),
    "locals of trusted code": plain(
        "for frame in here():",
        "    for name, value in frame.f_locals.items():",
        "        if name == 'request': value.update(lock='off')",
        "        if name == 'held': torch.serialization.os.write(frame.f_locals['fd'], f'{value}'.encode())",
        top=FRAMES,
    ),
    "the lock, asked to open": plain(
        "modules = torch.serialization.sys.modules",
        "lock = modules['text2reward.sandbox.lock']",
        "lock.seccomp._instructions = lambda: [lock.seccomp.Instruction(6, 0x7FFF0000)]",
        "try: lock.seccomp.seal()",
        "except modules['builtins'].Exception: pass",
        "try: lock.lock('off', [], 1 << 40, 100)",
        "except modules['builtins'].Exception: pass",
        "modules['io'].open('<FOLDER>/new', 'w')",
    ),
    "a fault whose name is a list": plain("raise range.__globals__['ProgramError'](['raised'], 'x', 1)"),
    "a fault of odd parts": plain("raise range.__globals__['ProgramError'](None, [['x'] * 99] * 9, 10 ** 99)"),
    "a deep answer": plain(
        "fd = [f.f_locals['fd'] for f in here() if 'fd' in f.f_locals][0]",
        "text = '{\"fault\": {\"message\": ' + '[' * 986 + ']' * 986 + '}}'",
        "torch.serialization.os.write(fd, len(text).to_bytes(4, 'big') + text.encode())",
        top=FRAMES,
    ),
}
