"""Columns of a terminal: nothing is wider than it may be, and nothing that counts is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from netspec.columns import bar, cells, fitted, grouped, line, shortened

WORDS = st.text("aé深 層/_", max_size=30)
NUMBERS = st.integers(0, 10**9).map(str)


@pytest.mark.parametrize(
    ("name", "columns", "short"),
    [("conv1", 5, "conv1"), ("inception_3a", 7, "inc…_3a"), ("深層学習", 5, "深…習")],
)
def test_the_middle_of_a_name_is_left_out(name: str, columns: int, short: str) -> None:
    assert shortened(name, columns) == short


@given(st.lists(st.tuples(WORDS, WORDS, NUMBERS), min_size=1), st.integers(30, 80))
def test_names_give_way_and_numbers_do_not(rows: list[tuple[str, str, str]], width: int) -> None:
    widths = fitted(rows, width, (6, 5))
    for row in rows:
        assert row[2] in cells(row, widths, left=(0, 1))[2]
        assert cell_len(line(row, widths, left=(0, 1))) <= width


def test_the_last_of_the_giving_columns_gives_way_first() -> None:
    row = ("n" * 20, "t" * 20, "1,000")
    assert fitted([row], 80, (8, 8)) == [20, 20, 5]
    assert fitted([row], 40, (8, 8)) == [20, 11, 5]
    assert fitted([row], 30, (8, 8)) == [13, 8, 5]


def test_groups_stand_under_their_names() -> None:
    groups = [("conv1", [("weight", "9"), ("bias", "10")]), ("fc", [("weight", "1")])]
    assert list(grouped(("blob", "mean"), groups, left=(0,))) == [
        "  blob    mean",
        "conv1",
        "  weight     9",
        "  bias      10",
        "fc",
        "  weight     1",
    ]


@pytest.mark.parametrize(
    ("share", "text"), [(0, ""), (1e-9, "▏"), (0.5, "██"), (0.55, "██▎"), (1, "████")]
)
def test_bars_count_in_eighths_and_show_whatever_there_is(share: float, text: str) -> None:
    assert bar(share, 4) == text
