#!/bin/sh
# The provider and `olt`, in the environment that Pulumi.yaml names. What they need is pinned with hashes in
# requirements.txt; the provider itself is the wheel in wheels/, which git pins.
set -eu
python3 -m venv .venv
.venv/bin/pip install --quiet --require-hashes --only-binary :all: --requirement requirements.txt
.venv/bin/pip install --quiet --no-deps --no-index --find-links wheels 'pulumi-olt[cli]'
