"""Fuzzy matching of a few typed letters against the titles of commands; knows no Qt.

A query is words. Each must be found: at the start of a word, inside one, or as letters in order that lie
close together ("ns" in "New seeds", "tmp" in "temperature").
"""

from __future__ import annotations

from dataclasses import dataclass

WHOLE, START, WORD, INSIDE, INITIALS, SCATTERED, ELSEWHERE = 100, 90, 80, 55, 50, 25, 10
"""What a word of the query is worth by how it is found, from the whole title to other words of the entry."""
LOOSEST = 3
"""Letters that may lie between two letters of a scattered word, on average."""
MOST_STARTS = 8


@dataclass(frozen=True)
class Match:
    """How well a query fits, and the places of its letters in the title."""

    score: float
    places: tuple[int, ...] = ()


def match(query: str, title: str, others: str = "") -> Match | None:
    """Return how `query` fits, or None where it does not; an empty query fits everything equally.

    Args:
        query: What was typed.
        title: Text whose letters are marked.
        others: Further words of the entry: menu, help, name; found there, a word counts little.
    """
    words = query.lower().split()
    low, rest = title.lower(), others.lower()
    if len(low) != len(title):
        low = title  # a letter whose lower case is longer would shift the marks
    score, places = 0.0, set[int]()
    for word in words:
        found = _find(word, low)
        if found is not None:
            score += found.score
            places.update(found.places)
        elif word in rest:
            score += ELSEWHERE
        else:
            return None
    if not words:
        return Match(0.0)
    mean = score / len(words) - len(title) / 100  # of two titles that fit alike, the shorter
    return Match(mean, tuple(sorted(places)))


def _find(word: str, title: str) -> Match | None:
    place = title.find(word)
    if place < 0:
        return _initials(word, title) or _scattered(word, title)
    if word == title:
        return _run(WHOLE, 0, word)
    if place == 0:
        return _run(START, 0, word)
    while place >= 0:
        if not title[place - 1].isalnum():
            return _run(WORD, place, word)
        place = title.find(word, place + 1)
    return _run(INSIDE, title.find(word), word)


def _run(score: float, place: int, word: str) -> Match:
    return Match(score, tuple(range(place, place + len(word))))


def _initials(word: str, title: str) -> Match | None:
    """Match the letters with first letters of words, in order: "ns" with "New seeds"."""
    firsts = [
        place
        for place, letter in enumerate(title)
        if letter.isalnum() and (place == 0 or not title[place - 1].isalnum())
    ]
    places, wanted = [], iter(word)
    letter = next(wanted)
    for place in firsts:
        if title[place] == letter:
            places.append(place)
            following = next(wanted, None)
            if following is None:
                return Match(INITIALS, tuple(places))
            letter = following
    return None


def _scattered(word: str, title: str) -> Match | None:
    """Match letters in order that lie close together; the tightest of the first few places."""
    best: tuple[int, ...] | None = None
    start = title.find(word[0])
    for _ in range(MOST_STARTS):
        if start < 0:
            break
        found = _follow(word, title, start)
        if found is None:
            break  # from further right there are only fewer letters
        if best is None or found[-1] - found[0] < best[-1] - best[0]:
            best = found
        start = title.find(word[0], start + 1)
    if best is None or len(word) < 2:
        return None
    gaps = best[-1] - best[0] + 1 - len(word)
    if gaps > LOOSEST * (len(word) - 1):
        return None
    return Match(SCATTERED - gaps, best)


def _follow(word: str, title: str, start: int) -> tuple[int, ...] | None:
    places = [start]
    for letter in word[1:]:
        place = title.find(letter, places[-1] + 1)
        if place < 0:
            return None
        places.append(place)
    return tuple(places)
