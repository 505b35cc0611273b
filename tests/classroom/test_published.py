"""What a change of a mark is told against, and its reasons."""

from autograder.classroom.published import Mark, Published, changes, load_published, save_published


def test_marks_are_kept_and_read_back(tmp_path):
    """Numbers, blanks and what they depend on."""
    found = Published({"ann": Mark(4.5, 5.0, "x 1", "abc"), "bob": Mark(None, None)}, {"the checks": "1"})
    save_published(tmp_path, "toy", found)
    assert load_published(tmp_path, "toy") == found and load_published(tmp_path, "other") is None


def test_each_reason_is_named():
    """Settings, file, person, checks: the first that fits."""
    under = {"the checks": "1", "the grader": "1"}
    before = Published({name: Mark(5.0, 5.0, "", "f") for name in "abcde"}, under)
    after = Published(
        {
            "a": Mark(4.0, 5.0, "", "f"),
            "b": Mark(6.0, 6.0, "", "g"),
            "c": Mark(6.0, 6.0, "x 6", "f"),
            "d": Mark(None, None, "", "f"),
            "e": Mark(5.0, 5.0, "", "g"),
            "new": Mark(1.0, 1.0),
        },
        {**under, "the checks": "2"},
    )
    found = {one.student: (one.why, one.loses) for one in changes(before, after)}
    assert found == {
        "a": ("the settings", True),
        "b": ("another hand-in", False),
        "c": ("a person's mark", False),
        "d": ("the checks", True),
    }
    assert changes(None, after) == []
