#!/bin/sh
# Make a new client secret. The trigger is committed first: were it not, the next `up` of the
# branch would set it back, which is one more change of the secret.
set -eu
stack="${STACK:-prod}"
branch="${BRANCH:-main}"
pulumi config set --stack "$stack" rotation "${ROTATION:-$(date -u +%Y-%m)}"
git add "Pulumi.$stack.yaml"
if ! git diff --cached --quiet; then
    git -c user.name="scheduled rotation" -c user.email="rotation@localhost" \
        commit --quiet --message "Renew the client secret [skip ci]"
    git push --quiet origin "HEAD:refs/heads/$branch"
fi
exec "$(dirname "$0")/up.sh"
