"""examples/native/typescript uses names of the schema; `make test-long` checks its types too."""

from __future__ import annotations

import json
import re
from typing import Final

from olt_provider.native import schema
from tools.workspace import ROOT

PROGRAM: Final = (ROOT / "examples" / "native" / "typescript" / "index.ts").read_text("utf-8")
RESOURCES: Final = json.loads(schema.stored())["resources"]
DECLARED: Final = re.compile(r'const (\w+) = new olt\.(\w+)\("\w+", \{\n(.*?)\n\}\);', re.DOTALL)


def test_program_declares_inputs_and_reads_outputs_of_the_schema() -> None:
    types = {}
    for variable, name, body in DECLARED.findall(PROGRAM):
        resource = RESOURCES[f"olt:index:{name}"]
        inputs = set(re.findall(r"^    (\w+):", body, re.MULTILINE))
        assert inputs
        assert inputs <= resource["inputProperties"].keys()
        assert set(resource["requiredInputs"]) <= inputs
        types[variable] = resource
    assert len(types) == PROGRAM.count("new olt.") == 2
    read = re.findall(r"= (\w+)\.(\w+);", PROGRAM)
    assert len(read) == 3
    for variable, output in read:
        assert output in types[variable]["properties"]
