#!/bin/sh
# Says something in a channel: say.sh CHANNEL TEXT. Without SLACK_WEBHOOK it says it
# in the log alone.
set -eu
echo "$1: $2"
[ -n "${SLACK_WEBHOOK:-}" ] || exit 0
jq -n --arg channel "$1" --arg text "$2" '{channel: $channel, text: $text}' |
  curl -fsS --max-time 10 -H 'Content-Type: application/json' --data @- "$SLACK_WEBHOOK" >/dev/null
