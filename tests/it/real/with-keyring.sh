#!/bin/sh
# Runs a command in a D-Bus session of its own with an unlocked gnome-keyring, whose password is $KR_PW. Waits until the
# daemon owns its name: a first call that is quicker would have D-Bus start a second daemon, a locked one.
exec dbus-run-session -- sh -c '
  printf "%s" "${KR_PW-ci}" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
  i=0
  until dbus-send --session --print-reply --dest=org.freedesktop.DBus / \
        org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets 2>/dev/null | grep -q "boolean true"; do
    i=$((i+1)); [ $i -ge 100 ] && { echo "keyring did not start" >&2; exit 97; }; sleep 0.05
  done
  exec "$@"' sh "$@"
