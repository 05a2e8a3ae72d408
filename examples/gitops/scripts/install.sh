#!/bin/sh
# The provider and `olt`, in the environment that Pulumi.yaml names.
set -eu
python3 -m venv .venv
.venv/bin/pip install --quiet --requirement requirements.txt
