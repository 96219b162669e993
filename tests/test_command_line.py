"""A mistake on the command line is one line that says what is wrong, and exit status 2."""

import pytest

from functorch_compat import cli

WRONG = {
    "": "the following arguments are required: COMMAND",
    "heal": "invalid choice: 'heal'",
    "audit nowhere": "nowhere: no such file or folder",
    "audit --installed .": "--installed takes neither paths nor --exclude",
    "audit --format=xml": "argument --format: invalid choice: 'xml'",
    "audit --baseline=no.json": "no.json cannot be read (No such file or directory): --write-",
    "audit --write-baseline=no/no.json": "no/no.json cannot be written: No such file or directory",
    "audit --baseline=a --write-baseline=b": "not allowed with argument",
    "audit --recorded=no": "no: no such folder: to record a command, put FUNCTORCH_COMPAT_RECORD=",
    "audit --recorded=": ": no such folder",
    "audit --recorded=. .": "--recorded takes neither paths nor --exclude",
    "migrate nowhere": "nowhere: no such file or folder",
    "migrate --format": "unrecognized arguments: --format",
    "doctor --format xml": "argument --format: invalid choice: 'xml'",
}


@pytest.mark.parametrize(("arguments", "wrong"), WRONG.items(), ids=list(WRONG))
def test_a_wrong_call_is_2_and_one_line(arguments, wrong, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    try:
        status = cli.main(arguments.split())
    except SystemExit as stopped:  # argparse has refused the arguments.
        status = stopped.code

    printed = capsys.readouterr()
    assert (status, printed.out) == (2, "")
    (line,) = printed.err.splitlines()
    assert line.startswith("functorch-compat")
    assert wrong in line
