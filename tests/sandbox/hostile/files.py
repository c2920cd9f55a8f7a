"""Reading, writing, making, removing and changing files."""

from __future__ import annotations

from . import attack, trying

IDEAS = {
    "read": attack("text = open('<CANARY>').read()", "raise real.ValueError(text)"),
    "read through os": attack("raise real.ValueError(os.read(os.open('<CANARY>', 0), 100))"),
    "write": trying("open('<CANARY>', 'w').write('x')"),
    "append": trying("open('<CANARY>', 'a').write('x')"),
    "create": trying("open('<FOLDER>/new', 'w').write('x')", "os.mknod('<FOLDER>/node')", "os.mkfifo('<FOLDER>/fifo')"),
    "truncate": trying("os.truncate('<CANARY>', 0)", "libc.truncate(b'<CANARY>', 0)"),
    "remove": trying("os.unlink('<CANARY>')", "os.remove('<CANARY>')", "os.rmdir('<FOLDER>/inner')"),
    "rename": trying("os.rename('<CANARY>', '<FOLDER>/other')", "os.replace('<CANARY>', '<FOLDER>/other')"),
    "link": trying("os.link('<CANARY>', '<FOLDER>/hard')", "os.symlink('<CANARY>', '<FOLDER>/soft')"),
    "make a folder": trying("os.mkdir('<FOLDER>/new')", "os.makedirs('<FOLDER>/inner/new')"),
    "change its mode": trying("os.chmod('<CANARY>', 0)", "os.chown('<CANARY>', 1, 1)", "os.utime('<CANARY>', (1, 1))"),
    "extended attributes": trying("os.setxattr('<CANARY>', 'user.x', b'x')"),
    "list": attack("raise real.ValueError(os.listdir('<FOLDER>'))"),
    "torch.save": trying("torch.save(action, '<FOLDER>/new.pt')"),
    "torch.load": attack("torch.load('<CANARY>', weights_only=False)"),
    "map a file": attack("x = torch.from_file('<CANARY>', shared=True, size=4, dtype=torch.uint8)", "x.zero_()"),
    "libc": trying("libc.unlink(b'<CANARY>')", "libc.open(b'<CANARY>', 1)", "libc.fopen(b'<FOLDER>/new', b'w')"),
    "relative": trying("os.chdir('<FOLDER>')", "open('canary.txt', 'w')"),
}
