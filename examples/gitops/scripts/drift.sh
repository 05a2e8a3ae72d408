#!/bin/sh
# Show drift: manual changes on the platform. Exit code: 0 without drift, else not 0.
set -eu
pulumi preview --stack "${STACK:-prod}" --non-interactive --diff \
    --refresh --run-program --expect-no-changes
