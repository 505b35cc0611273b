"""The corpus of attacks: each is held on this machine, and each kind would be seen if it were not."""

from __future__ import annotations

import os
import select
import shutil
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from autograder.attacks import cases
from autograder.attacks.arena import MARKUP, Arena, Listener, findings, written
from autograder.attacks.cases import Attack, Part, read_attack, read_corpus
from autograder.attacks.run import LIMITS, Outcome, chosen, run_corpus, run_on, table
from autograder.course.course import Course, CourseError
from autograder.sandbox.plans import bare_plans
from autograder.sandbox.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
EVERY = read_corpus(cases.CORPUS, Course(ROOT))
CORPUS = tuple(attack for attack in EVERY if not attack.on)
FAMILIES = {
    "silence", "exit", "forge", "judge", "value", "pickle", "secret", "probe", "tamper", "state", "resource",
    "survivor", "network", "privilege", "notebook", "inject", "neighbour", "stub", "library", "honest",
    "grader", "text", "time", "file", "answer",
}  # fmt: skip  # a list to read across: one name a line would hide the rest


def needs_bubblewrap() -> None:
    if shutil.which("bwrap") is None:
        why = "bubblewrap is not installed (apt install bubblewrap)"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Outcome], list[str]]:
    """The whole corpus, graded and published once."""
    needs_bubblewrap()
    outcomes, shared = run_corpus(CORPUS, tmp_path_factory.mktemp("attacks"))
    return {one.attack.name: one for one in outcomes}, shared


@pytest.mark.parametrize("attack", CORPUS, ids=lambda attack: attack.name)
def test_an_attack_gets_what_it_deserves(run: tuple[dict[str, Outcome], list[str]], attack: Attack) -> None:
    """Its honest part's marks, the expected verdict, and no trace: nothing read, written, sent or left."""
    outcome = run[0][attack.name]
    assert outcome.held, table([outcome])


def test_the_class_is_untouched(run: tuple[dict[str, Outcome], list[str]]) -> None:
    """The neighbours have full marks; report, marks and files of the course are as they should be."""
    assert run[1] == []


def test_what_an_earlier_run_left_is_nobodys(tmp_path: Path) -> None:
    """A file that was there before is not told; one that an attack leaves is told, and deleted."""
    stale = Path("/dev/shm") / f"mark-stale-end-{tmp_path.name}"
    stale.touch()
    try:
        arena = Arena(tmp_path)
        fresh = stale.with_name(f"mark-fresh-end-{tmp_path.name}")
        fresh.touch()
        assert [line for line in written({}, arena) if "/dev/shm/" in line] == [f"fresh: left {fresh}"]
        assert stale.exists() and not fresh.exists()
    finally:
        stale.unlink()


def test_the_corpus_covers_every_family() -> None:
    """At least sixty attacks, of every family that is known."""
    assert {attack.family for attack in EVERY} == FAMILIES
    assert len([attack for attack in CORPUS if attack.family != "honest"]) >= 60


# One assignment stands for all here; `make attacks` tries every one, which takes minutes each.
ASSIGNMENTS = Course(ROOT).slugs if "EVERY_ASSIGNMENT" in os.environ else ("momentum",)


@pytest.mark.parametrize("slug", ASSIGNMENTS)
def test_an_attack_on_an_assignment_gets_what_it_deserves(slug: str, tmp_path: Path) -> None:
    """The course's own assignments, graded with their own checks; the honest neighbour has all points."""
    needs_bubblewrap()
    here = [attack for attack in EVERY if attack.on == "all" or slug in attack.on.split()]
    outcomes, shared = run_on(Course(ROOT), slug, here, tmp_path)
    failed = [outcome for outcome in outcomes if not outcome.held]
    assert here and not failed and not shared, table(outcomes, shared)


# --- would it be seen? -----------------------------------------------------------------------------------

TEETH = {
    "secret_files": "read a secret",
    "network_tcp": "sent a message",
    "network_udp": "sent a message",
    "network_unix_socket": "sent a message",
    "survivor_double_fork": "left a program running",
    "state_left_for_the_next": "left ",
    "neighbour_overwrite": "changed ",
}


def test_without_protection_the_same_attacks_are_seen_to_work(tmp_path: Path) -> None:
    """With limits only, secrets are read, sockets reached, programs and files left: the arena shows each."""
    open_house = [plan for plan in bare_plans(b"") if plan.name == "limits only"]
    corpus = [attack for attack in CORPUS if attack.name in TEETH]
    outcomes, shared = run_corpus(corpus, tmp_path, partial(Sandbox, LIMITS, open_house))
    for outcome in outcomes:
        wanted = TEETH[outcome.attack.name]
        assert any(effect.startswith(wanted) for effect in outcome.effects), table(outcomes, shared)
        assert not outcome.held


def test_a_text_is_searched_for_secrets_markup_and_commands(tmp_path: Path) -> None:
    """What people look at may hold neither the canary, nor markup that runs, nor control characters."""
    arena = Arena(tmp_path)
    assert list(findings("<p>script injected</p>\n\tand < img", arena)) == []
    assert list(findings(f"x {arena.canary} y", arena)) == ["read a secret"]
    for text in ("<script>injected(1)", "<img src=x onerror=injected()>", "<svg onload='injected()'>"):
        assert MARKUP.search(text) and len(list(findings(text, arena))) == 1
    for text in ("\x1b[2J", "\u202e", "\x00", "\x9b"):
        assert list(findings(text, arena)) == ["put control characters into a text"]


def test_a_listener_receives_connections_and_datagrams() -> None:
    """What a connection sends is received, and a datagram too."""
    with Listener() as listener:
        with socket.create_connection(("127.0.0.1", listener.port)) as outward:
            outward.sendall(b"psst")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outward:
            outward.sendto(b"over here", ("127.0.0.1", listener.port))
        for word in ("psst", "over here"):
            wait_for(lambda word=word: word in listener.received())


def wait_for(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        select.select([], [], [], 0.01)


# --- the files -------------------------------------------------------------------------------------------

SMALL = "tries: It tries.\nverdict: error or timeout\nscore: 0.5\nsolves: slope\n"


def test_a_file_is_a_header_and_parts() -> None:
    """Header lines, then parts; a part may be several cells, or one text several times."""
    attack = read_attack("loop_small", f"{SMALL}\n--- slope\nx = 1\n\n--- first, 3 cells\ny = @N@\n")
    assert (attack.family, attack.verdicts, attack.score) == ("loop", ("error", "timeout"), 0.5)
    assert attack.solves == ("slope",) and attack.parts[0] == Part("slope", "x = 1")
    assert attack.parts[1].texts() == ["y = 0", "y = 1", "y = 2"]
    (part,) = read_attack("x", f"{SMALL}\n--- slope, 2 times\nz = @N@\n").parts
    assert part.texts() == ["z = 0\nz = 1\n"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("tries: It tries.\nscore: 0\n", CourseError),
        (f"{SMALL}mood: bad\n", CourseError),
        (SMALL.replace("error", "sad"), ValueError),
    ],
)
def test_a_wrong_header_is_refused(text: str, error: type) -> None:
    """A missing or unknown key, or a verdict that there is not, is an error."""
    with pytest.raises(error):
        read_attack("x", text)


def test_a_name_or_a_family_chooses() -> None:
    """attack-test takes names and families; a word that is neither ends in one sentence."""
    course = Course(ROOT)
    assert {attack.family for attack in chosen(course, ["network"])} == {"network"}
    assert [attack.name for attack in chosen(course, ["secret_proc"])] == ["secret_proc"]
    assert chosen(course, []) == EVERY
    with pytest.raises(CourseError, match="no such attack: nothing"):
        chosen(course, ["nothing"])


def test_the_table_names_what_was_not_held() -> None:
    """One line an attack; points gained, other verdicts and what befell all are in words."""
    attack = read_attack("loop_small", SMALL)
    lines = table(
        [
            Outcome(attack, "error", 0.5, 0.1),
            Outcome(attack, "wrong", 0.5, 0.1),
            Outcome(attack, "error", 7.0, 0.1, ("gained points",)),
        ],
        ["a neighbour lost his"],
    ).splitlines()
    assert lines[1].endswith("nothing") and lines[2].endswith("ANOTHER VERDICT")
    assert lines[3].endswith("gained points") and lines[4] == "For all: a neighbour lost his"
    assert lines[5].startswith("1 of 3 were held (loop 3)")
