"""Answers that are kept: as long as their mark stands, and no more of them than there is room."""

from collections.abc import Callable

from infra.keeping import Keeping


def counted() -> tuple[list[str], Callable[[str], Callable[[], str]]]:
    """What was made so far, and how to make an answer."""
    made: list[str] = []

    def maker(answer: str) -> Callable[[], str]:
        def make() -> str:
            made.append(answer)
            return answer

        return make

    return made, maker


def test_an_answer_is_made_once_while_its_mark_stands() -> None:
    made, maker = counted()
    keeping = Keeping(2)
    assert [keeping.get("a", 1, maker("one")) for _ in range(3)] == ["one"] * 3
    assert made == ["one"]


def test_an_answer_of_another_mark_is_never_given() -> None:
    made, maker = counted()
    keeping = Keeping(2)
    assert keeping.get("a", 1, maker("one")) == "one"
    assert keeping.get("a", 2, maker("two")) == "two"
    assert keeping.get("a", 1, maker("three")) == "three", "an older state came back: asked anew"
    assert made == ["one", "two", "three"]


def test_what_was_not_asked_for_longest_makes_room() -> None:
    made, maker = counted()
    keeping = Keeping(2)
    for name in ("a", "b", "a", "c", "a", "b"):
        keeping.get(name, 1, maker(name))
    assert made == ["a", "b", "c", "b"]
