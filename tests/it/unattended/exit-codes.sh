#!/bin/sh
# Every exit code that README lists, reached as a script meets it: by calling dirsync and looking at $?. Prints a line
# `CODE: command` for each that was as wanted, and WRONG with all that was shown where one was not.
#
# The test that runs this has put dirsync on PATH, its home and settings into the environment and a service account's key
# into key.json. It reads the lines `mood: NAME`, puts the directory in that mood, and answers with a line.
set -u

# code CODE COMMAND...: runs the command, which has to end with this code.
code() {
    wanted=$1
    shift
    "$@" >"shown.$wanted" 2>&1 </dev/null
    got=$?
    if [ "$got" -eq "$wanted" ]; then
        echo "$wanted: $*"
    else
        echo "WRONG $got instead of $wanted: $*"
        cat "shown.$wanted"
    fi
}

mood() {
    echo "mood: $1"
    read -r _
}

# Waits for a sync to be at work, finds that a second one is turned away, and sends the first one a signal.
interrupt_with() {
    until grep -qs fetching locks/1.lock; do sleep 1; done
    code 75 dirsync sync corp
    kill -s "$1" "$(sed -n 's/^sync, process \([0-9]*\) .*/\1/p' locks/1.lock)"
}

key="--service-account key.json --admin $ADMIN"

cd "$DIRSYNC_HOME" || exit 1

code 3 dirsync check
code 0 dirsync sync --due
code 0 dirsync add google --name corp $key
code 0 dirsync sync --all
code 0 dirsync sync --due
code 0 dirsync check

mood forbidden
code 1 dirsync sync corp
mood calm
code 1 dirsync add google --name again $key

code 2 dirsync sync
code 2 dirsync sync corp --no-such-flag
code 2 env DIRSYNC_MAX_REMOVALS=many dirsync sync corp
echo 'no_such_setting = 1' >config.toml
code 2 dirsync list
rm config.toml

mood odd
code 3 dirsync sync corp
mood calm
echo 'serial;user
;nobody' >devices.csv
code 3 dirsync devices import devices.csv

mood unsigned
code 4 dirsync sync corp
mood calm
code 2 dirsync check
code 4 dirsync sync --due
code 0 dirsync sync --due
code 0 dirsync reauth corp $key

mood shrunken
code 5 dirsync sync corp
mood calm
code 1 dirsync check
code 5 dirsync sync --due
code 0 dirsync plans discard 1
code 0 dirsync sync corp

code 6 dirsync sync nobody
code 6 dirsync users show nobody
code 3 dirsync check nobody

mv dirsync.key elsewhere
code 7 dirsync sync corp
mv elsewhere dirsync.key

code 0 dirsync devices add C02XK0AAJG5J
code 0 dirsync report unassigned
code 10 dirsync report unassigned --exit-code

code 75 env DIRSYNC_GOOGLE_API_URL=http://127.0.0.1:9 DIRSYNC_GIVE_UP_AFTER=1s dirsync sync corp

mood slow
# In front, for what a script starts in the background is deaf to Ctrl-C.
for signal in INT:130 TERM:143; do
    rm -f locks/1.lock
    interrupt_with "${signal%:*}" &
    code "${signal#*:}" dirsync sync corp
    wait
done
mood calm

code 0 dirsync sync corp
