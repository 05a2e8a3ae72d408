#!/bin/sh
# What a merge would change: preview.json, and review.md for the comment.
# FAIL_ON names what needs another way than a merge, such as "delete,replace". Exit code: of `olt review`.
set -eu
stack="${STACK:-prod}"
# A preview that fails says so in its JSON, and the review says what that means. All steps of a replacement are
# shown, the deletions too that an earlier run left pending.
pulumi preview --stack "$stack" --non-interactive --json --show-replacement-steps > preview.json || true
code=0
.venv/bin/olt review preview.json ${FAIL_ON:+--fail-on "$FAIL_ON"} > review.md || code=$?
cat review.md
exit "$code"
