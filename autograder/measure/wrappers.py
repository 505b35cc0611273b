"""Right answers in the wrong form, made of the reference by rote: what its form costs an exercise.

Each wrapper calls the reference and changes only the form of what comes back, or what happens to the
arguments. Right numbers must keep all but the share for form; members that changed places are wrong numbers.
No answer that passes its visible check may get nothing, and a container that the visible check accepts must
cost nothing.
"""

from __future__ import annotations

import ast

from autograder.course.release import Exercise
from autograder.course.source import functions_of
from autograder.measure.trivial import Rendered

# What becomes of one member of an answer, x.
CONTAINERS = {
    "as_lists": "return x.tolist() if isinstance(x, np.ndarray) else x",
    "one_more_axis": "return np.asarray(x)[None] if isinstance(x, np.ndarray | float) else x",
    "in_single_precision": "double = isinstance(x, float) or getattr(x, 'dtype', 0) == float\n"
    "        return np.float32(x) if double else x",
}
# What happens after the answer is found, in ``value``.
TRACES = {
    "changes_an_argument": "for array in arrays((args, kwargs)): array += 1",
    "one_array_for_all_calls": "value = buffered(value)",
}
SWAPPED = "members_swapped"

_SOURCE = """
def {name}(*args, **kwargs):
    def arrays(x):
        if isinstance(x, np.ndarray):
            return [x] if x.dtype == float and x.flags.writeable else []
        members = x.values() if isinstance(x, dict) else x if isinstance(x, list | tuple) else ()
        return [array for member in members for array in arrays(member)]
    def one(x):
        {container}
    def boxed(x):
        if isinstance(x, dict): return {{key: boxed(value) for key, value in x.items()}}
        if isinstance(x, tuple): return tuple(map(boxed, x))
        return one(x)
    def buffered(x, place=()):
        if isinstance(x, dict):
            return {{key: buffered(value, (*place, key)) for key, value in x.items()}}
        if isinstance(x, tuple):
            return tuple(buffered(value, (*place, i)) for i, value in enumerate(x))
        if not isinstance(x, np.ndarray):
            return x
        memory = _memory_{name}.setdefault((place, x.shape), np.empty_like(x))
        memory[...] = x
        return memory
    value = _plain_{name}(*args, **kwargs)
    state = ()
    if {stateful}: value, state = value[:-1], value[-1:]
    {statement}
    value = boxed(value)
    return (*value, *state) if {stateful} else value
_memory_{name} = {{}}
"""


def wrappers(exercise: Exercise, source: str) -> tuple[Rendered, ...]:
    """The wrappers that can be made for ``exercise``; none for classes, generators and inits of states."""
    right = functions_of(source)
    own = {name: right[name] for name in functions_of(exercise.stub) if _wrappable(name, right[name])}
    if not own:
        return ()
    made = [_made(exercise, name, own, container=code) for name, code in CONTAINERS.items()]
    made += [_made(exercise, name, own, statement=code) for name, code in TRACES.items()]
    if any(_width(text) > 1 + _stateful(text) for text in own.values()):
        made.append(_made(exercise, SWAPPED, own, statement="value = value[::-1]"))
    return tuple(made)


def _made(
    exercise: Exercise, kind: str, own: dict[str, str], container: str = "return x", statement: str = "pass"
) -> Rendered:
    functions = {}
    for name, text in own.items():
        fills = {"name": name, "container": container, "statement": statement, "stateful": _stateful(text)}
        swaps = kind == SWAPPED and _width(text) <= 1 + _stateful(text)
        plain = {name} if kind == SWAPPED else set(own)  # functions that call each other get plain answers
        functions[name] = text if swaps else _renamed(text, plain) + _SOURCE.format(**fills)
    return Rendered(exercise.name, kind, "", functions_=functions)


def _wrappable(name: str, text: str) -> bool:
    node = ast.parse(text).body[0]
    yields = any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(node))
    return isinstance(node, ast.FunctionDef) and not yields and not name.endswith("_init")


def _renamed(text: str, names: set[str]) -> str:
    """The function under the name of what is wrapped, like the functions of ``names`` that it calls."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node in tree.body:
            node.name = f"_plain_{node.name}"
        elif isinstance(node, ast.Name) and node.id in names:
            node.id = f"_plain_{node.id}"
    return ast.unparse(tree) + "\n"


def _stateful(text: str) -> bool:
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.FunctionDef)
    return any(argument.arg == "state" for argument in (*node.args.args, *node.args.kwonlyargs))


def _width(text: str) -> int:
    returns = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Return)]
    return max((len(value.elts) for value in returns if isinstance(value, ast.Tuple)), default=1)
