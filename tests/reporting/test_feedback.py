"""The feedback page: it says what happened and what to do, alone, escaped, and readable in either light."""

from __future__ import annotations

import doctest
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from reports import ANSWERS, HINT, POINTS, report, result, right, toy_release, ungraded, wrong

from autograder.course.reading import Reading, Section
from autograder.grading.form import form_result
from autograder.grading.verdict import CheckResult, Example, ExerciseResult, Report, Verdict
from autograder.reporting import feedback as module
from autograder.reporting.feedback import answer_lines, exercise_html, exercise_text, render_feedback
from autograder.reporting.marks import Override
from autograder.term.policy import Standing

NASTY = "<script>alert('1')</script>\x1b[31m\udc80\x00"


class Page(HTMLParser):
    """Tags with their attributes, the visible text, and whether every tag is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "br", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "title"):
            self.words.append(data)


def page(report, answers=None, **options):
    found = Page(render_feedback(report, toy_release(), ANSWERS if answers is None else answers, **options))
    assert found.open == []
    return found


def test_examples_in_the_docstrings_hold():
    """Every example in the module's docstrings gives what it shows."""
    assert doctest.testmod(module).failed == 0


def test_a_wrong_answer_is_told_what_why_and_what_next():
    """Verdict, points, hint, the first failed check with its message, own code, next step."""
    text = page(wrong("ada", 1.5)).text
    for words in (
        "Feedback for ada",
        "1.5 of 5.5 points",
        "✗ wrong 1.5 of 3 points",
        f"Hint: {HINT}",
        "The first step is lr times the gradient. Look at the sign.",
        "1 more did not pass either. They build on the first one",
        "def heavy_init(params):",
        "Next, in fit_line: replace raise NotImplementedError() by your answer",  # where the most points are
    ):
        assert words in text
    assert "Five steps end where momentum ends" not in text  # more than is known while the formula is wrong


def test_form_is_said_beside_the_checks_and_no_sentence_twice():
    """The row on form stands first, what failed has its message once, and what passed is folded."""
    form = form_result(["heavy_step: the answer must be a tuple, got a list."], frozenset())
    ends = ((Verdict.CORRECT, ""), (Verdict.WRONG, "Not so."), (Verdict.WRONG, "Not so."))
    checks = [CheckResult(f"t{i}", f"Fact {i}.", 1.0, *end) for i, end in enumerate(ends)]
    mixed = ExerciseResult("heavy_step", 3.0, 0.75, Verdict.PARTLY_CORRECT, (form, *checks))
    text = page(report("ada", mixed)).text
    assert (
        "the answer must be a tuple, got a list." in text and "this costs 25% of the exercise, once" in text
    )
    assert text.index(form.title) < text.index("Fact 1.") < text.index("Fact 2.") < text.index("1 passed")
    assert text.count("Not so.") == 1


def test_an_example_shows_both_answers_and_how_they_differ():
    """Source to paste, what is expected, what came; where there was no answer, why."""
    shown = Example("heavy_step(1)", "[1.0, <2.0>]", "[1.0]", "Every number is small.")
    one = replace(result("heavy_step", Verdict.WRONG, 0.0), example=shown)
    raised = replace(one, example=Example("heavy_step(1)", "[1.0]", "", "it raised KeyError"))
    bare = replace(one, example=Example("heavy_step(1)", "1.0", "2.5", "It is 2.5 instead of 1."))
    for view in (page(report("ada", one)).text, exercise_text(one)):
        assert all(part in view for part in (shown.source, shown.expected, shown.got, shown.difference))
    for view in (page(report("ada", raised)).text, exercise_text(raised)):
        assert re.search(r"(?i)yours:? +raised KeyError", view) and "it raised" not in view
    for view in (page(report("ada", bare)).text, exercise_text(bare)):
        assert "2.5" in view and "instead of" not in view  # the pair says it already
    assert "[1.0, &lt;2.0&gt;]" in exercise_html(one)


def test_cases_of_one_check_are_one_line():
    """What differs in its numbers only is said once with how often; one that ended otherwise by itself."""
    ends = (Verdict.CORRECT, Verdict.CORRECT, Verdict.WRONG, Verdict.WRONG, Verdict.CORRECT)
    cases = [
        CheckResult(
            f"shares[{number}]", "Shares add up.", 1.0, end, "" if end is Verdict.CORRECT else "Not so."
        )
        for number, end in enumerate(ends)
    ]
    result = ExerciseResult("split", 5.0, 3.0, Verdict.PARTLY_CORRECT, tuple(cases))
    lines = [(line["title"], line["message"]) for line in module.view(result)["checks"]]
    assert lines == [
        ("Shares add up. (2 of 5 cases)", ""),
        ("Shares add up. (2 of 5 cases)", "Not so."),
        ("Shares add up. (1 of 5 cases)", ""),
    ]
    result = replace(result, name="heavy_step")
    assert (
        "3 of 5 checks passed" in page(report("ada", result)).text
        and "3 passed" in page(report("ada", result)).text
    )


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.CORRECT, "Nothing to repair: your functions passed all 4 checks"),
        (Verdict.PARTLY_CORRECT, "Next, in heavy_step: take the first check"),
        (Verdict.WRONG, "Next, in heavy_step: take the first check"),
        (Verdict.ERROR, "Next, in heavy_step: mend what stopped it"),
        (Verdict.TIMEOUT, "Next, in heavy_step: look for the loop"),
        (Verdict.NOT_ATTEMPTED, "Next, in heavy_step: replace raise NotImplementedError() by"),
        (Verdict.NOT_GRADED, "hand the saved file in again"),
        (Verdict.GRADER_FAULT, "Next: nothing, the fault is ours"),
    ],
)
def test_every_verdict_says_what_to_do_next(verdict, words):
    """Each of the eight verdicts has its own sentence."""
    score = None if verdict in (Verdict.NOT_GRADED, Verdict.GRADER_FAULT) else 1.0
    first = result("heavy_step", verdict, score)
    assert words in page(report("ada", first, result("fit_line", Verdict.CORRECT, 2.5))).text


def test_not_graded_says_why_and_gives_no_zero():
    """Neither the page nor an exercise shows a number of points; the report may even lack the exercises."""
    bare = Report("toy", "cyd", Verdict.NOT_GRADED, notes=("The file breaks off in line 3.",))
    for ungraded_report in (ungraded("cyd", "The file breaks off in line 3."), bare):
        text = page(ungraded_report, {}).text
        assert "The file breaks off in line 3." in text and "That is not a zero" in text
        assert "no total yet, of 5.5 points" in text and "no mark yet, of 3 points" in text
        assert not re.search(r"\b0(\.0)? of", text)


def test_the_untouched_stub_is_not_shown_as_the_students_work():
    """Only what a student wrote is given back."""
    stub = toy_release().exercises[0].stub
    assert "What you wrote" not in page(right("ada"), {"heavy_step": stub}).text


def test_what_passed_folds_into_a_line_unless_somebody_wrote_there():
    """A right exercise shows its name, verdict and points; a comment by the instructor opens it."""
    entered = {"fit_line": Override(comment="Well put.")}
    folds = [
        [attributes for tag, attributes in page(right("ada"), **more).tags if tag == "details"]
        for more in ({}, {"overrides": entered})
    ]
    assert "open" not in {key for one in folds[0] for key in one}
    assert sum("open" in one for one in folds[1]) == 1
    assert "heavy_step ✓ correct 3 of 3 points" in page(right("ada")).text


def test_what_was_not_attempted_folds_unless_there_is_something_to_say():
    """One line an exercise; where the cell is gone, what to do about it stands open."""
    blank = [result(name, Verdict.NOT_ATTEMPTED, 0.0) for name in POINTS]
    said = [replace(one, checks=()) for one in blank]
    folded, opened = (page(report("ada", *results), {}).tags for results in (said, blank))
    assert [tag for tag, _ in folded].count("details") == 2 and "details" not in [tag for tag, _ in opened]


def test_what_was_given_is_folded_and_what_was_written_is_marked():
    """Of a long docstring the first and last line stay; every line of the student's own does."""
    stub = (
        'def f(x):\n    """First.\n'
        + "\n".join(f"    line {n}" for n in range(40))
        + '\n    """\n    raise E'
    )
    lines = answer_lines(stub.replace("raise E", "y = x\n    return y"), stub)
    assert lines == [
        ("given", "def f(x):"),
        ("cut", "… 41 lines as given …"),
        ("given", '    """'),
        ("own", "    y = x"),
        ("own", "    return y"),
    ]


def test_what_stops_every_check_is_said_once():
    """An error that no check gets past stands alone; beside a check that passed, each is listed."""
    text = page(report("ada", result("heavy_step", Verdict.ERROR, 0.0))).text
    assert "What stopped it: Look at the sign." in text
    assert "What did not pass" not in text and text.count("Look at the sign.") == 1
    mixed = result("heavy_step", Verdict.ERROR, 1.0)
    passed = CheckResult("test_c", "It starts at rest.", 1.0, Verdict.CORRECT)
    text = page(report("ada", replace(mixed, checks=(*mixed.checks, passed)))).text
    assert "What did not pass" in text and "✓ It starts at rest." in text
    assert "Look at the sign." in exercise_text(result("heavy_step", Verdict.TIMEOUT, 0.0))


@pytest.mark.parametrize("answer", ["x = 1\n" * 100_000, "x" * 10_000_000, "\n" * 100_000 + "x"])
def test_a_huge_answer_makes_no_huge_page(answer):
    """Only its beginning is shown, and the page says so."""
    html = render_feedback(wrong("ada"), toy_release(), {"heavy_step": answer})
    assert len(html) < 100_000 and "the rest is in your notebook" in html


def test_a_persons_part_is_shown_as_such():
    """Mark, extra credit and comment of the instructor stand beside what the autograder gave."""
    entered = {"heavy_step": Override(2.0, 0.5, "Nearly <right>.")}
    text = page(wrong("ada"), overrides=entered).text
    assert "2.5 of 3 points" in text and "2.5 of 5.5 points" in text
    assert "Your instructor set this mark, with 0.5 points of extra credit; the autograder gave 0." in text
    assert "Your instructor writes: Nearly <right>." in text


def test_lateness_carried_error_and_protections_are_said():
    """How late, that an earlier mistake did not count twice, and what the sandbox lacked."""
    carried = ExerciseResult("heavy_step", 3.0, 3.0, Verdict.CORRECT, carried=True)
    text = page(report("ada", carried), standing=Standing(9000)).text
    assert "handed in 2 h 30 min late" in text
    assert "one mistake does not count twice" in text
    assert "had these protections off: network." in text
    assert "every protection was on" in page(Report("toy", "ada", Verdict.NOT_GRADED)).text


def nasty_report():
    check = CheckResult("test_a", NASTY, 1.0, Verdict.ERROR, NASTY)
    bad = ExerciseResult("heavy_step", 3.0, 0.0, Verdict.ERROR, (check,), (NASTY,))
    return Report("toy", NASTY, Verdict.ERROR, (bad,), (NASTY,), (NASTY,))


def test_nothing_of_a_student_is_ever_markup():
    """Names, notes, messages, hints, comments and code are escaped, and what no file can hold is replaced."""
    entered = {"heavy_step": Override(comment=NASTY)}
    html = render_feedback(nasty_report(), toy_release(), {"heavy_step": NASTY}, entered)
    fragment = exercise_html(nasty_report().exercises[0], (NASTY,))
    for text in (html, fragment, exercise_text(nasty_report().exercises[0], (NASTY,))):
        text.encode("utf-8")
        assert "\x1b" not in text and "\x00" not in text
    for text in (html, fragment):
        assert "<script" not in text and "&lt;script&gt;" in text
    assert Page(html).open == [] and Page(fragment).open == []


def test_the_page_stands_alone():
    """No script, no address, no file beside it; the policy in the page forbids them too."""
    found = page(wrong("ada"))
    tags = {tag for tag, _ in found.tags}
    assert not tags & {"script", "link", "img", "iframe", "object", "form", "base"}
    assert all(attributes["href"].startswith("#exercise-") for tag, attributes in found.tags if tag == "a")
    html = render_feedback(wrong("ada"), toy_release(), ANSWERS)
    assert "url(" not in html and "@import" not in html and "http:" not in html and "https:" not in html
    policy = next(attributes for _, attributes in found.tags if "http-equiv" in attributes)
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'"


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_text_colour_has_contrast_in_either_light():
    """WCAG AA, 4.5 to 1, for each ink on each ground that it stands on."""
    html = render_feedback(wrong("ada"), toy_release(), ANSWERS)
    themes = re.findall(r":root \{(.*?)\}", html, re.S)
    assert len(themes) == 2
    for theme in themes:
        colour = dict(re.findall(r"--(\w+): (#\w{6})", theme))
        for ink in ("ink", "soft", "good", "part", "bad", "none", "accent"):
            for ground in ("paper", "card", "code") if ink in ("ink", "soft") else ("paper", "card"):
                light, dark = sorted((luminance(colour[ink]), luminance(colour[ground])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)
        for ink in ("ink", "soft"):
            light, dark = sorted((luminance(colour[ink]), luminance(colour["hint"])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, "hint")


def test_two_renderings_are_the_same():
    """The page depends on its report alone."""
    first, second = (render_feedback(wrong("ada"), toy_release(), ANSWERS) for _ in range(2))
    assert first == second


STEP = Section("toy-step", "A heavy step", "Toys", "book/toy.html#toy-step")
NEXT = Section("next", "What follows", "What follows", "book/next.html")
READING = Reading({"heavy_step": (STEP,)}, ("heavy_step",), NEXT, "https://example.org")


def test_each_exercise_leads_into_the_book():
    """The section is named with its chapter, and linked where the book's address is known."""
    wrong_page = page(wrong("ada"), reading=READING)
    assert "In the book: A heavy step (Toys)." in wrong_page.text and "What follows" not in wrong_page.text
    assert ("a", {"href": "https://example.org/book/toy.html#toy-step"}) in wrong_page.tags
    named = page(wrong("ada"), reading=replace(READING, book=""))
    assert "In the book: “A heavy step” (Toys)." in named.text
    assert not any("toy.html" in attributes.get("href", "") for _, attributes in named.tags)


def test_a_right_notebook_is_praised_for_what_was_hard_and_led_on():
    """The hardest exercise by name, at its place too, and the next chapter."""
    found = page(right("ada"), reading=READING)
    assert "The hardest one here was heavy_step, and you have it." in found.text
    assert "It is one of the hardest of this assignment." in found.text
    assert "Next in the book: What follows" in found.text
    assert ("a", {"href": "https://example.org/book/next.html"}) in found.tags
