"""Unusual but right answers to `random_flip`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class ImageByImage:
    """Loops over images; np.flip, binomial draws, a Gaussian-free factor from rng.random."""

    def random_flip(images, *, p, rng):
        return np.array([np.flip(image, axis=-1) if rng.binomial(1, p) else image for image in images])

    def random_contrast(images, *, max_delta, rng):
        after = []
        for image in images:
            factor = 1 + max_delta * (2 * rng.random() - 1)
            after.append(image.mean() + factor * (image - image.mean()))
        return np.stack(after)


class ByIndex:
    """Own copies; flipped images picked by index; contrast as a mixture of image and mean."""

    def random_flip(images, *, p, rng):
        after = images.copy()
        chosen = np.flatnonzero(rng.uniform(size=images.shape[0]) > 1 - p)
        after[chosen] = after[chosen][:, :, :, ::-1]
        return after

    def random_contrast(images, *, max_delta, rng):
        n = images.shape[0]
        flat = images.reshape(n, -1)
        factor = rng.uniform(-max_delta, max_delta, size=(n, 1)) + 1
        return (factor * flat + (1 - factor) * flat.mean(axis=1, keepdims=True)).reshape(images.shape)


class ByProbabilityVector:
    """rng.choice for the flips; contrast through sums over a flat view and np.moveaxis."""

    def random_flip(images, *, p, rng):
        order = np.arange(images.shape[-1])
        turns = rng.choice([1, -1], p=[1 - p, p], size=len(images))
        return np.stack([image[..., order[::step]] for image, step in zip(images, turns, strict=True)])

    def random_contrast(images, *, max_delta, rng):
        factor = (1 - max_delta) + 2 * max_delta * rng.random(len(images))
        mean = images.sum(axis=(1, 2, 3)) / images[0].size
        last = np.moveaxis(images, 0, -1)
        return np.moveaxis(mean * (1 - factor) + last * factor, -1, 0)


VARIANTS = variants("random_flip", ImageByImage, ByIndex, ByProbabilityVector)
