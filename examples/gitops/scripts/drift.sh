#!/bin/sh
# Show what somebody changed past the pipeline. Exit code: 0 nothing, else something differs.
set -eu
pulumi preview --stack "${STACK:-prod}" --non-interactive --diff \
    --refresh --run-program --expect-no-changes
