#!/bin/sh
# What a merge would change: preview.json, and review.md for the comment.
# FAIL_ON names what needs another way than a merge, such as "delete,replace". Exit code: of `olt review`.
set -eu
stack="${STACK:-prod}"
# The JSON of a preview that fails holds the reason, and the review shows it. All steps of a replacement are
# shown, deletions that an earlier run left pending, and which resources still hold what another one deletes.
pulumi preview --stack "$stack" --non-interactive --json --show-replacement-steps --show-sames \
    > preview.json || true
code=0
.venv/bin/olt review preview.json ${FAIL_ON:+--fail-on "$FAIL_ON"} > review.md || code=$?
cat review.md
exit "$code"
