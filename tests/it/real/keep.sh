#!/bin/sh
# The steps of `dirsync demo` as a script would do them: separate commands without a terminal, JSON read by jq, the
# pretend Workspace of `demo --keep` driven by curl. $1 is the program.
set -eu
dirsync=$1
work=$(mktemp -d)
keeper=
adder=
trap 'kill $keeper $adder 2>/dev/null || true; rm -rf "$work"' EXIT
export HOME="$work"
cd "$work"

fail() { echo "FAILED: $*" >&2; exit 1; }
# Runs dirsync, expecting an exit code; its output is in $work/out.
run() {
    expected=$1; shift
    code=0
    "$dirsync" "$@" >out 2>err || code=$?
    [ "$code" -eq "$expected" ] || { cat out err >&2; fail "dirsync $*: $code, not $expected"; }
    echo "ok: dirsync $*"
}
# What the last output must satisfy.
holds() { jq -e "$@" <out >/dev/null || { cat out >&2; fail "not so: $*"; }; }
# Waits for a file to match.
await() {
    tries=0
    until grep -q "$1" "$2" 2>/dev/null; do
        tries=$((tries + 1)); [ $tries -lt 200 ] || { cat "$2" >&2; fail "no $1 in $2"; }
        sleep 0.05
    done
}

"$dirsync" demo --keep >demo.env 2>demo.talk & keeper=$!
await 'lists all controls' demo.talk
. ./demo.env
url=$(sed -n 's/.*listens at \(http:[^ ]*\) until.*/\1/p' demo.talk)

# Sign in: follow the printed address as the administrator's browser would.
"$dirsync" add google --name corp --no-browser -o json >added 2>talk & adder=$!
await '^ *http:' talk
address=$(grep -o 'http:[^ ]*' talk | head -n 1)
admin=$(curl -fsS "$url/sandbox/truth" | jq -r '[.users[] | .email // .primaryEmail // empty] | map(select(startswith("admin@")))[0]')
curl -fsSL --max-time 30 "$address&sandbox_account=$admin" >page
grep -q "Signed in as $admin" page || fail "$(cat page)"
wait $adder || fail "add: $(cat talk)"
adder=

run 0 list -o json
holds --arg admin "$admin" 'length == 1 and .[0].name == "corp" and .[0].status == "connected"
    and .[0].admin_email == $admin and .[0].users > 0 and .[0].groups > 0 and .[0].last_sync_outcome == "done"'
people=$(jq '.[0].users' out)
run 0 details corp -o json
holds --arg admin "$admin" '.name == "corp" and .admin_email == $admin'
run 0 users -o json
holds --argjson people "$people" 'length == $people and all(.[]; .integration == "corp" and (.aliases | type) == "array")'
run 0 groups -o json
holds 'length > 0 and all(.[]; .integration == "corp")'
group=$(jq -r 'max_by(.members) | .email' out)
run 0 groups members "$group" --nested -o json
holds 'length > 0 and all(.[]; has("path") and has("kind"))'

curl -fsS -X POST "$url/sandbox/day" >day
run 0 sync corp -o json
holds '.[0].outcome == "done" and .[0].added > 0'
run 0 changes -o json
holds 'any(.[]; .subject == "user" and .kind == "joined") and any(.[]; .subject == "user" and .kind == "changed")'

curl -fsS -X POST "$url/sandbox/vanish?percent=40&deleted=true" >gone
run 0 users -o json
before=$(jq length out)
run 5 sync corp -o json
run 0 users -o json
holds --argjson before "$before" 'length == $before'
run 0 plans -o json
holds 'length == 1 and .[0].integration == "corp" and .[0].removals >= 5'
plan=$(jq '.[0].id' out)
held=$(jq '.[0].removals' out)
run 0 plans approve "$plan" -o json
run 0 plans -o json
holds 'length == 0'
run 0 users -o json
holds --argjson left "$((before - held))" 'length == $left'
run 0 runs -o json
holds 'length >= 3 and any(.[]; .outcome == "held") and any(.[]; .removed >= 5)'
run 0 query 'SELECT count(*) AS people FROM v1_users WHERE status IN ('"'active', 'suspended'"')' -o json
holds --argjson left "$((before - held))" '.[0].people == $left'

# A second directory beside it, signed in to in the same way; a day in both, and one sync of both.
"$dirsync" add entra --name hq --no-browser -o json >added 2>talk.hq & adder=$!
await '^ *http:' talk.hq
address=$(grep -o 'http:[^ ]*' talk.hq | head -n 1)
admin=$(curl -fsS "$DIRSYNC_GRAPH_URL/sandbox/app" | jq -r .admin)
curl -fsSL --max-time 30 "$address&sandbox_account=$admin" >page
grep -q "Signed in as $admin" page || fail "$(cat page)"
wait $adder || fail "add: $(cat talk.hq)"
adder=
run 0 list -o json
holds 'map([.name, .kind, .status]) == [["corp", "google", "connected"], ["hq", "entra", "connected"]]'
# Times are kept by the second: this sync is to be later than the first.
sleep 1.1
curl -fsS -X POST "$url/sandbox/day" >day
curl -fsS -X POST "$DIRSYNC_GRAPH_URL/sandbox/day" >day
run 0 sync --all -o json
holds 'map([.integration, .outcome]) == [["corp", "done"], ["hq", "done"]]'
run 0 details hq -o json
holds '.last_delta_round_at != null'
run 0 delete hq --confirm hq -o json
run 0 delete corp --confirm corp -o json
run 0 list -o json
holds 'length == 0'
run 6 details corp -o json
kill -INT $keeper
code=0; wait $keeper || code=$?
keeper=
[ "$code" -eq 130 ] || fail "demo --keep ended with $code after Ctrl-C"
[ ! -e "$DIRSYNC_HOME" ] || fail "$DIRSYNC_HOME is still there"
echo "all of it"
