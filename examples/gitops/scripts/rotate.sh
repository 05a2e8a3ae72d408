#!/bin/sh
# Make a new client secret. The trigger is committed first: were it not, the next `up` of the
# branch would set it back, which is one more change of the secret.
# PUSH_TOKEN: what git pushes with, if its own configuration holds no credentials. PUSH_URL: where to.
set -eu
stack="${STACK:-prod}"
branch="${BRANCH:-main}"
pulumi config set --stack "$stack" rotation "${ROTATION:-$(date -u +%Y-%m)}"
git add "Pulumi.$stack.yaml"
if ! git diff --cached --quiet; then
    git -c user.name="scheduled rotation" -c user.email="rotation@localhost" \
        commit --quiet --message "Renew the client secret [skip ci]"
    if [ -n "${PUSH_TOKEN:-}" ]; then
        # A helper reads the token from the environment: it is in no argument, URL or file.
        # shellcheck disable=SC2016 # git's shell expands it
        helper='!f() { test "$1" != get || printf "username=%s\npassword=%s\n" "${PUSH_USER:-x-access-token}" "$PUSH_TOKEN"; }; f'
        git -c credential.helper= -c credential.helper="$helper" \
            push --quiet "${PUSH_URL:-origin}" "HEAD:refs/heads/$branch"
    else
        git push --quiet "${PUSH_URL:-origin}" "HEAD:refs/heads/$branch"
    fi
fi
unset PUSH_TOKEN
exec "$(dirname "$0")/up.sh"
