#!/bin/sh
# Put back what drift.sh showed: the program is right, the platform is not.
set -eu
pulumi up --stack "${STACK:-prod}" --non-interactive --yes --skip-preview --refresh --run-program
