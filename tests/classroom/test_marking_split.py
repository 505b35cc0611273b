"""The split among markers is even, stays, and gives some a second one that nobody can choose."""

from __future__ import annotations

from collections import Counter

from autograder.classroom.marking_split import Marked, Marking, differences, load_marking, save_marking, split

STUDENTS = [f"s{number:03}" for number in range(100)]


def test_the_split_is_even_and_stays_when_others_come():
    """Nobody changes their marker; newcomers go where there is least."""
    first = split(Marking(), "toy", STUDENTS[:50], ("Ada", "Ben", "Cyd"), 0)
    assert sorted(Counter(first.first.values()).values()) == [16, 17, 17] and first.second == {}
    later = split(first, "toy", STUDENTS, ("Ada", "Ben", "Cyd"), 0)
    assert all(later.first[one] == by for one, by in first.first.items())
    assert max(Counter(later.first.values()).values()) == 34


def test_some_have_a_second_marker_who_is_another():
    """About as many as the settings say, by a hash of the name; none where there is one marker."""
    found = split(Marking(), "toy", STUDENTS, ("Ada", "Ben"), 30)
    assert 15 <= len(found.second) <= 45
    assert all(found.first[one] != by for one, by in found.second.items())
    assert split(Marking(), "toy", STUDENTS, ("Ada",), 30).second == {}
    assert split(found, "toy", reversed(STUDENTS), ("Ada", "Ben"), 30) == found


def test_who_leaves_keeps_what_they_marked():
    """Unmarked students go to the others."""
    found = split(Marking(), "toy", STUDENTS[:4], ("Ada", "Ben"), 0)
    mine = next(one for one, by in found.first.items() if by == "Ben")
    found.add(mine, "choice", Marked("Ben", 1.0))
    later = split(found, "toy", STUDENTS[:4], ("Ada", "Cyd"), 0)
    assert later.first[mine] == "Ben" and "Ben" not in [by for one, by in later.first.items() if one != mine]


def test_it_is_kept_and_differences_are_found(tmp_path):
    """Written and read back; only answers that both judged otherwise."""
    found = Marking({"s1": "Ada", "s2": "Ada"}, {"s1": "Ben", "s2": "Ben"})
    for student, exercise, by, score in [
        ("s1", "a", "Ada", 1.0), ("s1", "a", "Ben", 3.0), ("s1", "b", "Ada", 1.0), ("s2", "a", "Ada", 2.0),
        ("s2", "a", "Ben", 2.0),
    ]:  # fmt: skip  # a table
        found.add(student, exercise, Marked(by, score))
    save_marking(tmp_path, "toy", found)
    assert load_marking(tmp_path, "toy") == found and load_marking(tmp_path, "other") == Marking()
    assert [(one.student, one.exercise) for one in differences(found)] == [("s1", "a")]
