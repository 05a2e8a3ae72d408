#!/bin/sh
# Reconcile the drift that drift.sh showed: the platform gets what the program declares.
set -eu
pulumi up --stack "${STACK:-prod}" --non-interactive --yes --skip-preview --refresh --run-program
