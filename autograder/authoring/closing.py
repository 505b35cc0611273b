"""The sentence at the top of every student notebook and its last cells: hours, a tally, how to hand in.

No date and no rule of a term is in them, for the released bytes stay the same from term to term: these stand
in the README that ``autograder publish`` writes from the term's settings.
"""

from __future__ import annotations

from collections.abc import Mapping

from autograder.authoring.places import link
from autograder.course.course import Course
from autograder.course.reading import load_reading
from autograder.course.told import tally_rows

TALLY = '''\
# @title Where you stand: run all cells first, then this one
import contextlib
import io


def tally(points):
    """Print for each exercise whether the visible check that you ran last passes now."""
    passed, following, history = 0, "", globals().get("In", [])
    for name, worth in points.items():
        check = [source for source in history if source.startswith(f"# Check of {name}: ")]
        said = "its check has not run yet"
        if check:
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(check[-1], dict(globals()))
                said, passed = "passed", passed + worth
            except NotImplementedError as error:
                raised = error.__traceback__
                while raised.tb_next:
                    raised = raised.tb_next
                missing = raised.tb_frame.f_code.co_qualname.partition(".")[0]
                own = missing in (name, "<module>")
                said = "not written yet" if own else f"{missing} is not written yet"
            except Exception as error:
                said = f"not yet: {type(error).__name__}: {error}".split("\\n")[0][:90]
        following = following or (name if said != "passed" else "")
        print(f"{name:28s} {worth:4g}   {said}")
    print(f"\\nThe visible checks of {passed:g} of {sum(points.values()):g} points pass.")
    print(f"Next: {following}." if following else "Nothing is open: save, and hand in.")


tally({points})
'''

HAND_IN = """\
## Where you stand, and how to hand in

1. Choose *Run*, then *Restart Kernel and Run All Cells*. The cell below says what passes and what is open.
2. Save (Ctrl-S, on a Mac Cmd-S). Hand in this one file, `{slug}.ipynb`, under this name.
3. Where, until when, how often, and what lateness costs: see `README.md` in the folder that you downloaded, \
or your course's page.

The visible checks do not count. After you hand in, others probe the same contracts more deeply, and each \
one that passes earns its share: half an exercise is worth handing in. \
{by_hand}\
What you have not written earns nothing and costs nothing elsewhere: an exercise that uses an earlier one is \
judged with a right one too, and the better result counts. \
The feedback names what it found and what to look at next.

If your Jupyter shows nbgrader's buttons, leave *Create Assignment* alone. \
*Validate* runs the visible checks only.{then}"""


def time_needed(hours: float) -> str:
    """The sentence below the notebook's title.

    >>> time_needed(1)
    '*About 1 hour; half of that if you have built networks before, nearly twice if NumPy is new to you.*'
    """
    words = f"{hours:g} hour{'' if hours == 1 else 's'}"
    others = "half of that if you have built networks before, nearly twice if NumPy is new to you"
    return f"*About {words}; {others}.*"


def tally_code(points: Mapping[str, float]) -> str:
    """The code of the last cell; ``points`` are those of the exercises in code, in order."""
    return TALLY.replace("{points}", f"{{\n{tally_rows(points)}}}").rstrip("\n")


def hand_in(course: Course, slug: str, by_hand: bool, base: str) -> str:
    """The Markdown above the tally.

    ``by_hand``: a person marks answers in words; ``base``: the book's address, or empty.
    """
    following = load_reading(course, slug).following
    then = ""
    if following:
        then = f"\n\n**Read next:** {link(following, base)}."
    words = "Answers in words are read and marked by a person. " if by_hand else ""
    return HAND_IN.format(slug=slug, by_hand=words, then=then)
