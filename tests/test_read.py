"""Files read as text, and the reasons for which they are not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from netspec.diagnostics import Diagnostic, SpecError
from netspec.language.read import MAX_BYTES, read
from netspec.source import Source, Span

READ = [
    (b"", ""),
    (b"a: 1\r\n", "a: 1\r\n"),
    ("# é 层".encode(), "# é 层"),
    (b"\xef\xbb\xbfa: 1", "a: 1"),  # Caffe's parser stops at the mark that Windows writes
    (b"a: 1  # caf\xe9\nb: 'x' # \xb2\xe3\\\r\n", "a: 1  # caf\\xe9\nb: 'x' # \\xb2\\xe3\\\r\n"),
    (b"a: '#\xc3\xa9' # \xff", "a: '#é' # \\xff"),
]


@pytest.mark.parametrize(("data", "text"), READ)
def test_read(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "net.prototxt"
    path.write_bytes(data)
    source = read(path)
    assert (source.name, source.text) == (str(path), text)
    assert read(str(path)).text == text


REFUSED = [
    (b"a: 1\nb: 'caf\xe9'\n", "N115", "0xE9", (2, 8)),
    (b"\xef\xbb\xbf# \xc3\xa9\n\xff", "N115", "0xFF", (2, 1)),
    (b"# \xff\na: '#\xe9' # \xff", "N115", "0xE9", (2, 6)),
    (b"a: '\\'#\xe9'", "N115", "0xE9", (1, 8)),
    (b"a: '\xc3", "N115", "0xC3", (1, 5)),
    ("a: 1".encode("utf-16"), "N115", "UTF-16", None),
    (b"\x0a\x05LeNet\xa2\x06\x00\x00", "N113", "--weights", None),
    (b"a: 1\n" * (MAX_BYTES // 5 + 1), "N112", "larger than 8,388,608 bytes", None),
]


@pytest.mark.parametrize(("data", "code", "words", "place"), REFUSED, ids=range(len(REFUSED)))
def test_refused(
    tmp_path: Path, data: bytes, code: str, words: str, place: tuple[int, int] | None
) -> None:
    path = tmp_path / "net.prototxt"
    path.write_bytes(data)
    found = refusal(path)
    assert found.code == code
    assert words in f"{found.message} {found.help}"
    assert str(path) in (found.message if found.span is None else str(found.span))
    assert place == (found.span and (found.span.line, found.span.column))


def test_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "deploy.prototxt").write_text("a: 1")
    cases = {
        "deplox.prototxt": "the nearest name is deploy.prototxt",
        "zzz": "",
        "nets/deploy.prototxt": f"there is no directory {tmp_path / 'nets'}",
        ".": "give a file in that directory",
        "a\0b": "",
        "deploy.prototxt/a": f"there is no directory {tmp_path / 'deploy.prototxt'}",
        "x" * 5000: "",
    }
    for name, help in cases.items():
        found = refusal(tmp_path / name)
        assert (found.code, found.help) == ("N114", help)
        assert found.message.startswith("cannot read ")


def test_the_place_that_asks_for_the_file(tmp_path: Path) -> None:
    asked = Span(Source("main.yaml", "use: other.yaml"), 5, 15)
    with pytest.raises(SpecError) as raised:
        read(tmp_path / "other.yaml", asked)
    assert raised.value.diagnostics[0].span == asked


def test_a_file_without_end_is_refused_at_once() -> None:
    start = time.perf_counter()
    assert refusal(Path("/dev/zero")).code == "N113"
    assert time.perf_counter() - start < 2


def refusal(path: Path) -> Diagnostic:
    with pytest.raises(SpecError) as raised:
        read(path)
    (found,) = raised.value.diagnostics
    return found
