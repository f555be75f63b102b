"""Shell completion: what bash offers after words, and that every shell knows every command."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.__main__ import NAMES, main
from tools.completion import SHELLS

OFFERED = [
    (["netspec", "dr"], {"draw"}),
    (["netspec", "draw", "--dep"], {"--depth"}),
    (["netspec", "draw", "--direction", ""], {"TB", "LR"}),
    (["netspec", "check", "ne"], {"net.yaml"}),
]


@pytest.fixture(scope="module")
def scripts() -> dict[str, str]:
    def script(shell: str) -> str:
        from tools.__main__ import docstring
        from tools.completion import completion

        return completion(shell, {name: docstring(name)[0] for name in NAMES})

    return {shell: script(shell) for shell in SHELLS}


def test_every_command_is_known(scripts: dict[str, str]) -> None:
    for shell, script in scripts.items():
        assert all(name in script for name in NAMES), shell


@pytest.mark.parametrize(("words", "offered"), OFFERED)
def test_what_bash_offers(
    words: list[str], offered: set[str], scripts: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "net.yaml").touch()
    quoted = " ".join(f"'{word}'" for word in words)
    asked = f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _shtab_netspec"
    asked += "\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n"
    (tmp_path / "asked.sh").write_text(scripts["bash"] + "\n" + asked)
    said = subprocess.run(
        ["bash", "asked.sh"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert set(said.stdout.split()) == offered


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--print-completion", "bash"]) == 0
    assert "complete -o" in capsys.readouterr().out
    with pytest.raises(SystemExit) as refused:
        main(["--print-completion", "cmd"])
    assert refused.value.code == 2
    assert "bash" in capsys.readouterr().err
