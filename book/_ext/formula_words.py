"""A formula as plain text, for the search: what a reader types and can read without the formula's setting."""

from __future__ import annotations

import re

LETTERS = dict(
    zip(
        re.findall(
            r"\w+",
            "alpha beta gamma delta epsilon varepsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau "
            "phi varphi chi psi omega Gamma Delta Theta Lambda Sigma Phi Psi Omega",
        ),
        "αβγδεεζηθκλμνξπρστφφχψωΓΔΘΛΣΦΨΩ",
        strict=True,
    )
)
SIGNS = {
    "cdot": "·", "times": "×", "odot": "⊙", "pm": "±", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥",
    "ne": "≠", "neq": "≠", "approx": "≈", "sim": "∼", "propto": "∝", "in": "∈", "to": "→",
    "leftarrow": "←", "rightarrow": "→", "partial": "∂", "nabla": "∇", "sum": "∑", "prod": "∏",
    "infty": "∞", "top": "ᵀ", "lVert": "‖", "rVert": "‖", "|": "‖", "lvert": "|", "rvert": "|",
    "dots": "…", "ldots": "…", "cdots": "…", "quad": " ", "qquad": " ", "ell": "ℓ", "lfloor": "⌊",
    "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "mapsto": "↦", "{": "{", "}": "}", "%": "%", "#": "#",
    "&": "&", "_": "_",
}  # fmt: skip  # pairs to read across
MARKS = {
    "hat": "\u0302",
    "widehat": "\u0302",
    "bar": "\u0304",
    "overline": "\u0304",
    "tilde": "\u0303",
    "dot": "\u0307",
}
DEEP, HIGH = (str.maketrans("0123456789+-", digits) for digits in ("₀₁₂₃₄₅₆₇₈₉₊₋", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻"))
ARGUMENT = r"\s*(?:\{([^{}]*)\}|(\\[A-Za-z]+|[^\s\\{}]))"


def _bracketed(text: str) -> str:
    """A part of a fraction or root, in brackets where it would be misread without."""
    text = text.strip()
    return text if re.fullmatch(r"[\w.\u0300-\u036f₀-₉⁰-⁹²³¹√|‖]*", text) else f"({text})"


def _put(found: re.Match[str]) -> str:
    """One command with its arguments, which hold no braces any more."""
    name, *parts = (part or "" for part in found.groups())
    first, second = parts[0] or parts[1], parts[2] or parts[3] if len(parts) > 2 else ""
    if "frac" in name:
        return f"{_bracketed(first)}/{_bracketed(second)}"
    if name == "sqrt":
        return f"√{_bracketed(first)}"
    return first + MARKS[name] if name in MARKS else first


def _raise(found: re.Match[str]) -> str:
    """A subscript or a power: small digits where there are such, else its sign and its text."""
    text = (found[2] or found[3] or "").strip()
    small = text.replace("−", "-").translate(DEEP if found[1] == "_" else HIGH)
    known = re.fullmatch(r"[\d+\-−]+", text)
    return small if known else text if text in ("ᵀ", "′") else found[1] + _bracketed(text)


def readable(latex: str) -> str:
    r"""A formula's LaTeX as a line of plain text.

    >>> readable(r"\frac{\hat m_t}{\sqrt{\hat v_t} + \varepsilon}")
    'm̂_t/(√(v̂_t) + ε)'
    >>> readable(r"\kappa = \lambda_{\max}/\lambda_{\min}, \beta_1^2 \approx 10^{-6}")
    'κ = λ_max/λ_min, β₁² ≈ 10⁻⁶'
    """
    text = re.sub(r"\\(?:begin|end)\{[^{}]*\}(?:\{[^{}]*\})?|\\\\(?:\[[^\]]*\])?|(?<!\\)&", " ", latex)
    text = re.sub(r"\\(?:left|right|[bB]igg?[lr]?)(?![A-Za-z])\.?|\\[,;:! ]", " ", text)
    signs = {**LETTERS, **SIGNS}
    text = re.sub(r"\\([A-Za-z]+|[|%#&_])", lambda found: signs.get(found[1], found[0]), text)
    text = re.sub(r"\\(max|min|exp|log|sin|cos|tanh|arg|Pr)(?![A-Za-z])", r"\1", text)
    words = "text|mathrm|operatorname|mathbf|mathbb|mathcal|boldsymbol|underbrace|" + "|".join(MARKS)
    one = re.compile(rf"\\({words}|sqrt)\*?{ARGUMENT}")
    two = re.compile(rf"\\([dt]?frac){ARGUMENT}{ARGUMENT}")
    power = re.compile(r"([_^])\s*(?:\{([^{}]*)\}|(\\[A-Za-z]+|[^\s\\{}(]))")
    for _ in range(12):  # from the inside out; the course has no deeper formula
        before = text
        for command, put in ((one, _put), (power, _raise), (two, _put)):
            text = command.sub(put, text)
        if text == before:
            break
    text = re.sub(r"\\([A-Za-z]+)", r"\1", re.sub(r"(?<!\\)[{}]", "", text)).replace("\\", "")
    return " ".join(text.replace("-", "−").split())
