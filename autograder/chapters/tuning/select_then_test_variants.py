"""Unusual but right answers to `select_then_test`, which no check may refuse."""

import numpy as np

from autograder.checking import variants


class KeywordsAndSorted:
    """Calls by keyword, sorts the union, keeps the best so far in a loop."""

    def select_then_test(fit_score, configs, train, val, test):
        losses, best, least = [], configs[0], float("inf")
        for config in configs:
            loss = fit_score(config=config, fit_idx=train, eval_idx=val)
            losses.append(loss)
            if loss < least:
                best, least = config, loss
        everything = np.sort(np.append(val, train))
        return best, losses, fit_score(config=best, fit_idx=everything, eval_idx=test)


class ListsOfInts:
    """Hands lists of ints over, the union as a set sorted; prints what it does."""

    def select_then_test(fit_score, configs, train, val, test):
        a, b, c = (list(map(int, part)) for part in (train, val, test))
        losses = list(map(lambda config: fit_score(config, a, b), configs))
        print("validation losses:", losses)
        chosen = configs[best_index(np.array(losses))]
        return [chosen, losses, fit_score(chosen, sorted({*a, *b}), c)]


class ViaSearch:
    """An inner function scores a configuration; losses by comprehension over places."""

    def select_then_test(fit_score, configs, train, val, test):
        def on_validation(i):
            return fit_score(configs[i], train.copy(), val.copy())

        losses = [on_validation(i) for i in range(len(configs))]
        place = int(np.nanargmin(losses)) if not np.all(np.isnan(losses)) else 0
        final = fit_score(configs[place], np.concatenate((val, train)), test)
        return configs[place], losses, final


VARIANTS = variants("select_then_test", KeywordsAndSorted, ListsOfInts, ViaSearch)
