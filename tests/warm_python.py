"""A Python that has imported torch, and runs each script in a fork of itself.

Most of a script's time goes into the import of torch and its dynamo. A test that is not about the
start of Python saves that time with the fixture ``warm_python``.
"""

import atexit
import contextlib
import json
import os
import runpy
import sys
import tempfile
import types
import warnings


def main():
    import torch

    with contextlib.suppress(ImportError):  # Torch 2.1 needs its own functorch for that.
        import torch._dynamo  # noqa: F401

    del sys.path[0]  # The folder of this file.
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if not child:
            status = status_after(run, **job)
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)  # Torch takes a second to shut down.
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def status_after(run, **job):
    """Return the exit status that Python gives to what the function does."""
    try:
        run(**job)
    except SystemExit as stop:
        if stop.code is None or isinstance(stop.code, int):
            return stop.code or 0
        print(stop.code, file=sys.stderr)
        return 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def run(arguments, folder, environment, stdout, stderr):
    """Do what ``python *arguments`` does."""
    for number, path in enumerate((os.devnull, stdout, stderr)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # TMPDIR may be another one.
    while arguments[0] == "-W":
        warnings._setoption(arguments[1])
        arguments = arguments[2:]

    what, *rest = arguments
    if what in ("-c", "-m"):
        target, *rest = rest
    sys.argv = [what, *rest]
    if what == "-c":
        sys.path.insert(0, "")
        module = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(target, vars(module))
    elif what == "-m":
        sys.path.insert(0, folder)
        runpy.run_module(target, run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, os.path.dirname(os.path.join(folder, what)))
        runpy.run_path(what, run_name="__main__")


if __name__ == "__main__":
    main()
