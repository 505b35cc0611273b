"""The error budget: how likely a course's statistical checks are to refuse right work, in sum over a term."""

from __future__ import annotations

from autograder.calls.backends import LocalBackend
from autograder.calls.proxy import Proxy
from autograder.course.checks import collect
from autograder.course.course import Course
from autograder.course.source import reference_text
from autograder.course.specimens import REFERENCE
from autograder.laws.error_budget import N_STATISTICAL_CHECKS, TERM_REFUSE, recorded

SEED = "budget"


def spent(course: Course, slug: str) -> tuple[tuple[str, float], ...]:
    """(helper, bound) of every statistical check that runs on one right submission of ``slug``.

    The checks run once against the reference, so a call in a loop or with parameters counts each time.
    """
    source = reference_text(course.solution(slug))
    namespace = REFERENCE.namespace(source)
    with recorded() as entries:
        for check in collect(course.content(slug), course.release(slug).names):
            check.run(Proxy(LocalBackend(namespace), namespace), Proxy(LocalBackend(namespace)), SEED)
    return tuple(entries)


def overspent(course: Course) -> str:
    """A sentence if the bounds of all assignments add up to more than the term's; else an empty string."""
    by_slug = {slug: spent(course, slug) for slug in course.slugs if course.released(slug).exists()}
    total = sum(refuse for entries in by_slug.values() for _, refuse in entries)
    if total <= TERM_REFUSE * (1 + 1e-9):
        return ""
    uses = ", ".join(f"{slug} {len(entries)}" for slug, entries in by_slug.items() if entries)
    return (
        f"the statistical checks of one term may refuse right work with probability {total:.2g}, "
        f"more than {TERM_REFUSE:g} (calls: {uses}; {N_STATISTICAL_CHECKS} at the default are the limit); "
        "drop some, or give each a smaller `refuse` and more draws"
    )
