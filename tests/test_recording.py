"""The recorder: what a run called, in each of its processes, and what the audit makes of it."""

import json
import linecache
import shutil
import tempfile
import warnings
from pathlib import Path

import functorch
import pytest
import torch
from conftest import run_python

from functorch_compat import cli, deprecation
from functorch_compat.audit import recorded
from functorch_compat.recording import Recorder

pytestmark = pytest.mark.slow


@pytest.fixture
def recorder(tmp_path, monkeypatch):
    """Records this process, in a folder with a project."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setattr(deprecation, "recorder", Recorder("records"))
    return deprecation.recorder


@pytest.fixture
def audit(capsys):
    """Runs ``audit --recorded records``, and gives its exit status, stdout and stderr."""

    def audit(*arguments):
        capsys.readouterr()
        status = cli.main(["audit", "--recorded", "records", *arguments])
        return (status, *capsys.readouterr())

    return audit


@pytest.fixture
def found(audit):
    """Gives what the audit finds."""
    return lambda *arguments: json.loads(audit("--format=json", *arguments)[1])["findings"]


SCRIPT = """\
import multiprocessing, os, subprocess, sys, threading, warnings
import functorch, torch

x = torch.ones(3)

def in_main(): functorch.vjp(torch.sin, x)
def spawned(): functorch.vjp(torch.sin, x)
def in_pool(_): functorch.vjp(torch.sin, x)
def forked(): functorch.vjp(torch.sin, x)
def killed(): functorch.vjp(torch.sin, x); os._exit(0)

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for _ in range(5):
        in_main()
    for function, kind in ((spawned, "spawn"), (killed, "fork")):
        process = multiprocessing.get_context(kind).Process(target=function)
        process.start()
        process.join()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        pool.map(in_pool, range(4), chunksize=1)
    subprocess.run([sys.executable, "-W", "ignore", "../other.py"], cwd="elsewhere", check=True)
    if not os.fork():
        forked()
        sys.exit()
    os.wait()
"""


@pytest.mark.slow
def test_each_process_writes_what_it_called(tmp_path, monkeypatch, found):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run.py").write_text(SCRIPT)
    (tmp_path / "other.py").write_text("import functorch, torch\nfunctorch.vmap(torch.sin)\n")

    result = run_python("run.py", FUNCTORCH_COMPAT_RECORD="records")

    assert result.stderr == ""
    counts = {(one["path"], one["line"], one["name"]): one["count"] for one in found()}
    # The pool kills its workers, each of which has written the line at its first call.
    in_pool = counts["run.py", 8, "functorch.vjp"]
    assert 1 <= in_pool <= 4
    assert counts == {
        ("run.py", 6, "functorch.vjp"): 5,  # in the main process, and not again in what it forked
        ("run.py", 7, "functorch.vjp"): 1,
        ("run.py", 8, "functorch.vjp"): in_pool,
        ("run.py", 9, "functorch.vjp"): 1,
        ("run.py", 10, "functorch.vjp"): 1,  # by a worker that was killed afterwards
        ("other.py", 2, "functorch.vmap"): 1,  # with another current folder
    }


def test_compiled_code_is_recorded_at_the_users_line(recorder, found, x):
    def legacy(x):
        y = x + 1
        return functorch.vjp(torch.sin, y)[1](y)

    torch._dynamo.reset()
    torch.compile(legacy, fullgraph=True, backend="eager")(x)

    recorder.write()
    (one,) = found()
    assert one["path"].endswith("test_recording.py")
    assert (one["line"], one["count"]) == (legacy.__code__.co_firstlineno + 2, 1)


def test_no_filter_hides_a_call_and_none_counts_twice(recorder, found, x):
    def calls():
        for _ in range(3):  # The aux has a second warning.
            functorch.vjp(lambda x: (x.sin(), {"step": 3}), x, has_aux=True)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        calls()
        warnings.simplefilter("error")
        with pytest.raises(DeprecationWarning):
            calls()

    recorder.write()
    (one,) = found()
    assert (one["line"], one["count"]) == (calls.__code__.co_firstlineno + 2, 4)


@pytest.mark.parametrize(("folder", "is_full"), [("a file", False), ("records", True)])
def test_a_disk_that_refuses_costs_one_line(folder, is_full, tmp_path):
    (tmp_path / "a file").touch()
    code = "from functorch_compat import deprecation as d; "
    code += "d.recorder.count('functorch.vjp', 'a.py', 1); print('done')"
    if is_full:
        code = f"import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (0, 0)); {code}"

    result = run_python("-W", "ignore", "-c", code, cwd=tmp_path, FUNCTORCH_COMPAT_RECORD=folder)

    assert result.stdout == "done\n"
    (line,) = result.stderr.splitlines()
    assert f"{folder} cannot be written (" in line
    assert not [*tmp_path.glob("records/*")]


def test_a_worker_that_cannot_write_says_so_once(tmp_path, monkeypatch, capsys):
    (tmp_path / "a file").touch()
    monkeypatch.setattr("functorch_compat.recording.parent_process", lambda: object())
    recorder = Recorder(str(tmp_path / "a file"))

    recorder.count("functorch.vjp", "a.py", 1)
    recorder.count("functorch.vjp", "a.py", 2)
    recorder.write()

    (line,) = capsys.readouterr().err.splitlines()
    assert "a file cannot be written (" in line


def test_off_it_is_not_even_loaded():
    code = "import functorch_compat.deprecation as d, sys; print(d.recorder, *sys.modules)"
    recorder, *modules = run_python("-c", code, FUNCTORCH_COMPAT_RECORD="").stdout.split()
    assert recorder == "None"
    assert "functorch_compat.recording" not in modules


# The audit of a run.


@pytest.fixture
def calls(recorder):
    """Records how often each line of a file, which is written too, calls ``functorch.vjp``."""

    def calls(counts, file="legacy.py"):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text("".join(f"{line}\n" for line in counts))
        linecache.clearcache()
        recorder.begin()  # as another process would
        for number, count in enumerate(counts.values(), 1):
            for _ in range(count):
                recorder.count("functorch.vjp", str(file), number)
        recorder.write()

    return calls


def test_text_and_json(calls, audit, found):
    calls({"f(x)": 1, "g(x)": 0})
    calls({"f(x)": 1, "g(x)": 3})

    status, out, err = audit()

    assert (status, err) == (1, "")
    assert out == (
        "legacy.py:2: functorch.vjp: use torch.func.vjp (3 calls)\n"
        "legacy.py:1: functorch.vjp: use torch.func.vjp (2 calls)\n"
        "\n"
        "     2  functorch.vjp\n"
        "     2  in all, from 5 calls\n"
    )
    assert found()[0] == {
        "path": "legacy.py",
        "line": 2,
        "column": None,
        "cell": None,
        "name": "functorch.vjp",
        "replacement": "torch.func.vjp",
        "kind": "rename",
        "how": "run",
        "count": 3,
    }


def test_github_and_sarif_name_the_line_alone(calls, audit):
    calls({"f(x)": 2})

    assert audit("--format=github")[1] == (
        "::error file=legacy.py,line=1,title=functorch.vjp::functorch.vjp: use torch.func.vjp\n"
    )
    (run,) = json.loads(audit("--format=sarif")[1])["runs"]
    (location,) = run["results"][0]["locations"]
    assert location["physicalLocation"]["region"] == {"startLine": 1}


def test_the_ratchet(calls, audit):
    calls({"f(x)": 1, "g(x)": 1})
    assert audit("--write-baseline=base.json")[:2] == (0, "No new uses (2 in base.json).\n")
    calls({"f(x)": 7, "g(x)": 0})
    assert audit("--baseline=base.json")[0] == 0  # More calls are not new.

    shutil.rmtree("records")
    Path("records").mkdir()
    calls({"": 0, "f(x)": 1, "h(x)": 1, "g(x)": 0})

    status, out, err = audit("--baseline=base.json")

    assert status == 1
    assert out.startswith("legacy.py:3: functorch.vjp: use torch.func.vjp (1 call)\n\n")
    assert err.splitlines() == [
        "gone: legacy.py: functorch.vjp: g(x)",
        "base.json can shrink by 1: --write-baseline base.json writes it again",
    ]


def test_where_code_is_that_is_not_the_projects(calls, found, tmp_path):
    site_packages = tmp_path / "lib/python3.11/site-packages"
    calls({"f(x)": 1}, site_packages / "few/__init__.py")
    calls({"f(x)": 2, "g(x)": 2}, site_packages / "many.py")
    calls({"f(x)": 3}, tmp_path / "lib/python3.11/threading.py")
    calls({"f(x)": 1}, "src/mine.py")
    for name, files in (("few", "few/__init__.py,,\n"), ("many", "many.py,,\n")):
        info = site_packages / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "RECORD").write_text(files)

    places = [(one["path"], one.get("distribution"), one["count"]) for one in found()]

    assert places == [
        ("src/mine.py", None, 1),
        ("many.py", "many 1.0", 2),
        ("many.py", "many 1.0", 2),
        ("threading.py", "(of no distribution)", 3),
        ("few/__init__.py", "few 1.0", 1),
    ]


def test_an_editable_install_is_the_project_in_its_sub_folders(calls, found, tmp_path, monkeypatch):
    info = tmp_path / "site/mine-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    origin = {"url": Path.cwd().as_uri(), "dir_info": {"editable": True}}
    (info / "direct_url.json").write_text(json.dumps(origin))
    calls({"f(x)": 1}, "src/mine.py")
    Path("tests").mkdir()
    monkeypatch.syspath_prepend(tmp_path / "site")

    def place(folder):
        monkeypatch.chdir(folder)
        recorded._editable_sources.cache_clear()
        (one,) = found(f"--recorded={tmp_path}/project/records")
        return one["path"], one.get("distribution")

    assert place(tmp_path / "project/tests") == ("../src/mine.py", None)
    assert place(tmp_path / "site") == ("src/mine.py", "mine 1.0")
    recorded._editable_sources.cache_clear()


def test_files_that_each_run_names_anew_are_not_new(recorder, audit, found):
    for run in ("1", "2"):
        for file in (f"/tmp/ipykernel_{run}/3.py", f"<ipython-input-{run}-a>", "<string>"):
            recorder.count("functorch.vjp", file, 1)
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "script.py")
            script.write_text("f(x)\n")
            recorder.count("functorch.vjp", str(script), 1)
            recorder.write()
        if run == "1":
            audit("--write-baseline=base.json")

    assert audit("--baseline=base.json")[:2] == (0, "No new uses (3 in base.json).\n")
    assert {one["path"] for one in found()} == {"<notebook>", "<string>", "<temporary>/script.py"}


def test_torchopt_is_named_with_its_version_and_line(recorder, found):
    import torchopt
    from torchopt.diff.implicit import custom_root

    @custom_root(lambda x, weight: weight * x - 1, argnums=1)
    def solve(start, weight):
        return 1 / weight.detach()

    weight = torch.tensor([1.0, 2.0, 4.0], requires_grad=True)
    solve(torch.zeros(3), weight).sum().backward()
    recorder.write()

    uses = [one for one in found() if one["path"] == "torchopt/diff/implicit/decorator.py"]
    assert uses
    for one in uses:
        assert one["distribution"] == f"torchopt {torchopt.__version__}"
        line = linecache.getline(torchopt.diff.implicit.decorator.__file__, one["line"])
        assert one["name"] in line


def test_an_empty_folder_says_how_to_turn_the_recorder_on(recorder, audit):
    status, out, err = audit()

    assert (status, out) == (0, "No uses of legacy names.\n")
    assert err == (
        "nothing is recorded in records: to record a command, put "
        "FUNCTORCH_COMPAT_RECORD=records before it\n"
    )


CALL = {"name": "functorch.vjp", "file": "a.py", "line": 1, "text": "", "count": 1}


@pytest.mark.parametrize(
    "record",
    [
        "",
        "[]",
        '{"version": 2, "calls": []}',
        *(
            json.dumps({"version": 1, "calls": [{**CALL, key: value}]})
            for key, value in {"name": "numpy", "file": 1, "line": "1", "count": 0}.items()
        ),
    ],
)
def test_a_foreign_file_is_2_and_one_line(record, recorder, audit):
    Path("records/other.json").write_text(record)

    status, out, err = audit()

    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert "records/other.json is not a record of a run (" in line
    assert line.endswith("): record into a folder with nothing else")


def test_the_folder_stays_where_it_was_when_the_program_moves(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recorder = Recorder("records")
    monkeypatch.chdir("/")

    recorder.count("functorch.vjp", "legacy.py", 1)
    recorder.write()

    assert len([*tmp_path.glob("records/*.json")]) == 1
