from __future__ import annotations

from tests.engine.olt import has_traceback

INTERRUPTED = """\
Traceback (most recent call last):
  File "/bin/pulumi-language-python-exec", line 232, in <module>
KeyboardInterrupt
During handling of the above exception, another exception occurred:
Traceback (most recent call last):
  File "/bin/pulumi-language-python-exec", line 244, in <module>
KeyboardInterrupt
"""
FAILED = """\
Traceback (most recent call last):
  File "/lib/olt_provider/application.py", line 1, in create
ValueError: wrong
"""


def test_traceback_of_an_interrupted_program_does_not_hide_that_of_a_failure() -> None:
    assert not has_traceback(INTERRUPTED)
    assert has_traceback(FAILED + INTERRUPTED)
    assert has_traceback(INTERRUPTED + FAILED)
