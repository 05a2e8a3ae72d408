"""What `olt doctor` finds, line by line."""

from __future__ import annotations

from typing import NamedTuple

from olt_provider.cli.terminal import one_line


class Check(NamedTuple):
    """One line: ``level`` is ok, warning, failure or not checked; ``tenant`` where it is of one."""

    check: str
    level: str
    found: str
    fix: str = ""
    tenant: str = ""

    def row(self) -> tuple[str, str, str]:
        """As the table shows it: narrow enough for a terminal of 80 columns."""
        # the checks of a tenant follow that of its token
        told = [f"tenant {self.tenant}" if self.check == "token" else "", self.found]
        fix = f"-> {self.fix}" if self.fix else ""
        found = "\n".join(one_line(each) for each in (*told, fix) if each)
        return self.check, self.level, found
