"""Argument checks that several chapters give to their students.

A solution module imports those that it needs; the assignment's text puts them into a setup cell of the
notebook by ``:given:``, beside the checks that only this chapter has. Nothing here is for students to write.
"""

import numpy as np

NOT_NEGATIVE = (lambda x: 0 <= x < np.inf, "be at least 0 and finite")
POSITIVE = (lambda x: 0 < x < np.inf, "be greater than 0 and finite")
FRACTION = (lambda x: 0 <= x < 1, "lie in [0, 1)")


def at_least(least):
    """The range from ``least`` on, for the rules of ``check_ranges`` (given).

    Example:
        >>> holds, rule = at_least(1)
        >>> holds(0), holds(1), rule
        (False, True, 'be at least 1')
    """
    return (lambda x: x >= least, f"be at least {least}")


def check_ranges(values, rules):
    """Refuse arguments out of range (given: your own code need not check again).

    Args:
        values: dict of arguments by name.
        rules: dict with these names, and perhaps more: for each the test that a value must pass, the rule in
            words, and the cure.
    Raises:
        ValueError: with the rule, the value and the cure.
    Example:
        >>> check_ranges({"n": 0}, {"n": (lambda x: x >= 1, "be at least 1", "draw one or more")})
        Traceback (most recent call last):
        ValueError: n must be at least 1, got 0; draw one or more
    """
    for name, value in values.items():
        holds, rule, cure = rules[name]
        if not holds(value):
            raise ValueError(f"{name} must {rule}, got {value}; {cure}")


def check_grads(params, grads):
    """Refuse gradients that are not their parameters' (given: your own code need not check again).

    Args:
        params, grads: dicts of arrays.
    Raises:
        ValueError: with the rule, the value and the cure.
    Example:
        >>> check_grads({"w": np.ones(2)}, {"w": np.ones(3)})  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ValueError: a gradient must have its parameter's shape, got (3,) for 'w' of shape (2,); look ...
    """
    if params.keys() != grads.keys():
        raise ValueError(
            f"grads must have the keys of params, got {sorted(grads)} for {sorted(params)}; "
            "give every parameter its gradient, zeros where there is none"
        )
    for key in params:
        shape, grad_shape = np.shape(params[key]), np.shape(grads[key])
        if shape != grad_shape:
            raise ValueError(
                f"a gradient must have its parameter's shape, got {grad_shape} for {key!r} of shape {shape}; "
                "look at how the backward pass sums over the batch"
            )


def check_form(answer, like, where="the answer"):
    """Refuse an answer in another form than ``like`` (given): right numbers in another form cost points.

    Lists and tuples may stand for each other, whole numbers for floats, and single numbers are alike whether
    they are Python's or NumPy's.

    Args:
        answer: what your function returned.
        like: any answer of the right form: the same containers, keys, lengths, shapes and types of numbers.
        where: what the message calls the answer.
    Raises:
        TypeError: with what is asked for, and what came.
    Example:
        >>> check_form([1.0, 2.0], np.zeros(2))
        Traceback (most recent call last):
        TypeError: the answer should be an array of shape (2,) and type float64, got a list of length 2
    """

    def described(value):
        kind = type(value).__name__
        if isinstance(value, np.ndarray):
            return f"an array of shape {value.shape} and type {value.dtype}"
        if isinstance(value, dict):
            return f"a dict with the keys {list(value)}"
        if isinstance(value, list | tuple):
            return f"a {kind} of length {len(value)}"
        return "None" if value is None else f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"

    if isinstance(like, dict):
        fits = isinstance(answer, dict) and answer.keys() == like.keys()
    elif isinstance(like, list | tuple):
        fits = isinstance(answer, list | tuple) and len(answer) == len(like)
    elif isinstance(like, str):
        fits = isinstance(answer, str)
    else:
        fits = isinstance(answer, np.ndarray) or (np.ndim(like) == 0 and np.isscalar(answer))
        if fits:
            came, asked = np.asarray(answer).dtype, np.asarray(like).dtype.kind
            kinds = {"b": "b", "i": "iu" if np.ndim(like) else "iuf", "f": "iuf"}[asked]
            single = asked == "f" and came in (np.float16, np.float32)
            fits = np.shape(answer) == np.shape(like) and came.kind in kinds and not single
    if not fits:
        raise TypeError(f"{where} should be {described(like)}, got {described(answer)}")
    where = where.replace("the answer", "answer")
    if isinstance(like, dict):
        for key in like:
            check_form(answer[key], like[key], f"{where}[{key!r}]")
    elif isinstance(like, list | tuple):
        for place, (part, like_part) in enumerate(zip(answer, like, strict=True)):
            check_form(part, like_part, f"{where}[{place}]")


def unchanged(function, *arguments, **options):
    """What your function answers; refused if it changed something that it was given (given).

    Args:
        function: yours.
        arguments, options: what it is called with.
    Returns:
        Its answer.
    Raises:
        AssertionError: if an array or a number in the arguments is another one after the call.
    Example:
        >>> unchanged(np.add, np.ones(2), 1.0).tolist()
        [2.0, 2.0]
    """

    def parts(value):
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list | tuple):
            return [one for part in value for one in parts(part)]
        return [np.array(value).tobytes()]

    before = [parts(one) for one in arguments]
    answer = function(*arguments, **options)
    for place, one in enumerate(arguments):
        if parts(one) != before[place]:
            name = function.__code__.co_varnames[place]
            dicts = " in a new dict: a dict's copy still holds the old ones" if isinstance(one, dict) else ""
            raise AssertionError(
                f"{function.__name__} changed its argument {name}. "
                f"Build new arrays (w - step, not w -= step){dicts}."
            )
    return answer
