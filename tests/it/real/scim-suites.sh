#!/usr/bin/env bash
# The two public SCIM suites, whole, against a dirsync that serves: scim-suites.sh PROGRAM
set -euo pipefail
program=$(realpath "$1")
home=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$home"
}
trap finish EXIT
python3 -m venv "$home/suites"
"$home/suites/bin/pip" install --quiet scim2-cli==0.6.0 scim2-tester==0.5.2 scim-sanity==0.7.4
export DIRSYNC_HOME="$home/dirsync"
added=$("$program" add scim --name suites -o json)
token=$(jq -r .token <<<"$added")
path=$(jq -r .api_url <<<"$added" | sed 's,^https*://[^/]*,,')
"$program" serve --listen 127.0.0.1:0 2>"$home/serve.log" &
server=$!
for _ in $(seq 100); do
    origin=$(sed -n 's,.*listening on \(http://[^ ]*\).*,\1,p' "$home/serve.log" | head -1)
    [ -z "$origin" ] || break
    sleep 0.1
done
[ -n "$origin" ] || { cat "$home/serve.log" >&2; exit 1; }
url="${origin%/}$path"
# One finds a fault only in what is there already, the other in an empty directory: both ways round.
for _ in 1 2; do
    SCIM_CLI_HEADERS="Authorization: Bearer $token" "$home/suites/bin/scim2" --url "$url" test >"$home/tester.log" ||
        { grep -v SUCCESS "$home/tester.log" >&2; exit 1; }
    "$home/suites/bin/scim-sanity" probe "$url" --token "$token" --strict --i-accept-side-effects >"$home/sanity.log" ||
        { cat "$home/sanity.log" >&2; exit 1; }
done
echo "scim2-tester: $(grep -c SUCCESS "$home/tester.log") checks passed"
grep -iE 'passed|failed' "$home/sanity.log" | tail -1
kill "$server"
wait "$server"
server=
