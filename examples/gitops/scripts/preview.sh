#!/bin/sh
# What a merge would change: preview.json, and review.md and labels.json for the pull request.
# FAIL_ON names what needs another way than a merge, such as "delete,replace". Exit code: of `olt review`.
set -eu
stack="${STACK:-prod}"
# The JSON of a preview that fails holds the reason, and the review shows it. All steps of a replacement are
# shown, deletions that an earlier run left pending, and which resources still hold what another one deletes.
pulumi preview --stack "$stack" --non-interactive --json --show-replacement-steps --show-sames \
    > preview.json || true
code=0
.venv/bin/olt review preview.json ${FAIL_ON:+--fail-on "$FAIL_ON"} > review.md || code=$?
.venv/bin/olt review preview.json --labels > labels.json || true # the exit code is that of the review
cat review.md
exit "$code"
