"""Reaching out: sockets of every family, ways around the socket call, and the one channel that is open."""

from __future__ import annotations

from . import attack, trying

SOCKET = """
socket, codecs = modules['socket'], modules['codecs']
codecs.register(lambda name: codecs.lookup('utf-8') if name == 'idna' else None)  # its module cannot be loaded
"""
LOAD = "load = modules['importlib'].import_module\n"

CALLS = """
def call(number, *words):
    libc.syscall.restype = ctypes.c_long
    given = [ctypes.c_long(w) if real.isinstance(w, real.int) else w for w in words]
    answer = libc.syscall(ctypes.c_long(number), *given)
    if answer < 0:
        raise real.OSError(ctypes.get_errno(), "refused")
    return answer
internet = (2).to_bytes(2, 'little') + (<TCP_PORT>).to_bytes(2, 'big') + b'\\x7f\\0\\0\\1' + real.bytes(8)
"""
"""System calls by their numbers on x86-64, and the TCP socket's address as the kernel reads it."""

CHANNEL = (
    SOCKET
    + """
frame = sys._getframe()
while 'fd' not in frame.f_locals: frame = frame.f_back
held = frame.f_locals['fd']
channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, held)
"""
)
"""What is still open in a reward process."""

IDEAS = {
    "TCP": trying(
        "socket.create_connection(('127.0.0.1', <TCP_PORT>), 1).sendall(b'x')",
        "socket.socket(socket.AF_INET6).connect(('::ffff:127.0.0.1', <TCP_PORT>))",
        "socket.socket().connect_ex(('127.0.0.1', <TCP_PORT>))",
        top=SOCKET,
    ),
    "UDP": trying(
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', <UDP_PORT>))",
        "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b'x', ('::ffff:127.0.0.1', <UDP_PORT>))",
        top=SOCKET,
    ),
    "UNIX socket": trying(
        "socket.socket(socket.AF_UNIX).connect('<UNIX_SOCKET>')",
        "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', '<UNIX_SOCKET>')",
        "socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect('<UNIX_SOCKET>')",
        top=SOCKET,
    ),
    "abstract UNIX socket": trying(
        "socket.socket(socket.AF_UNIX).connect(b'\\0<ABSTRACT>')",
        "socket.socket(socket.AF_UNIX).bind(b'\\0<ABSTRACT>-too')",
        top=SOCKET,
    ),
    "raw and packet sockets": trying(
        "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).sendto(b'\\x08\\0\\xf7\\xff\\0\\0\\0\\0', ('127.0.0.1', 0))",
        "socket.socket(socket.AF_INET, socket.SOCK_RAW, 17).sendto(datagram, ('127.0.0.1', 0))",
        "socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x300).bind(('lo', 0))",
        top=SOCKET + "datagram = b'\\0\\7' + (<UDP_PORT>).to_bytes(2, 'big') + b'\\0\\x09\\0\\0x'\n",
    ),
    "netlink": trying(
        "netlink(0).send(dump)",
        "netlink(4).send(dump)",
        "netlink(15).bind((0, -1))",
        top=SOCKET + "def netlink(family):\n    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, family)\n"
        "dump = b'\\x14\\0\\0\\0\\x12\\0\\1\\3\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'\n",
    ),
    "every family": attack(
        "for family in real.range(46):",
        "    for kind in (1, 2, 3, 5, 10):",
        "        try: socket.socket(family, kind, 0).connect(('127.0.0.1', <TCP_PORT>))",
        "        except real.BaseException: pass",
        top=SOCKET,
    ),
    "protocols beside TCP": trying(
        *(
            f"socket.socket(socket.AF_INET, {kind}, {protocol}).sendto(b'x', 0x20000000, ('127.0.0.1', <{port}>))"
            for kind, protocol, port in (
                (1, 262, "TCP_PORT"),  # multipath
                (1, 132, "TCP_PORT"),  # SCTP
                (1, 256, "TCP_PORT"),  # SMC
                (2, 136, "UDP_PORT"),  # UDP-Lite
                (6, 33, "TCP_PORT"),  # DCCP
                (1, 6, "TCP_PORT"),  # data with the first packet, without any connect
            )
        ),
        top=SOCKET,
    ),
    "a pair that carries descriptors": trying(
        "socket.send_fds(socket.socketpair()[0], [b'x'], [0, 1, 2])",
        "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].send(b'x')",
        "os.pipe()",
        "os.eventfd(0)",
        "os.memfd_create('x')",
        "os.openpty()",
        top=SOCKET,
    ),
    "the host of a virtual machine": trying(
        "socket.socket(socket.AF_VSOCK).bind((-1, 50000))",
        "socket.socket(socket.AF_VSOCK, socket.SOCK_DGRAM).sendto(b'x', (2, 1))",
        "socket.socket(socket.AF_VSOCK).connect((1, <TCP_PORT>))",
        "socket.socket(socket.AF_VSOCK).connect((2, 22))",
        top=SOCKET,
    ),
    "libc": trying(
        "fd = libc.socket(2, 1, 0)",
        "libc.connect(fd, internet, 16)",
        "libc.send(fd, b'x', 1, 0)",
        "libc.sendto(libc.socket(2, 2, 0), b'x', 1, 0, datagram, 16)",
        top=CALLS + "datagram = internet[:2] + (<UDP_PORT>).to_bytes(2, 'big') + internet[4:]\n",
    ),
    "bare system calls": attack(
        "fds = []",
        "for number in (41, 41 | 1 << 32):",
        "    try: fds.append(call(number, 2, 1, 0))",
        "    except real.OSError: fds.append(5)",
        "for fd in fds:",
        "    for number, *given in ((42, internet, 16), (49, internet, 16), (44, b'x', 1, 0, internet, 16), (50, 1)):",
        "        try: call(number, fd, *given)",
        "        except real.OSError: pass",
        top=CALLS,
    ),
    "another architecture's numbers": attack("libc.syscall(0x40000000 | 41, 2, 1, 0)"),
    "io_uring": trying(
        "call(425, 8, parameters)",
        "call(427, 3, 0, 0, 0)",
        "call(426, 3, 1, 0, 0, 0, 0)",
        "libc.io_uring_setup(8, parameters)",
        top=CALLS + "parameters = ctypes.create_string_buffer(120)\n",
    ),
    "urllib, http and ssl": trying(
        "request.urlopen('http://127.0.0.1:<TCP_PORT>/', timeout=0.5)",
        "modules['http.client'].HTTPConnection('127.0.0.1', <TCP_PORT>, timeout=0.5).request('GET', '/')",
        "modules['ssl'].get_server_certificate(('127.0.0.1', <TCP_PORT>), timeout=0.5)",
        "request.urlopen('file://<CANARY>')",
        top=SOCKET + "request = modules['urllib.request']\n",
    ),
    "clients that are not loaded": trying(
        "load('xmlrpc.client').ServerProxy('http://127.0.0.1:<TCP_PORT>/').x()",
        "load('smtplib').SMTP('127.0.0.1', <TCP_PORT>, timeout=0.5)",
        "load('ftplib').FTP().connect('127.0.0.1', <TCP_PORT>, timeout=0.5)",
        "load('logging.handlers').SocketHandler('127.0.0.1', <TCP_PORT>).createSocket()",
        "load('logging.handlers').SysLogHandler(('127.0.0.1', <UDP_PORT>)).handle(record)",
        top=SOCKET + LOAD + "record = modules['logging'].LogRecord('x', 50, 'x', 1, 'x', (), None)\n",
    ),
    "names": trying(
        "socket.getaddrinfo('localhost', <TCP_PORT>)",
        "socket.gethostbyname('sk-canary.invalid')",
        "socket.getfqdn('127.0.0.1')",
        "libc.gethostbyname(b'localhost')",
        "libc.res_query(b'sk-canary.invalid', 1, 1, ctypes.create_string_buffer(512), 512)",
        "socket.if_nameindex()",
        top=SOCKET,
    ),
    "asyncio": trying(
        "asyncio.run(asyncio.open_connection('127.0.0.1', <TCP_PORT>))",
        "asyncio.run(asyncio.open_unix_connection('<UNIX_SOCKET>'))",
        "asyncio.new_event_loop()",
        "asyncio.run(asyncio.create_subprocess_shell('touch <FOLDER>/new'))",
        top=SOCKET + "asyncio = modules['asyncio']\n",
    ),
    "multiprocessing": trying(
        "connection.Client(('127.0.0.1', <TCP_PORT>))",
        "connection.Client('<UNIX_SOCKET>')",
        "connection.Listener(('127.0.0.1', 0))",
        "connection.Pipe()",
        "load('multiprocessing.managers').BaseManager(('127.0.0.1', <TCP_PORT>)).connect()",
        top=SOCKET + LOAD + "connection = load('multiprocessing.connection')\n",
    ),
    "a server of its own": trying(
        "socket.create_server(('127.0.0.1', 0))",
        "socket.create_server('<FOLDER>/new', family=socket.AF_UNIX)",
        "load('http.server').HTTPServer(('127.0.0.1', 0), None)",
        "load('socketserver').UnixStreamServer('<FOLDER>/new', None)",
        top=SOCKET + LOAD,
    ),
    "torch's store": trying(
        "store('127.0.0.1', <TCP_PORT>, 2, False, timeout=soon, wait_for_workers=False)",
        "store('127.0.0.1', 0, 1, True, timeout=soon, wait_for_workers=False)",
        "torch.distributed.FileStore('<FOLDER>/new', 1).set('x', 'y')",
        top="store = torch.distributed.TCPStore\nsoon = real.__import__('datetime').timedelta(seconds=0.3)\n",
    ),
    "torch's process group": trying(
        "start('gloo', init_method='tcp://127.0.0.1:<TCP_PORT>', rank=1, world_size=2, timeout=soon)",
        "start('gloo', init_method='file://<FOLDER>/new', rank=0, world_size=1, timeout=soon)",
        "torch.distributed.ProcessGroupGloo.create_device(hostname='127.0.0.1')",
        top="start = torch.distributed.init_process_group\nsoon = real.__import__('datetime').timedelta(seconds=0.3)\n",
    ),
    "torch's remote calls": trying(
        "rpc.init_rpc('x', rank=0, world_size=1, rpc_backend_options=there)",
        "rpc.init_rpc('x', rank=1, world_size=2, rpc_backend_options=there)",
        top="rpc = torch.distributed.rpc\nthere = rpc.TensorPipeRpcBackendOptions(\n"
        "    init_method='tcp://127.0.0.1:<TCP_PORT>', rpc_timeout=0.3)\n",
    ),
    "torch.hub": trying(
        "torch.hub.load_state_dict_from_url('http://127.0.0.1:<TCP_PORT>/x.pt', model_dir='<FOLDER>')",
        "torch.hub.download_url_to_file('http://127.0.0.1:<TCP_PORT>/x', '<FOLDER>/new')",
        "torch.hub.load('a/b', 'c', trust_repo=True)",
    ),
    "every descriptor": attack(
        "for fd in real.range(64):",
        "    try: os.write(fd, b'\\0\\0\\0\\2{}')",
        "    except real.OSError: pass",
    ),
    "the channel sends descriptors": trying(
        "socket.send_fds(channel, [b'x'], [channel.fileno()])",
        "channel.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, real.bytes(12))])",
        "socket.recv_fds(channel, 1, 9, socket.MSG_DONTWAIT)",
        top=CHANNEL,
    ),
    "the channel goes elsewhere": trying(
        "channel.connect('<UNIX_SOCKET>')",
        "channel.connect(b'\\0<ABSTRACT>')",
        "channel.bind('<FOLDER>/new')",
        "channel.listen()",
        "channel.sendto(b'x', '<UNIX_SOCKET>')",
        "channel.send(b'x', socket.MSG_OOB)",
        top=CHANNEL,
    ),
    "the channel is doubled": trying(
        "channel.dup()",
        "os.dup2(held, 60)",
        "modules['fcntl'].fcntl(held, 0, 50)",
        "channel.setblocking(False)",
        "modules['fcntl'].ioctl(held, 0x8901, 1)",
        "channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 28)",
        top=CHANNEL,
    ),
    "the channel tells who listens": attack(
        "known = []",
        "for ask in (channel.getpeername, channel.getsockname, lambda: channel.getsockopt(1, 17, 12)):",
        "    try: known.append(ask())",
        "    except real.OSError: pass",
        "raise real.ValueError(known)",
        top=CHANNEL,
    ),
    "the channel is shut": trying(
        "channel.shutdown(socket.SHUT_RDWR)",
        "channel.shutdown(socket.SHUT_RD)",
        "channel.close()",
        top=CHANNEL,
    ),
    "the channel is spliced": trying(
        "os.sendfile(held, os.open('<CANARY>', 0), 0, 100)",
        "os.splice(held, 0, 100)",
        "call(278, held, internet, 1, 0)",
        "call(276, held, 0, 100, 0)",
        "call(20, held, vector, 1)",
        top=CHANNEL + CALLS + "text = ctypes.create_string_buffer(b'x')\n"
        "vector = (ctypes.c_void_p * 2)(ctypes.addressof(text), 1)\n",
    ),
    "another network": trying(
        "call(272, 0x40000000)",
        "call(308, held, 0x40000000)",
        "call(16, held, 0x8914, 0)",
        "socket.sethostname(socket.gethostname())",
        top=CHANNEL + CALLS,
    ),
}
