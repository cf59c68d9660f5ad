#!/bin/sh
# Stops what a dead TokenHub supervisor left running. The supervisor holds the other end of standard input and writes
# "service PID", "store PID" (stopped last), "gone PID" and, when it has stopped everything itself, "quit".
# When the pipe closes without "quit", the supervisor was killed.
services= stores=
trap '' HUP INT TERM

without() {
  for one in $2; do [ "$one" = "$1" ] || printf '%s ' "$one"; done
}
# A process that has ended and waits to be reaped by a lazy init counts as gone.
is_alive() {
  kill -0 "$1" 2>/dev/null || return 1
  stat=
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
  case ${stat##*) } in Z*) return 1 ;; esac
}
any_alive() {
  for one in $1; do is_alive "$one" && return 0; done
  return 1
}
# stop PIDS TENTHS: ask, wait at most TENTHS of a second, then kill each with its process group
stop() {
  for one in $1; do kill -TERM "$one" 2>/dev/null; done
  tenths=$2
  while [ "$tenths" -gt 0 ] && any_alive "$1"; do
    sleep 0.1 2>/dev/null || { sleep 1; tenths=$((tenths - 9)); }
    tenths=$((tenths - 1))
  done
  for one in $1; do kill -KILL "-$one" 2>/dev/null || kill -KILL "$one" 2>/dev/null; done
}

while read -r word pid; do
  case $word in
    service) services="$services $pid" ;;
    store) stores="$stores $pid" ;;
    gone) services=$(without "$pid" "$services") stores=$(without "$pid" "$stores") ;;
    quit) exit 0 ;;
  esac
done
stop "$services" 20
stop "$stores" 20
