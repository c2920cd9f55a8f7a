"""Texts that are no program, or bite whoever reads them."""

from __future__ import annotations

GOOD = "import torch\ndef compute_reward(state, action, prev):\n    return {'a': action[:, 0]}\n"
SIGNATURE = "def compute_reward(state, action, prev):\n"


def value(expression: str) -> str:
    """A program that evaluates ``expression`` when it is called."""
    return f"import torch\n{SIGNATURE}    x = {expression}\n    return {{'a': action[:, 0]}}\n"


def nested(opening: str, core: str = "1", closing: str = "", times: int = 150) -> str:
    """A program with an expression that is nested so deeply."""
    return value(opening * times + core + closing * times)


def over_lines(item: str, times: int, core: str = "1", per_line: int = 30) -> str:
    """The same over many short lines, so that none of them looks deep."""
    lines = "\n".join(item * min(per_line, times - i) for i in range(0, times, per_line))
    return value(f"(\n{lines}\n{core})")


IDEAS = {
    # characters
    "empty": "",
    "blank": " \n\t\n\n",
    "only comments": "# compute_reward\n" * 20,
    "only a docstring": '"""' + GOOD + '"""\n',
    "no newline at the end": GOOD.rstrip("\n"),
    "NUL": GOOD + "\x00",
    "NUL in a text": value("'a\x00b'"),
    "NUL, then code": "\x00import os\n" + GOOD,
    "carriage returns": GOOD.replace("\n", "\r"),
    "carriage return hides a line": GOOD.replace("return", "#\r    torch.serialization.os.abort()\r    return"),
    "Windows": GOOD.replace("\n", "\r\n"),
    "BOM": "\ufeff" + GOOD,
    "BOM inside": GOOD.replace("torch", "tor\ufeffch"),
    "two BOMs": "\ufeff\ufeff" + GOOD,
    "bidi in a comment": GOOD + "# \u202e } ;if\u2066 x\u2069\n",
    "bidi in a text": value("'\u202e\u2066# \u2069'"),
    "zero width": GOOD.replace("action[", "act\u200bion["),
    "joiners": GOOD.replace("action[", "ac\u200dtion[").replace("state", "st\u2060ate"),
    "a tag": GOOD + "# \U000e0041\U000e0042\n",
    "a lone surrogate": value("'\ud800'"),
    "a surrogate as a name": GOOD.replace("action", "\udcff"),
    "surrogates that would pair": value("'\ud83d' + '\ude00'"),
    "form feeds": GOOD.replace("    return", "\f    return"),
    "a form feed resets the indent": SIGNATURE + "    x = 1\n    \f  return {'a': action[:, 0]}\n",
    "vertical tab": GOOD.replace("import torch\n", "import torch\x0b\n"),
    "line separators": GOOD + "x = 1\u2028import os\u2029y = 2\x85z = 3\x1c\n",
    "a separator ends a comment": GOOD + "# \u2028raise SystemExit\n",
    "escape codes": GOOD + "# \x1b]0;owned\x07\x1b[2J\n",
    "tabs and spaces": SIGNATURE + "    if True:\n\tx = 1\n        y = 2\n    return {'a': action[:, 0]}\n",
    "odd spaces": GOOD.replace("    return", "\u00a0\u2003\u3000 return"),
    "no characters at all": "\uffff\ufffe\U0010ffff\ufdd0",
    "combining marks": value("'" + "a" + "\u0300" * 900 + "'"),
    # the coding cookie
    "utf-7": "# -*- coding: utf-7 -*-\n+AGkAbQBwAG8AcgB0ACAAbwBz-\n" + GOOD,
    "rot13": "# -*- coding: rot13 -*-\nvzcbeg bf\n" + GOOD,
    "no such coding": "# -*- coding: ../../etc/passwd -*-\n" + GOOD,
    "a cookie that escapes": "# -*- coding: unicode_escape -*-\n# \\u000aimport os\n" + GOOD,
    "a cookie below": "\n# vim: set fileencoding=utf-16 :\n" + GOOD,
    # names in other letters
    "torch in wide letters": GOOD.replace("return", "x = \uff54\uff4f\uff52\uff43\uff48.serialization.os\n    return"),
    "eval in script letters": value("\u212fval('1')"),
    "dunder in wide letters": value("action.\uff3f\uff3fclass\uff3f\uff3f"),
    "an entry in other letters": GOOD.replace("compute_reward", "compute_re\uff57ard"),
    "a keyword in other letters": value("\U0001d422\U0001d41f"),
    "ligatures": value("torch.\ufb01nfo"),
    "names that only look alike": GOOD.replace("action", "\u0430ction"),
    "digits of elsewhere": value("\u0661\u0662"),
    "a name that is a mark": GOOD + "a\u0301 = 1\n\u00b7 = 2\n",
    # size
    "100 kB": GOOD + "# " + "x" * 100_000,
    "2 MB": "x = 1\n" * 350_000 + GOOD,
    "one line of 30 kB": value("1 + " * 7_500 + "1"),
    "one line of 10 kB": value("1 + " * 2_500 + "1"),
    "32 kB that pass the scan": GOOD + "# fill the page with words that mean nothing at all\n" * 600,
    "above what is sent": GOOD + "# \U0001f600\n" * 3_000,
    "5000 functions": "".join(f"def f{i}(): pass\n" for i in range(5_000)) + GOOD,
    "500 functions": "".join(f"def f{i}(): pass\n" for i in range(500)) + GOOD,
    "3000 lines of one letter": "x\n" * 3_000 + GOOD,
    "1000 arguments": "def f(\n" + ",\n".join(f"a{i}" for i in range(1_000)) + "): pass\n" + GOOD,
    "a long name": value("a" * 900 + ".b"),
    "names like each other": "".join(f"abcdefghijklmnop{i:03d} = 1\n" for i in range(300))
    + SIGNATURE
    + "    return {'a': max(\n"
    + ",\n".join(", ".join(f"abcdefghijklmnoq{i + j:03d}" for j in range(30)) for i in range(0, 300, 30))
    + ")}\n",
    "functions like each other": value(
        "(\n"
        + ",\n".join(", ".join(f"torch.softmaxlogsumexp{i + j}" for j in range(25)) for i in range(0, 600, 25))
        + ")"
    ),
    "many targets of one value": "".join(f"c{i} = c{i + 1}\n" for i in range(8))
    + "c8 = state\n(\n"
    + ",\n".join(", ".join(f"a{i + j}" for j in range(150)) for i in range(0, 750, 150))
    + ") = q.f(\n"
    + ",\n".join(["b, " * 299 + "b"] * 3)
    + ")\n"
    + GOOD,
    # nesting
    "parentheses": nested("(", closing=")"),
    "parentheses, never closed": value("(" * 190),
    "lists": nested("[", closing="]"),
    "lists, a few thousand": nested("[", closing="]", times=4_000),
    "dicts": nested("{1: ", closing="}"),
    "mixed brackets": nested("([{0: ", closing="}])", times=60),
    "calls": nested("float(", closing=")", times=95),
    "subscripts": nested("x[", closing="]", times=95),
    "brackets that hide behind texts": over_lines('(")")or(', 90, core="1" + ")" * 90, per_line=1),
    "brackets over lines": value("(\n" * 90 + "1" + ")\n" * 89 + ")"),
    "minus": nested("-", times=3_000),
    "minus with blanks": nested("- ", times=3_000),
    "minus over lines": over_lines("- ", 4_900),
    "tilde": nested("~", times=3_000),
    "not": nested("not ", times=1_500),
    "not over lines": over_lines("not ", 2_600),
    "lambda": nested("lambda: ", times=1_000),
    "lambda over lines": over_lines("lambda: ", 1_250),
    "lambda with defaults": over_lines("lambda x=lambda: 1: ", 500),
    "attributes": value("a" + ".b" * 3_000),
    "attributes over lines": value("(a" + "\n.b.b.b.b.b.b.b.b" * 400 + ")"),
    "items": value("a" + "[0]" * 2_000),
    "calls of calls": value("f" + "()" * 3_000),
    "conditions": nested("1 if 1 else ", times=800),
    "conditions over lines": over_lines("1 if 1 else ", 800),
    "powers": nested("2 ** ", times=1_500),
    "sums over lines": over_lines("1 + ", 2_400),
    "comparisons": over_lines("1 < ", 2_400),
    "and, or": over_lines("a and b or ", 900),
    "comprehensions": over_lines("[x for x in ", 30, core="()" + "]" * 30, per_line=5),
    "f-strings in f-strings": value("f\"\"\"{f'''{f\"{f'{1}'}\"}'''}\"\"\""),
    "fields in fields of f-strings": value("f'" + "{x:" * 100 + "}" * 100 + "'"),
    "a page of f-strings": value("(\n" + "f'{action}{state}{prev}' f'{1}'\n" * 300 + ")"),
    "brackets in an f-string": value("f'{" + "(" * 300 + ")" * 300 + "}'"),
    "100 levels of indentation": "".join(" " * i + "if 1:\n" for i in range(100)) + " " * 100 + "pass\n" + GOOD,
    "60 levels of indentation": "".join(" " * i + "if 1:\n" for i in range(60)) + " " * 60 + "pass\n" + GOOD,
    "functions in functions": "".join(" " * i + f"def f{i}():\n" for i in range(60)) + " " * 60 + "pass\n" + GOOD,
    "loops in loops": "".join(" " * i + "for i in x:\n" for i in range(30)) + " " * 30 + "pass\n" + GOOD,
    "a ladder of elif": SIGNATURE
    + "    if 0: pass\n"
    + "    elif 0: pass\n" * 600
    + "    return {'a': action[:, 0]}\n",
    "decorators": "@f\n" * 1_500 + GOOD.replace("import torch\n", ""),
    "starred": value("(" + "*" * 3_000 + "a)"),
    "targets": "a = " * 2_000 + "1\n" + GOOD,
    "annotations": "x: " + "a[" * 80 + "0" + "]" * 80 + " = 1\n" + GOOD,
    "await": nested("await ", times=1_000),
    # constants
    "100,000 digits": value("9" * 100_000),
    "9,000 digits": value("9" * 9_000),
    "hexadecimal without end": value("0x" + "f" * 9_000),
    "a folded text": value("'x' * 3 * 10 ** 9"),
    "a folded tuple": value("(1,) * 10 ** 9"),
    "a folded power": value("2 ** 10 ** 7"),
    "a folded shift": value("1 << 10 ** 9"),
    "folded step by step": value("((((2 ** 60) ** 60) ** 60) ** 60) ** 9"),
    "a folded format": value("'%02000000000d' % 1"),
    "a folded product": value("(('a' * 4000) * 4000) * 4000"),
    "a float that overflows": value("1e999999999"),
    "zeros before a number": value("0" * 9_000),
    "underscores": value("1_" * 3_000 + "1"),
    "named characters": value("'" + "\\N{LATIN SMALL LETTER A}" * 300 + "'"),
    "no such character": value("'\\N{" + "A" * 500 + "}\\U00110000'"),
    "wrong escapes": value("'\\d\\w\\_\\777' b'\\y'"),
    "not even ASCII bytes": value("b'\u00e9'"),
    # not quite a program
    "a text without end": value("'abc"),
    "a long text without end": GOOD + '"""' + "\nx" * 3_000,
    "a continued end": GOOD + "x = 1 \\",
    "continued for ever": GOOD + "x = 1" + " \\\n" * 4_000 + "\n",
    "a continued blank": GOOD + "x = 1 \\ \n",
    "nothing but operators": "+-*/%@&|^~<>=!?$`\n" * 100,
    "prose": "Sure! Here is your reward function:\n```python\n" + GOOD + "```\n",
    "two programs": GOOD + GOOD,
    "no function": "import torch\nx = 1\n",
    "another name": GOOD.replace("compute_reward", "compute_rewards"),
    "too few arguments": GOOD.replace("state, action, prev", "state"),
    "any arguments": GOOD.replace("state, action, prev", "*action, **prev"),
    "arguments by name only": GOOD.replace("state, action, prev", "*, state, action, prev"),
    "the same argument twice": GOOD.replace("prev", "state"),
    "defaults that act": GOOD.replace("prev)", "prev=torch.serialization.os.abort())"),
    "annotations that act": GOOD.replace("prev)", "prev: torch.serialization.os.abort())"),
    "a decorator that acts": GOOD.replace("def", "@torch.serialization.os.abort\ndef"),
    "async": "async " + GOOD.replace("import torch\n", ""),
    "a generator": GOOD + "    yield 1\n",
    "a lambda": "compute_reward = lambda state, action, prev: {'a': action[:, 0]}\n",
    "a lambda that replaces it": GOOD + "compute_reward = lambda state, action, prev: {'b': -action[:, 0]}\n",
    "a class": "class compute_reward:\n    def __new__(cls, *a): return {'a': a[1][:, 0]}\n",
    "a number": "compute_reward = 42\n",
    "a builtin": "compute_reward = dict\n",
    "torch itself": "import torch as compute_reward\n",
    "itself": SIGNATURE + "    return compute_reward\n",
    "deleted": GOOD + "del compute_reward\n",
    "torch deleted": "import torch\ndel torch\n"
    + GOOD.replace("import torch\n", "").replace("action[", "torch.abs(action)["),
    "torch replaced": "torch = math = F = None\n" + GOOD.replace("import torch\n", ""),
    "its builtins deleted": "__builtins__.clear()\n" + GOOD.replace("import torch\n", ""),
    "inside a branch": "if 1:\n" + "".join(f"    {line}\n" for line in GOOD.splitlines()),
    "match": value("1") + "match 1:\n    case {**rest}: pass\n    case [*_]: pass\n",
    "walrus": value("(y := action)"),
    "global": GOOD.replace("    return", "    global torch, action_\n    return"),
    "nonlocal at the top": "nonlocal x\n" + GOOD,
    "return at the top": "return 1\n" + GOOD,
    "type parameters": "def f[T](x: T) -> T: return x\ntype X = int\n" + GOOD,
    "template strings": value("t'{action}'"),
    "f-strings of later": value("f'{'a' + f'{'b'}'}'"),
    "exceptions of later": GOOD + "try: pass\nexcept ValueError, TypeError: pass\n",
    "Python 2": GOOD + "print 'x'\nexec 'y'\nraise E, 'z'\nx = 0777 <> `1`\n",
    "type comments": "# type: ignore[\nx = [] # type: (((\n" + GOOD.replace("prev):", "prev): # type: (...) -> \u202e"),
    "from the future": "from __future__ import braces\n" + GOOD,
    "barry": "from __future__ import barry_as_FLUFL\nx = 1 <> 2\n" + GOOD,
    "relative imports": "from ... import os\nfrom . import *\n" + GOOD,
    "everything imported": "from torch import *\nfrom torch.nn.functional import *\n" + GOOD,
    "1000 imports": "import torch\n" * 900 + GOOD,
    "assigned to a constant": "None = 1\nTrue = 0\n__debug__ = 2\n" + GOOD,
    "a warning": value("(1 is 1, 'a' is 'b', 1(2), [1][2, 3], 0x1for x in ())"),
    "an assert that holds": value("1") + "assert (False, 'always true')\n",
}
