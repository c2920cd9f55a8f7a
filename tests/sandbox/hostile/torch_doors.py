"""Doors that torch and NumPy open: what reads, writes, compiles, starts or reaches past a tensor's end."""

from __future__ import annotations

from . import attack as told_nothing
from . import trying as told_little

FREE = "__builtins__['__import__'] = real.__import__\n"
"""Torch's lazy imports look it up in the frame that called them."""

LOAD = "load = modules['importlib'].import_module\n"
NUMPY = "np = modules['numpy']\n"
MODULE = """
class Twice(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * x
"""
MODULE_TOP = "__builtins__['__build_class__'], __name__ = real.__build_class__, 'torch'\n" + MODULE
"""A module to export, in a program that may write classes."""

LEAKED = """
def leaked(text):
    for place in (b'-'.join([b'canary', b'file', b'']), b'_KEY='):
        for after in text.split(place)[1:]:
            if after[:1].isalnum(): raise real.ValueError(place + after[:20])  # more than what is written here
"""


def attack(*lines: str, top: str = "") -> str:
    """As everywhere, with imports that are not guarded."""
    return told_nothing(*lines, top=FREE + top)


def trying(*attempts: str, top: str = "") -> str:
    """As everywhere, with imports that are not guarded."""
    return told_little(*attempts, top=FREE + top)


def asking(*places: str, top: str = "") -> str:
    """A program that raises whatever it could get out of the expressions ``places``."""
    lines = [part for each in places for part in (f"try: found.append({each})", "except real.BaseException: pass")]
    return attack("found = []", *lines, "raise real.ValueError(found)", top=top)


IDEAS = {
    "torch.load": asking(
        "torch.load('<CANARY>', weights_only=False)",
        "torch.load('<CANARY>', mmap=True)",
        "torch.load(open('<CANARY>', 'rb'))",
        "real.bytes(torch.UntypedStorage.from_file('<CANARY>', False, 18).tolist())",
    ),
    "torch.save": trying(
        "torch.save(action, '<FOLDER>/new')",
        "torch.save(action, '<FOLDER>/old', _use_new_zipfile_serialization=False)",
        "torch.save(action, modules['pathlib'].Path('<CANARY>'))",
        "torch.serialization._open_zipfile_writer('<FOLDER>/zip').__enter__().write_record('x', b'x', 1)",
    ),
    "a poisoned checkpoint": attack(
        "file = modules['io'].BytesIO()",
        "torch.save(torch.Bad(), file, _use_new_zipfile_serialization=False)",
        "file.seek(0)",
        "torch.serialization._legacy_load(file, None, torch.serialization.pickle)",
        top="def reduce(self):\n    return os.system, ('touch <FOLDER>/new',)\n"
        "torch.Bad = type('Bad', (), {'__reduce__': reduce, '__module__': 'torch'})\n",
    ),
    "reader and writer of archives": trying(
        "torch._C.PyTorchFileWriter('<FOLDER>/new').write_record('x', b'x', 1)",
        "torch._C.PyTorchFileReader('<CANARY>')",
        "torch._C._load_for_lite_interpreter('<CANARY>', 'cpu')",
    ),
    "a file as a tensor's memory": asking(
        "torch.from_file('<CANARY>', shared=False, size=18, dtype=torch.uint8).numpy().tobytes()",
        "torch.from_file('<CANARY>', shared=True, size=18, dtype=torch.uint8).numpy().tobytes()",
        "torch.from_file('<CANARY>', shared=True, size=18, dtype=torch.uint8).zero_()",
    ),
    "a file as a storage": trying(
        "torch.UntypedStorage.from_file('<CANARY>', True, 18).fill_(0)",
        "torch.UntypedStorage.from_file('<FOLDER>/new', True, 18)",
        "torch.FloatStorage.from_file('<CANARY>', True, 4).fill_(0)",
        "action.untyped_storage()._write_file(open('<FOLDER>/made', 'wb'), True, True, 4)",
    ),
    "torch.hub": trying(
        "torch.hub.set_dir('<FOLDER>/new')",
        "torch.hub.load('<FOLDER>', 'x', source='local')",
        "torch.hub._get_torch_home()",
        "torch.hub._remove_if_exists('<CANARY>')",
        "torch.hub.zipfile.ZipFile('<FOLDER>/zip', 'w').writestr('x', 'x')",
        "torch.hub.load_state_dict_from_url('file://<CANARY>', model_dir='<FOLDER>')",
    ),
    "compiling an extension": trying(
        "build = load('torch.utils.cpp_extension')",
        "build.load_inline('x', 'int f() { return 1; }', functions='f', build_directory='<FOLDER>')",
        "build._run_ninja_build('<FOLDER>', False, '')",
        "modules['subprocess'].check_call(['cc', '-x', 'c', '/dev/null', '-c', '-o', '<FOLDER>/new'])",
        top=LOAD,
    ),
    "saving a script": trying(
        "torch._C.ScriptModule('x', torch._C.CompilationUnit(), True).save('<FOLDER>/new')",
        "torch.jit.trace(torch.sin, action).save('<FOLDER>/traced')",
        "torch.jit.load('<CANARY>')",
        "torch._C.import_ir_module(torch._C.CompilationUnit(), '<CANARY>', None, {}, False)",
    ),
    "a script that reads files": asking(
        "torch.jit.CompilationUnit(script).f().numpy().tobytes()",
        "torch.ops.aten.from_file('<CANARY>', False, 18, dtype=torch.uint8).numpy().tobytes()",
        "torch.ops.aten.from_file('<CANARY>', True, 18, dtype=torch.uint8).zero_()",
        top="script = 'def f():\\n  return torch.from_file(\"<CANARY>\", True, 18, dtype=torch.uint8)\\n'\n",
    ),
    "libraries of operators": trying(
        "torch.ops.load_library('<CANARY>')",
        "torch.classes.load_library('<FOLDER>/canary.sh')",
        "ctypes.CDLL('<CANARY>')",
        "ctypes.PyDLL('libm.so.6')",
        "torch.ops.import_module('antigravity')",
    ),
    "classes of operators": trying(
        "torch.classes.profiling.SourceStats",
        "torch.classes.dist_rpc.WorkerInfo('x', 0)",
        "torch.classes.dist_c10d.ProcessGroup(0, 1)",
        "torch.classes.quantized.Conv2dPackedParamsBase",
    ),
    "tensors shared with others": trying(
        "action.share_memory_()",
        "torch.multiprocessing.set_sharing_strategy('file_system')",
        "torch.zeros(9).share_memory_()",
        "torch.UntypedStorage._new_shared(1 << 16)",
        "torch.UntypedStorage._new_using_fd_cpu(1 << 16)",
        "torch.UntypedStorage._new_using_filename_cpu(1 << 16)",
        "torch.UntypedStorage._new_shared_filename_cpu(b'/x', b'/new', 4096)",
        "torch.UntypedStorage._new_shared_fd_cpu(0, 4096)",
    ),
    "torch's own processes": trying(
        "torch.multiprocessing.spawn(print, nprocs=1)",
        "torch.multiprocessing.get_context('fork').Process(target=os.mkdir, args=('<FOLDER>/new',)).start()",
        "torch.multiprocessing.get_context('spawn').Process(target=os.mkdir, args=('<FOLDER>/new',)).start()",
        "torch.multiprocessing.Pool(1)",
        "torch._C._set_worker_pids(1, (<TWIN_PID>,))",
        "torch._C._error_if_any_worker_fails()",
        top="print = real.print\n",
    ),
    "workers that load data": trying(
        "next(torch.utils.data.DataLoader(action, num_workers=2))",
        "next(torch.utils.data.DataLoader(action, pin_memory=True))",
        "torch._C._set_worker_signal_handlers()",
        top="def next(loader):\n    for each in loader: return each\n",
    ),
    "profilers": trying(
        "traced.export_chrome_trace('<FOLDER>/new')",
        "traced.export_stacks('<FOLDER>/stacks')",
        "torch.profiler.tensorboard_trace_handler('<FOLDER>/board')(traced)",
        "torch.profiler.ExecutionTraceObserver().register_callback('<FOLDER>/observed').start()",
        top="traced = torch.autograd.profiler.profile(with_stack=True)\ntry:\n    traced.__enter__()\n"
        "    torch.ones(3).sum()\n    traced.__exit__(None, None, None)\nexcept real.BaseException: pass\n",
    ),
    "exporting": trying(
        "torch.onnx.export(Twice(), (action,), '<FOLDER>/new')",
        "torch.export.save(torch.export.export(Twice(), (action,)), '<FOLDER>/exported')",
        "torch.export.load('<CANARY>')",
        "torch.jit.script(Twice()).save('<FOLDER>/script')",
        "torch.fx.symbolic_trace(Twice()).to_folder('<FOLDER>/folder')",
        top=MODULE_TOP,
    ),
    "packages": trying(
        "torch.package.PackageExporter('<FOLDER>/new').close()",
        "torch.package.PackageImporter('<CANARY>')",
        "torch.package.PackageImporter('<FOLDER>').import_module('canary')",
    ),
    "what serialization imports": trying(
        "torch.serialization.os.rename('<CANARY>', '<FOLDER>/new')",
        "torch.serialization.tarfile.open('<FOLDER>/tar', 'w').close()",
        "torch.serialization.shutil.copy('<CANARY>', '<FOLDER>/copy')",
        "torch.serialization.shutil.rmtree('<FOLDER>')",
        "torch.serialization.tempfile.mkstemp(dir='<FOLDER>')",
        "torch.serialization.tempfile.TemporaryDirectory(dir='<FOLDER>')",
        "modules['zipfile'].ZipFile('<FOLDER>/zip', 'w').write('<CANARY>')",
    ),
    "what traces read": asking(
        "modules['linecache'].getlines('<CANARY>')",
        "modules['tokenize'].open('<CANARY>').read()",
        "torch.package.package_importer.io.open('<CANARY>').read()",
        "modules['pathlib'].Path('<CANARY>').read_text()",
        "real.list(modules['pathlib'].Path('<FOLDER>').glob('*'))",
    ),
    "more threads": trying(
        "torch.set_num_interop_threads(8)",
        "torch.set_num_threads(64)",
        "torch.rand(512, 512) @ torch.rand(512, 512)",
    ),
    "threads by other ways": trying(
        "modules['threading'].Thread(target=os.mkdir, args=('<FOLDER>/new',)).start()",
        "modules['_thread'].start_new_thread(os.mkdir, ('<FOLDER>/new',))",
        "libc.pthread_create(ctypes.byref(ctypes.c_long()), None, libc.abort, None)",
        "torch.jit._wait(torch.jit._fork(torch.sin, action))",
        "torch.set_grad_enabled(True)",
        "torch.zeros(3).requires_grad_().sum().backward()",
        "modules['concurrent.futures'].ThreadPoolExecutor().submit(os.mkdir, '<FOLDER>/pool').result(0.1)",
    ),
    "a compiler": trying(
        "torch.compile(torch.sin)(action)",
        "torch.compile(torch.sin, backend='eager')(action)",
        "load('torch._inductor.codecache').write_atomic('<FOLDER>/new', 'x')",
        "load('torch._dynamo')",
        "load('triton')",
        "torch._inductor.aoti_load_package('<CANARY>')",
        "torch._C._aoti.AOTIModelContainerRunnerCpu('<FOLDER>/canary.sh', 1)",
        top=LOAD,
    ),
    "writing by a tensor's address": attack(
        "at = action.data_ptr()",
        "for far in (-(1 << 20), -4096, 0, 4096, 1 << 20, 1 << 30):",
        "    ctypes.memset(at + far, 65, 4096)",
    ),
    "a tensor over any address": attack(
        "text = b''",
        "for name in ('environ', '__libc_single_threaded', 'stdout'):",
        "    at = ctypes.addressof(ctypes.c_char.in_dll(libc, name)) & -4096",
        "    text += torch.frombuffer((ctypes.c_uint8 * 4096).from_address(at), dtype=torch.uint8).numpy().tobytes()",
        "leaked(text)",
        "at = ctypes.c_void_p.in_dll(libc, 'environ').value & -4096",
        "torch.frombuffer((ctypes.c_uint8 * 4096).from_address(at), dtype=torch.uint8).fill_(65)",
        "os.getenv('PATH'), libc.getenv(b'PATH')",
        top=LEAKED,
    ),
    "past a tensor's end, reading": trying(
        "torch.zeros(64, dtype=torch.uint8).as_strided((1 << 20,), (1,)).sum()",
        "x = torch.zeros(64, dtype=torch.uint8)",
        "x.set_(x.untyped_storage(), 0, (1 << 20,), (1,)).sum()",
        "torch.ops.aten.set_(x, x.untyped_storage(), 0, [1 << 20], [1])",
        "torch.frombuffer(real.bytearray(4), dtype=torch.uint8, count=1 << 20)",
        "torch.ops.aten._reshape_alias(x, [1 << 20], [1]).sum()",
        "torch.ops.aten._unsafe_view(x, [1 << 20]).sum()",
    ),
    "past a tensor's end, by an alias": attack(
        "x = torch.zeros(64, dtype=torch.uint8)",
        "for size in (1 << 12, 1 << 16, 1 << 20, 1 << 24, 1 << 30):",
        "    leaked(torch.ops.aten._reshape_alias(x, [size], [1]).numpy().tobytes())",
        top=LEAKED,
    ),
    "past a tensor's end, by a storage made up": attack(
        "make = torch._C._construct_storage_from_data_pointer",
        "at = action.data_ptr() & -4096",
        "for size in (1 << 12, 1 << 14, 1 << 22, 1 << 30):",
        "    bytes_ = torch.empty(0, dtype=torch.uint8).set_(make(at, action.device, size))",
        "    leaked(bytes_.numpy().tobytes())",
        "    bytes_.fill_(0)",
        top=LEAKED,
    ),
    "past a tensor's end, by an index": trying(
        "torch.sparse_coo_tensor(far, torch.ones(1), (2,), check_invariants=False).to_dense()",
        "torch.ops.aten._unsafe_masked_index_put_accumulate(action, action > -9, [far[0]], torch.ones(1))",
        "torch.embedding(action, far[0])",
        "torch.ops.aten._unsafe_index_put(action, [far[0]], torch.zeros(3))",
        top="far = torch.tensor([[1 << 40]])\n",
    ),
    "capsules that lie": attack(
        "get = ctypes.pythonapi.PyCapsule_GetPointer",
        "get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]",
        "for size in (1 << 12, 1 << 16, 1 << 20, 1 << 26):",
        "    capsule = torch.utils.dlpack.to_dlpack(torch.zeros(4))",
        "    managed = ctypes.cast(get(capsule, b'dltensor'), ctypes.POINTER(ctypes.c_void_p))",
        "    ctypes.cast(managed[3], ctypes.POINTER(ctypes.c_int64))[0] = size  # its shape",
        "    leaked(torch.utils.dlpack.from_dlpack(capsule).numpy().tobytes())",
        top=LEAKED,
    ),
    "larger than it is": trying(
        "frame = sys._getframe(1)",
        "terms = frame.f_locals['self']._terms",
        "terms.resize_(1 << 20)",
        "terms.set_(terms.untyped_storage(), 0, (1 << 20,), (1,))",
        "ctypes.memset(terms.data_ptr(), 255, terms.nbytes)",
        "ctypes.memset(terms.data_ptr(), 255, 1 << 22)",
    ),
    "graphics cards": trying(
        "torch.zeros(1, device='cuda')",
        "torch.cuda.init()",
        "torch.zeros(1, device='meta').to('mps')",
        "ctypes.CDLL('libcuda.so.1').cuInit(0)",
        "torch.zeros(1, device='xpu')",
        "os.open('/dev/dri/card0', 2)",
        "action.pin_memory()",
    ),
    "what looks at the machine": trying(
        "load('torch.utils.collect_env').get_pretty_env_info()",
        "torch.utils.collect_env.run('touch <FOLDER>/new')",
        "load('torch.utils.benchmark').Timer('1').collect_callgrind()",
        "torch.utils.collect_env.subprocess.call(['touch', '<FOLDER>/called'])",
        "torch.version and torch._C._show_config() and torch.__config__.parallel_info()",
        top=LOAD,
    ),
    "models from elsewhere": trying(
        "load('torch.utils.model_zoo').load_url('file://<CANARY>', model_dir='<FOLDER>')",
        "load('torch.utils.tensorboard').SummaryWriter('<FOLDER>/new')",
        "load('torch.utils.file_baton').FileBaton('<FOLDER>/baton').try_acquire()",
        "load('torch.distributed.checkpoint').save({'a': action}, checkpoint_id='<FOLDER>/saved')",
        "load('torch.utils.data.datapipes.iter').FileLister('<FOLDER>')",
        top=LOAD,
    ),
    "what tests use": trying(
        "load('torch.testing._internal.common_utils').TemporaryFileName(dir='<FOLDER>').__enter__()",
        "torch.testing.assert_close(action, action + 1, msg=lambda text: os.mkdir('<FOLDER>/new'))",
        "torch.testing.make_tensor((1,), dtype=torch.float32, device='cuda')",
        "load('torch.testing._internal.distributed.rpc.rpc_test')",
        "load('torch.testing._internal.inductor_utils')",
        top=LOAD,
    ),
    "crashes on purpose": attack(
        "try: torch._C._crash_if_csrc_asan(1 << 40)",
        "except real.BaseException: pass",
        "ctypes.string_at(0)",
    ),
    "settings of the process": trying(
        "torch.set_default_dtype(torch.float16)",
        "torch.set_default_device('meta')",
        "torch.use_deterministic_algorithms(True)",
        "torch.set_flush_denormal(True)",
        "torch.set_printoptions(precision=0)",
        "setattr(torch.Tensor, 'to', lambda *given: os.mkdir('<FOLDER>/new'))",
        "setattr(torch.Tensor, '__setitem__', lambda *given: os.mkdir('<FOLDER>/other'))",
        "setattr(torch, 'from_numpy', None)",
    ),
    "NumPy writes": trying(
        "np.save('<FOLDER>/new', action.numpy())",
        "np.savetxt('<FOLDER>/text', action.numpy())",
        "np.savez('<FOLDER>/zip', a=1)",
        "action.numpy().tofile('<CANARY>')",
        "action.numpy().dump('<FOLDER>/dump')",
        "np.lib.format.open_memmap('<FOLDER>/map', 'w+', shape=(1,))",
        top=NUMPY,
    ),
    "NumPy reads": asking(
        "np.fromfile('<CANARY>', np.uint8).tobytes()",
        "np.memmap('<CANARY>', np.uint8, 'r').tobytes()",
        "np.loadtxt('<CANARY>', real.str).tolist()",
        "np.genfromtxt('<CANARY>', real.str).tolist()",
        "np.load('<CANARY>', allow_pickle=True)",
        "np.lib.npyio.DataSource('<FOLDER>').open('<CANARY>').read()",
        top=NUMPY,
    ),
    "NumPy maps": trying(
        "np.memmap('<CANARY>', np.uint8, 'r+')[:] = 0",
        "np.memmap('<FOLDER>/new', np.uint8, 'w+', shape=9)",
        "modules['mmap'].mmap(os.open('<CANARY>', 2), 0)[:4] = b'xxxx'",
        "modules['mmap'].mmap(-1, 1 << 16).write(b'x')",
        top=NUMPY,
    ),
    "NumPy past the end": attack(
        "x = np.zeros(4096, np.uint8)",
        "far = np.lib.stride_tricks.as_strided",
        "for size in (1 << 13, 1 << 16, 1 << 20, 1 << 24): leaked(far(x, (size,), (1,)).tobytes())",
        "far(x, (1 << 26,), (4096,))[:] = 65",
        top=NUMPY + LEAKED,
    ),
    "NumPy runs": trying(
        "load('numpy.f2py').run_main(['-m', 'x', '<CANARY>'])",
        "load('numpy.ctypeslib').load_library('canary.sh', '<FOLDER>')",
        "load('numpy.testing').runstring('open(\"<FOLDER>/new\", \"w\")', {})",
        "load('numpy._core._multiarray_tests')",
        "np.show_config()",
        "np.test()",
        top=NUMPY + LOAD,
    ),
}
