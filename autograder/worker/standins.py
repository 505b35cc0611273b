"""Stand-ins for what a notebook has around it in Jupyter and in the students' environment, but not here.

A notebook may import packages that grading does not need: to draw, to look at progress, to compare. Where the
real package is missing, a stand-in is imported. While a cell runs, it does nothing, whatever is done with it.
Inside of a graded function's call, any use raises one clear sentence. What is only there to be looked at
(IPython, tqdm) does no harm there either. A package that can be imported is never stood in for.
"""

from __future__ import annotations

import builtins
import contextlib
import dis
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType
from typing import Any

# By the name that is imported. What this course's environment has and students' notebooks import, and what
# Colab and Kaggle have besides.
PACKAGES = frozenset(
    {
        "bokeh", "cv2", "cycler", "google", "ipykernel", "IPython", "ipywidgets", "jax", "jaxlib",
        "joblib", "jupyter", "kaggle", "keras", "lightning", "matplotlib", "matplotlib_inline",
        "mpl_toolkits", "mpmath", "nbformat", "nest_asyncio", "networkx", "notebook", "optax", "pandas",
        "PIL", "plotly", "polars", "psutil", "pylab", "pytorch_lightning", "requests", "scipy",
        "seaborn", "sklearn", "statsmodels", "sympy", "tabulate", "tensorboard", "tensorflow", "torch",
        "torchaudio", "torchinfo", "torchsummary", "torchvision", "torchviz", "tqdm", "wandb", "xgboost",
        "yaml",
    }
)  # fmt: skip  # a list to read across
CELL_FILES = ("<cell", "<given")


class _Now:
    """Whether a cell runs now, and the packages of the stand-ins that it has used."""

    cell = False
    used: dict[str, None]


_now = _Now()
_now.used = {}


@contextlib.contextmanager
def cell_running() -> Iterator[dict[str, None]]:
    """While a cell runs, stand-ins do nothing; gives the names of the packages that they stood in for."""
    _now.cell, _now.used = True, {}
    try:
        yield _now.used
    finally:
        _now.cell = False


class StandIn:
    """Anything of a package that is missing: it answers every use with itself, or with one sentence."""

    def __init__(self, name: str, why: str = "", *, harmless: bool = False) -> None:
        self.__dict__.update(_name=name, _why=why, _harmless=harmless)

    def _use(self) -> StandIn:
        about = self.__dict__
        if not about["_harmless"]:
            if not _now.cell:
                raise ModuleNotFoundError(about["_why"] or missing(about["_name"].partition(".")[0]))
            _now.used[about["_name"].partition(".")[0]] = None
        return self

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        about = self.__dict__
        return StandIn(f"{about['_name']}.{name}", about["_why"], harmless=about["_harmless"])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._use()
        alone = len(args) == 1 and not kwargs and callable(args[0]) and not isinstance(args[0], StandIn)
        return args[0] if alone else self  # a decorator leaves its function as it is

    def __iter__(self) -> Iterator:
        """As many members as are unpacked (``figure, axes = plt.subplots()``), none for a loop."""
        return iter([self._use()] * _unpacked(sys._getframe(1)))

    def __mro_entries__(self, bases: tuple) -> tuple:
        return ()  # a class that inherits from a stand-in inherits nothing

    def __instancecheck__(self, instance: Any) -> bool:
        return False  # nothing is of a type that is not there

    __subclasscheck__ = __instancecheck__

    def __setattr__(self, name: str, value: Any) -> None:
        self._use()

    def __setitem__(self, key: Any, value: Any) -> None:
        self._use()

    def __delitem__(self, key: Any) -> None:
        self._use()

    def __contains__(self, item: Any) -> bool:
        return bool(self)

    def __bool__(self) -> bool:
        self._use()
        return False

    def __len__(self) -> int:
        return int(bool(self))

    __int__ = __index__ = __len__

    def __float__(self) -> float:
        return float(bool(self))

    def __round__(self, digits: int = 0) -> int:
        return len(self)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        import numpy

        self._use()
        return numpy.zeros(())

    def __exit__(self, *raised: object) -> None:
        pass

    def __repr__(self) -> str:
        return f"<{self.__dict__['_name']}, which is not there while grading>"

    def __format__(self, how: str) -> str:
        return repr(self)

    __hash__ = object.__hash__


def _itself(self: StandIn, *_: Any) -> Any:
    return self._use()


_BINARY = (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift",
    "rshift",
)  # fmt: skip  # a list to read across
_OTHERS = ("neg", "pos", "abs", "invert", "lt", "le", "gt", "ge", "eq", "ne", "getitem", "enter")
for _name in (*_BINARY, *(f"r{name}" for name in _BINARY), *(f"i{name}" for name in _BINARY)):
    setattr(StandIn, f"__{_name}__", _itself)
for _name in _OTHERS:
    setattr(StandIn, f"__{_name}__", _itself)


class StandInModule(StandIn, ModuleType):
    """A missing package's module; all its submodules can be imported."""

    def __init__(self, name: str) -> None:
        ModuleType.__init__(self, name)
        self.__dict__.update(_name=name, _why="", _harmless=False, __path__=[], __version__="0")

    def __setattr__(self, name: str, value: Any) -> None:
        ModuleType.__setattr__(self, name, value)


def missing(package: str) -> str:
    """The sentence to somebody whose function needs a package that is not there."""
    return f"{package} was used, which is not there while grading; write this part with NumPy."


def _unpacked(frame: FrameType) -> int:
    """How many members the caller's unpacking wants; 0 if it does not unpack."""
    code, at = frame.f_code.co_code, frame.f_lasti
    if at < 0 or dis.opname[code[at]] not in ("UNPACK_SEQUENCE", "UNPACK_EX"):
        return 0
    return (code[at + 1] & 0xFF) if dis.opname[code[at]] == "UNPACK_SEQUENCE" else code[at + 1]


class _Harmless(StandInModule):
    """A package whose things do nothing, inside of a graded call too."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__dict__["_harmless"] = True


class ZMQInteractiveShell(StandIn):
    """What ``get_ipython()`` returns; notebooks look at the name of its class."""


def display(*objects: Any, **how: Any) -> Any:
    """Show nothing; a handle that does nothing where one is asked for."""
    return StandIn("IPython.display.handle", harmless=True) if how.get("display_id") else None


def get_ipython() -> ZMQInteractiveShell:
    return _SHELL


_SHELL = ZMQInteractiveShell("get_ipython()", harmless=True)


class Progress:
    """tqdm without its bar: what it is given is gone through as it is."""

    def __init__(self, iterable: Any = None, *args: Any, **kwargs: Any) -> None:
        self.iterable, self.n, self.total = iterable, 0, kwargs.get("total")

    def __iter__(self) -> Iterator:
        return iter(() if self.iterable is None else self.iterable)

    def __len__(self) -> int:
        return (self.total or 0) if self.iterable is None else len(self.iterable)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *raised: object) -> None:
        pass

    def update(self, n: int = 1) -> None:
        self.n += n

    @staticmethod
    def write(*args: Any, **kwargs: Any) -> None:
        """A line of text beside the bar."""

    @staticmethod
    def pandas(*args: Any, **kwargs: Any) -> None:
        """Progress for pandas, which is not there either."""

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        return self.write


def _range(*args: int, **kwargs: Any) -> Progress:
    return Progress(range(*args))


_IPYTHON = {"display": display, "get_ipython": get_ipython}
_TQDM = {"tqdm": Progress, "tqdm_notebook": Progress, "trange": _range, "tnrange": _range}
_CONTENT: dict[str, dict[str, Any]] = {"IPython": _IPYTHON, "tqdm": _TQDM}


class _Finder:
    """The last finder of `sys.meta_path`: a stand-in for a missing package that a notebook imports."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        top, _, rest = name.partition(".")
        if top not in PACKAGES:
            return None
        if isinstance(sys.modules.get(top), StandInModule) if rest else _asked_by_a_notebook():
            return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]  # a loader by its methods
        return None

    def create_module(self, spec: ModuleSpec) -> StandInModule:
        top = spec.name.partition(".")[0]
        return (_Harmless if top in _CONTENT else StandInModule)(spec.name)

    def exec_module(self, module: StandInModule) -> None:
        top, _, rest = module.__name__.partition(".")
        module.__dict__.update({} if rest == "" and top == "IPython" else _CONTENT.get(top, {}))
        if module.__name__ == "IPython":
            module.__dict__.update(get_ipython=get_ipython, version_info=(9, 0, 0))


def _asked_by_a_notebook() -> bool:
    """Whether the import stands in a cell: a library that tries an import must see that it is missing."""
    frame: FrameType | None = sys._getframe(1)
    while frame and (frame.f_code.co_filename == __file__ or "importlib" in frame.f_code.co_filename):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(CELL_FILES)


def install() -> None:
    """Make the stand-ins importable in this process, with ``display`` and ``get_ipython`` as built-ins."""
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    sys.meta_path.append(_Finder())
    vars(builtins).update(display=display, get_ipython=get_ipython)
