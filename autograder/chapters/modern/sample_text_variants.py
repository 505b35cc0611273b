"""Unusual but right answers to `sample_text`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class GumbelNoise:
    """Adds Gumbel noise to the logits over the temperature, and takes the largest."""

    def sample_text(logits, *, temperature=1.0, top_k=None, rng):
        if temperature == 0:
            return np.argmax(logits)
        allowed = np.full(len(logits), -np.inf)
        k = len(logits) if top_k is None else top_k
        for place in sorted(range(len(logits)), key=lambda i: (-logits[i], i))[:k]:
            allowed[place] = 0.0
        return np.argmax((logits - logits.max()) / temperature + allowed + rng.gumbel(size=len(logits)))


class InverseOfTheSum:
    """One uniform number, looked up in the running sum of the probabilities in the tokens' own order."""

    def sample_text(logits, *, temperature=1.0, top_k=None, rng):
        z = np.array(logits, dtype=float)
        if top_k is not None:
            ranks = np.lexsort((np.arange(len(z)), -z))
            z[ranks[top_k:]] = -np.inf
        if temperature == 0:
            return int(np.flatnonzero(z == z.max())[0])
        weights = np.exp((z - z.max()) / temperature)
        return int(np.searchsorted(np.cumsum(weights), rng.uniform(0, weights.sum()), side="right"))


class OneMultinomial:
    """A multinomial draw of one; takes the largest away k times."""

    def sample_text(logits, *, temperature=1.0, top_k=None, rng):
        rest, tokens = logits.copy(), []
        for _ in range(top_k or len(logits)):
            tokens.append(int(rest.argmax()))
            rest[tokens[-1]] = -np.inf
        if not temperature:
            return tokens[0]
        probs = np.exp((logits[tokens] - logits.max()) / temperature)
        return tokens[int(np.argmax(rng.multinomial(1, probs / probs.sum())))]


VARIANTS = variants("sample_text", GumbelNoise, InverseOfTheSum, OneMultinomial)
