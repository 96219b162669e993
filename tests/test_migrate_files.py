"""``migrate`` works on many files: processes, Ctrl-C, patches, and files it need not parse."""

import os
import signal
import subprocess
import sys
import time
from functools import partial

import pytest
from conftest import run_command

from functorch_compat import cli
from functorch_compat.migrate import diff, migrate, processes, rules, settled

LEGACY = "import functorch\nimport torch\n" + "functorch.vjp(f, x)\ny = 1\n" * 150
MIGRATED = LEGACY.replace("import functorch\n", "").replace("functorch", "torch.func")


@pytest.fixture
def many_files(tmp_path):
    for n in range(3 * processes._WORTH_A_PROCESS):
        (tmp_path / f"legacy_{n:02}.py").write_text(LEGACY)
    return tmp_path


@pytest.mark.slow
def test_several_processes_give_the_same_as_one(many_files):
    alone, shared = (migrate([str(many_files)], processes=number) for number in (1, 2))
    assert alone == shared
    assert {change.after for change in shared.changes} == {MIGRATED}
    assert len(shared.changes) == len([*many_files.iterdir()])


@pytest.mark.slow
def test_ctrl_c_ends_all_processes_and_leaves_no_half_file(many_files):
    command = [sys.executable, "-m", "functorch_compat", "migrate", "--write"]
    # A background job of a shell ignores the signal, and would pass that on.
    default = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    options = {"cwd": many_files, "start_new_session": True, "text": True, "preexec_fn": default}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, **options)
    while not any(file.read_text() == MIGRATED for file in many_files.iterdir() if file.is_file()):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # A terminal does the same.

    said = process.communicate(timeout=60)[1]
    texts = [file.read_text() for file in many_files.iterdir()]
    done = texts.count(MIGRATED)
    assert process.returncode == 130
    assert 0 < done < len(texts) == done + texts.count(LEGACY)
    files = f"{done} file{'s' * (done > 1)}"
    assert said == f"functorch-compat migrate: interrupted: {files} rewritten so far\n"
    deadline = time.monotonic() + 20
    while left := processes_of_group(process.pid):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def processes_of_group(group):
    """Return the command lines of the processes of a group that have not ended."""
    listed = subprocess.run(
        ["ps", "-e", "-o", "pgid=,stat=,args="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    rows = (line.split(maxsplit=2) for line in listed)
    return [args for pgid, stat, args in rows if int(pgid) == group and stat[0] != "Z"]


def test_libcst_does_not_parse_a_file_in_which_no_rule_applies(tmp_path, monkeypatch, capsys):
    (tmp_path / "dims.py").write_text(
        "import functorch.dim\nfrom functorch.compile import clear_compile_cache as clear\n\n\n"
        "def f(x):\n    clear()\n    return functorch.dim.dims(x)\n"
    )
    (tmp_path / "requirements.txt").write_text("functorch\n")
    monkeypatch.chdir(tmp_path)
    parsed = (cli.main(["migrate"]), capsys.readouterr().err)
    monkeypatch.setattr("libcst.parse_module", None)
    assert (cli.main(["migrate"]), capsys.readouterr().err) == parsed
    assert parsed[1].splitlines()[:4] == [
        "dims.py:1:8: functorch.dim: something still needs it on line 7: use torch.func.vmap",
        "dims.py:2:31: functorch.compile.clear_compile_cache: nothing takes its place: "
        "use torch.compile",
        "dims.py:7:12: functorch.dim: nothing takes its place: use torch.func.vmap",
        "requirements.txt:1:1: functorch: remove it",
    ]


@pytest.mark.parametrize(
    "code",
    [
        "from functorch import dim\n\n\ndef f(dim):\n    return dim\n",
        "from functorch.dim import Tensor\n\n\ndef f(x: Tensor): ...\n",
        "from functorch.compile import clear_compile_cache\n",
    ],
)
def test_a_file_in_which_a_rule_may_apply_is_parsed(code, tmp_path, monkeypatch):
    (tmp_path / "legacy.py").write_text(f"{code}x = 1\n")
    monkeypatch.chdir(tmp_path)

    assert cli.main(["migrate", "--write"]) == 0
    assert "functorch" not in (tmp_path / "legacy.py").read_text()


def test_every_rule_is_known_before_libcst_is_imported():
    assert rules.RULES.keys() - {"functorch.dim"} == settled.WITH_A_RULE


def test_a_patch_target_stays_if_another_file_keeps_the_name(tmp_path, monkeypatch, capsys):
    (tmp_path / "z.py").write_text("import functorch\nfunctorch.vjp(f, x)\nfunctorch.vjp = f\n")
    patch = "patch('functorch.vjp')\n"
    (tmp_path / "a.py").write_text(patch)
    monkeypatch.chdir(tmp_path)

    assert cli.main(["migrate", "--write"]) == 1
    assert (tmp_path / "a.py").read_text() == patch
    assert "a.py:1:8: functorch.vjp: a string names it" in capsys.readouterr().err


def test_a_broken_libcst_gets_a_message_of_one_line(tmp_path):
    (tmp_path / "libcst").mkdir()
    (tmp_path / "libcst/__init__.py").write_text("raise ImportError('undefined symbol: x\\ny')")
    (tmp_path / "legacy.py").write_text("from functorch import vjp\n")

    assert run_command("migrate", "legacy.py", folder=tmp_path, check=2).stderr == (
        "functorch-compat migrate: LibCST cannot be imported (ImportError: undefined symbol: x): "
        "pip install --force-reinstall libcst\n"
    )


def test_the_command_names_new_names_that_are_private(tmp_path, monkeypatch, capsys):
    (tmp_path / "legacy.py").write_text("from functorch.compile import nop\nnop\n")
    monkeypatch.chdir(tmp_path)

    assert cli.main(["migrate", "--write"]) == 0
    said = "The new code uses torch._functorch.compilers, which is private to torch.\n"
    assert capsys.readouterr().err.endswith(said)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "newline"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_git_applies_the_printed_diff(newline, end, encoding, tmp_path):
    lines = ["import functorch", "import torch", "x = 'ä'", "functorch.vjp(f, x)", "y = 2"]
    file = tmp_path / "ordner ä" / "legacy.py"
    file.parent.mkdir()
    file.write_bytes((newline.join(lines) + (end and newline)).encode(encoding))

    printed = subprocess.run(
        [sys.executable, "-m", "functorch_compat", "migrate"], cwd=tmp_path, capture_output=True
    )
    assert b"git apply" not in printed.stderr
    subprocess.run(["git", "apply"], input=printed.stdout, cwd=tmp_path, check=True)
    expected = newline.join(lines[1:]).replace("functorch", "torch.func") + (end and newline)
    assert file.read_bytes() == expected.encode(encoding)


def test_the_command_names_diffs_that_git_cannot_read(tmp_path, monkeypatch, capsys):
    (tmp_path / "latin.py").write_bytes(
        "# coding: latin-1\nfrom functorch import vjp  # ä\n".encode("latin-1")
    )
    (tmp_path / "here").mkdir()
    (tmp_path / "out.py").write_text("from functorch import vjp\n")
    monkeypatch.chdir(tmp_path / "here")

    assert cli.main(["migrate", "../latin.py", "../out.py"]) == 1
    assert capsys.readouterr().err.splitlines()[:2] == [
        "../latin.py: git apply cannot read its diff: the file is in iso-8859-1, and the diff in "
        "UTF-8",
        "../out.py: git apply cannot read its diff: the file is not in the current folder",
    ]


def test_the_time_for_a_diff_grows_linearly():
    def seconds(lines):
        before = "".join(f"functorch.vjp(f, x{n})\ny{n} = 1\n" for n in range(lines))
        started = time.process_time()
        printed = diff.unified("long.py", before, before.replace("functorch", "torch.func"))
        assert printed.count("\n+torch.func.vjp") == lines
        return time.process_time() - started

    assert seconds(8000) < 12 * seconds(2000)
